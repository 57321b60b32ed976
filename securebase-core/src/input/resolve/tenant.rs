//! One tenant: everything that can be said without looking at the others.

mod account;

use account::{account_id, account_name, contact, root};

use super::network::vpc_block;
use super::{Zone, region, tags, tier};
use crate::input::code;
use crate::input::node::{Entry, Quoted};
use crate::input::reader::{Object, Text, checked, entries};
use crate::input::report::{Path, Report};
use crate::model::{
    AccountId, Cidr, Email, Framework, Money, Offboarding, Quota, Region, ResourceId, Tags, Tenant,
    TenantKey, Tier, TierName,
};

pub(in crate::input) const CLIENT: &[&str] = &[
    "tier",
    "prefix",
    "framework",
    "contact_email",
    "renamed_from",
    "offboard",
    "account_id",
    "vpc_cidr",
    "vpc_id",
    "vpce_id",
    "audit_bucket",
    "region",
    "vertical",
    "account_name",
    "account_email",
    "tags",
];

/// A tenant as far as it could be read. What is `None` although it is needed has been reported.
pub(super) struct Draft<'n> {
    /// The key as written, for messages.
    pub(super) written: &'n str,
    pub(super) at: Option<usize>,
    pub(super) key: Option<TenantKey>,
    pub(super) prefix: Option<Text<'n>>,
    pub(super) contact: Option<(Email, Option<usize>)>,
    pub(super) root: Option<Root>,
    pub(super) account_id: Option<(AccountId, Option<usize>)>,
    pub(super) account_name: Option<String>,
    pub(super) vpc_cidr: Option<(Cidr, Option<usize>)>,
    pub(super) ou_path: Option<Vec<String>>,
    pub(super) renamed_from: Option<(TenantKey, Option<usize>)>,
    pub(super) vpc_id: Option<(ResourceId, Option<usize>)>,
    offboard: Option<Offboarding>,
    tier: Option<(TierName, Framework, Money)>,
    vpce_id: Option<String>,
    audit_bucket: Option<String>,
    region: Option<Region>,
    vertical: Option<String>,
    tags: Tags,
}

/// The address of an account's root user.
pub(super) struct Root {
    pub(super) email: Email,
    pub(super) at: Option<usize>,
    pub(super) origin: Origin,
}

/// Where the address of a root user comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The tenant's `account_email`.
    Own,
    /// The zone's template.
    Template,
    /// Nothing better than the tenant's `contact_email`.
    Contact,
}

impl Origin {
    /// The attribute of the tenant to talk about.
    pub(super) fn attribute(self) -> &'static str {
        match self {
            Self::Own | Self::Template => "account_email",
            Self::Contact => "contact_email",
        }
    }
}

/// Every tenant of the zone, in the order of the file.
pub(super) fn all<'n>(object: &Object<'n, '_>, zone: &Zone<'_>, report: &mut Report<'_>) -> Vec<Draft<'n>> {
    let Some(entry) = object.get("clients") else {
        object.missing("clients", "write `clients`, a map from a key of your choice to a tenant", report);
        return Vec::new();
    };
    let path = object.path_of("clients");
    let clients = entries(&entry.node, &path, "a map from tenant key to tenant", report).unwrap_or_default();
    clients.into_iter().filter_map(|entry| draft(entry, Path::Key(&path, &entry.key), zone, report)).collect()
}

fn draft<'n>(
    entry: &'n Entry,
    path: Path<'_>,
    zone: &Zone<'_>,
    report: &mut Report<'_>,
) -> Option<Draft<'n>> {
    let at = entry.key_at.or(entry.node.at);
    let key = checked::<TenantKey>(Text { text: &entry.key, at }, code::NAME_INVALID, &path, report);
    let object = Object::open(&entry.node, entry.key_at, path, CLIENT, report)?;
    let tier = tier_of(&object, zone, report);
    let framework = framework(&object, tier, report);
    let prefix = prefix(&object, report);
    let contact = contact(&object, &entry.key, report);
    let region_written = region(&object, "region", report);
    let region = if object.has("region") { region_written } else { zone.region.clone() };
    let vertical = object.string("vertical", report).and_then(|text| {
        let valid = tier::unit_name_valid(text.text) && text.text.len() <= 64;
        let rule = "use 1 to 64 letters, digits, spaces or any of `_.:=+-@`, without spaces around them";
        word(text, valid, "vertical", rule, &object, report)
    });
    let vpce_id = object.string("vpce_id", report).and_then(|text| {
        let hex = text.text.strip_prefix("vpce-").unwrap_or_default();
        let valid =
            matches!(hex.len(), 8 | 17) && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        word(
            text,
            valid,
            "vpce_id",
            "use the id of a VPC endpoint, `vpce-` and 17 hex digits",
            &object,
            report,
        )
    });
    let audit_bucket = object.string("audit_bucket", report).and_then(|text| {
        let rule = "use the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens";
        word(text, is_bucket(text.text), "audit_bucket", rule, &object, report)
    });
    let vpc_cidr = object.string("vpc_cidr", report).and_then(|text| {
        let block = vpc_block(text, &object.path_of("vpc_cidr"), report)?;
        Some((block, text.at))
    });
    let tags = tags::tenant(&object, &zone.tags, &zone.limits, report);
    let account_id = account_id(&object, contact.is_some(), report);
    let mut draft = Draft {
        written: &entry.key,
        at,
        key,
        prefix,
        contact,
        root: None,
        account_id,
        account_name: None,
        vpc_cidr,
        ou_path: None,
        renamed_from: object.name("renamed_from", report),
        vpc_id: vpc_id(&object, report),
        offboard: offboard(&object, report),
        tier: tier.zip(framework).map(|(tier, framework)| (tier.name.clone(), framework, tier.monthly_price)),
        vpce_id,
        audit_bucket,
        region,
        vertical,
        tags,
    };
    draft.root = root(&draft, &object, tier, zone, report);
    draft.account_name = account_name(&draft, &object, tier, zone, report);
    draft.ou_path = ou_path(&draft, &object, tier, zone, report);
    Some(draft)
}

fn tier_of<'z>(object: &Object<'_, '_>, zone: &'z Zone<'_>, report: &mut Report<'_>) -> Option<&'z Tier> {
    let text =
        object.required("tier", "say which tier the tenant buys, such as `tier = \"standard\"`", report)?;
    let tier = zone.tiers.iter().find(|tier| tier.name.as_str() == text.text);
    if tier.is_none() {
        let known = zone.tiers.iter().map(|tier| &tier.name);
        tier::unknown(text.text, text.at, object.path_of("tier"), known, report);
    }
    tier
}

fn framework(object: &Object<'_, '_>, tier: Option<&Tier>, report: &mut Report<'_>) -> Option<Framework> {
    if !object.has("framework") {
        let hint = tier.map_or_else(
            || "name the framework of its tier, such as `framework = \"soc2\"`".to_owned(),
            |tier| format!("write `framework = \"{}\"`, which its tier promises", tier.framework),
        );
        object.missing("framework", &hint, report);
        return None;
    }
    let (framework, at) = object.name::<Framework>("framework", report)?;
    let tier = tier?;
    if framework != tier.framework {
        report.error(
            code::FRAMEWORK_MISMATCH,
            at,
            object.path_of("framework"),
            format!(
                "`{framework}` is not the framework of the tier `{}`, which is `{}`",
                tier.name, tier.framework
            ),
            format!("write `framework = \"{}\"`, or choose another tier", tier.framework),
        );
        return None;
    }
    Some(framework)
}

fn prefix<'n>(object: &Object<'n, '_>, report: &mut Report<'_>) -> Option<Text<'n>> {
    let text = object.required(
        "prefix",
        "give the tenant a short name of its own, such as `prefix = \"acme\"`",
        report,
    )?;
    let valid = (1..=32).contains(&text.text.len())
        && text.text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let rule = "use 1 to 32 letters, digits, `-`, `_` or `.`, beginning with a letter or digit";
    word(text, valid, "prefix", rule, object, report)?;
    Some(text)
}

/// The VPC to adopt.
fn vpc_id(object: &Object<'_, '_>, report: &mut Report<'_>) -> Option<(ResourceId, Option<usize>)> {
    let text = object.string("vpc_id", report)?;
    let hex = text.text.strip_prefix("vpc-").unwrap_or_default();
    let valid = matches!(hex.len(), 8 | 17) && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let id = text.text.parse().ok().filter(|_| valid);
    if id.is_none() {
        report.error(
            code::VPC_ID_INVALID,
            text.at,
            object.path_of("vpc_id"),
            format!("`{}` is not the id of a VPC", Quoted(text.text)),
            "write the id of a VPC in the tenant's account, `vpc-` and 17 hex digits; leave it out to have one made",
        );
    }
    Some((id?, text.at))
}

/// How the tenant leaves.
fn offboard(object: &Object<'_, '_>, report: &mut Report<'_>) -> Option<Offboarding> {
    let text = object.string("offboard", report)?;
    let known = [Offboarding::Suspend, Offboarding::Close];
    let found = known.into_iter().find(|offboarding| offboarding.name() == text.text);
    if found.is_none() {
        report.error(
            code::OFFBOARD_UNKNOWN,
            text.at,
            object.path_of("offboard"),
            format!("`{}` is no way to leave", Quoted(text.text)),
            "write `suspend` (the account stays, everything in it denied) or `close` (then AWS deletes it after ninety \
             days); leave the line out to keep the tenant",
        );
    }
    found
}

fn placeholder<'v>(draft: &'v Draft<'_>, tier: Option<&'v Tier>, name: &str) -> Option<&'v str> {
    match name {
        "key" => draft.key.as_ref().map(TenantKey::as_str),
        "prefix" => draft.prefix.map(|prefix| prefix.text),
        "tier" => tier.map(|tier| tier.name.as_str()),
        "ou" => tier.map(|tier| tier.ou_name.as_str()),
        "region" => draft.region.as_ref().map(Region::as_str),
        "vertical" => draft.vertical.as_deref(),
        _ => None,
    }
}

fn ou_path(
    draft: &Draft<'_>,
    object: &Object<'_, '_>,
    tier: Option<&Tier>,
    zone: &Zone<'_>,
    report: &mut Report<'_>,
) -> Option<Vec<String>> {
    let tier = tier?;
    if zone.templates.broken.ou_path {
        return None;
    }
    let segments = match &zone.templates.ou_path {
        None => vec![tier.ou_name.clone()],
        Some(template) => template.segments(|name| placeholder(draft, Some(tier), name)),
    };
    let depth_max = usize::try_from(zone.limits.quota(Quota::OrganizationalUnitDepth)).unwrap_or(usize::MAX);
    let problem = if segments.len() > depth_max {
        format!("is {} levels deep, where AWS allows {depth_max}", segments.len())
    } else if let Some(bad) = segments.iter().find(|segment| !tier::unit_name_valid(segment)) {
        format!("has the part `{}`, which cannot name a unit", Quoted(bad))
    } else if segments.join("/").chars().count() > tier::UNIT_PATH_MAX {
        format!(
            "is longer than {} characters, and units are found again by a tag that holds it",
            tier::UNIT_PATH_MAX
        )
    } else {
        return Some(segments);
    };
    report.error(
        code::OU_PATH_INVALID,
        object.at,
        object.path,
        format!("the path of its organizational units, `{}`, {problem}", Quoted(&segments.join("/"))),
        "change the zone's `ou_path`",
    );
    None
}

fn word(
    text: Text<'_>,
    valid: bool,
    name: &str,
    rule: &str,
    object: &Object<'_, '_>,
    report: &mut Report<'_>,
) -> Option<String> {
    if !valid {
        let message = format!("`{}` is not a valid `{name}`", Quoted(text.text));
        report.error(code::TEXT_INVALID, text.at, object.path_of(name), message, rule);
    }
    valid.then(|| text.text.to_owned())
}

/// S3's naming rules for general purpose buckets.
fn is_bucket(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.chars().all(|c| edge(c) || c == '.' || c == '-')
        && name.starts_with(edge)
        && name.ends_with(edge)
        && !name.contains("..")
        && !name.starts_with("xn--")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

impl Draft<'_> {
    /// The tenant; `None` where something needed could not be read.
    pub(super) fn finish(self) -> Option<Tenant> {
        let (tier, framework, monthly_price) = self.tier?;
        Some(Tenant {
            key: self.key?,
            tier,
            framework,
            prefix: self.prefix?.text.to_owned(),
            account_name: self.account_name?,
            contact_email: self.contact?.0,
            account_email: self.root?.email,
            account_id: self.account_id.map(|(id, _)| id),
            vpc_cidr: self.vpc_cidr.map(|(cidr, _)| cidr),
            renamed_from: self.renamed_from.map(|(key, _)| key),
            offboard: self.offboard,
            vpc_id: self.vpc_id.map(|(id, _)| id),
            vpce_id: self.vpce_id,
            audit_bucket: self.audit_bucket,
            region: self.region?,
            vertical: self.vertical,
            ou_path: self.ou_path?,
            monthly_price,
            tags: self.tags,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_s3() {
        for good in ["acme-audit", "a.b-c", "123"] {
            assert!(is_bucket(good), "{good}");
        }
        for bad in ["ab", "Acme", "a..b", "-ab", "ab-", "192.168.0.1", "xn--abc", "a_b"] {
            assert!(!is_bucket(bad), "{bad}");
        }
    }
}
