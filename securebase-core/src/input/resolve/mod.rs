//! From the located tree to a [`LandingZone`], collecting every finding on the way.
//!
//! Invariant: `None` is returned only where an error has been reported.

mod acknowledge;
mod guarding;
mod network;
mod pool;
mod tags;
mod template;
mod tenant;
mod tier;
mod unique;

use super::code;
use super::node::{Node, Quoted, Value};
use super::reader::{Object, Text, entries, mismatch, nearest};
use super::report::{Path, Report};
use crate::model::{
    LandingZone, Latencies, LimitError, Limits, Region, RegionError, RoleName, Tags, ZoneName,
};

/// The attributes of the document itself.
pub(super) const ZONE: &[&str] = &[
    "version",
    "org_name",
    "environment",
    "target_region",
    "enable_vpc",
    "vpc_config",
    "tags",
    "tiers",
    "pool",
    "links",
    "account_email",
    "account_name",
    "ou_path",
    "suspended_ou",
    "access_role",
    "guardrails",
    "policies",
    "limits",
    "acknowledge",
    "clients",
];
#[cfg(test)]
pub(super) use network::VPC_CONFIG;
#[cfg(test)]
pub(super) use pool::{LINK, POOL};
#[cfg(test)]
pub(super) use tenant::CLIENT;
#[cfg(test)]
pub(super) use tier::TIER;

/// The version of the written format.
const VERSION: u32 = 1;
const NAME_DEFAULT: &str = "securebase";
const ENVIRONMENT_DEFAULT: &str = "dev";
const ACCESS_ROLE_DEFAULT: &str = "OrganizationAccountAccessRole";
const SUSPENDED_DEFAULT: &str = "Suspended";

/// What tenants are resolved against.
struct Zone<'z> {
    region: Option<Region>,
    tags: Tags,
    tiers: Vec<crate::model::Tier>,
    limits: Limits,
    templates: template::Templates<'z>,
}

/// Resolves a document; `None` has been reported.
pub(super) fn zone(root: &Node, report: &mut Report<'_>) -> Option<LandingZone> {
    let object = Object::open(root, Some(0).filter(|_| root.at.is_some()), Path::Root, ZONE, report)?;
    version(&object, report);
    acknowledge::read(&object, report);
    let name = if object.has("org_name") {
        object.name("org_name", report).map(|(name, _)| name)
    } else {
        NAME_DEFAULT.parse::<ZoneName>().ok()
    };
    let environment = environment(&object, report);
    let region = region(&object, "target_region", report);
    let region = if object.has("target_region") { region } else { Some(Region::us_east_1()) };
    let limits = limits(&object, report);
    let network = network::features(&object, report);
    let tags = tags::zone(&object, &limits, report);
    let access_role = if object.has("access_role") {
        object.name("access_role", report).map(|(role, _)| role)
    } else {
        ACCESS_ROLE_DEFAULT.parse::<RoleName>().ok()
    };
    let executor = access_role.as_ref().map_or(ACCESS_ROLE_DEFAULT, RoleName::as_str);
    let mut tiers = tier::all(&object, executor, report);
    guarding::spread(&object, &guarding::read(&object, executor, report), &mut tiers, report);
    let suspended_ou = suspended_ou(&object, &tiers, report);
    let templates = template::Templates::read(&object, report);
    let zone = Zone { region, tags, tiers, limits, templates };
    let drafts = tenant::all(&object, &zone, report);
    unique::check(&object, &drafts, &zone, report);
    let pool = pool::pool(&object, &zone.tiers, drafts.len(), report);
    let links = pool::links(&object, &drafts, report);
    if network.is_some() {
        network::overlaps(&drafts, &links, report);
    }
    let tenants = drafts.into_iter().map(tenant::Draft::finish).collect::<Option<Vec<_>>>();
    if report.has_errors() {
        return None;
    }
    let Zone { region, tags, tiers, limits, .. } = zone;
    Some(LandingZone {
        name: name?,
        environment: environment?,
        region: region?,
        network,
        tags,
        tiers,
        tenants: tenants?,
        pool: pool?,
        links: links.into_iter().map(|link| link.link).collect(),
        suspended_ou: suspended_ou?,
        access_role: access_role?,
        limits,
        latencies: Latencies::default(),
        warnings: Vec::new(),
        acknowledged: Vec::new(),
        document: root.to_json(),
    })
}

fn version(object: &Object<'_, '_>, report: &mut Report<'_>) {
    let Some((version, at)) = object.whole::<u32>("version", "a whole number such as `1`", report) else {
        return;
    };
    if version != VERSION {
        report.error(
            code::VERSION_UNKNOWN,
            at,
            object.path_of("version"),
            format!("the file says it is of version `{version}`; this release reads version {VERSION}"),
            "use a newer release, or write the file in version 1",
        );
    }
}

fn environment(object: &Object<'_, '_>, report: &mut Report<'_>) -> Option<String> {
    if !object.has("environment") {
        return Some(ENVIRONMENT_DEFAULT.to_owned());
    }
    let text = object.string("environment", report)?;
    let valid = (1..=32).contains(&text.text.len())
        && text.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if !valid {
        report.error(
            code::NAME_INVALID,
            text.at,
            object.path_of("environment"),
            format!("`{}` is not a valid environment name", Quoted(text.text)),
            "use 1 to 32 letters, digits, `-`, `_` or `.`, such as `dev`",
        );
    }
    valid.then(|| text.text.to_owned())
}

/// The unit for accounts of tenants that have left: no tier's, since in it everything is denied.
fn suspended_ou(
    object: &Object<'_, '_>,
    tiers: &[crate::model::Tier],
    report: &mut Report<'_>,
) -> Option<String> {
    let given = if object.has("suspended_ou") { Some(object.string("suspended_ou", report)?) } else { None };
    let name = given.map_or(SUSPENDED_DEFAULT, |given| given.text);
    let at = given.and_then(|given| given.at);
    if !tier::unit_name_valid(name) {
        let message = format!("`{}` is not a valid name of an organizational unit", Quoted(name));
        report.error(
            code::OU_PATH_INVALID,
            at,
            object.path_of("suspended_ou"),
            message,
            "use 1 to 128 printable characters without `/` and without spaces around them",
        );
        return None;
    }
    if let Some(tier) = tiers.iter().find(|tier| tier.ou_name == name) {
        report.error(
            code::OU_DUPLICATE,
            at,
            object.path_of("suspended_ou"),
            format!("`{}` is the organizational unit of the tier `{}` too", Quoted(name), tier.name),
            "give one of them another name: in the unit of those who left everything is denied",
        );
        return None;
    }
    Some(name.to_owned())
}

/// A region of the partition this crate works in; `None` where it is absent or reported.
fn region(object: &Object<'_, '_>, name: &str, report: &mut Report<'_>) -> Option<Region> {
    let Text { text, at } = object.string(name, report)?;
    let region = match Region::named(text) {
        Ok(region) => region,
        Err(error) => {
            let (code, message) = match &error {
                RegionError::Unknown { .. } => (code::REGION_UNKNOWN, error.to_string()),
                _ => (code::NAME_INVALID, format!("`{}` is not a valid region", Quoted(text))),
            };
            report.error(code, at, object.path_of(name), message, error.help().unwrap_or_default());
            return None;
        }
    };
    if !region.is_commercial() {
        report.error(
            code::REGION_PARTITION,
            at,
            object.path_of(name),
            format!("`{region}` is in another partition than the organization: its accounts cannot join it"),
            "use a region of the commercial partition such as `us-east-1`; GovCloud and China need an organization of \
             their own there",
        );
        return None;
    }
    Some(region)
}

fn limits(object: &Object<'_, '_>, report: &mut Report<'_>) -> Limits {
    let mut limits = Limits::default();
    let path = object.path_of("limits");
    let node = object.get("limits").map(|entry| &entry.node);
    let given = node.and_then(|node| entries(node, &path, "a map of numbers by limit name", report));
    for entry in given.into_iter().flatten() {
        let path = Path::Key(&path, &entry.key);
        let value = match (entry.node.digits(), &entry.node.value) {
            (Some(text), _) => text.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0),
            (None, Value::Null) => continue,
            (None, other) => {
                mismatch(other, "a number", entry.node.at, &path, report);
                continue;
            }
        };
        let Some(value) = value else {
            report.error(
                code::NUMBER_INVALID,
                entry.node.at,
                path,
                format!("{} is no limit: a limit is a number above zero", entry.node.value.described()),
                "write what AWS has granted, such as `50`",
            );
            continue;
        };
        match limits.set(&entry.key, value) {
            Ok(()) => continue,
            Err(LimitError::Unknown { .. }) => {}
            Err(error) => {
                let problem = error.problem("limits");
                report.error(code::NUMBER_INVALID, entry.node.at, path, problem.message, &problem.hint);
                continue;
            }
        }
        let near = nearest(&entry.key, limits.iter().map(|limit| limit.name.as_str()));
        let hint = near.map_or_else(
            || "docs/input.md lists the names".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        let message = format!("there is no limit `{}`", Quoted(&entry.key));
        report.error(code::LIMIT_UNKNOWN, entry.key_at, path, message, hint);
    }
    limits
}
