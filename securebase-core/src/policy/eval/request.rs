//! What is asked: one principal, one action, one resource, and the request's context.
//!
//! Purpose: the evaluator's input, made ready once (case folded, principal read) so that it can be asked often.
//! Invariants: one resource. A call that touches several kinds of resources is decided once for each.

use std::collections::BTreeMap;

use crate::policy::syntax::actions::ServiceReference;
use crate::policy::syntax::pattern::glob;

/// What a request's missing keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Knowledge {
    /// A key that is not named is absent.
    #[default]
    Complete,
    /// A key that is not named may be absent or have any value.
    Partial,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Folded.
    action: String,
    /// The action and the keys as they were written, where that is otherwise than folded.
    written: Vec<String>,
    resource: String,
    principal: String,
    account: String,
    management_account: Option<String>,
    /// Folded key → values, sorted by key. A key without values is absent.
    context: Vec<(String, Vec<String>)>,
    knowledge: Knowledge,
    /// Where knowledge is partial: the folded keys that the action's requests can carry at all, if documented.
    possible: Option<Vec<String>>,
}

impl Request {
    /// A request of a principal (its ARN, or a service's name such as `ec2.amazonaws.com`) in an account.
    ///
    /// `aws:PrincipalArn` and `aws:PrincipalAccount` follow from the principal; a session's ARN becomes its role's.
    pub fn new(action: &str, resource: impl Into<String>, principal: &str, account: &str) -> Self {
        let mut request = Self {
            action: action.to_ascii_lowercase(),
            written: if action.bytes().any(|byte| byte.is_ascii_uppercase()) {
                vec![action.to_owned()]
            } else {
                Vec::new()
            },
            resource: resource.into(),
            principal: principal.to_owned(),
            account: account.to_owned(),
            management_account: None,
            context: Vec::new(),
            knowledge: Knowledge::Complete,
            possible: None,
        };
        if principal.starts_with("arn:") {
            request.set("aws:PrincipalArn", vec![principal_arn(principal)]);
            let own = principal.split(':').nth(4).filter(|id| !id.is_empty()).unwrap_or(account);
            request.set("aws:PrincipalAccount", vec![own.to_owned()]);
        }
        request
    }

    /// With context keys; each replaces what the key had.
    #[must_use]
    pub fn with_context(mut self, context: &BTreeMap<String, Vec<String>>) -> Self {
        for (key, values) in context {
            self.set(key, values.clone());
        }
        self
    }

    /// With one context key of one value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.set(key, vec![value.into()]);
        self
    }

    /// With the organization's management account, whose principals no control policy binds.
    #[must_use]
    pub fn with_management_account(mut self, account: Option<String>) -> Self {
        self.management_account = account;
        self
    }

    /// With keys that are not named unknown instead of absent. Keys that the action's documentation does not list (and
    /// that are not keys of every service) stay absent.
    #[must_use]
    pub fn partial(mut self) -> Self {
        self.knowledge = Knowledge::Partial;
        self.possible = ServiceReference::shipped().possible_keys(&self.action);
        self
    }

    /// As [`Request::partial`], with every key possible: for a request that stands for many.
    #[must_use]
    pub(crate) fn partial_of_anything(mut self) -> Self {
        self.knowledge = Knowledge::Partial;
        self.possible = None;
        self
    }

    /// Sets a key. No values means that it is absent.
    pub fn set(&mut self, key: &str, values: Vec<String>) {
        if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.written.push(key.to_owned());
        }
        let key = key.to_ascii_lowercase();
        match self.context.binary_search_by(|(other, _)| other.as_str().cmp(key.as_str())) {
            Ok(at) => self.context[at].1 = values,
            Err(at) => self.context.insert(at, (key, values)),
        }
    }

    /// Forgets what was said of a key.
    pub(crate) fn forget(&mut self, key: &str) {
        self.context.retain(|(other, _)| !other.eq_ignore_ascii_case(key));
    }

    /// The action, folded.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The principal as given.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// The account whose policies are asked.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Keys (in AWS's spelling, where it has one) with their values.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (String, &[String])> {
        let spelling = crate::policy::syntax::actions::Spelling::shipped();
        self.context.iter().map(move |(key, values)| (spelling.condition_key(key), values.as_slice()))
    }

    /// The action and the context keys that the shipped reference does not know, as written.
    #[must_use]
    pub fn unknown_names(&self) -> Vec<String> {
        let reference = ServiceReference::shipped();
        let as_written = |folded: &str| {
            self.written
                .iter()
                .rfind(|name| name.eq_ignore_ascii_case(folded))
                .map_or(folded, String::as_str)
                .to_owned()
        };
        let known = self.action.split_once(':').is_some_and(|(service, name)| {
            reference.service(service).is_some_and(|service| service.action(name).is_some())
        });
        let action = (!known).then(|| as_written(&self.action));
        let keys = self.context.iter().map(|(key, _)| key).filter(|key| !reference.knows_key(key));
        action.into_iter().chain(keys.map(|key| as_written(key))).collect()
    }

    /// Equal for requests that every policy decides alike.
    pub(crate) fn fingerprint(&self) -> String {
        format!("{self:?}")
    }

    /// Values of a folded key: `Some` and not empty where it is there, `None` where it is absent or unknown.
    pub(crate) fn values(&self, folded: &str) -> Option<&[String]> {
        let at = self.context.binary_search_by(|(other, _)| other.as_str().cmp(folded)).ok()?;
        Some(self.context[at].1.as_slice()).filter(|values| !values.is_empty())
    }

    /// Whether nothing is known of a folded key, not even that it is absent.
    pub(crate) fn is_unknown(&self, folded: &str) -> bool {
        self.knowledge == Knowledge::Partial
            && self.context.binary_search_by(|(other, _)| other.as_str().cmp(folded)).is_err()
            && self
                .possible
                .as_ref()
                .is_none_or(|possible| possible.iter().any(|pattern| glob(pattern, folded)))
    }

    /// The value of a key that has exactly one, which is what a policy variable takes.
    pub(crate) fn single(&self, folded: &str) -> Option<&str> {
        match self.values(folded) {
            Some([only]) => Some(only),
            _ => None,
        }
    }

    /// Why no resource control policy binds this use of a resource, if none does. The account is the resource's.
    #[must_use]
    pub fn resource_exemption(&self) -> Option<Exemption> {
        let service = self.action.split(':').next().unwrap_or_default();
        if !ServiceReference::shipped().resource_controlled().contains(&service)
            || self.action == "kms:retiregrant"
        {
            return Some(Exemption::NotReached);
        }
        if self.management_account.as_deref() == Some(self.account.as_str()) {
            return Some(Exemption::ManagementAccount);
        }
        self.exemption().filter(|exemption| *exemption == Exemption::ServiceLinkedRole)
    }

    /// Why no service control policy binds this principal, if none does.
    #[must_use]
    pub fn exemption(&self) -> Option<Exemption> {
        let principal = self.principal.as_str();
        if is_service(principal)
            || self
                .single("aws:principalisawsservice")
                .is_some_and(|value| value.eq_ignore_ascii_case("true"))
        {
            return Some(Exemption::Service);
        }
        let mut parts = principal.splitn(6, ':');
        let account = parts.nth(4).unwrap_or_default();
        let name = parts.next().unwrap_or_default();
        let of_management = |id: &str| self.management_account.as_deref() == Some(id);
        if of_management(account) || (account.is_empty() && of_management(&self.account)) {
            return Some(Exemption::ManagementAccount);
        }
        let arn = self.single("aws:principalarn").unwrap_or_default();
        let linked = |text: &str| text.starts_with("role/aws-service-role/");
        if linked(name)
            || arn.splitn(6, ':').nth(5).is_some_and(linked)
            || name.starts_with("assumed-role/AWSServiceRoleFor")
        {
            return Some(Exemption::ServiceLinkedRole);
        }
        None
    }
}

/// Why a request is not bound by control policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Exemption {
    /// It belongs to the organization's management account.
    ManagementAccount,
    /// It is a service-linked role.
    ServiceLinkedRole,
    /// It is a service of AWS acting for itself.
    Service,
    /// Resource control policies do not reach this service or action.
    NotReached,
}

/// Whether a principal is the name of a service of AWS, such as `ec2.amazonaws.com`.
fn is_service(principal: &str) -> bool {
    let name = principal.strip_suffix(".cn").unwrap_or(principal).strip_suffix(".amazonaws.com");
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    name.is_some_and(|name| !name.is_empty() && !name.starts_with('.') && name.bytes().all(legal))
}

/// Whether a text names who may make a request: a user, a role, a session, the root user, or a service of AWS.
pub(super) fn is_principal(text: &str) -> bool {
    if is_service(text) {
        return true;
    }
    let [arn, partition, service, region, account, name] = text.splitn(6, ':').collect::<Vec<_>>()[..] else {
        return false;
    };
    let parts: Vec<&str> = name.split('/').collect();
    let form = match (service, parts.as_slice()) {
        ("iam", ["user" | "role" | "saml-provider" | "oidc-provider", rest @ ..])
        | ("sts", ["federated-user", rest @ ..]) => !rest.is_empty(),
        ("iam", ["root"]) | ("sts", ["assumed-role", _, _]) => true,
        _ => false,
    };
    let wild = text.contains(['*', '?', ' ']);
    let numbered = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    arn == "arn"
        && partition.starts_with("aws")
        && region.is_empty()
        && numbered
        && form
        && !wild
        && parts.iter().all(|part| !part.is_empty())
}

/// `aws:PrincipalArn` of a principal: an assumed role's session counts as the role (whose path a session does not show).
fn principal_arn(principal: &str) -> String {
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    if let [arn, partition, "sts", region, account, name] = parts.as_slice()
        && let Some(role) = name.strip_prefix("assumed-role/")
    {
        let role = role.split('/').next().unwrap_or_default();
        return format!("{arn}:{partition}:iam:{region}:{account}:role/{role}");
    }
    principal.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_make_a_request() {
        for good in [
            "arn:aws:iam::111122223333:root",
            "arn:aws-us-gov:iam::111122223333:user/path/jo",
            "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "arn:aws:sts::111122223333:assumed-role/dev/jo@example.com",
            "arn:aws:sts::111122223333:federated-user/jo",
            "ec2.amazonaws.com",
            "states.us-east-1.amazonaws.com",
            "ec2.amazonaws.com.cn",
        ] {
            assert!(is_principal(good), "{good}");
        }
        for bad in [
            "jo",
            "111122223333",
            "*",
            "role/dev",
            "arn:aws:iam::111122223333",
            "arn:aws:iam::1111:role/dev",
            "arn:aws:iam::111122223333:role",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::111122223333:group/dev",
            "arn:aws:sts::111122223333:role/dev",
            "arn:aws:sts::111122223333:assumed-role/dev",
            "arn:aws:s3:::bucket",
            "amazonaws.com",
            "ec2.amazonaws.com.example",
            "https://ec2.amazonaws.com",
        ] {
            assert!(!is_principal(bad), "{bad}");
        }
    }

    #[test]
    fn names_that_no_data_knows() {
        let asked =
            |action: &str| Request::new(action, "*", "arn:aws:iam::111122223333:user/jo", "111122223333");
        assert_eq!(asked("S3:GetObject").with("aws:PrincipalTag/Team", "x").unknown_names(), [""; 0]);
        let misspelled = asked("s3:GetObjekt").with("aws:SourceVcp", "x").with("s3:prefix", "y");
        assert_eq!(misspelled.unknown_names(), ["s3:GetObjekt", "aws:SourceVcp"]);
        assert_eq!(asked("nosuch:Thing").unknown_names(), ["nosuch:Thing"]);
    }

    #[test]
    fn principals() {
        let session = Request::new(
            "s3:GetObject",
            "*",
            "arn:aws:sts::111122223333:assumed-role/dev/jo",
            "111122223333",
        );
        assert_eq!(session.single("aws:principalarn"), Some("arn:aws:iam::111122223333:role/dev"));
        assert_eq!(session.exemption(), None);
        let linked = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
        assert_eq!(Request::new("a:B", "*", linked, "1").exemption(), Some(Exemption::ServiceLinkedRole));
        assert_eq!(
            Request::new("a:B", "*", "vpc-flow-logs.amazonaws.com", "1").exemption(),
            Some(Exemption::Service)
        );
        let root = Request::new("a:B", "*", "arn:aws:iam::999988887777:root", "999988887777");
        assert_eq!(root.exemption(), None);
        let root = root.with_management_account(Some("999988887777".to_owned()));
        assert_eq!(root.exemption(), Some(Exemption::ManagementAccount));
    }
}
