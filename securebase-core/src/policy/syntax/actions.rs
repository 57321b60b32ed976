//! What AWS's services offer: actions, condition keys, resource-level support.
//!
//! Purpose: spell names as AWS does, and let the linter tell a name that exists from one that never matches.
//! The data is `data/guardrails/actions.txt`; its head says where it comes from, of which day, and how to refresh it.
//! Invariants: look-ups fold case, as AWS does. Names are borrowed from the data, never copied.
//! Non-goals: evaluation. The verdict of service control policies never depends on this data, so a service newer than
//! it is decided rightly too; resource control policies take from it which services they reach.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::pattern::glob_folded;
use crate::model::Day;

/// The type that AWS documents for a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// Text.
    String,
    /// A number.
    Number,
    /// A moment.
    Date,
    /// True or false.
    Bool,
    /// An ARN.
    Arn,
    /// An IP address.
    Address,
    /// Bytes.
    Binary,
}

/// A condition key as documented. A name may end in `/*`, where the rest is the user's (a tag key, for example).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo {
    /// The name in AWS's spelling.
    pub name: &'static str,
    /// What its values are.
    pub kind: KeyType,
    /// Whether a request carries several values.
    pub multivalued: bool,
}

/// Whether an action names a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceSupport {
    /// It always names one.
    Required,
    /// It may name one.
    Optional,
    /// It never does: it is decided with the resource `*`.
    Absent,
}

/// One action as documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionInfo {
    /// The name without the service, in AWS's spelling.
    pub name: &'static str,
    /// Whether it names a resource.
    pub resources: ResourceSupport,
    keys: &'static str,
}

/// One service.
#[derive(Debug, Default)]
pub struct ServiceInfo {
    /// Condition keys, in the order that actions count them by.
    pub keys: Vec<KeyInfo>,
    /// Actions by folded name.
    actions: BTreeMap<String, ActionInfo>,
}

impl ServiceInfo {
    /// An action, by its name in any case.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&ActionInfo> {
        self.actions.get(&name.to_ascii_lowercase())
    }

    /// Every action in alphabetical order.
    pub fn actions(&self) -> impl Iterator<Item = &ActionInfo> {
        self.actions.values()
    }

    /// The service's own keys that an action's requests can carry.
    pub fn keys_of(&self, action: &ActionInfo) -> impl Iterator<Item = &KeyInfo> {
        action
            .keys
            .split('.')
            .filter_map(|index| usize::from_str_radix(index, 36).ok())
            .filter_map(|index| self.keys.get(index))
    }
}

/// The reference of all services.
#[derive(Debug)]
pub struct ServiceReference {
    date: Day,
    services: BTreeMap<&'static str, ServiceInfo>,
    global: Vec<KeyInfo>,
    resource_controlled: Vec<&'static str>,
}

static TEXT: &str = include_str!("../../../data/guardrails/actions.txt");
static SHIPPED: LazyLock<ServiceReference> = LazyLock::new(|| ServiceReference::read(TEXT));

impl ServiceReference {
    /// The reference shipped with the crate.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    fn read(text: &'static str) -> Self {
        let (mut date, mut global, mut resource_controlled) = (None, Vec::new(), Vec::new());
        let mut services: BTreeMap<&'static str, ServiceInfo> = BTreeMap::new();
        let mut name = "";
        for line in text.lines() {
            let (tag, rest) = line.split_once(' ').unwrap_or((line, ""));
            match tag {
                "v" => date = rest.split_once(' ').and_then(|(_, date)| date.parse().ok()),
                "g" => global = rest.split(' ').filter_map(key_info).collect(),
                "r" => resource_controlled = rest.split(' ').collect(),
                "s" => {
                    name = rest;
                    services.insert(rest, ServiceInfo::default());
                }
                "k" => {
                    if let Some(service) = services.get_mut(name) {
                        service.keys = rest.split(' ').filter_map(key_info).collect();
                    }
                }
                "a" => {
                    let (head, names) = rest.split_once(' ').unwrap_or((rest, ""));
                    let (support, keys) = head.split_at_checked(1).unwrap_or((head, ""));
                    let resources = match support {
                        "+" => ResourceSupport::Required,
                        "~" => ResourceSupport::Optional,
                        _ => ResourceSupport::Absent,
                    };
                    if let Some(service) = services.get_mut(name) {
                        service.actions.extend(
                            names.split(' ').map(|name| {
                                (name.to_ascii_lowercase(), ActionInfo { name, resources, keys })
                            }),
                        );
                    }
                }
                _ => {}
            }
        }
        #[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
        let date = date.expect("data/guardrails/actions.txt has a day");
        Self { date, services, global, resource_controlled }
    }

    /// The day of the data.
    #[must_use]
    pub fn date(&self) -> Day {
        self.date
    }

    /// A service by its prefix in any case.
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<&ServiceInfo> {
        self.services.get(prefix).or_else(|| self.services.get(prefix.to_ascii_lowercase().as_str()))
    }

    /// Every service prefix in alphabetical order.
    pub fn prefixes(&self) -> impl Iterator<Item = &'static str> {
        self.services.keys().copied()
    }

    /// Services whose resources a resource control policy reaches.
    #[must_use]
    pub fn resource_controlled(&self) -> &[&'static str] {
        &self.resource_controlled
    }

    /// Keys that every service may carry.
    #[must_use]
    pub fn global_keys(&self) -> &[KeyInfo] {
        &self.global
    }

    /// Folded names (patterns) of the keys that an action's requests can carry; `None` where the action is not documented.
    pub(crate) fn possible_keys(&self, action: &str) -> Option<Vec<String>> {
        let (prefix, name) = action.split_once(':')?;
        let service = self.service(prefix)?;
        let info = service.action(name)?;
        // Tags of the request or the resource are listed where an action knows them.
        let general =
            self.global.iter().filter(|key| !key.name.starts_with("aws:Re") || !key.name.ends_with("/*"));
        Some(service.keys_of(info).chain(general).map(|key| key.name.to_ascii_lowercase()).collect())
    }

    /// A condition key by name in any case, whichever service it belongs to.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&KeyInfo> {
        let own = || {
            let (prefix, _) = name.split_once(':')?;
            find_key(&self.service(prefix)?.keys, name)
        };
        find_key(&self.global, name).or_else(own).or_else(|| {
            // A few services read keys under another prefix (`s3express` reads `s3:…`).
            let prefix = name.split_once(':')?.0;
            let begins = |key: &KeyInfo| {
                key.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            };
            let foreign = |service: &&ServiceInfo| service.keys.iter().any(begins);
            self.services.values().filter(foreign).find_map(|service| find_key(&service.keys, name))
        })
    }

    /// Whether requests may carry a key: a documented one, or one of an OpenID Connect provider, which is named after the
    /// provider's address (`token.actions.githubusercontent.com:sub`).
    #[must_use]
    pub fn knows_key(&self, name: &str) -> bool {
        let of_provider = || {
            name.rsplit_once(':').is_some_and(|(provider, claim)| {
                let labels = provider.split('/').next().unwrap_or_default().split('.');
                let is_label = |label: &str| {
                    !label.is_empty()
                        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                };
                labels.clone().count() > 1 && labels.clone().all(is_label) && !claim.is_empty()
            })
        };
        self.key(name).is_some() || of_provider()
    }

    /// Whether any action is documented to carry a key.
    pub(crate) fn lists(&self, key: &KeyInfo) -> bool {
        let has = |service: &&ServiceInfo| service.keys.iter().any(|own| own.name == key.name);
        let carries = |service: &ServiceInfo| {
            service.actions().any(|action| service.keys_of(action).any(|own| own.name == key.name))
        };
        self.services.values().filter(has).any(carries)
    }

    /// Every documented action that a pattern such as `ec2:Describe*` matches, as `(service, action)`.
    pub fn matching<'a>(
        &'a self,
        pattern: &'a str,
    ) -> impl Iterator<Item = (&'static str, &'a ActionInfo)> + 'a {
        let (prefix, name) =
            pattern.split_once(':').unwrap_or((pattern, if pattern == "*" { "*" } else { "" }));
        let services = self.services.iter().filter(move |(service, _)| glob_folded(prefix, service));
        services.flat_map(move |(service, info)| {
            info.actions
                .values()
                .filter(move |action| glob_folded(name, action.name))
                .map(move |action| (*service, action))
        })
    }
}

fn key_info(text: &'static str) -> Option<KeyInfo> {
    let (name, kind) = text.rsplit_once('=')?;
    let kind_of = |letter| match letter {
        "n" => KeyType::Number,
        "d" => KeyType::Date,
        "b" | "B" => KeyType::Bool,
        "a" | "A" => KeyType::Arn,
        "i" => KeyType::Address,
        "x" => KeyType::Binary,
        _ => KeyType::String,
    };
    Some(KeyInfo { name, kind: kind_of(kind), multivalued: matches!(kind, "S" | "A" | "B") })
}

fn find_key<'a>(keys: &'a [KeyInfo], name: &str) -> Option<&'a KeyInfo> {
    keys.iter().find(|key| match key.name.contains('*') {
        true => glob_folded(key.name, name) && !name.ends_with('/'),
        false => key.name.eq_ignore_ascii_case(name),
    })
}

/// Spelling as AWS spells, a function of the folded name alone, so that a canonical text cannot depend on the writer's.
#[derive(Debug)]
pub(crate) struct Spelling(&'static ServiceReference);

impl Spelling {
    pub(crate) fn shipped() -> Self {
        Self(ServiceReference::shipped())
    }

    /// An action pattern: a literal as documented; a pattern letter by letter from the first action it matches.
    pub(crate) fn action(&self, pattern: &str) -> String {
        let lower = pattern.to_ascii_lowercase();
        let Some((service, name)) = lower.split_once(':') else { return lower };
        let Some(info) = self.0.service(service) else { return lower };
        if let Some(action) = info.action(name) {
            return format!("{service}:{}", action.name);
        }
        let matched = if name.contains(['*', '?']) {
            info.actions().find(|action| glob_folded(name, action.name))
        } else {
            None
        };
        match matched {
            Some(action) => format!("{service}:{}", respelled(name, action.name)),
            None => lower,
        }
    }

    /// A condition key; the user's part of it (a tag key) stays as written.
    pub(crate) fn condition_key(&self, key: &str) -> String {
        let Some(info) = self.0.key(key) else { return key.to_owned() };
        match info.name.split_once('*') {
            Some((fixed, "")) => format!("{fixed}{}", key.get(fixed.len()..).unwrap_or_default()),
            Some(_) => key.to_owned(),
            None => info.name.to_owned(),
        }
    }
}

/// The literal runs of a folded pattern, spelled as they are in a name that it matches (leftmost places first).
fn respelled(pattern: &str, name: &str) -> String {
    let folded = name.to_ascii_lowercase();
    let mut spelled = String::with_capacity(pattern.len());
    let mut from = 0;
    for run in pattern.split_inclusive(['*', '?']) {
        let (literal, wildcard) = match run.as_bytes().last() {
            Some(b'*' | b'?') => run.split_at(run.len() - 1),
            _ => (run, ""),
        };
        let found = if wildcard.is_empty() {
            folded.rfind(literal)
        } else {
            folded.get(from..).and_then(|rest| rest.find(literal)).map(|at| at + from)
        };
        match found.and_then(|at| Some((at, name.get(at..at + literal.len())?))) {
            Some((at, text)) => {
                spelled.push_str(text);
                from = at + literal.len();
            }
            None => spelled.push_str(literal),
        }
        spelled.push_str(wildcard);
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_whole() {
        let reference = ServiceReference::shipped();
        assert_eq!(reference.date().to_string(), "2026-09-26");
        assert_eq!(reference.prefixes().count(), 456);
        assert_eq!(reference.services.values().map(|service| service.actions.len()).sum::<usize>(), 22_091);
        let ec2 = reference.service("EC2").unwrap();
        let run = ec2.action("runinstances").unwrap();
        assert!(ec2.keys_of(run).any(|key| key.name == "ec2:MetadataHttpTokens"));
        assert_eq!(run.resources, ResourceSupport::Required);
        assert_eq!(
            reference.service("organizations").unwrap().action("LeaveOrganization").unwrap().resources,
            ResourceSupport::Absent
        );
        assert!(reference.key("AWS:PRINCIPALTAG/Team").is_some());
        assert!(reference.key("aws:TagKeys").unwrap().multivalued);
        assert!(reference.key("aws:Nonsense").is_none());
    }

    #[test]
    fn spelling_depends_on_the_folded_name_only() {
        let spelling = Spelling::shipped();
        for (written, spelled) in [
            ("S3:GETOBJECT", "s3:GetObject"),
            ("ec2:describe*", "ec2:Describe*"),
            ("EC2:*VPCENDPOINT*", "ec2:*VpcEndpoint*"),
            ("nosuch:Thing", "nosuch:thing"),
            ("*", "*"),
        ] {
            assert_eq!(spelling.action(written), spelled);
            assert_eq!(spelling.action(&spelling.action(written)), spelled);
        }
        assert_eq!(spelling.condition_key("aws:principalARN"), "aws:PrincipalArn");
        assert_eq!(spelling.condition_key("AWS:REQUESTTAG/CostCenter"), "aws:RequestTag/CostCenter");
    }
}
