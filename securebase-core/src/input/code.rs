//! The stable words by which findings about the input are known.

macro_rules! codes {
    ($($name:ident = $text:literal;)* ; from net: $($theirs:literal;)*) => {
        $(pub(super) const $name: &str = $text;)*

        /// Every code a finding about the input can carry, in the order of the documentation.
        pub const CODES: &[&str] = &[$($text,)* $($theirs),*];
    };
}

codes! {
    FILE_UNREADABLE = "file-unreadable";
    FILE_FORMAT = "file-format";
    FILE_TOO_LARGE = "file-too-large";
    FILE_NOT_UTF8 = "file-not-utf8";
    FILE_EMPTY = "file-empty";
    SYNTAX = "syntax";
    NESTED_TOO_DEEPLY = "nested-too-deeply";
    EXPRESSION = "expression";
    YAML_FEATURE = "yaml-feature";
    VERSION_UNKNOWN = "version-unknown";
    ATTRIBUTE_UNKNOWN = "attribute-unknown";
    ATTRIBUTE_MISSING = "attribute-missing";
    KEY_DUPLICATE = "key-duplicate";
    TYPE_MISMATCH = "type-mismatch";
    NAME_INVALID = "name-invalid";
    TEXT_INVALID = "text-invalid";
    NUMBER_INVALID = "number-invalid";
    EMAIL_MISSING = "email-missing";
    EMAIL_INVALID = "email-invalid";
    EMAIL_UNDELIVERABLE = "email-undeliverable";
    EMAIL_DUPLICATE = "email-duplicate";
    EMAIL_ROOT_IS_CONTACT = "email-root-is-contact";
    PREFIX_DUPLICATE = "prefix-duplicate";
    ACCOUNT_ID_INVALID = "account-id-invalid";
    ACCOUNT_ID_PLACEHOLDER = "account-id-placeholder";
    ACCOUNT_ID_DUPLICATE = "account-id-duplicate";
    RENAME_INVALID = "rename-invalid";
    OFFBOARD_UNKNOWN = "offboard-unknown";
    VPC_ID_INVALID = "vpc-id-invalid";
    ACCOUNT_NAME_INVALID = "account-name-invalid";
    ACCOUNT_NAME_DUPLICATE = "account-name-duplicate";
    TIER_UNKNOWN = "tier-unknown";
    FRAMEWORK_MISMATCH = "framework-mismatch";
    FRAMEWORK_UNKNOWN = "framework-unknown";
    FRAMEWORK_WITHOUT_GUARDRAILS = "framework-without-guardrails";
    GUARDRAIL_PARAMETER = "guardrail-parameter";
    GUARDRAIL_PARAMETER_UNUSED = "guardrail-parameter-unused";
    POLICY_INVALID = "policy-invalid";
    POLICY_DOUBTFUL = "policy-doubtful";
    PRICE_INVALID = "price-invalid";
    RETENTION_INVALID = "retention-invalid";
    OU_DUPLICATE = "ou-duplicate";
    OU_PATH_INVALID = "ou-path-invalid";
    OU_LIMIT = "ou-limit";
    TEMPLATE_INVALID = "template-invalid";
    REGION_UNKNOWN = "region-unknown";
    REGION_PARTITION = "region-partition";
    CIDR_SIZE = "cidr-size";
    DNS_SUPPORT_NEEDED = "dns-support-needed";
    POOL_INVALID = "pool-invalid";
    LINK_INVALID = "link-invalid";
    LINK_TENANT_UNKNOWN = "link-tenant-unknown";
    LIMIT_UNKNOWN = "limit-unknown";
    TAG_INVALID = "tag-invalid";
    TAG_RESERVED = "tag-reserved";
    TAG_DUPLICATE = "tag-duplicate";
    TAG_COUNT = "tag-count";
    ACKNOWLEDGE_INVALID = "acknowledge-invalid";
    ; from net:
    "cidr-invalid";
    "cidr-host-bits";
    "cidr-forbidden";
    "cidr-discouraged";
    "cidr-public";
    "cidr-overlap";
    "cidr-overlap-connected";
    "cidr-overlap-shared-peer";
}
