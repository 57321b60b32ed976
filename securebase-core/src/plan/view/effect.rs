//! What a plan's guardrail steps mean: which requests become denied or allowed, and for whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::kinds::guardrail_role::GuardrailRole;
use crate::kinds::step::Action;
use crate::model::{Address, Problems, ResourceId, TenantKey};
use crate::observe::unit_paths;
use crate::plan::check::attached::{Attached, unit_path};
use crate::plan::step::{Plan, Step};
use crate::policy::{self, Difference, Parameters, difference};

/// What changes for the accounts at one place.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GuardrailEffect {
    /// The path of the organizational unit that accounts are in afterwards.
    pub unit: String,
    /// Where they were before, if they move; the root is the empty path.
    pub from: Option<String>,
    /// How many accounts are concerned.
    pub accounts: usize,
    /// The tenants that move; empty where the unit's own policies change.
    pub tenants: Vec<TenantKey>,
    /// The steps that bring it.
    pub steps: Vec<Address>,
    /// Which requests become denied or allowed.
    pub difference: Difference,
}

impl Plan {
    /// What the plan's guardrail steps mean for accounts that exist: which requests become denied or allowed, for each unit
    /// whose policies change and each move from one unit to another. A change of text that changes no meaning is there with
    /// an empty difference. Units that are new hold no account yet and are left out.
    ///
    /// # Errors
    /// [`policy::Error::Broken`] where a policy that is attached cannot be decided with,
    /// [`policy::Error::TooComplex`] where the policies cannot be told apart in time.
    pub fn guardrail_effects(&self) -> Result<Vec<GuardrailEffect>, policy::Error> {
        let concerned = |step: &Step| match step.spec.as_kind().guardrail_role() {
            // A unit holds no account when a step makes it, nor when a step deletes it.
            None | Some(GuardrailRole::Unit) => false,
            Some(
                GuardrailRole::Policy { .. }
                | GuardrailRole::Attachment { .. }
                | GuardrailRole::Placement { .. },
            ) => true,
        };
        let Some(organization) = &self.observed.organization else { return Ok(Vec::new()) };
        if !self.steps().any(concerned) {
            return Ok(Vec::new());
        }
        let paths = unit_paths(organization);
        let places: BTreeMap<ResourceId, &str> = organization
            .accounts
            .iter()
            .filter_map(|account| {
                let id = ResourceId::from(account.account.id);
                Some((id, paths.get(&account.parent)?.as_str()))
            })
            .collect();
        let (before, after) = (Attached::before(self), Attached::after(self));
        let mut effects = self.of_moves(&places, &before, &after)?;
        effects.extend(self.of_units(&places, &before, &after)?);
        effects.sort_by(|a, b| (&a.unit, &a.from).cmp(&(&b.unit, &b.from)));
        Ok(effects)
    }

    /// The difference between two places. What cannot be read on one side would look like a change, or hide one.
    fn meaning(
        &self,
        (before, from): (&Attached, &str),
        (after, to): (&Attached, &str),
    ) -> Result<Difference, policy::Error> {
        let parameters =
            Parameters { executor_role: self.scope.access_role.to_string(), ..Parameters::default() };
        match (before.way(from, None).complete(), after.way(to, None).complete()) {
            (Ok(was), Ok(is)) => difference(&was, &is, &parameters),
            (was, is) => {
                let mut unread = was.err().unwrap_or_default();
                unread.extend(is.err().unwrap_or_default());
                unread.dedup();
                Err(policy::Error::Broken(Problems(unread)))
            }
        }
    }

    /// Accounts that move, by where from and where to.
    fn of_moves(
        &self,
        places: &BTreeMap<ResourceId, &str>,
        before: &Attached,
        after: &Attached,
    ) -> Result<Vec<GuardrailEffect>, policy::Error> {
        let mut moves: BTreeMap<(String, String), (Vec<TenantKey>, Vec<Address>)> = BTreeMap::new();
        for step in self.steps().filter(|step| step.action == Action::Move) {
            let (Some(GuardrailRole::Placement { unit }), Some(id)) =
                (step.spec.as_kind().guardrail_role(), &step.id)
            else {
                continue;
            };
            let (Some(from), Some(to)) = (places.get(id), unit_path(unit)) else { continue };
            let group = moves.entry(((*from).to_owned(), to)).or_default();
            group.0.extend(step.tenant.clone());
            group.1.push(step.address.clone());
        }
        let effect =
            |((from, unit), (tenants, steps)): ((String, String), (Vec<TenantKey>, Vec<Address>))| {
                let difference = self.meaning((before, &from), (after, &unit))?;
                Ok(GuardrailEffect {
                    unit,
                    from: Some(from),
                    accounts: steps.len(),
                    tenants,
                    steps,
                    difference,
                })
            };
        moves.into_iter().map(effect).collect()
    }

    /// Units whose own policies change and in which accounts stay.
    fn of_units(
        &self,
        places: &BTreeMap<ResourceId, &str>,
        before: &Attached,
        after: &Attached,
    ) -> Result<Vec<GuardrailEffect>, policy::Error> {
        let mut effects = Vec::new();
        for unit in before.units.intersection(&after.units) {
            if before.is_same_at(after, unit) {
                continue;
            }
            let moves: BTreeSet<&ResourceId> = self
                .steps()
                .filter(|step| {
                    matches!(step.spec.as_kind().guardrail_role(), Some(GuardrailRole::Placement { .. }))
                })
                .filter_map(|step| step.id.as_ref())
                .collect();
            let below = |path: &str| path == unit.as_str() || path.starts_with(&format!("{unit}/"));
            let stays = |(id, path): &(&ResourceId, &&str)| below(path) && !moves.contains(*id);
            let accounts = places.iter().filter(stays).count();
            if accounts == 0 {
                continue;
            }
            effects.push(GuardrailEffect {
                unit: unit.clone(),
                from: None,
                accounts,
                tenants: Vec::new(),
                steps: self.policy_steps(unit),
                difference: self.meaning((before, unit), (after, unit))?,
            });
        }
        Ok(effects)
    }

    /// The steps on a unit's policies and attachments.
    fn policy_steps(&self, unit: &str) -> Vec<Address> {
        let at = Address::organizational_unit(unit);
        let named =
            |policy: &Address| Address::attachment(unit, policy.local().trim_start_matches("policy/"));
        let concerns = |step: &&Step| match step.spec.as_kind().guardrail_role() {
            Some(GuardrailRole::Attachment { target, .. }) => *target == at,
            Some(GuardrailRole::Policy { .. }) => {
                let attachment = named(&step.address);
                self.inventory.contains_key(&attachment) || self.step(&attachment).is_some()
            }
            None | Some(GuardrailRole::Unit | GuardrailRole::Placement { .. }) => false,
        };
        self.steps().filter(concerns).map(|step| step.address.clone()).collect()
    }
}

/// How many changes the text of one effect shows.
const SHOWN_MAX: usize = 8;

impl fmt::Display for GuardrailEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts =
            if self.accounts == 1 { "1 account".to_owned() } else { format!("{} accounts", self.accounts) };
        match &self.from {
            Some(from) => {
                let from = if from.is_empty() { "the root" } else { from };
                write!(f, "{accounts} from {from} to {}:", self.unit)?;
            }
            None => write!(f, "{} with {accounts}:", self.unit)?,
        }
        if self.difference.is_empty() {
            return writeln!(f, " other words, the same meaning");
        }
        writeln!(f)?;
        let summary = self.difference.summary();
        for change in summary.iter().take(SHOWN_MAX) {
            writeln!(f, "  {change}")?;
        }
        match summary.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => writeln!(f, "  and {more} more"),
        }
    }
}
