//! Everything that applies to one tenant along the path of its organizational units, in one view.

use std::fmt;

use crate::kinds::guardrail_role::GuardrailRole;
use crate::model::{Address, Framework, Problem, Problems, TenantKey};
use crate::observe::unit_paths;
use crate::plan::Error;
use crate::plan::check::attached::{Attached, unit_path};
use crate::plan::step::Plan;
use crate::policy::{
    Coverage, CoverageReport, EffectivePolicy, GuardrailView, Level, Parameters, PolicyDocument, SetName,
    coverage, effective, guardrails,
};
use crate::table::{self, Column, Table};

/// What applies to a tenant once a plan is applied.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TenantPolicy {
    /// The tenant.
    pub tenant: TenantKey,
    /// The path of its organizational unit.
    pub unit: String,
    /// The framework of its tier, `None` where the plan does not hold the tier.
    pub framework: Option<Framework>,
    /// The levels from the root to the account, each with what is attached there.
    pub levels: Vec<Level>,
    /// All denies of all levels joined, and what each level allows.
    pub effective: EffectivePolicy,
    /// The guardrails of its tier, with the controls of its own framework.
    pub guardrails: Vec<GuardrailView>,
    /// What serves each control of its framework, and of no other.
    pub coverage: CoverageReport,
}

impl Plan {
    /// What applies to a tenant once the plan is applied, along the path of its units: the zone's guardrails and whatever
    /// else is attached there.
    ///
    /// # Errors
    /// [`Error::Problems`] for a tenant the plan does not have, and where a policy on the path cannot be read.
    pub fn effective_policy(&self, tenant: &str) -> Result<TenantPolicy, Error> {
        let problem = |code: &str, message: String, hint: String| {
            Error::Problems(Problems(vec![Problem::error(
                code,
                format!("clients.\"{tenant}\""),
                message,
                hint,
            )]))
        };
        let planned =
            self.tenants.iter().find(|planned| planned.key.as_str() == tenant).ok_or_else(|| {
                let known: Vec<&str> = self.tenants.iter().map(|tenant| tenant.key.as_str()).collect();
                let hint = format!("use one of {}", known.join(", "));
                problem("tenant-unknown", format!("`{tenant}` is not a tenant of the zone"), hint)
            })?;
        let account = self.known.get(&Address::tenant(&planned.key, "account")).map(ToString::to_string);
        let unit = self.unit_of(&planned.key, account.as_deref()).ok_or_else(|| {
            let message = format!("`{tenant}` has no account and gets none");
            problem("tenant-without-account", message, "plan it without `offboard` to see".to_owned())
        })?;
        let tier = self.tiers.iter().find(|tier| tier.name == planned.tier);
        let framework = tier.map(|tier| tier.framework.clone());
        let set = framework.as_ref().map_or(SetName::Baseline, SetName::of);
        let own = framework.as_ref().and_then(SetName::own);
        let damaged = |error: crate::policy::Error| {
            problem(
                error.code(),
                error.to_string(),
                "see what `docs/guardrails.md` says about the code".to_owned(),
            )
        };
        let attached = Attached::after(self);
        let levels = attached
            .way(&unit, account.as_deref())
            .complete()
            .map_err(|unread| Error::Problems(Problems(unread)))?;
        let parameters = Parameters {
            executor_role: self.scope.access_role.to_string(),
            regions: vec![planned.region.to_string()],
            platform: self.scope.zone.to_string(),
            ..Parameters::default()
        };
        let wishes = tier.map(|tier| tier.guarding.parameters.clone()).unwrap_or_default();
        let parameters = parameters.with(&wishes).map_err(damaged)?;
        let guardrails = guardrails(set)
            .map_err(damaged)?
            .into_iter()
            .map(|guardrail| {
                let mut view = guardrail.view(&parameters).map_err(damaged)?;
                view.controls.retain(|name, _| Some(*name) == own);
                Ok(view)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(TenantPolicy {
            tenant: planned.key.clone(),
            effective: effective(&levels),
            coverage: coverage(set).map_err(damaged)?,
            unit,
            framework,
            levels,
            guardrails,
        })
    }

    /// The unit a tenant's account is in once the plan is applied.
    fn unit_of(&self, tenant: &TenantKey, account: Option<&str>) -> Option<String> {
        let placement = self.step(&Address::tenant(tenant, "account/placement"));
        if let Some(GuardrailRole::Placement { unit }) =
            placement.and_then(|step| step.spec.as_kind().guardrail_role())
        {
            return unit_path(unit);
        }
        let organization = self.observed.organization.as_ref()?;
        let found = organization
            .accounts
            .iter()
            .find(|found| Some(found.account.id.to_string().as_str()) == account)?;
        unit_paths(organization).remove(&found.parent)
    }
}

impl TenantPolicy {
    /// Every statement along the path as a table: `level, policy, statement, effect, actions, resources, conditions`. Lists
    /// are joined by spaces, those of a `Not…` form begin with `all but`.
    ///
    /// # Errors
    /// [`table::Error::TooLong`] beyond 2 GiB of text.
    pub fn table(&self) -> Result<Table, table::Error> {
        let rows: Vec<[String; 7]> = self
            .levels
            .iter()
            .flat_map(|level| level.policies.iter().map(move |policy| (level, policy)))
            .flat_map(|(level, policy)| {
                policy.document.statements.iter().enumerate().map(move |(index, statement)| {
                    let list = |selection: &crate::policy::Selection| {
                        let but = if selection.negated { "all but " } else { "" };
                        format!("{but}{}", selection.patterns.join(" "))
                    };
                    let conditions = statement.conditions.iter().map(|condition| {
                        format!("{} {} {}", condition.key, condition.operator, condition.values.join(" "))
                    });
                    [
                        level.name.clone(),
                        policy.name.clone(),
                        statement.sid.clone().unwrap_or_else(|| format!("Statement[{index}]")),
                        statement.effect.as_str().to_owned(),
                        list(&statement.actions),
                        list(&statement.resources),
                        conditions.collect::<Vec<_>>().join("; "),
                    ]
                })
            })
            .collect();
        let names = ["level", "policy", "statement", "effect", "actions", "resources", "conditions"];
        let columns = names.into_iter().enumerate();
        let columns =
            columns.map(|(place, name)| Column::utf8(name, rows.iter().map(|row| row[place].as_str())));
        Table::new(columns.collect::<Result<Vec<_>, _>>()?)
    }
}

impl fmt::Display for TenantPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, unit, framework, levels, effective, guardrails, coverage } = self;
        let framework = framework.as_ref().map_or("", Framework::as_str);
        writeln!(f, "What applies to `{tenant}` in {unit} ({framework}):")?;
        for level in levels {
            let size = |document: &PolicyDocument| document.size();
            let names: Vec<String> = level
                .policies
                .iter()
                .map(|policy| format!("{} ({} characters)", policy.name, size(&policy.document)))
                .collect();
            writeln!(f, "  {}: {}", level.name, names.join(", "))?;
        }
        writeln!(f, "{} guardrails:", guardrails.len())?;
        for guardrail in guardrails {
            let controls: Vec<&str> = guardrail.controls.values().flatten().map(String::as_str).collect();
            let controls =
                if controls.is_empty() { String::new() } else { format!(" [{}]", controls.join(" ")) };
            writeln!(f, "  {} {}{controls}", guardrail.id, guardrail.intent)?;
        }
        write!(f, "{effective}")?;
        let count = |of| coverage.count(of);
        writeln!(
            f,
            "{} controls of {}: {} prevented, {} provisioned, {} only detected, {} open",
            coverage.controls.len(),
            coverage.title,
            count(Coverage::Preventive),
            count(Coverage::Provisioned),
            count(Coverage::Detective),
            count(Coverage::Open)
        )
    }
}
