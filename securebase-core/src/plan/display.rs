//! The text of a plan, for a person to read.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{Address, ResourceKind};

use super::graph::Why;
use super::step::{Action, Change, Plan, PlannedTenant, Step};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan for zone `{}`: {}", self.scope.zone, Summary(self))?;
        if !self.is_empty() {
            let (shared, tenants) = self.grouped();
            group(f, "Organization", "", &shared)?;
            for tenant in &self.tenants {
                if let Some(steps) = tenants.get(tenant.key.as_str()) {
                    group(f, tenant.key.as_str(), &about(tenant), steps)?;
                }
            }
            writeln!(f)?;
            self.waits(f)?;
        }
        for warning in &self.warnings {
            writeln!(f)?;
            writeln!(f, "{warning}")?;
        }
        Ok(())
    }
}

/// Steps of the organization, and steps of each tenant by key.
type Grouped<'a> = (Vec<&'a Step>, BTreeMap<&'a str, Vec<&'a Step>>);

impl Plan {
    fn grouped(&self) -> Grouped<'_> {
        let mut shared = Vec::new();
        let mut tenants: BTreeMap<&str, Vec<&Step>> = BTreeMap::new();
        for step in self.steps() {
            match &step.tenant {
                Some(key) => tenants.entry(key.as_str()).or_default().push(step),
                None => shared.push(step),
            }
        }
        (shared, tenants)
    }

    /// How many steps wait for what, beyond the ids they need anyway.
    fn waits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: BTreeMap<Why, usize> = BTreeMap::new();
        for step in self.steps() {
            let mut reasons: Vec<Why> = step.depends_on.iter().map(|dependency| dependency.why).collect();
            reasons.sort();
            reasons.dedup();
            for why in reasons {
                *counts.entry(why).or_default() += 1;
            }
        }
        let free = self.steps().filter(|step| step.depends_on.is_empty()).count();
        writeln!(f, "Order: {free} of {} steps can start at once; of the others", self.steps.len())?;
        for (why, count) in counts {
            let verb = if count == 1 { "waits" } else { "wait" };
            writeln!(f, "  {count:>6} {verb} because {}", why.text())?;
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
            return writeln!(f, "no changes; {} resources are as they shall be", plan.inventory.len());
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
    format!(" ({}{block})", tenant.tier_title)
}

fn group(f: &mut fmt::Formatter<'_>, title: &str, about: &str, steps: &[&Step]) -> fmt::Result {
    if steps.is_empty() {
        return Ok(());
    }
    writeln!(f)?;
    writeln!(f, "{title}{about}")?;
    let width = steps.iter().map(|step| step.address.local().len()).max().unwrap_or_default();
    for step in steps {
        line(f, step, width)?;
    }
    Ok(())
}

fn line(f: &mut fmt::Formatter<'_>, step: &Step, width: usize) -> fmt::Result {
    let Step {
        address,
        kind,
        action,
        tenant: _,
        site: _,
        spec: _,
        id,
        changes,
        look_first: _,
        depends_on: _,
    } = step;
    write!(f, "  {} {:<width$}  {}", action.symbol(), address.local(), kind.title())?;
    if let (Some(id), false) = (id, *action == Action::Create) {
        write!(f, " {id}")?;
    }
    writeln!(f)?;
    for Change { field, from, to } in changes {
        let show = |value: &Option<String>| value.as_deref().map_or_else(|| "(none)".to_owned(), shorten);
        writeln!(f, "      {field}: {} → {}", show(from), show(to))?;
    }
    if step.is_destructive() {
        writeln!(f, "      carried out only when named: something is lost for good")?;
    }
    Ok(())
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
        self.depends_on.iter().map(|dependency| (&dependency.on, dependency.why.text()))
    }
}
