//! Usage files: TOML or JSON, entry by entry over the usage there is, everything wrong at once.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;

use super::{Quantity, Usage, UsageProfile, folded};
use crate::finance::Error;
use crate::finance::pricing::number::Number;
use crate::model::{Problem, Problems};

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Flag(bool),
    Number(Number),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    version: Option<u32>,
    as_of: Option<String>,
    organization: Option<Organization>,
    #[serde(default)]
    profile: Vec<BTreeMap<String, Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
    core_accounts: Option<Number>,
    dashboards: Option<Number>,
    dashboards_per_tier: Option<Number>,
    state_gb: Option<Number>,
    state_puts: Option<Number>,
    core: Option<BTreeMap<String, Entry>>,
}

const VERSION: u32 = 1;

impl Usage {
    pub(super) fn with(&self, file: File) -> Result<Self, Error> {
        let File { version, as_of, organization, profile } = file;
        let mut usage = self.clone();
        let mut problems = Vec::new();
        if let Some(version) = version.filter(|version| *version != VERSION) {
            let message = format!("`{version}` is not a version of the usage file");
            problems.push(Problem::error("version-unknown", "version", message, format!("use {VERSION}")));
        }
        usage.as_of = as_of.unwrap_or(usage.as_of);
        if let Some(organization) = organization {
            usage.apply_organization(organization, &mut problems);
        }
        for (index, entries) in profile.into_iter().enumerate() {
            let Some(Entry::Number(Number::Text(tier))) = entries.get("tier") else {
                let path = format!("profile[{index}]");
                let hint = "give it the name of a tier, or \"default\"";
                problems.push(Problem::error(
                    "tier-missing",
                    path,
                    "the profile does not say whose it is",
                    hint,
                ));
                continue;
            };
            let tier = tier.clone();
            let place =
                usage.profiles.iter().position(|known| folded(&known.tier) == folded(&tier)).unwrap_or_else(
                    || {
                        usage.profiles.push(UsageProfile::new(tier.clone()));
                        usage.profiles.len() - 1
                    },
                );
            apply(&mut usage.profiles[place], entries, &format!("profile.{tier}"), &mut problems);
        }
        if problems.is_empty() { Ok(usage) } else { Err(Error::Invalid(Problems(problems))) }
    }

    fn apply_organization(&mut self, organization: Organization, problems: &mut Vec<Problem>) {
        let Organization { core_accounts, dashboards, dashboards_per_tier, state_gb, state_puts, core } =
            organization;
        let mut read = |name: &str, number: Option<Number>, into: &mut Decimal| {
            if let Some(value) =
                number.and_then(|number| number.read(&format!("organization.{name}"), problems))
            {
                *into = value;
            }
        };
        let mut accounts = Decimal::from(self.core_accounts);
        read("core_accounts", core_accounts, &mut accounts);
        read("dashboards", dashboards, &mut self.dashboards);
        read("dashboards_per_tier", dashboards_per_tier, &mut self.dashboards_per_tier);
        read("state_gb", state_gb, &mut self.state_gb);
        read("state_puts", state_puts, &mut self.state_puts);
        match accounts.to_u32().filter(|whole| Decimal::from(*whole) == accounts) {
            Some(whole) => self.core_accounts = whole,
            None => problems.push(Problem::error(
                "number-not-whole",
                "organization.core_accounts",
                format!("`{accounts}` is not a number of accounts"),
                "use a whole number",
            )),
        }
        if let Some(core) = core {
            apply(&mut self.core, core, "organization.core", problems);
        }
    }
}

pub(super) fn unreadable(message: &str) -> Error {
    let hint = "see the shipped data/usage.toml for the shape";
    Error::Invalid(Problem::error("usage-unreadable", "", message.trim_end(), hint).into())
}

fn apply(
    profile: &mut UsageProfile,
    entries: BTreeMap<String, Entry>,
    path: &str,
    problems: &mut Vec<Problem>,
) {
    for (name, entry) in entries {
        let path = format!("{path}.{name}");
        match (name.as_str(), entry) {
            ("tier", _) => {}
            ("framework", Entry::Number(Number::Text(framework))) => profile.framework = Some(framework),
            ("shield_advanced", Entry::Flag(flag)) => profile.shield_advanced = flag,
            ("archive_class", Entry::Number(Number::Text(class))) => {
                let class =
                    serde_json::from_value(serde_json::Value::String(class.clone())).map_err(|_| class);
                match class {
                    Ok(class) => profile.archive_class = class,
                    Err(class) => problems.push(Problem::error(
                        "class-unknown",
                        path,
                        format!("`{class}` is not a storage class"),
                        "use `standard`, `standard_ia`, `glacier_instant`, `glacier_flexible` or `deep_archive`",
                    )),
                }
            }
            (name, Entry::Number(number)) => match name.parse::<Quantity>() {
                Ok(quantity) => {
                    if let Some(value) = number.read(&path, problems) {
                        profile.set(quantity, value);
                    }
                }
                Err(_) => problems.push(unknown_key(path, name)),
            },
            (name, Entry::Flag(_)) => problems.push(unknown_key(path, name)),
        }
    }
}

fn unknown_key(path: String, name: &str) -> Problem {
    let message = format!("`{name}` is not a quantity of a usage profile");
    Problem::error("key-unknown", path, message, "use a name of the shipped data/usage.toml")
}
