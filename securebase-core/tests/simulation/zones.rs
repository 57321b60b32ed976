//! Small zones, and what each comes to when nothing goes wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use securebase_core::exec::{self, ApplyOptions};
use securebase_core::input::Format;
use securebase_core::kinds::{PolicyAttachmentSpec, ResourceSpec};
use securebase_core::model::{LandingZone, Tier};
use securebase_core::observe;
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{MemoryStore, State};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::case::Move;
use crate::picture::picture;
use crate::ready;

/// A zone in few words: what a case is made of, and what it shrinks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    /// The tier of each tenant, by its place among the shipped ones.
    pub(crate) tiers: Vec<usize>,
    pub(crate) network: bool,
    pub(crate) nat: bool,
    pub(crate) vpn: bool,
    pub(crate) flow_logs: bool,
    /// Whether the zone and each tenant have a tag more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) tagged: bool,
    /// Whether each network has gateway endpoints.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) endpoints: bool,
    /// Whether the flow logs of each tenant are encrypted with a key of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) keys: bool,
}

/// What must hold of a tenant's account.
#[derive(Debug)]
pub(crate) struct Home {
    /// The path of its unit.
    pub(crate) unit: String,
    /// How many policies are on that unit.
    pub(crate) policies: usize,
}

/// A zone, its plan against an organization without accounts, and the world that follows from it.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) zone: LandingZone,
    pub(crate) plan: Plan,
    pub(crate) expected: Vec<String>,
    /// By root e-mail address.
    pub(crate) homes: BTreeMap<String, Home>,
}

impl Shape {
    fn text(&self) -> String {
        let shipped = Tier::shipped();
        let clients: serde_json::Map<String, serde_json::Value> = self
            .tiers
            .iter()
            .enumerate()
            .map(|(place, tier)| {
                let tier = &shipped[tier % shipped.len()];
                let mut tags = json!({"Customer": format!("Tenant {place}")});
                if self.tagged {
                    tags["CostCenter"] = json!(format!("471{place}"));
                }
                let client = json!({
                    "tier": tier.name.as_str(),
                    "framework": tier.framework.as_str(),
                    "prefix": format!("t{place}"),
                    "contact_email": format!("ops@t{place}.example.com"),
                    "vpc_cidr": format!("10.{place}.0.0/16"),
                    "tags": tags,
                });
                (format!("tenant-{place}"), client)
            })
            .collect();
        let tags = if self.tagged { json!({"Owner": "ops"}) } else { json!({}) };
        json!({
            "org_name": "sim",
            "tags": tags,
            "environment": "test",
            "target_region": "us-east-1",
            "enable_vpc": self.network,
            "vpc_config": {
                "enable_nat_gateway": self.nat,
                "enable_vpn_gateway": self.vpn,
                "enable_vpc_flow_logs": self.flow_logs,
                "dns_hostnames": true,
                "dns_support": true,
                "gateway_endpoints": self.endpoints,
                "encrypt_flow_logs": self.keys,
            },
            "account_email": "aws+{prefix}@example.com",
            "clients": clients,
        })
        .to_string()
    }

    /// The zone with all that follows from it; worked out once.
    pub(crate) fn prepared(&self) -> Arc<Prepared> {
        static KNOWN: Mutex<BTreeMap<Shape, Arc<Prepared>>> = Mutex::new(BTreeMap::new());
        let known = |prepared: Option<Arc<Prepared>>| {
            let mut all = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
            match prepared {
                Some(prepared) => Some(Arc::clone(all.entry(self.clone()).or_insert(prepared))),
                None => all.get(self).cloned(),
            }
        };
        known(None).or_else(|| known(Some(Arc::new(self.prepare())))).unwrap()
    }

    /// The same zone after the file has changed, and the world that follows from both in turn.
    pub(crate) fn moved(&self, to: &Move) -> Arc<Prepared> {
        type Moves = BTreeMap<(Shape, Shape), Arc<Prepared>>;
        static KNOWN: Mutex<Moves> = Mutex::new(BTreeMap::new());
        let after = Self {
            tiers: to.tiers.clone(),
            tagged: self.tagged && !to.untagged,
            endpoints: self.endpoints != to.switched,
            keys: self.keys != to.keyed,
            ..self.clone()
        };
        let key = (self.clone(), after.clone());
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let prepared = Arc::new(after.follows(&[self, &after]));
            let mut all = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(key).or_insert(prepared))
        })
    }

    fn zone(&self) -> LandingZone {
        LandingZone::parse(&self.text(), Format::Json, None)
            .unwrap_or_else(|problems| panic!("{self:?}: {problems}"))
    }

    fn prepare(&self) -> Prepared {
        self.follows(&[self])
    }

    /// The zone, and the world that follows where the file has said each of these in turn and nothing went wrong.
    fn follows(&self, turns: &[&Self]) -> Prepared {
        let (cloud, state) = (SimulatedCloud::new(0), State::new(MemoryStore::new()));
        let planned = |zone: &LandingZone| {
            let planner = ready(exec::remember(Planner::new(zone), &state)).unwrap();
            let observed = ready(observe::survey(&cloud, &planner.scope())).unwrap();
            planner.observed(&observed).plan().unwrap()
        };
        for zone in turns.iter().map(|shape| shape.zone()) {
            let plan = planned(&zone);
            let options = ApplyOptions::new().destroy(plan.destructive().into_iter().cloned());
            let run = ready(exec::apply(&plan, &cloud, &state, options)).unwrap();
            assert_eq!(run.failed, [], "{turns:?}");
            let again = planned(&zone);
            assert!(again.is_empty(), "{turns:?}: planning again after a run without faults: {again}");
        }
        let zone = self.zone();
        let plan = Planner::new(&zone).plan().unwrap();
        let homes = zone
            .tenants
            .iter()
            .map(|tenant| {
                let unit = tenant.ou_path();
                let address = securebase_core::model::Address::organizational_unit(&unit);
                let policies = plan
                    .steps()
                    .filter(|step| {
                        matches!(&step.spec, ResourceSpec::PolicyAttachment(PolicyAttachmentSpec { target, .. }) if *target == address)
                    })
                    .count();
                (tenant.account_email.folded(), Home { unit, policies })
            })
            .collect();
        Prepared { expected: picture(&cloud), zone, plan, homes }
    }
}
