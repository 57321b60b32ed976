//! Named scenarios: their figures, the differences from the first scenario, and the assumptions that differ.

mod scenario;
mod values;

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::model::Model;
use super::month::Month;
use crate::finance::error::Error;
use crate::finance::inputs::line::Category;
use crate::model::{Problem, Problems, unsigned_zero};
use crate::table::{Column, Table};
use crate::time::Interrupt;
use values::{left_out, values};

pub use scenario::Scenario;

/// The rows of the table, in the order of a profit and loss account.
const FIGURES: [&str; 11] = [
    "tenants",
    "revenue",
    "infrastructure",
    "support",
    "sales",
    "other",
    "total_cost",
    "profit",
    "infrastructure_margin",
    "gross_margin",
    "operating_margin",
];

type Figures = [Option<Decimal>; FIGURES.len()];

/// An assumption that differs between a scenario and the first one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Driver {
    /// The name of the scenario that differs.
    pub scenario: String,
    /// Which number: the path of an assumption, or a count: `tenants.<tier>`, `resources.networks`, `resources.nat_gateways`,
    /// `resources.flow_logs`. A graduated price has a path for each step, `prices.<id>.step_<n>`, and for the usage at which it
    /// ends, `prices.<id>.step_<n>_up_to`. What is uncertain has one for each parameter, `uncertain.<path>.<parameter>`, and for
    /// each correlation, `correlation.<path>,<path>`; people hired ahead have `<line>.lead_months` and `<line>.tenants_a_month`;
    /// a path of tenants has `path.<month>.<tier>`.
    pub path: String,
    /// Its value in the first scenario; `None` if that has no such number.
    pub before: Option<Decimal>,
    /// Its value in this scenario; `None` where it has no such number.
    pub after: Option<Decimal>,
}

/// A comparison of scenarios with the first one, the base.
#[derive(Debug, Clone)]
pub struct Scenarios {
    names: Vec<String>,
    figures: Vec<Figures>,
    drivers: Vec<Driver>,
}

/// The column with the difference of a scenario.
fn difference_column(name: &str) -> String {
    format!("{name}_difference")
}

impl Scenarios {
    /// Compares scenarios with the first of them: in a month with stored logs at their retention, or, with `month`, in that month
    /// of each one's forecast.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every reason why they cannot be compared: no scenario, a name that is empty or would name two
    /// columns, other tiers or another currency than the first has, growth out of range. [`Error::Range`] for a month that no
    /// forecast reaches, [`Error::Money`] where amounts have too many digits.
    pub fn new(scenarios: &[Scenario], month: Option<u32>) -> Result<Self, Error> {
        Self::until(scenarios, month, &Interrupt::new())
    }

    /// As [`Self::new`], until it is asked to end.
    ///
    /// # Errors
    /// As [`Self::new`], and [`Error::Interrupted`].
    pub fn until(scenarios: &[Scenario], month: Option<u32>, interrupt: &Interrupt) -> Result<Self, Error> {
        check(scenarios)?;
        let figures = scenarios.iter().map(|scenario| figures(scenario, month, interrupt));
        let figures = figures.collect::<Result<Vec<_>, _>>()?;
        let mut drivers = Vec::new();
        if let Some((base, others)) = scenarios.split_first() {
            let before = values(base);
            for scenario in others {
                drivers.extend(drivers_of(base, &before, scenario));
            }
        }
        Ok(Self { names: scenarios.iter().map(|scenario| scenario.name.clone()).collect(), figures, drivers })
    }

    /// Which assumptions of the scenarios differ from the first one's, by scenario.
    pub fn drivers(&self) -> &[Driver] {
        &self.drivers
    }

    /// A figure of a scenario, by their names; `None` where there is no such figure or scenario, or no revenue for a margin.
    pub fn figure(&self, scenario: &str, figure: &str) -> Option<Decimal> {
        let column = self.names.iter().position(|name| name == scenario)?;
        let row = FIGURES.iter().position(|name| *name == figure)?;
        self.figures[column][row]
    }

    /// The figures as a table: `figure`, a column of values for each scenario under its name, and for each scenario but the first
    /// a column `<name>_difference`, its values less the first scenario's. Amounts are in units of the currency and margins are
    /// fractions, so a difference of 0.01 between margins is a percentage point.
    ///
    /// # Errors
    /// [`Error::Table`] where a number has too many digits.
    pub fn table(&self) -> Result<Table, Error> {
        let mut columns = vec![Column::utf8("figure", FIGURES)?];
        for (index, (name, figures)) in self.names.iter().zip(&self.figures).enumerate() {
            columns.push(Column::decimal(name, 10, figures.iter().copied())?);
            if index > 0 {
                let less =
                    |(after, before): (&Option<Decimal>, &Option<Decimal>)| Some((*after)? - (*before)?);
                let differences = figures.iter().zip(&self.figures[0]).map(less);
                columns.push(Column::decimal(&difference_column(name), 10, differences)?);
            }
        }
        Ok(Table::new(columns)?)
    }

    /// Which assumptions differ from the first scenario's: `scenario, path, before, after, difference`. A value is absent where its
    /// scenario has no such number, such as a price of the price book under the assumptions of a report.
    ///
    /// # Errors
    /// [`Error::Table`] where a number has too many digits.
    pub fn drivers_table(&self) -> Result<Table, Error> {
        let drivers = &self.drivers;
        Ok(Table::new(vec![
            Column::utf8("scenario", drivers.iter().map(|driver| driver.scenario.as_str()))?,
            Column::utf8("path", drivers.iter().map(|driver| driver.path.as_str()))?,
            Column::decimal("before", 10, drivers.iter().map(|driver| driver.before))?,
            Column::decimal("after", 10, drivers.iter().map(|driver| driver.after))?,
            Column::decimal(
                "difference",
                10,
                drivers.iter().map(|driver| Some(driver.after? - driver.before?)),
            )?,
        ])?)
    }
}

/// Every reason why scenarios cannot be compared.
fn check(scenarios: &[Scenario]) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut wrong = |path: String, message: String, hint: &str| {
        problems.push(Problem::error("scenario-invalid", path, message, hint));
    };
    let Some(base) = scenarios.first() else {
        let message = "invalid scenarios: expected at least one".to_owned();
        return Err(Error::Invalid(
            Problem::error(
                "scenario-invalid",
                "",
                message,
                "give the base scenario first, then the scenarios to compare with it",
            )
            .into(),
        ));
    };
    let tiers =
        |model: &Model| -> Vec<String> { model.tiers().iter().map(|tier| tier.name.to_string()).collect() };
    let mut columns = BTreeSet::from(["figure".to_owned()]);
    for (index, scenario) in scenarios.iter().enumerate() {
        let (name, path) = (&scenario.name, format!("scenarios[{index}]"));
        let own = if index == 0 { vec![name.clone()] } else { vec![name.clone(), difference_column(name)] };
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            let message = format!("invalid name `{}`: expected printable text", name.escape_debug());
            wrong(path.clone(), message, "write a name such as `low price`");
        } else if own.iter().any(|column| columns.contains(column)) {
            let message =
                format!("invalid name `{name}`: expected one that no other column of the table has");
            wrong(path.clone(), message, "give each scenario a name of its own, other than `figure`");
        }
        columns.extend(own);
        if tiers(&scenario.model) != tiers(&base.model) {
            let message = format!(
                "invalid tiers `{}` of `{name}`: expected those of `{}`: {}",
                tiers(&scenario.model).join(", "),
                base.name,
                tiers(&base.model).join(", ")
            );
            wrong(path.clone(), message, "make every model with the tiers of one zone, in the same order");
        }
        if scenario.model.currency() != base.model.currency() {
            let message = format!(
                "invalid currency `{}` of `{name}`: expected {}, that of `{}`",
                scenario.model.currency(),
                base.model.currency(),
                base.name
            );
            wrong(path.clone(), message, "use prices in one currency");
        }
        if let Err(error) = scenario.model.check_growth(&scenario.growth) {
            for problem in error.problems().0 {
                let place =
                    if problem.path.is_empty() { path.clone() } else { format!("{path}.{}", problem.path) };
                wrong(place, problem.message, &problem.hint);
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(Problems(problems))) }
}

fn figures(scenario: &Scenario, month: Option<u32>, interrupt: &Interrupt) -> Result<Figures, Error> {
    interrupt.check()?;
    let Some(months) = month else { return Ok(of_month(&scenario.model.month()?)) };
    let forecast = scenario.model.until(interrupt).forecast(months, &scenario.growth)?;
    let none = || Error::range("number of months", &months, "use 1 to 600");
    let last = forecast.months.last().ok_or_else(none)?;
    let [infrastructure, support, sales, other] = last.costs.map(Some);
    Ok([
        Some(last.tenants),
        Some(last.mrr),
        infrastructure,
        support,
        sales,
        other,
        Some(last.total_cost()),
        Some(last.profit()),
        last.margin(Category::Infrastructure),
        last.margin(Category::Support),
        last.margin(Category::Other),
    ])
}

fn of_month(month: &Month) -> Figures {
    let [infrastructure, support, sales, other] =
        Category::ALL.map(|category| Some(month.cost(category).amount));
    [
        Some(Decimal::from(month.tenants())),
        Some(month.revenue.amount),
        infrastructure,
        support,
        sales,
        other,
        Some(month.total_cost().amount),
        Some(month.profit().amount),
        month.infrastructure_margin(),
        month.gross_margin(),
        month.operating_margin(),
    ]
}

fn drivers_of(base: &Scenario, before: &[(String, Decimal)], scenario: &Scenario) -> Vec<Driver> {
    let after = values(scenario);
    let find = |values: &[(String, Decimal)], owner: &Scenario, path: &str| {
        let found = values.iter().find(|(known, _)| known == path).map(|(_, value)| *value);
        found.or_else(|| left_out(owner, path))
    };
    let added = after.iter().filter(|(path, _)| before.iter().all(|(known, _)| known != path));
    before
        .iter()
        .chain(added)
        .map(|(path, _)| Driver {
            scenario: scenario.name.clone(),
            path: path.clone(),
            before: find(before, base, path).map(unsigned_zero),
            after: find(&after, scenario, path).map(unsigned_zero),
        })
        .filter(|driver| driver.before != driver.after)
        .collect()
}
