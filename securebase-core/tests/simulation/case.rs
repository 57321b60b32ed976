//! A case: everything that one seed decides, in data that can be kept, shrunk and run again.

use rand::Rng;
use securebase_core::sim::{Fault, Faults};
use securebase_core::time::Seed;
use serde::{Deserialize, Serialize};

use crate::zones::Shape;

/// When something happens, counted over the whole life of a case, all its processes together, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Moment {
    /// Just before that call arrives.
    Call(u64),
    /// Just before that write to the state.
    Write(u64),
    /// Just before the state is read for that time.
    Read(u64),
}

/// What happens to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mishap {
    /// Nothing is written, and the writer is told so.
    Fails,
    /// An append leaves that share of its bytes behind, in 256ths; anything else leaves nothing.
    Torn(u8),
    /// It is written, and the writer is told that it failed.
    Unheard,
}

/// What an operator does behind the executor's back. Which of several is drawn by the number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    /// Deletes a resource of that kind, if there is any.
    Delete { kind: String, which: u32 },
    /// Moves a tenant's account back to the root.
    Evict { which: u32 },
    /// Changes a tag of a resource of that kind that is no key.
    Retag { kind: String, which: u32 },
    /// Begins to close an account.
    Close { which: u32 },
    /// Takes an account out of the organization.
    Expel { which: u32 },
}

/// Something that happens at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// The call meets a fault.
    Fault(Fault),
    /// The write meets a mishap, or the read fails; with `crash`, the process dies of it.
    Mishap { mishap: Mishap, crash: bool },
    /// That many seconds pass, as when a machine is suspended.
    Pause(u32),
    /// Somebody sets the clock of the machine that many seconds ahead, or back.
    Clock(i32),
    /// The call is on its way for that many seconds; whoever sent it hears nothing of it, or is dead by then.
    Late { seconds: u32, crash: bool },
    /// Another executor tries to go on with the run, or to begin it.
    Second { resume: bool },
    /// The executor is held up until its lease has run out; another one takes over meanwhile.
    Takeover { resume: bool },
    /// An operator does something.
    Deed(Deed),
    /// An operator asks the process to stop.
    Stop,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    pub(crate) at: Moment,
    pub(crate) what: What,
}

/// What the file says next, once the world is as it said first: tenants have moved to other tiers, tags are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Move {
    /// The tier of each tenant from then on.
    pub(crate) tiers: Vec<usize>,
    /// Whether the tags that the zone and its tenants had more are taken out of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) untagged: bool,
    /// Whether gateway endpoints are switched on, or off where they were on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) switched: bool,
    /// Whether flow logs are encrypted from then on, or no longer where they were: that changes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) keyed: bool,
    /// What happens then; moments are counted from there.
    #[serde(default)]
    pub(crate) events: Vec<Event>,
}

/// Everything that one seed decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The draws of the world.
    pub(crate) seed: u64,
    pub(crate) zone: Shape,
    #[serde(default)]
    pub(crate) faults: Faults,
    #[serde(default)]
    pub(crate) events: Vec<Event>,
    /// How far the clock of each process is off, in seconds; those after the last are right.
    #[serde(default)]
    pub(crate) clocks: Vec<i32>,
    /// Whether the store knows who is alive; otherwise the lease of a dead process has to run out.
    #[serde(default)]
    pub(crate) knows_the_living: bool,
    /// What is wanted afterwards, where that is another world.
    #[serde(default)]
    pub(crate) then: Option<Move>,
}

/// Draws from one stream.
struct Dice<R>(R);

impl<R: Rng> Dice<R> {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap_or_default()]
    }

    fn small(&mut self) -> u32 {
        u32::try_from(self.below(1 << 16)).unwrap_or_default()
    }
}

/// What an operator deletes.
const DELETED: &[&str] = &[
    "subnet",
    "route",
    "route_table",
    "route_table_association",
    "internet_gateway",
    "nat_gateway",
    "elastic_ip",
    "vpc",
    "flow_log",
    "log_group",
    "flow_log_role",
    "vpn_gateway",
    "policy_attachment",
    "service_control_policy",
    "organizational_unit",
];

impl Case {
    /// A case without anything going wrong.
    pub(crate) fn quiet(zone: Shape) -> Self {
        Self {
            seed: 0,
            zone,
            faults: Faults::default(),
            events: Vec::new(),
            clocks: Vec::new(),
            knows_the_living: false,
            then: None,
        }
    }

    /// The case of a seed.
    pub(crate) fn of_seed(seed: u64) -> Self {
        let mut dice = Dice(Seed::new(seed).stream("case", 0));
        // Small zones more often: they are faster, and most faults need one tenant only.
        let tenants = dice.of(&[1, 1, 1, 1, 1, 2, 2, 2, 3, 4]);
        let first = dice.below(4);
        let features = dice.below(4);
        let zone = Shape {
            tiers: (0..tenants).map(|place| usize::try_from(first + place).unwrap_or_default() % 4).collect(),
            network: features != 3,
            nat: features != 1,
            vpn: features == 2,
            flow_logs: features != 0,
            tagged: false,
            endpoints: false,
            keys: false,
        };
        let mut rate = |rates: &[f64]| if dice.one_in(2) { dice.of(rates) } else { 0.0 };
        let faults = Faults {
            throttle: rate(&[0.02, 0.1]),
            lost_reply: rate(&[0.02, 0.05, 0.15]),
            lost_request: rate(&[0.02, 0.05]),
            not_yet_visible: rate(&[0.1, 0.4]),
            service_error: rate(&[0.02, 0.08]),
            async_failure: rate(&[0.05, 0.2]),
            expired_credentials: rate(&[0.02]),
            crash_after_calls: None,
        };
        let calls = 45 * tenants + 15;
        let events: Vec<Event> = (0..dice.below(5)).map(|_| event(&mut dice, calls)).collect();
        let clocks = if dice.one_in(4) {
            (0..4).map(|_| i32::try_from(dice.below(14_400)).unwrap_or_default() - 7_200).collect()
        } else {
            Vec::new()
        };
        let knows_the_living = dice.one_in(3);
        // From a stream of their own, so that the rest of a case is what it was before these were thought of.
        let mut dice = Dice(Seed::new(seed).stream("case", 1));
        let late = if dice.one_in(2) { 1 + dice.below(3) } else { 0 };
        let events = [events, (0..late).map(|_| rarer(&mut dice, calls)).collect()].concat();
        let case = Self { seed, zone, faults, events, clocks, knows_the_living, then: None };
        case.widened()
    }

    /// With what was thought of last, again from a stream of its own: most seeds are the cases that they were.
    fn widened(mut self) -> Self {
        let mut dice = Dice(Seed::new(self.seed).stream("case", 2));
        if dice.one_in(16) {
            let more = 1 + dice.below(4);
            self.zone.tiers.extend((0..4 + more).map(|_| usize::try_from(dice.below(4)).unwrap_or_default()));
            self.zone.tiers.truncate(8);
        }
        let tenants = self.zone.tiers.len() as u64;
        let calls = 45 * tenants + 15;
        if dice.one_in(4) {
            let at = Moment::Call(1 + dice.below(calls));
            self.events.push(Event { at, what: What::Stop });
        }
        if dice.one_in(4) {
            let mut tiers = self.zone.tiers.clone();
            for tier in &mut tiers {
                if dice.one_in(2) {
                    *tier = usize::try_from(dice.below(4)).unwrap_or_default();
                }
            }
            let mut events: Vec<Event> = (0..dice.below(3)).map(|_| event(&mut dice, 30 * tenants)).collect();
            if dice.one_in(2) {
                events.push(rarer(&mut dice, 30 * tenants));
            }
            if dice.one_in(3) {
                let at = Moment::Call(1 + dice.below(30 * tenants));
                events.push(Event { at, what: What::Stop });
            }
            self.then = Some(Move { tiers, untagged: false, switched: false, keyed: false, events })
                .filter(|then| then.tiers != self.zone.tiers);
        }
        self.tagged()
    }

    /// With tags that are taken out of the file later, again from a stream of its own.
    fn tagged(mut self) -> Self {
        let mut dice = Dice(Seed::new(self.seed).stream("case", 3));
        if !dice.one_in(6) {
            return self.endowed();
        }
        self.zone.tagged = true;
        let calls = 30 * self.zone.tiers.len() as u64;
        let tiers = &self.zone.tiers;
        let then = self.then.get_or_insert_with(|| Move {
            tiers: tiers.clone(),
            untagged: true,
            switched: false,
            keyed: false,
            events: Vec::new(),
        });
        then.untagged = true;
        then.events.extend((0..dice.below(3)).map(|_| event(&mut dice, calls)));
        self.endowed()
    }

    /// With gateway endpoints, from the beginning or later, again from a stream of its own.
    fn endowed(mut self) -> Self {
        let mut dice = Dice(Seed::new(self.seed).stream("case", 4));
        if !self.zone.network || !dice.one_in(5) {
            return self.encrypted();
        }
        self.zone.endpoints = dice.one_in(2);
        let tenants = self.zone.tiers.len() as u64;
        let meddled = |dice: &mut Dice<_>, calls: u64| {
            let (kind, which) = (dice.of(&["vpc_endpoint", "route_table"]).to_owned(), dice.small());
            let deed =
                if dice.one_in(3) { Deed::Retag { kind, which } } else { Deed::Delete { kind, which } };
            Event { at: Moment::Call(1 + dice.below(calls)), what: What::Deed(deed) }
        };
        if dice.one_in(2) {
            let calls = 45 * tenants + 15;
            self.events.push(meddled(&mut dice, calls));
        }
        if !self.zone.endpoints || dice.one_in(2) {
            let tiers = &self.zone.tiers;
            let then = self.then.get_or_insert_with(|| Move {
                tiers: tiers.clone(),
                untagged: false,
                switched: true,
                keyed: false,
                events: Vec::new(),
            });
            then.switched = true;
            then.events.extend((0..dice.below(2)).map(|_| event(&mut dice, 30 * tenants)));
            if dice.one_in(3) {
                then.events.push(meddled(&mut dice, 30 * tenants));
            }
        }
        self.encrypted()
    }

    /// With encrypted flow logs, from the beginning or later, again from a stream of its own.
    fn encrypted(mut self) -> Self {
        let mut dice = Dice(Seed::new(self.seed).stream("case", 5));
        if !self.zone.network || !self.zone.flow_logs || !dice.one_in(5) {
            return self;
        }
        self.zone.keys = dice.one_in(2);
        let tenants = self.zone.tiers.len() as u64;
        let meddled = |dice: &mut Dice<_>, calls: u64| {
            let (kind, which) = (dice.of(&["kms_key", "log_group"]).to_owned(), dice.small());
            Event { at: Moment::Call(1 + dice.below(calls)), what: What::Deed(Deed::Delete { kind, which }) }
        };
        if dice.one_in(3) {
            let calls = 45 * tenants + 15;
            self.events.push(meddled(&mut dice, calls));
        }
        if !self.zone.keys {
            let tiers = &self.zone.tiers;
            let then = self.then.get_or_insert_with(|| Move {
                tiers: tiers.clone(),
                untagged: false,
                switched: false,
                keyed: true,
                events: Vec::new(),
            });
            then.keyed = true;
            then.events.extend((0..dice.below(3)).map(|_| event(&mut dice, 20 * tenants)));
            if dice.one_in(3) {
                then.events.push(meddled(&mut dice, 20 * tenants));
            }
        }
        self
    }

    /// All that happens, whenever.
    fn happenings(&self) -> impl Iterator<Item = &What> {
        let later = self.then.iter().flat_map(|then| &then.events);
        self.events.iter().chain(later).map(|event| &event.what)
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap()
    }

    /// Whether the store fails during the case.
    pub(crate) fn has_mishaps(&self) -> bool {
        self.happenings().any(|what| matches!(what, What::Mishap { .. }))
    }

    /// Whether anybody meddles with the world during the case.
    pub(crate) fn is_meddled_with(&self) -> bool {
        self.happenings().any(|what| matches!(what, What::Deed(_)))
    }
}

fn event<R: Rng>(dice: &mut Dice<R>, calls: u64) -> Event {
    let ordinal = 1 + dice.below(calls);
    let at = if dice.one_in(2) { Moment::Call(ordinal) } else { Moment::Write(ordinal) };
    let kind = dice.below(10);
    match (kind, at) {
        (0..=3, Moment::Call(_)) => {
            let effect = dice.one_in(2);
            let fault = match dice.below(4) {
                0 => Fault::Duplicate { second: effect },
                1 => Fault::ServiceError { effect },
                _ => Fault::Crash { effect },
            };
            Event { at, what: What::Fault(fault) }
        }
        (0..=3, Moment::Write(_)) => {
            let mishap = match dice.below(3) {
                0 => Mishap::Fails,
                1 => Mishap::Torn(u8::try_from(dice.below(256)).unwrap_or_default()),
                _ => Mishap::Unheard,
            };
            Event { at, what: What::Mishap { mishap, crash: dice.one_in(2) } }
        }
        (4, Moment::Write(_)) => Event { at, what: What::Takeover { resume: dice.one_in(2) } },
        (4 | 5, _) => Event { at, what: What::Second { resume: dice.one_in(2) } },
        (6, _) => Event { at, what: What::Pause(dice.small() % 7_200) },
        _ => {
            let (kind, which) = (dice.of(DELETED).to_owned(), dice.small());
            let deed = match dice.below(8) {
                0 | 1 => Deed::Evict { which },
                2 => Deed::Retag { kind, which },
                _ => Deed::Delete { kind, which },
            };
            Event { at, what: What::Deed(deed) }
        }
    }
}

/// How long a request can be on its way: AWS takes none that was signed longer ago.
pub(crate) const LATE_MAX: u32 = 300;

fn rarer<R: Rng>(dice: &mut Dice<R>, calls: u64) -> Event {
    let ordinal = 1 + dice.below(calls);
    let anywhere = if dice.one_in(2) { Moment::Call(ordinal) } else { Moment::Write(ordinal) };
    match dice.below(6) {
        0 => {
            // A process reads some ten times, most of it before it writes anything.
            let at = Moment::Read(1 + dice.below(40));
            Event { at, what: What::Mishap { mishap: Mishap::Fails, crash: dice.one_in(2) } }
        }
        1 => {
            let by = dice.of(&[-7_200, -600, -30, 30, 600, 7_200]);
            Event { at: anywhere, what: What::Clock(by) }
        }
        2 | 3 => {
            let seconds = dice.small() % LATE_MAX;
            Event { at: Moment::Call(ordinal), what: What::Late { seconds, crash: dice.one_in(2) } }
        }
        4 => Event { at: anywhere, what: What::Deed(Deed::Close { which: dice.small() }) },
        _ => Event { at: anywhere, what: What::Deed(Deed::Expel { which: dice.small() }) },
    }
}
