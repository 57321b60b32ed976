//! What the service did, call by call, and what must hold of it at every step.

use std::collections::{BTreeMap, BTreeSet};

use securebase_core::cloud::organizations::{self, AccountRequestState};
use securebase_core::cloud::{Call, CloudError, ErrorKind, Operation, Reply, Target, ec2, kms};
use securebase_core::model::{ResourceId, Tags};
use securebase_core::sim::SimulatedCloud;

use crate::zones::{Home, Prepared};

type Effects<'a> = &'a [Result<Reply, CloudError>];

/// Where a resource that is known by its tags stands: account and address.
type Place = (String, String);

/// What the service did so far.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    live: BTreeMap<Place, BTreeSet<ResourceId>>,
    place_of: BTreeMap<ResourceId, Place>,
    /// All there ever was.
    made: BTreeSet<ResourceId>,
    /// Units, with the parent and the name of each.
    units: BTreeMap<ResourceId, (ResourceId, String)>,
    attached: BTreeSet<(ResourceId, ResourceId)>,
    /// The surplus ones of a call that arrived twice: nobody can know of them until the next survey.
    twins: BTreeSet<ResourceId>,
    /// Where something may still arrive that was sent long ago, and that may exist twice then.
    late: BTreeSet<Place>,
    /// The addresses of accounts whose request may still arrive.
    late_accounts: BTreeSet<String>,
    /// Somebody has changed the world since it was last surveyed for a plan.
    pub(crate) meddled: bool,
    /// A run has given something up.
    pub(crate) gave_up: bool,
    /// What another process, or a call that arrived twice, has used of the rates is not known to this one.
    pub(crate) rates_unknown: bool,
}

fn tags(operation: &Operation) -> Option<&Tags> {
    if let Operation::Kms(kms::Operation::CreateKey { tags, .. }) = operation {
        return Some(tags);
    }
    let Operation::Ec2(operation) = operation else { return None };
    match operation {
        ec2::Operation::CreateVpc { tags, .. }
        | ec2::Operation::CreateSubnet { tags, .. }
        | ec2::Operation::CreateInternetGateway { tags }
        | ec2::Operation::AllocateAddress { tags }
        | ec2::Operation::CreateNatGateway { tags, .. }
        | ec2::Operation::CreateRouteTable { tags, .. }
        | ec2::Operation::CreateFlowLogs { tags, .. }
        | ec2::Operation::CreateVpnGateway { tags }
        | ec2::Operation::CreateVpcEndpoint { tags, .. } => Some(tags),
        _ => None,
    }
}

fn deleted(operation: &Operation) -> Option<&ResourceId> {
    if let Operation::Kms(kms::Operation::ScheduleKeyDeletion { key, .. }) = operation {
        return Some(key);
    }
    let Operation::Ec2(operation) = operation else { return None };
    match operation {
        ec2::Operation::DeleteVpc { vpc: id }
        | ec2::Operation::DeleteSubnet { subnet: id }
        | ec2::Operation::DeleteInternetGateway { gateway: id }
        | ec2::Operation::ReleaseAddress { allocation: id }
        | ec2::Operation::DeleteNatGateway { gateway: id }
        | ec2::Operation::DeleteRouteTable { table: id }
        | ec2::Operation::DeleteFlowLogs { flow_log: id }
        | ec2::Operation::DeleteVpnGateway { gateway: id }
        | ec2::Operation::DeleteVpcEndpoints { endpoint: id } => Some(id),
        _ => None,
    }
}

impl Ledger {
    /// A call arrives late. Whoever sent it cannot wait for that: it looks for the effect, and then calls again.
    pub(crate) fn on_its_way(
        &mut self,
        cloud: &SimulatedCloud,
        prepared: &Prepared,
        call: &Call,
    ) -> Vec<String> {
        if let (Operation::Organizations(organizations::Operation::CreateAccount { email, .. }), _) =
            (&call.operation, &call.target)
        {
            self.late_accounts.insert(email.to_ascii_lowercase());
        }
        if let (Some(tags), Target::Member { account, .. }) = (tags(&call.operation), &call.target) {
            let address = tags.get("securebase:address").cloned();
            self.late.extend(address.map(|address| (account.to_string(), address)));
        }
        let mut wrong = Vec::new();
        if !self.meddled {
            self.at_home(cloud, prepared, call, &mut wrong);
        }
        wrong
    }

    /// Takes note of a call, and answers what must not be.
    pub(crate) fn served(
        &mut self,
        cloud: &SimulatedCloud,
        prepared: &Prepared,
        call: &Call,
        effects: Effects<'_>,
        late: bool,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        if effects.len() > 1 || late {
            self.rates_unknown = true;
        }
        let name = call.operation.action();
        for effect in effects {
            match effect {
                Err(error) if error.kind == ErrorKind::Throttled && !self.rates_unknown => {
                    wrong.push(format!("{name} was too fast for AWS: {error}"));
                }
                Err(error) if error.kind == ErrorKind::Quota => {
                    wrong.push(format!("{name} was over a quota: {error}"));
                }
                Ok(reply) if call.operation.is_mutating() => {
                    self.note(cloud, &call.operation, &call.target, reply, effects.len() > 1, &mut wrong);
                }
                Ok(_) | Err(_) => {}
            }
        }
        let done = call.operation.is_mutating() && effects.iter().any(Result::is_ok);
        // What arrives late was sent when its account was where it belongs: that was looked at then.
        if done && !self.meddled && !late {
            self.at_home(cloud, prepared, call, &mut wrong);
        }
        wrong
    }

    fn note(
        &mut self,
        cloud: &SimulatedCloud,
        operation: &Operation,
        target: &Target,
        reply: &Reply,
        twice: bool,
        wrong: &mut Vec<String>,
    ) {
        match (operation, reply) {
            (
                Operation::Organizations(organizations::Operation::CreateOrganizationalUnit {
                    parent,
                    name,
                    ..
                }),
                Reply::Created(id),
            ) => {
                self.units.insert(id.clone(), (parent.clone(), name.clone()));
            }
            (Operation::Organizations(organizations::Operation::AttachPolicy { policy, target }), _) => {
                self.attached.insert((policy.clone(), target.clone()));
            }
            (Operation::Organizations(organizations::Operation::DetachPolicy { policy, target }), _) => {
                self.attached.remove(&(policy.clone(), target.clone()));
            }
            (Operation::Organizations(organizations::Operation::CreateAccount { email, .. }), _) => {
                let gave_up = self.gave_up;
                let alive = cloud.account_requests().into_iter().filter(|(request, address)| {
                    let counts = match request.state {
                        AccountRequestState::InProgress => true,
                        // A run that gave an account up in doubt leaves it to AWS to refuse the address.
                        AccountRequestState::Succeeded { .. } => !gave_up,
                        AccountRequestState::Failed { .. } => false,
                    };
                    address.eq_ignore_ascii_case(email) && counts
                });
                if twice {
                    // Whoever hears of the second only, that it came too fast, has to ask again: AWS refuses the address then.
                    self.late_accounts.insert(email.to_ascii_lowercase());
                }
                let late = self.late_accounts.contains(&email.to_ascii_lowercase());
                if alive.count() > 1 && !twice && !late {
                    wrong.push(format!("the account of `{email}` was asked for twice"));
                }
            }
            (_, Reply::Created(id)) => self.created(cloud, operation, target, id, twice, wrong),
            _ => {}
        }
        if let Some(id) = deleted(operation) {
            self.gone(id);
        }
    }

    fn created(
        &mut self,
        cloud: &SimulatedCloud,
        operation: &Operation,
        target: &Target,
        id: &ResourceId,
        twice: bool,
        wrong: &mut Vec<String>,
    ) {
        let (Some(tags), Target::Member { account, .. }) = (tags(operation), target) else { return };
        let Some(address) = tags.get("securebase:address") else {
            wrong.push(format!("{} made `{id}` without an address", operation.action()));
            return;
        };
        let place = (account.to_string(), address.clone());
        // A client token answers with what it has made, also where that is long gone.
        if !self.made.insert(id.clone()) {
            return;
        }
        let live = self.live.entry(place.clone()).or_default();
        if (twice || self.late.contains(&place)) && !live.is_empty() {
            self.twins.insert(id.clone());
        }
        live.insert(id.clone());
        self.place_of.insert(id.clone(), place.clone());
        if self.count(&place) > 1 {
            // A NAT gateway that failed makes room by itself.
            self.look_again(cloud);
            if self.count(&place) > 1 {
                wrong.push(format!("`{address}` exists twice: {:?}", self.live[&place]));
            }
        }
    }

    /// Whether anything exists twice.
    pub(crate) fn has_twins(&self) -> bool {
        !self.twins.is_empty() && self.live.values().any(|live| live.len() > 1)
    }

    /// How many live resources stand at a place, surplus ones that nobody can know of aside.
    fn count(&self, place: &Place) -> usize {
        self.live.get(place).map_or(0, |live| live.iter().filter(|id| !self.twins.contains(*id)).count())
    }

    fn gone(&mut self, id: &ResourceId) {
        if let Some(place) = self.place_of.remove(id)
            && let Some(live) = self.live.get_mut(&place)
        {
            live.remove(id);
        }
        self.twins.remove(id);
    }

    /// Whatever was changed in an account: it sits in its unit, and the unit has its guardrails.
    fn at_home(&self, cloud: &SimulatedCloud, prepared: &Prepared, call: &Call, wrong: &mut Vec<String>) {
        let name = call.operation.action();
        match (&call.target, &call.operation) {
            (Target::Member { account, .. }, operation) => {
                let accounts = cloud.accounts();
                let Some((found, parent)) = accounts.iter().find(|(found, _)| found.id == *account) else {
                    wrong.push(format!("{name} had an effect in `{account}`, which is no account"));
                    return;
                };
                let Some(home) = prepared.homes.get(&found.email.to_ascii_lowercase()) else {
                    wrong.push(format!("{name} had an effect in the account of `{}`", found.email));
                    return;
                };
                match self.path(parent) {
                    Some(path) if path == home.unit => self.guarded(parent, home, name, wrong),
                    // What leaves a network that stays waits for nothing: its account may move in the same plan.
                    _ if matches!(operation, Operation::Ec2(ec2::Operation::DeleteVpcEndpoints { .. })) => {}
                    path => wrong.push(format!(
                        "{name} had an effect in the account of `{}` while it was in `{}`",
                        found.email,
                        path.as_deref().unwrap_or("the root"),
                    )),
                }
            }
            (
                Target::Management,
                Operation::Organizations(organizations::Operation::CreateAccount { email, .. }),
            ) => {
                let Some(home) = prepared.homes.get(&email.to_ascii_lowercase()) else {
                    wrong.push(format!("an account was asked for with `{email}`"));
                    return;
                };
                match self.units.keys().find(|unit| self.path(unit).as_ref() == Some(&home.unit)) {
                    Some(unit) => self.guarded(unit, home, name, wrong),
                    None => wrong.push(format!("{name} came before the unit `{}`", home.unit)),
                }
            }
            _ => {}
        }
    }

    fn guarded(&self, unit: &ResourceId, home: &Home, name: &str, wrong: &mut Vec<String>) {
        let found = self.attached.iter().filter(|(_, target)| target == unit).count();
        if found < home.policies {
            wrong.push(format!(
                "{name} had an effect while `{}` had {found} of {} policies",
                home.unit, home.policies
            ));
        }
    }

    /// The path of a unit; `None` for the root.
    fn path(&self, unit: &ResourceId) -> Option<String> {
        let (parent, name) = self.units.get(unit)?;
        Some(match self.path(parent) {
            Some(above) => format!("{above}/{name}"),
            None => name.clone(),
        })
    }

    /// Somebody has changed the world: what stands where is looked at from above.
    pub(crate) fn look_again(&mut self, cloud: &SimulatedCloud) {
        self.live.clear();
        self.place_of.clear();
        self.units.clear();
        self.attached.clear();
        let snapshot = cloud.snapshot();
        for (kind, objects) in snapshot.as_object().into_iter().flatten() {
            for object in objects.as_array().into_iter().flatten() {
                let text = |field: &str| object[field].as_str();
                let id = |field: &str| text(field).and_then(|id| id.parse::<ResourceId>().ok());
                match (kind.as_str(), id("id")) {
                    ("organizational_unit", Some(unit)) => {
                        if let (Some(parent), Some(name)) = (id("parent_id"), text("name")) {
                            self.units.insert(unit, (parent, name.to_owned()));
                        }
                    }
                    ("policy_attachment", _) => {
                        self.attached.extend(id("policy_id").zip(id("target_id")));
                    }
                    ("nat_gateway", _) if !matches!(text("state"), Some("pending" | "available")) => {}
                    ("flow_log_role" | "log_group" | "account" | "service_control_policy", _) => {}
                    (_, Some(found)) => {
                        let address = object["tags"]["securebase:address"].as_str();
                        if let Some((account, address)) = text("account_id").zip(address) {
                            let place = (account.to_owned(), address.to_owned());
                            self.live.entry(place.clone()).or_default().insert(found.clone());
                            self.place_of.insert(found, place);
                        }
                    }
                    _ => {}
                }
            }
        }
        self.twins.retain(|id| self.place_of.contains_key(id));
    }

    /// From above: no address twice, no e-mail address twice.
    pub(crate) fn audit(&mut self, cloud: &SimulatedCloud) -> Vec<String> {
        self.look_again(cloud);
        let doubled = self.live.keys().filter(|place| self.count(place) > 1);
        let mut wrong: Vec<String> =
            doubled.map(|(_, address)| format!("`{address}` exists twice")).collect();
        let mut emails = BTreeSet::new();
        for (account, _) in cloud.accounts() {
            if !emails.insert(account.email.to_ascii_lowercase()) {
                wrong.push(format!("two accounts have the address `{}`", account.email));
            }
        }
        wrong
    }
}
