//! Availability zones: which an account sees, and what is refused in others.

use super::Network;
use crate::cloud::ec2::{self, AvailabilityZone, ZoneKind};
use crate::cloud::{CloudError, Reply};
use crate::model::{AccountId, Region, RegionFacts, Regions, UsableZones};
use crate::sim::schedule::chance::Chance;
use crate::sim::services::context::Context;

/// The zones that an account sees in a region: those the region shows, and where it does not show all of them to everyone, a
/// choice that is the account's own.
pub(in crate::sim) fn of(account: AccountId, region: &Region, chance: &Chance) -> UsableZones {
    let facts = Regions::shipped().get(region);
    let mut letters = facts.map_or_else(|| vec!['a', 'b', 'c'], |facts| facts.zone_letters().to_vec());
    let shown = facts.map_or(letters.len(), RegionFacts::zones_shown);
    if shown < letters.len() {
        letters.sort_by_key(|letter| chance.rank(&format!("zone|{account}|{region}|{letter}")));
        letters.truncate(shown);
    }
    UsableZones::new(letters.into_iter().map(|letter| format!("{region}{letter}")))
}

impl Network {
    /// The zones, in whatever order: AWS promises none.
    pub(super) fn describe_zones(&self, context: &Context<'_>) -> Reply {
        let mut zones: Vec<AvailabilityZone> = self
            .zones
            .names()
            .iter()
            .map(|name| AvailabilityZone {
                name: name.clone(),
                kind: ZoneKind::AvailabilityZone,
                available: true,
                opt_in: false,
            })
            .collect();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a draw below 1 times a small count is a small index"
        )]
        let turn = (context.draws.aftermath * zones.len() as f64) as usize;
        zones.rotate_left(turn);
        Reply::Ec2(ec2::Reply::AvailabilityZones(zones))
    }

    /// Refuses a zone that takes no subnet of this account.
    pub(super) fn check_zone(&self, zone: &str) -> Result<(), CloudError> {
        let names = self.zones.names();
        let stands = self.subnets.values().any(|kept| kept.value.zone == zone);
        if stands || names.iter().any(|name| name == zone) {
            return Ok(());
        }
        Err(CloudError::rejected(
            "InvalidParameterValue",
            format!(
                "Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the \
                 following availability zones: {}.",
                names.join(", ")
            ),
        ))
    }
}
