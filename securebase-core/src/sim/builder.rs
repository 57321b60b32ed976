//! Settings of a simulated cloud.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::SimulatedCloud;
use super::enforcement::Guard;
use super::holdings::Holdings;
use super::schedule::agenda::Agenda;
use super::schedule::chance::Chance;
use super::schedule::director::{Director, Seat};
use super::schedule::faults::Faults;
use super::schedule::pacing::Pacing;
use super::services::organizations::Org;
use super::world::World;
use crate::model::{Latencies, Limits, Region};
use crate::observe::Observed;
use crate::time::Time;

/// Settings of a simulated cloud.
#[derive(Debug, Clone)]
pub struct Builder {
    seed: u64,
    faults: Faults,
    limits: Limits,
    latencies: Latencies,
    region: Region,
    organization: bool,
    policies_enabled: bool,
    observed: Option<Observed>,
    director: Seat,
}

impl Builder {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            faults: Faults::default(),
            limits: Limits::default().raised(),
            latencies: Latencies::default(),
            region: Region::us_east_1(),
            organization: true,
            policies_enabled: true,
            observed: None,
            director: Seat::default(),
        }
    }

    /// What goes wrong, and how often.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Quotas and request rates; AWS's, with adjustable quotas at their ceiling, unless set.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long things take.
    #[must_use]
    pub fn latencies(mut self, latencies: Latencies) -> Self {
        self.latencies = latencies;
        self
    }

    /// The region of the management account's regional calls, `us-east-1` unless set.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.region = region;
        self
    }

    /// An account that belongs to no organization yet.
    #[must_use]
    pub fn without_organization(mut self) -> Self {
        self.organization = false;
        self
    }

    /// An organization in whose root service control policies are not enabled yet.
    #[must_use]
    pub fn without_policies(mut self) -> Self {
        self.policies_enabled = false;
        self
    }

    /// A world in which exists what was observed: its accounts are ready, whatever role is assumed in them.
    ///
    /// An observation without an organization leaves it to the other settings whether there is one.
    #[must_use]
    pub fn observed(mut self, observed: &Observed) -> Self {
        self.observed = Some(observed.clone());
        self
    }

    /// Who decides call by call what goes wrong.
    #[must_use]
    pub fn director(mut self, director: Arc<dyn Director>) -> Self {
        self.director = Seat(Some(director));
        self
    }

    /// The cloud.
    pub fn build(self) -> SimulatedCloud {
        let mut chance = Chance::new(self.seed);
        let management = chance.account_id("management", |_| false);
        let org = self.organization.then(|| {
            let mut org = Org::new(management, &mut chance);
            org.add_management();
            org.root.service_control_policies = self.policies_enabled;
            org
        });
        let mut world = World {
            now: Time::ZERO,
            faults: self.faults,
            pacing: Pacing::new(&self.limits),
            limits: Arc::new(self.limits),
            latencies: Arc::new(self.latencies),
            region: self.region,
            holdings: Holdings::new(management, org),
            enabled: BTreeSet::new(),
            calls: Vec::new(),
            crashed: false,
            chance,
            agenda: Agenda::default(),
            guard: Guard::default(),
            director: self.director,
            clock_ahead: 0,
        };
        if let Some(observed) = &self.observed {
            world.import(observed);
        }
        SimulatedCloud::with(world)
    }
}
