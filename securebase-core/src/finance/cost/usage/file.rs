//! Usage files: TOML or JSON, entry by entry over the usage there is, everything wrong at once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Quantity, Usage, UsageProfile, folded};
use crate::finance::error::Error;
use crate::finance::pricing::number::Number;
use crate::model::diagnostics::document;
use crate::model::{Day, Problem, Problems};

#[derive(Deserialize)]
#[serde(untagged, expecting = "invalid entry, expected a number, text, `true` or `false`")]
enum Entry {
    Flag(bool),
    Number(Number),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
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

#[expect(clippy::expect_used, reason = "the file is part of the crate and every test reads it")]
static SHIPPED: LazyLock<Usage> = LazyLock::new(|| {
    let file: File =
        toml::from_str(include_str!("../../../../data/usage.toml")).expect("data/usage.toml is TOML");
    let empty = Usage {
        as_of: file.day().expect("data/usage.toml has a day"),
        core_accounts: 0,
        dashboards: Decimal::ZERO,
        dashboards_per_tier: Decimal::ZERO,
        state_gb: Decimal::ZERO,
        state_puts: Decimal::ZERO,
        core: UsageProfile::new("core".to_owned()),
        profiles: vec![UsageProfile::new("default".to_owned())],
    };
    empty.with(file).expect("data/usage.toml is valid")
});

impl File {
    /// The day the file names, if it is one.
    fn day(&self) -> Option<Day> {
        self.as_of.as_ref()?.parse().ok()
    }
}

impl Usage {
    /// The shipped assumptions.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// These assumptions with those a TOML file names replaced: a profile of a known tier replaces the quantities it
    /// names, one of a new tier begins at zero.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with the file.
    pub fn with_toml(&self, text: &str) -> Result<Self, Error> {
        self.with(toml::from_str(text).map_err(|error| unreadable(&error.to_string()))?)
    }

    /// The same from a JSON document of the same shape.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with the document.
    pub fn with_json(&self, text: &str) -> Result<Self, Error> {
        self.with(serde_json::from_str(text).map_err(|error| unreadable(&error.to_string()))?)
    }

    /// As [`Self::with_json`], from a plain value.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with the document.
    pub fn with_value(&self, document: &Value) -> Result<Self, Error> {
        self.with(document::read("", document).map_err(|problem| Error::Invalid(problem.into()))?)
    }

    /// The whole usage as a JSON document of the file's shape, which [`Usage::with_json`] reads back over any usage of the same profiles.
    pub fn to_json(&self) -> Value {
        let profile = |profile: &UsageProfile, tier: Option<&str>| {
            let mut entries: Map<String, Value> = Quantity::ALL
                .iter()
                .map(|quantity| (quantity.name().to_owned(), profile.get(*quantity).to_string().into()))
                .collect();
            entries.insert("archive_class".to_owned(), json!(profile.archive_class));
            entries.insert("shield_advanced".to_owned(), profile.shield_advanced.into());
            entries.extend(tier.map(|tier| ("tier".to_owned(), tier.into())));
            let framework = profile.framework.as_deref();
            entries.extend(framework.map(|framework| ("framework".to_owned(), framework.into())));
            entries
        };
        json!({
            "version": VERSION,
            "as_of": self.as_of,
            "organization": {
                "core_accounts": self.core_accounts.to_string(),
                "dashboards": self.dashboards.to_string(),
                "dashboards_per_tier": self.dashboards_per_tier.to_string(),
                "state_gb": self.state_gb.to_string(),
                "state_puts": self.state_puts.to_string(),
                "core": profile(&self.core, None),
            },
            "profile": self.profiles.iter().map(|own| profile(own, Some(&own.tier))).collect::<Vec<_>>(),
        })
    }

    fn with(&self, file: File) -> Result<Self, Error> {
        let File { version, as_of, organization, profile } = file;
        let mut usage = self.clone();
        let mut problems = Vec::new();
        if let Some(version) = version.filter(|version| *version != VERSION) {
            let message = format!("`{version}` is not a version of the usage file");
            problems.push(Problem::error("version-unknown", "version", message, format!("use {VERSION}")));
        }
        match as_of.map(|text| text.parse::<Day>()) {
            None => {}
            Some(Ok(day)) => usage.as_of = day,
            Some(Err(error)) => problems.push(error.problem("as_of")),
        }
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
                let class = serde_json::from_value(Value::String(class.clone())).map_err(|_| class);
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
