//! The text of a plan, for a person to read.

use std::collections::BTreeMap;
use std::fmt;

use crate::finance::{CostBasis, PriceBook, Usage, signed, thousands};
use crate::kinds::step::{Action, Change};
use crate::model::{Address, Offboarding, ResourceKind, TenantKey, TierName, WARNINGS};
use crate::plan::cost::{PlanCost, PromisedChange, StepCost};
use crate::plan::desired::graph::DependencyReason;
use crate::plan::diff::drift::Drifted;
use crate::plan::step::{Plan, PlannedTenant, Step};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan for zone `{}`: {}", self.scope.zone, Summary(self))?;
        // Tiers priced in another currency than AWS's list prices leave the text without amounts.
        let cost = self.priced(PriceBook::shipped(), Usage::shipped()).ok();
        let cost = cost.as_ref();
        if !self.is_empty() {
            let (shared, tenants) = self.grouped();
            group(f, "Organization", "", &shared, cost)?;
            for tenant in &self.tenants {
                if let Some(steps) = tenants.get(&tenant.key) {
                    group(f, tenant.key.as_str(), &about(tenant), steps, cost)?;
                }
            }
            writeln!(f)?;
            self.waits(f)?;
            self.effects(f)?;
            if let Some(cost) = cost {
                difference(f, cost)?;
            }
        } else if let Some(cost) = cost.filter(|cost| cost.difference().before != cost.difference().after) {
            // The price that a tenant pays changes without a step.
            difference(f, cost)?;
        }
        self.put_off(f)?;
        self.drifted(f)?;
        self.warned(f)
    }
}

/// Steps of the organization, and steps of each tenant by key.
type Grouped<'a> = (Vec<&'a Step>, BTreeMap<&'a TenantKey, Vec<&'a Step>>);

impl Plan {
    fn grouped(&self) -> Grouped<'_> {
        let mut shared = Vec::new();
        let mut tenants: BTreeMap<&TenantKey, Vec<&Step>> = BTreeMap::new();
        for step in self.steps() {
            match &step.tenant {
                Some(key) => tenants.entry(key).or_default().push(step),
                None => shared.push(step),
            }
        }
        (shared, tenants)
    }

    /// What waits for time or for a person.
    fn put_off(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.pending.is_empty() {
            writeln!(f, "\nPending: {} steps wait for time or for a person", self.pending.len())?;
        }
        self.pending.iter().try_for_each(|pending| writeln!(f, "  {pending}"))
    }

    /// What the cloud has changed, apart from what the file has.
    fn drifted(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(drift) = &self.drift else {
            let differs = |step: &Step| !step.changes.is_empty() && step.action != Action::Adopt;
            if self.steps().any(differs) {
                writeln!(f)?;
                writeln!(f, "Drift: unknown without a state, which records what was last applied")?;
            }
            return Ok(());
        };
        if drift.is_empty() {
            return Ok(());
        }
        let (unknown, drift): (Vec<&Drifted>, Vec<&Drifted>) = drift.iter().partition(|row| row.is_unknown());
        if !unknown.is_empty() {
            writeln!(f)?;
            writeln!(
                f,
                "Drift unknown: {} resource(s) in accounts that were not looked into",
                unknown.len()
            )?;
        }
        if drift.is_empty() {
            return Ok(());
        }
        let count = drift.len();
        let verb = if count == 1 { "attribute has" } else { "attributes have" };
        writeln!(f)?;
        writeln!(f, "Drift: {count} {verb} changed in the cloud since last applied; the plan sets it right")?;
        for row in drift {
            if row.is_gone() {
                writeln!(f, "  {}: gone", row.address)?;
                continue;
            }
            write!(f, "  {} {}: ", row.address, row.attribute)?;
            write!(f, "applied {}, found {}", shown(&row.applied), shown(&row.observed))?;
            if row.wanted != row.applied {
                write!(f, "; the file has changed too, to {}", shown(&row.wanted))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    /// The warnings. Those of the file stand under every plan: each code once in full, the acknowledged ones counted.
    fn warned(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for warning in &self.warnings {
            *counts.entry(&warning.code).or_default() += 1;
        }
        for warning in &self.warnings {
            let code = warning.code.as_str();
            let count = if WARNINGS.contains(&code) { counts.remove(code) } else { Some(1) };
            let Some(count) = count else { continue };
            writeln!(f)?;
            writeln!(f, "{warning}")?;
            if count > 1 {
                writeln!(f, "    and {} more `{code}` in the warnings of the zone", count - 1)?;
            }
        }
        match self.acknowledged.len() {
            0 => Ok(()),
            1 => writeln!(f, "\n1 warning acknowledged"),
            count => writeln!(f, "\n{count} warnings acknowledged"),
        }
    }

    /// What the guardrail steps mean for accounts that exist.
    fn effects(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effects = match self.guardrail_effects() {
            Ok(effects) if effects.is_empty() => return Ok(()),
            Ok(effects) => effects.iter().map(ToString::to_string).collect(),
            Err(error) => vec![format!("the changes cannot be determined: {error}\n")],
        };
        writeln!(f)?;
        writeln!(f, "Guardrails:")?;
        for line in effects.iter().flat_map(|effect| effect.lines()) {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }

    /// How many steps wait for what, beyond the ids they need anyway.
    fn waits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: BTreeMap<DependencyReason, usize> = BTreeMap::new();
        for step in self.steps() {
            let mut reasons: Vec<DependencyReason> =
                step.depends_on.iter().map(|dependency| dependency.reason).collect();
            reasons.sort();
            reasons.dedup();
            for reason in reasons {
                *counts.entry(reason).or_default() += 1;
            }
        }
        let free = self.steps().filter(|step| step.depends_on.is_empty()).count();
        if free == self.steps.len() {
            return writeln!(f, "Order: every step can start at once");
        }
        writeln!(f, "Order: {free} of {} steps can start at once; of the others", self.steps.len())?;
        for (reason, count) in counts {
            let verb = if count == 1 { "waits" } else { "wait" };
            writeln!(f, "  {count:>6} {verb} because {}", reason.text())?;
        }
        Ok(())
    }
}

/// `121 to create, 10 to move; 4 unchanged`, then the kinds.
struct Summary<'a>(&'a Plan);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.0;
        if plan.is_empty() {
            let now = if plan.pending.is_empty() { "" } else { " now" };
            return writeln!(f, "no changes{now}; {} resources are up to date", plan.inventory.len());
        }
        let counts = plan.counts();
        let parts: Vec<String> = counts
            .iter()
            .filter(|(_, kinds)| !kinds.is_empty())
            .map(|(action, kinds)| format!("{} to {action}", kinds.values().sum::<usize>()))
            .collect();
        writeln!(f, "{}; {} unchanged", parts.join(", "), plan.unchanged_count())?;
        for (action, kinds) in counts.iter().filter(|(_, kinds)| !kinds.is_empty()) {
            write!(f, "  {} {action}:", action.symbol())?;
            let list: Vec<String> =
                kinds.iter().map(|(kind, count)| format!(" {count} {}", plural(*kind, *count))).collect();
            writeln!(f, "{}", list.join(","))?;
        }
        Ok(())
    }
}

fn plural(kind: ResourceKind, count: usize) -> String {
    let title = kind.title();
    match (count, title.strip_suffix('y')) {
        (1, _) => title.to_owned(),
        (_, Some(stem)) if !title.ends_with("ay") => format!("{stem}ies"),
        _ if title.ends_with("ss") => format!("{title}es"),
        _ => format!("{title}s"),
    }
}

fn about(tenant: &PlannedTenant) -> String {
    let block = tenant.vpc_cidr.map_or_else(String::new, |block| format!(", {block} in {}", tenant.region));
    let leaves = match tenant.offboard {
        None => "",
        Some(Offboarding::Suspend) => ", leaves and is suspended",
        Some(Offboarding::Close) => ", leaves and is closed",
    };
    format!(" ({}{block}{leaves})", tenant.tier_title)
}

fn group(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    about: &str,
    steps: &[&Step],
    cost: Option<&PlanCost>,
) -> fmt::Result {
    if steps.is_empty() {
        return Ok(());
    }
    let widths = Widths {
        address: steps.iter().map(|step| step.address.local().len()).max().unwrap_or_default(),
        what: steps.iter().map(|step| what(step).chars().count()).max().unwrap_or_default(),
    };
    writeln!(f)?;
    let title = format!("{title}{about}");
    if cost.is_some() {
        let width = widths.address + widths.what + 6;
        writeln!(f, "{title:<width$}  {:>12} {:>8}", "a month", "minutes")?;
    } else {
        writeln!(f, "{title}")?;
    }
    for step in steps {
        line(f, step, &widths, cost.and_then(|cost| cost.step(&step.address)))?;
    }
    Ok(())
}

/// How wide the columns of a group are.
struct Widths {
    address: usize,
    what: usize,
}

/// What a step is about: the kind of its resource, and the id where it exists.
fn what(step: &Step) -> String {
    match &step.id {
        None if let Some(zone) = step.spec.as_kind().zone() => {
            format!("{}, {zone}", step.kind.title())
        }
        Some(id) if step.action != Action::Create => format!("{} {id}", step.kind.title()),
        _ => step.kind.title().to_owned(),
    }
}

/// Two columns: dollars a month and minutes. Zeros stay blank.
fn columns(StepCost { monthly, duration, .. }: &StepCost) -> String {
    let show = |blank: bool, text: String| if blank { String::new() } else { text };
    let monthly = show(monthly.is_zero(), signed(*monthly, 2));
    let minutes = show(duration.as_secs() < 3, format!("{:.1}", duration.as_secs_f64() / 60.0));
    format!("  {monthly:>12} {minutes:>8}")
}

/// What the plan changes about the bill.
fn difference(f: &mut fmt::Formatter<'_>, cost: &PlanCost) -> fmt::Result {
    let prices = cost.after().prices();
    writeln!(f)?;
    let total = cost.after().total();
    let total = format!("{}{}", total.currency.symbol(), thousands(total.amount, 2));
    let difference = cost.difference();
    writeln!(f, "Cost: {difference}; {total} a month in all")?;
    let part = |basis| difference.part(basis).map(|amount| signed(amount, 2)).unwrap_or_default();
    let (planned, assumed) = (part(CostBasis::Planned), part(CostBasis::Assumed));
    writeln!(f, "  planned {planned} and assumed {assumed}, on the steps above")?;
    if !cost.promised().is_empty() {
        writeln!(f, "  promised {}, not built by this zone and on no step", part(CostBasis::Promised))?;
        for PromisedChange { tier, monthly, .. } in cost.promised() {
            let whose = tier.as_ref().map_or("the organization", TierName::as_str);
            writeln!(f, "    {whose}: {}", signed(*monthly, 2))?;
        }
    }
    if !cost.shield_advanced().is_zero() {
        let fee = signed(cost.shield_advanced(), 2);
        writeln!(f, "    of which {fee} Shield Advanced, one fee for the organization, sold by the year")?;
    }
    writeln!(f, "  at list prices of {} as of {}, the shipped usage", prices.origin(), prices.as_of())
}

fn line(f: &mut fmt::Formatter<'_>, step: &Step, widths: &Widths, cost: Option<&StepCost>) -> fmt::Result {
    let Step {
        address,
        kind: _,
        action,
        tenant: _,
        site: _,
        spec: _,
        id: _,
        changes,
        look_first: _,
        depends_on: _,
    } = step;
    let columns = cost.map(columns).unwrap_or_default();
    let (address_width, what_width) = (widths.address, widths.what);
    let text = format!(
        "  {} {:<address_width$}  {:<what_width$}{columns}",
        action.symbol(),
        address.local(),
        what(step)
    );
    writeln!(f, "{}", text.trim_end())?;
    for Change { field, from, to } in changes {
        writeln!(f, "      {field}: {} → {}", shown(from), shown(to))?;
    }
    if step.is_destructive() {
        writeln!(f, "      applied only if named in `destroy`: it cannot be undone")?;
    }
    Ok(())
}

fn shown(value: &Option<String>) -> String {
    value.as_deref().map_or_else(|| "(none)".to_owned(), shorten)
}

/// A value that fits a line.
fn shorten(value: &str) -> String {
    const LONGEST: usize = 60;
    if value.chars().count() <= LONGEST {
        return format!("`{value}`");
    }
    let head: String = value.chars().take(LONGEST).collect();
    format!("`{head}…` ({} characters)", value.chars().count())
}

impl Step {
    /// What the step waits for and why, one line each.
    pub fn waits_for(&self) -> impl Iterator<Item = (&Address, &'static str)> {
        self.depends_on.iter().map(|dependency| (&dependency.on, dependency.reason.text()))
    }
}
