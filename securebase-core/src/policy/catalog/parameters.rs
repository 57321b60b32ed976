//! What guardrails are told about one landing zone.

use std::collections::BTreeMap;

use crate::model::{Quoted, Region};
use crate::policy::error::Error;

/// The longest key that AWS takes for a tag, in characters.
const TAG_KEY_MAX: usize = 128;
/// Longer than any name or pattern of AWS, in characters.
const VALUE_MAX: usize = 512;

/// The values that guardrail templates refer to. [`Default`] is what a zone without wishes gets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parameters {
    /// Name (with its path, if any) of the role that the executor takes in member accounts. Exempt from every guardrail
    /// that it could trip over.
    pub executor_role: String,
    /// Names (or name patterns) of further exempt roles: break-glass, Control Tower, stack sets.
    pub exempt_roles: Vec<String>,
    /// Regions where work may happen.
    pub regions: Vec<String>,
    /// The prefix of names the platform gives: roles, stacks, functions, policies, tag keys.
    pub platform: String,
    /// Names of trails to protect, patterns allowed; empty means every trail.
    pub trail_names: Vec<String>,
    /// Names of log buckets to protect, patterns allowed.
    pub log_buckets: Vec<String>,
    /// Names of log groups to protect, patterns allowed.
    pub log_groups: Vec<String>,
    /// The tag key that new resources must carry.
    pub required_tag: String,
    /// Owners of images that instances may start from: `amazon`, `aws-marketplace` or account ids.
    pub image_owners: Vec<String>,
    /// Instance types that may start, patterns allowed; needed by G55.
    pub instance_types: Vec<String>,
    /// Name of the permissions boundary policy that new roles carry (G46).
    pub permissions_boundary: String,
    /// Service prefixes inside the customer's authorization boundary; needed by G91.
    pub boundary_services: Vec<String>,
    /// Service prefixes that replace the shipped HIPAA list (G90); empty means the shipped one.
    pub eligible_services: Vec<String>,
    /// The organization's id (`o-…`); needed by G81.
    pub organization_id: Option<String>,
}

impl Default for Parameters {
    fn default() -> Self {
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            executor_role: "OrganizationAccountAccessRole".to_owned(),
            exempt_roles: Vec::new(),
            regions: own(&["us-east-1"]),
            platform: "securebase".to_owned(),
            trail_names: Vec::new(),
            log_buckets: own(&["securebase-logs-*"]),
            log_groups: own(&["/securebase/*"]),
            required_tag: "Project".to_owned(),
            image_owners: own(&["amazon"]),
            instance_types: Vec::new(),
            permissions_boundary: "securebase-boundary".to_owned(),
            boundary_services: Vec::new(),
            eligible_services: Vec::new(),
            organization_id: None,
        }
    }
}

/// The parameters that a zone or a tier may set; the others follow from the zone.
pub const SETTABLE: [&str; 12] = [
    "exempt_roles",
    "regions",
    "trail_names",
    "log_buckets",
    "log_groups",
    "required_tag",
    "image_owners",
    "instance_types",
    "permissions_boundary",
    "boundary_services",
    "eligible_services",
    "organization_id",
];

impl Parameters {
    /// The same with what a zone or a tier sets. Regions and log groups come on top of the zone's own, which must stay
    /// workable and protected; everything else takes the place of the default.
    ///
    /// # Errors
    /// [`Error::BadParameter`].
    pub fn with(mut self, given: &BTreeMap<String, Vec<String>>) -> Result<Self, Error> {
        for (name, values) in given {
            let one = || match values.as_slice() {
                [only] => Ok(only.clone()),
                _ => Err(Error::BadParameter {
                    parameter: name.clone(),
                    value: values.join(", "),
                    reason: "it takes exactly one value".to_owned(),
                }),
            };
            let added = |own: Vec<String>| {
                let mut all: Vec<String> = own.into_iter().chain(values.iter().cloned()).collect();
                all.sort();
                all.dedup();
                all
            };
            match name.as_str() {
                "exempt_roles" => self.exempt_roles.clone_from(values),
                "regions" => self.regions = added(self.regions),
                "trail_names" => self.trail_names.clone_from(values),
                "log_buckets" => self.log_buckets.clone_from(values),
                "log_groups" => self.log_groups = added(self.log_groups),
                "required_tag" => self.required_tag = one()?,
                "image_owners" => self.image_owners.clone_from(values),
                "instance_types" => self.instance_types.clone_from(values),
                "permissions_boundary" => self.permissions_boundary = one()?,
                "boundary_services" => self.boundary_services.clone_from(values),
                "eligible_services" => self.eligible_services.clone_from(values),
                "organization_id" => self.organization_id = Some(one()?),
                _ => {
                    return Err(Error::BadParameter {
                        parameter: name.clone(),
                        value: values.join(", "),
                        reason: "no guardrail has this parameter".to_owned(),
                    });
                }
            }
        }
        self.values()?;
        Ok(self)
    }

    /// Reads parameters from plain data; what is not there keeps its default.
    ///
    /// # Errors
    /// [`Error::BadParameter`].
    pub fn from_value(value: &serde_json::Value) -> Result<Self, Error> {
        serde_json::from_value(value.clone()).map_err(|error| Error::BadParameter {
            parameter: "parameters".to_owned(),
            value: value.to_string(),
            reason: error.to_string(),
        })
    }

    /// ARN pattern of the executor's role, in any partition and account.
    #[must_use]
    pub fn executor_arn(&self) -> String {
        role_arn(&self.executor_role)
    }

    /// ARN patterns of every role that exempting guardrails let through, the executor's first.
    #[must_use]
    pub fn exempt_arns(&self) -> Vec<String> {
        std::iter::once(&self.executor_role).chain(&self.exempt_roles).map(|name| role_arn(name)).collect()
    }

    /// The values by placeholder name.
    pub(crate) fn values(&self) -> Result<BTreeMap<&'static str, Vec<String>>, Error> {
        let Self {
            executor_role,
            exempt_roles: _,
            regions,
            platform,
            trail_names,
            log_buckets,
            log_groups,
            required_tag,
            image_owners,
            instance_types,
            permissions_boundary,
            boundary_services,
            eligible_services,
            organization_id,
        } = self;
        self.check()?;
        let one = |text: &str| vec![text.to_owned()];
        let organization_id: Vec<String> = organization_id.iter().cloned().collect();
        let each =
            |texts: &[String], make: &dyn Fn(&String) -> String| texts.iter().map(make).collect::<Vec<_>>();
        let service = |prefix: &String| format!("{prefix}:*");
        let buckets = each(log_buckets, &|name| format!("arn:*:s3:::{name}"));
        let objects = each(log_buckets, &|name| format!("arn:*:s3:::{name}/*"));
        let mut platform_roles = self.exempt_arns();
        platform_roles.push(role_arn(&format!("{platform}-*")));
        let trails = match trail_names.as_slice() {
            [] => one("*"),
            names => each(names, &|name| format!("arn:*:cloudtrail:*:*:trail/{name}")),
        };
        Ok(BTreeMap::from([
            ("executor", one(&format!("arn:aws:iam::111122223333:role/{executor_role}"))),
            ("executor_roles", one(&self.executor_arn())),
            ("regions", regions.clone()),
            ("platform", one(platform)),
            ("platform_roles", platform_roles),
            ("trails", trails),
            ("log_buckets", dedup_covered(&[buckets, objects].concat())),
            ("log_groups", each(log_groups, &|name| format!("arn:*:logs:*:*:log-group:{name}"))),
            ("required_tag", one(required_tag)),
            ("image_owners", image_owners.clone()),
            ("instance_types", instance_types.clone()),
            ("permissions_boundary", one(&format!("arn:*:iam::*:policy/{permissions_boundary}"))),
            ("boundary_services", each(boundary_services, &service)),
            ("eligible_services", each(eligible_services, &service)),
            ("organization_id", organization_id),
        ]))
    }

    /// Checks every parameter.
    ///
    /// # Errors
    /// [`Error::BadParameter`] for the first that no policy can take.
    fn check(&self) -> Result<(), Error> {
        let Self {
            executor_role,
            exempt_roles,
            regions,
            platform,
            trail_names,
            log_buckets,
            log_groups,
            required_tag,
            image_owners,
            instance_types,
            permissions_boundary,
            boundary_services,
            eligible_services,
            organization_id,
        } = self;
        let one = |text: &str| vec![text.to_owned()];
        check("executor_role", &one(executor_role), "+=,.@-_/", false)?;
        check("exempt_roles", exempt_roles, "+=,.@-_/*?", false)?;
        if let Some(open) =
            exempt_roles.iter().find(|role| !role.contains(|it: char| it.is_ascii_alphanumeric()))
        {
            return Err(Error::BadParameter {
                parameter: "exempt_roles".to_owned(),
                value: open.clone(),
                reason: "it matches every role, so the guardrails would deny nothing to any of them"
                    .to_owned(),
            });
        }
        check("regions", regions, "-", true)?;
        for region in regions {
            if let Err(error) = Region::named(region) {
                return Err(Error::BadParameter {
                    parameter: "regions".to_owned(),
                    value: region.clone(),
                    reason: error.to_string(),
                });
            }
        }
        check("platform", &one(platform), "-", false)?;
        check("trail_names", trail_names, "-_.*?", false)?;
        check("log_buckets", log_buckets, "-.*?", true)?;
        check("log_groups", log_groups, "-_./#*?", true)?;
        check("required_tag", &one(required_tag), " _.:/=+-@", false)?;
        if required_tag.chars().count() > TAG_KEY_MAX || required_tag.trim() != required_tag {
            return Err(Error::BadParameter {
                parameter: "required_tag".to_owned(),
                value: required_tag.clone(),
                reason: format!("a tag key has 1 to {TAG_KEY_MAX} characters and no spaces around them"),
            });
        }
        check("image_owners", image_owners, "-", true)?;
        check("instance_types", instance_types, "-.*?", false)?;
        check("permissions_boundary", &one(permissions_boundary), "+=,.@-_/", false)?;
        check("boundary_services", boundary_services, "-", false)?;
        check("eligible_services", eligible_services, "-", false)?;
        check("organization_id", organization_id.as_slice(), "-", false)
    }
}

fn role_arn(name: &str) -> String {
    format!("arn:*:iam::*:role/{name}")
}

/// Without the patterns that another one covers (`b-*` covers `b-*/*`).
fn dedup_covered(patterns: &[String]) -> Vec<String> {
    let covered = |pattern: &String| {
        patterns.iter().any(|other| other != pattern && crate::policy::syntax::pattern::glob(other, pattern))
    };
    patterns.iter().filter(|pattern| !covered(pattern)).cloned().collect()
}

/// Letters and digits of ASCII and the extra characters; nothing empty, and not an empty list where one is needed.
fn check(parameter: &str, values: &[String], extra: &str, needed: bool) -> Result<(), Error> {
    let bad = |value: &str, reason: &str| {
        let (parameter, value, reason) = (parameter.to_owned(), value.to_owned(), reason.to_owned());
        Err(Error::BadParameter { parameter, value, reason })
    };
    if needed && values.is_empty() {
        return bad("", "at least one is needed");
    }
    for value in values {
        let legal = |character: char| character.is_ascii_alphanumeric() || extra.contains(character);
        if value.is_empty() {
            return bad(value, "it is empty");
        }
        if value.chars().count() > VALUE_MAX {
            return bad(value, &format!("it has more than {VALUE_MAX} characters"));
        }
        if let Some(character) = value.chars().find(|&character| !legal(character)) {
            let character = character.to_string();
            return bad(value, &format!("the character `{}` cannot stand there", Quoted(&character)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalog::set::SetName;
    use crate::policy::catalog::tier_documents::tier_documents;

    fn given(name: &str, values: &[&str]) -> BTreeMap<String, Vec<String>> {
        BTreeMap::from([(name.to_owned(), values.iter().map(|&value| value.to_owned()).collect())])
    }

    #[test]
    fn an_exemption_of_every_role_is_refused() {
        for pattern in ["*", "**", "?*", "????", "*/*", "*-*"] {
            let parameters = Parameters { exempt_roles: vec![pattern.to_owned()], ..Parameters::default() };
            let refused = tier_documents(SetName::Soc2, &parameters).unwrap_err();
            assert_eq!(refused.code(), "policy.bad-parameter", "{pattern}");
            assert!(Parameters::default().with(&given("exempt_roles", &["BreakGlass", pattern])).is_err());
        }
        assert!(Parameters::default().with(&given("exempt_roles", &["BreakGlass*", "ops/*"])).is_ok());
    }

    #[test]
    fn regions_are_known_and_a_tag_key_is_one() {
        let refused =
            |parameters: Parameters| tier_documents(SetName::Soc2, &parameters).unwrap_err().to_string();
        for region in ["x", "us-east", "us-east-99", "US-EAST-1"] {
            let parameters = Parameters { regions: vec![region.to_owned()], ..Parameters::default() };
            assert!(refused(parameters).contains("`regions`"), "{region}");
        }
        for key in ["x".repeat(129), " ".to_owned(), " Project".to_owned(), "a*b".to_owned(), String::new()] {
            let parameters = Parameters { required_tag: key.clone(), ..Parameters::default() };
            assert!(refused(parameters).contains("`required_tag`"), "{key}");
        }
        let parameters = Parameters {
            required_tag: "x".repeat(128),
            regions: vec!["us-gov-west-1".to_owned(), "eu-central-1".to_owned()],
            ..Parameters::default()
        };
        assert!(tier_documents(SetName::Soc2, &parameters).is_ok());
    }

    #[test]
    fn regions_and_log_groups_are_added_and_others_replaced() {
        let default = Parameters::default;
        assert_eq!(
            default().with(&given("regions", &["us-west-2"])).unwrap().regions,
            ["us-east-1", "us-west-2"]
        );
        assert_eq!(
            default().with(&given("log_groups", &["/app/*"])).unwrap().log_groups,
            ["/app/*", "/securebase/*"]
        );
        assert_eq!(default().with(&given("required_tag", &["Owner"])).unwrap().required_tag, "Owner");
        assert!(default().with(&given("required_tag", &["a", "b"])).is_err());
        assert!(default().with(&given("platform", &["x"])).is_err());
        for name in SETTABLE {
            assert!(default().with(&given(name, &["us-east-2"])).is_ok(), "{name}");
        }
    }
}
