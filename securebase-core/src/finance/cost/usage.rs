//! What tenants and the organization use a month: assumptions, in one replaceable file.

mod file;

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::finance::error::Error;
use crate::model::billing::Quantity;
use crate::model::{Day, Tier};

const QUANTITIES: usize = Quantity::ALL.len();

impl FromStr for Quantity {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|quantity| quantity.name() == text)
            .ok_or_else(|| Error::unknown("quantity", text, Self::ALL.iter().map(|known| known.name())))
    }
}

/// The storage class archived logs come to rest in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArchiveClass {
    /// S3 Standard: they stay where they were written.
    Standard,
    /// S3 Standard-IA.
    StandardIa,
    /// Glacier Instant Retrieval.
    GlacierInstant,
    /// Glacier Flexible Retrieval.
    GlacierFlexible,
    /// Glacier Deep Archive.
    #[default]
    DeepArchive,
}

impl ArchiveClass {
    /// For how many months an object is billed at least.
    pub fn least_months(self) -> u32 {
        match self {
            Self::Standard => 0,
            Self::StandardIa => 1,
            Self::GlacierInstant | Self::GlacierFlexible => 3,
            Self::DeepArchive => 6,
        }
    }
}

/// What a tenant of a tier uses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageProfile {
    /// The tier it is for, or `default`.
    pub tier: String,
    /// The framework whose tiers it also serves.
    pub framework: Option<String>,
    /// Where archived logs come to rest.
    pub archive_class: ArchiveClass,
    /// Whether the tier's tenants need Shield Advanced for the organization.
    pub shield_advanced: bool,
    quantities: [Decimal; QUANTITIES],
}

impl UsageProfile {
    fn new(tier: String) -> Self {
        Self {
            tier,
            framework: None,
            archive_class: ArchiveClass::default(),
            shield_advanced: false,
            quantities: [Decimal::ZERO; QUANTITIES],
        }
    }

    /// One quantity.
    pub fn get(&self, quantity: Quantity) -> Decimal {
        self.quantities[quantity as usize]
    }

    /// Replaces one quantity.
    pub fn set(&mut self, quantity: Quantity, value: Decimal) {
        self.quantities[quantity as usize] = value;
    }
}

/// The usage of a whole zone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The day the assumptions were written down.
    pub as_of: Day,
    /// Accounts the organization has beside its tenants': management, log archive, audit.
    pub core_accounts: u32,
    /// Dashboards of the organization.
    pub dashboards: Decimal,
    /// Dashboards of each tier that has tenants.
    pub dashboards_per_tier: Decimal,
    /// GB of state kept for this crate's own runs.
    pub state_gb: Decimal,
    /// Writes of that state.
    pub state_puts: Decimal,
    /// What each core account uses.
    pub core: UsageProfile,
    /// The profiles, `default` among them.
    pub profiles: Vec<UsageProfile>,
}

impl Usage {
    /// The profile of a tier: the one of its name, else of its framework, else `default`.
    pub fn profile(&self, tier: Option<&Tier>) -> &UsageProfile {
        let named = tier.and_then(|tier| {
            let name = folded(tier.name.as_str());
            self.profiles.iter().find(|profile| folded(&profile.tier) == name)
        });
        let framed = || {
            tier.and_then(|tier| {
                let framework = tier.framework.as_str();
                self.profiles.iter().find(|profile| profile.framework.as_deref() == Some(framework))
            })
        };
        named
            .or_else(framed)
            .or_else(|| self.profiles.iter().find(|profile| profile.tier == "default"))
            .unwrap_or(&self.core)
    }

    /// Checks that every profile applies to a tier: by its name, or by its framework. A profile of the shipped file need not.
    ///
    /// # Errors
    /// [`Error::Unknown`] for the first profile that no tier would use.
    pub(crate) fn check_tiers(&self, tiers: &[Tier]) -> Result<(), Error> {
        let names = || tiers.iter().map(|tier| tier.name.as_str());
        let is_shipped = |profile: &UsageProfile| {
            Self::shipped().profiles.iter().any(|known| folded(&known.tier) == folded(&profile.tier))
        };
        let applies = |profile: &UsageProfile| {
            profile.framework.is_some()
                || is_shipped(profile)
                || names().any(|name| folded(name) == folded(&profile.tier))
        };
        match self.profiles.iter().find(|profile| !applies(profile)) {
            Some(profile) => {
                let known =
                    names().chain(Self::shipped().profiles.iter().map(|profile| profile.tier.as_str()));
                let known: std::collections::BTreeSet<&str> = known.collect();
                Err(Error::unknown("tier of a usage profile", &profile.tier, known))
            }
            None => Ok(()),
        }
    }

    /// The profile of that name, to change it.
    ///
    /// # Errors
    /// [`Error::Unknown`] where there is none.
    pub fn profile_mut(&mut self, tier: &str) -> Result<&mut UsageProfile, Error> {
        let Some(place) = self.profiles.iter().position(|profile| folded(&profile.tier) == folded(tier))
        else {
            return Err(Error::unknown(
                "usage profile",
                tier,
                self.profiles.iter().map(|profile| profile.tier.as_str()),
            ));
        };
        Ok(&mut self.profiles[place])
    }
}

/// `Gov_Federal` and `gov-federal` are one tier.
fn folded(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Money;

    fn tier(name: &str, framework: &str) -> Tier {
        Tier::new(
            name.parse().unwrap(),
            name.to_owned(),
            name.to_owned(),
            framework.parse().unwrap(),
            Money::usd(1),
            90,
        )
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let shipped = Usage::shipped();
        let changed = r#"{"organization": {"core_accounts": "5", "core": {"nat_gb": "0.50"}},
            "profile": [{"tier": "fintech", "egress_gb": 7, "archive_class": "standard", "shield_advanced": true},
                        {"tier": "own", "framework": "hipaa", "workload": "12.34"}]}"#;
        for usage in [shipped.clone(), shipped.with_json(changed).unwrap()] {
            let again = shipped.with_value(&usage.to_json()).unwrap();
            assert_eq!(again, usage);
            assert_eq!(shipped.with_json(&usage.to_json().to_string()).unwrap(), usage);
        }
    }

    #[test]
    fn a_tier_finds_its_profile_by_name_then_framework_then_default() {
        let usage = Usage::shipped();
        let found = |name: &str, framework: &str| usage.profile(Some(&tier(name, framework))).tier.clone();
        assert_eq!(found("gov_federal", "fedramp"), "gov-federal");
        assert_eq!(found("fintech", "hipaa"), "fintech");
        assert_eq!(found("clinics", "hipaa"), "healthcare");
        assert_eq!(found("standard", "cis"), "default");
        assert_eq!(found("space", "nasa"), "default");
        assert_eq!(usage.profile(None).tier, "default");
    }

    #[test]
    fn a_users_file_changes_what_it_names() {
        let text = "[[profile]]\ntier = \"fintech\"\nnat_gb = \"5000\"\n[organization]\ncore_accounts = 1\n";
        let usage = Usage::shipped().with_toml(text).unwrap();
        let fintech = usage.profile(Some(&tier("fintech", "soc2")));
        assert_eq!(fintech.get(Quantity::NatGb), Decimal::from(5000));
        assert_eq!(fintech.get(Quantity::FlowLogGb), Decimal::TEN);
        assert_eq!(usage.core_accounts, 1);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let text = r#"
            [organization]
            core_accounts = "1.5"
            [[profile]]
            nat_gb = "1"
            [[profile]]
            tier = "fintech"
            nat_tb = "1"
            archive_class = "attic"
            alarms = -1
        "#;
        let Err(Error::Invalid(problems)) = Usage::shipped().with_toml(text) else { panic!() };
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!(
            codes,
            ["number-not-whole", "tier-missing", "number-negative", "class-unknown", "key-unknown"]
        );
    }
}
