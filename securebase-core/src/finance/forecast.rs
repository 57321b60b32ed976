//! Months ahead: expected tenants, recurring revenue, cost and the figures a business like this is judged by.
//!
//! Tenants come in cohorts by the month in which they start (0: those there are). Numbers of tenants are expectations and
//! need not be whole; people are hired for whole tenants, rounded up. Infrastructure is that of months in which stored
//! logs have reached their retention: a cautious figure for young tenants.
//! Invariant: opening + new + expansion - contraction - churned = closing, to the cent, every month.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::assumptions::Category;
use super::curve::Curve;
use super::demand::Age;
use super::growth::Growth;
use super::model::Model;
use super::{Error, cents};
use crate::table::{Column, Table};

/// The longest horizon, in months.
pub(super) const MONTHS_MAX: u32 = 600;

/// One month ahead. Amounts are in the model's currency.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ForecastMonth {
    /// Which, from 1.
    pub month: u32,
    /// Tenants at its end, by tier in the order of the zone.
    pub tenants_by_tier: Vec<Decimal>,
    /// Tenants at its end.
    pub tenants: Decimal,
    /// Tenants won in it.
    pub tenants_new: Decimal,
    /// Tenants lost in it.
    pub tenants_churned: Decimal,
    /// Recurring revenue before it.
    pub mrr_opening: Decimal,
    /// Recurring revenue of tenants won.
    pub mrr_new: Decimal,
    /// Growth of what staying tenants pay.
    pub mrr_expansion: Decimal,
    /// Shrinkage of what staying tenants pay.
    pub mrr_contraction: Decimal,
    /// Recurring revenue of tenants lost.
    pub mrr_churned: Decimal,
    /// Recurring revenue of the month: its revenue.
    pub mrr: Decimal,
    /// Cost by category, in the order of [`Category::ALL`].
    pub costs: [Decimal; 4],
    /// The part of the costs that more tenants make larger at once: their infrastructure and what is assumed per tenant.
    pub variable_cost: Decimal,
    /// Profit of all months up to this one.
    pub profit_cumulative: Decimal,
}

impl ForecastMonth {
    /// All costs.
    pub fn total_cost(&self) -> Decimal {
        self.costs.iter().sum()
    }

    /// Revenue less all costs.
    pub fn profit(&self) -> Decimal {
        self.mrr - self.total_cost()
    }

    /// Twelve times the month's recurring revenue.
    pub fn arr(&self) -> Decimal {
        self.mrr * Decimal::from(12)
    }

    /// Cost of revenue: infrastructure and support.
    pub fn cogs(&self) -> Decimal {
        self.costs[0] + self.costs[1]
    }

    /// The fraction of revenue left after the categories of cost up to and including one.
    pub fn margin(&self, upto: Category) -> Option<Decimal> {
        let cost: Decimal = self.costs.iter().take(upto as usize + 1).sum();
        (self.mrr - cost).checked_div(self.mrr)
    }

    /// The fraction of revenue left after costs that grow with each tenant.
    pub fn contribution_margin(&self) -> Option<Decimal> {
        (self.mrr - self.variable_cost).checked_div(self.mrr)
    }

    /// The share of the tenants at its beginning that left in it.
    pub fn monthly_logo_churn(&self) -> Option<Decimal> {
        self.tenants_churned.checked_div(self.tenants - self.tenants_new + self.tenants_churned)
    }

    /// Gross revenue retention: what is left of the opening revenue without expansion; at most one.
    pub fn monthly_grr(&self) -> Option<Decimal> {
        (self.mrr_opening - self.mrr_contraction - self.mrr_churned).checked_div(self.mrr_opening)
    }

    /// Net revenue retention: the same with expansion.
    pub fn monthly_nrr(&self) -> Option<Decimal> {
        (self.mrr_opening + self.mrr_expansion - self.mrr_contraction - self.mrr_churned)
            .checked_div(self.mrr_opening)
    }

    /// Revenue for each tenant.
    pub fn arpa(&self) -> Option<Decimal> {
        self.mrr.checked_div(self.tenants)
    }

    /// Sales and marketing for each tenant won.
    pub fn cac(&self) -> Option<Decimal> {
        self.costs[Category::Sales as usize].checked_div(self.tenants_new)
    }

    /// What a tenant brings over its life: revenue for each tenant times the margin after support, over the monthly churn;
    /// `None` without churn, where no life has an end.
    pub fn ltv(&self) -> Option<Decimal> {
        let brings = self.arpa()?.checked_mul(self.margin(Category::Support)?)?;
        brings.checked_div(self.monthly_logo_churn()?)
    }

    /// Months until a tenant has earned what winning it cost; `None` where tenants earn nothing.
    pub fn cac_payback_months(&self) -> Option<Decimal> {
        let earns = self.arpa()?.checked_mul(self.margin(Category::Support)?)?;
        if earns <= Decimal::ZERO { None } else { self.cac()?.checked_div(earns) }
    }

    /// (new + expansion) over (contraction + churned) revenue; `None` where nothing is lost.
    pub fn saas_quick_ratio(&self) -> Option<Decimal> {
        (self.mrr_new + self.mrr_expansion).checked_div(self.mrr_contraction + self.mrr_churned)
    }

    /// The loss of the month, zero where there is a profit.
    pub fn operating_loss(&self) -> Decimal {
        (-self.profit()).max(Decimal::ZERO)
    }
}

/// The tenants of one tier that start in one month, in one month of their life.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Cohort {
    /// The place of the tier.
    pub tier: usize,
    /// The month they start in, 0 for those there are.
    pub start: u32,
    /// The month this row is about.
    pub month: u32,
    /// How many are left at its end.
    pub tenants: Decimal,
    /// What they pay together.
    pub mrr: Decimal,
    /// How many they were at the start.
    pub tenants_start: Decimal,
}

/// A forecast: one row a month.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Forecast {
    /// The months in order.
    pub months: Vec<ForecastMonth>,
    /// Every cohort in every month of its life.
    pub cohorts: Vec<Cohort>,
    tiers: Vec<String>,
}

/// Numbers of tenants keep this many decimals: far below what a cent can show.
const TENANT_DIGITS: u32 = 9;

struct Live {
    tier: usize,
    start: u32,
    tenants_start: Decimal,
    tenants: Decimal,
    /// What one of them pays.
    pays: Decimal,
    /// What expansion and contraction have made of the price.
    drift: Decimal,
}

fn few(tenants: Decimal) -> Decimal {
    tenants.round_dp(TENANT_DIGITS).normalize()
}

/// The factor of a yearly change after so many months, spread evenly: exact at whole years.
pub(super) fn yearly(change: Decimal, months: u32) -> Result<Decimal, Error> {
    let base = Decimal::ONE + change;
    let overflow =
        || Error::range("yearly change over the horizon", &change, "use a smaller change or fewer months");
    let mut factor = Decimal::ONE;
    for _ in 0..months / 12 {
        factor = factor.checked_mul(base).ok_or_else(overflow)?.round_dp(15);
    }
    // Within a year the change is spread linearly; a twelfth a month.
    let part = Decimal::ONE + change * Decimal::from(months % 12) / Decimal::from(12);
    factor.checked_mul(part).map(|factor| factor.round_dp(15)).ok_or_else(overflow)
}

impl Model {
    /// What `months` months ahead bring under the assumptions about growth.
    ///
    /// # Errors
    /// [`Error::Range`] for no months or more than 600, [`Error::Invalid`] for growth out of range, [`Error::Money`] for
    /// amounts with too many digits.
    pub fn forecast(&self, months: u32, growth: &Growth) -> Result<Forecast, Error> {
        if months == 0 || months > MONTHS_MAX {
            return Err(Error::range("number of months", &months, "use 1 to 600"));
        }
        self.check_growth(growth)?;
        let curve = self.curve(Age::Steady)?;
        let paid: Vec<Decimal> = (0..self.tiers.len()).map(|tier| self.average_price(tier)).collect();
        let tiers: Vec<_> = self.tiers.iter().map(|tier| growth.tier(tier.name.as_str())).collect();
        let mut live: Vec<Live> = self
            .tenants_by_tier()
            .into_iter()
            .enumerate()
            .filter(|(_, tenants)| *tenants > 0)
            .map(|(tier, tenants)| Live {
                tier,
                start: 0,
                tenants_start: tenants.into(),
                tenants: tenants.into(),
                pays: paid[tier],
                drift: Decimal::ONE,
            })
            .collect();
        let mut forecast = Forecast {
            months: Vec::new(),
            cohorts: Vec::new(),
            tiers: self.tiers.iter().map(|tier| tier.name.as_str().to_owned()).collect(),
        };
        let mut mrr = cents(live.iter().map(|cohort| cohort.tenants * cohort.pays).sum());
        let mut profit_cumulative = Decimal::ZERO;
        for month in 1..=months {
            let price_factor = yearly(growth.price_change_yearly, month - 1)?;
            let mut row = self.start_row(month, mrr);
            let have: Vec<Decimal> = (0..tiers.len())
                .map(|tier| {
                    live.iter().filter(|cohort| cohort.tier == tier).map(|cohort| cohort.tenants).sum()
                })
                .collect();
            let flows = flows(growth, &tiers, &have, month);
            for cohort in &mut live {
                let (_, lost_share) = flows[cohort.tier];
                let lost = few(cohort.tenants * lost_share);
                row.tenants_churned += lost;
                row.mrr_churned += lost * cohort.pays;
                cohort.tenants = few(cohort.tenants - lost);
                let (grow, shrink) = (tiers[cohort.tier].expansion, tiers[cohort.tier].contraction);
                let base = if cohort.start == 0 {
                    paid[cohort.tier]
                } else {
                    self.tiers[cohort.tier].monthly_price.amount
                };
                let before = cohort.pays;
                let ramped = base * price_factor * terms(growth, month - cohort.start, cohort.start);
                let steady = (ramped * cohort.drift).round_dp(10);
                let change = steady - before;
                row.mrr_expansion += cohort.tenants * (change.max(Decimal::ZERO) + steady * grow);
                row.mrr_contraction += cohort.tenants * ((-change).max(Decimal::ZERO) + steady * shrink);
                cohort.drift = (cohort.drift * (Decimal::ONE + grow - shrink)).round_dp(15);
                cohort.pays = (steady * (Decimal::ONE + grow - shrink)).round_dp(10);
            }
            for (tier, (won, _)) in flows.iter().enumerate() {
                let won = few(*won);
                if won.is_zero() {
                    continue;
                }
                let price = self.tiers[tier].monthly_price.amount * price_factor;
                let pays = (price * terms(growth, 0, month)).round_dp(10);
                row.tenants_new += won;
                row.mrr_new += won * pays;
                let drift = Decimal::ONE;
                live.push(Live { tier, start: month, tenants_start: won, tenants: won, pays, drift });
            }
            live.retain(|cohort| !cohort.tenants.is_zero());
            self.close_row(&mut row, &live, growth, curve.as_ref())?;
            profit_cumulative += row.profit();
            row.profit_cumulative = profit_cumulative;
            mrr = row.mrr;
            forecast.cohorts.extend(live.iter().map(|cohort| Cohort {
                tier: cohort.tier,
                start: cohort.start,
                month,
                tenants: cohort.tenants,
                mrr: cents(cohort.tenants * cohort.pays),
                tenants_start: cohort.tenants_start,
            }));
            forecast.months.push(row);
        }
        Ok(forecast)
    }

    fn start_row(&self, month: u32, mrr_opening: Decimal) -> ForecastMonth {
        let zero = Decimal::ZERO;
        ForecastMonth {
            month,
            tenants_by_tier: vec![zero; self.tiers.len()],
            tenants: zero,
            tenants_new: zero,
            tenants_churned: zero,
            mrr_opening,
            mrr_new: zero,
            mrr_expansion: zero,
            mrr_contraction: zero,
            mrr_churned: zero,
            mrr: zero,
            costs: [zero; 4],
            variable_cost: zero,
            profit_cumulative: zero,
        }
    }

    fn close_row(
        &self,
        row: &mut ForecastMonth,
        live: &[Live],
        growth: &Growth,
        curve: Option<&Curve>,
    ) -> Result<(), Error> {
        for part in [&mut row.mrr_new, &mut row.mrr_expansion, &mut row.mrr_contraction, &mut row.mrr_churned]
        {
            *part = cents(*part);
        }
        // The bridge defines the closing revenue: rounding its parts must not break it.
        row.mrr = row.mrr_opening + row.mrr_new + row.mrr_expansion - row.mrr_contraction - row.mrr_churned;
        for cohort in live {
            row.tenants_by_tier[cohort.tier] += cohort.tenants;
        }
        row.tenants = row.tenants_by_tier.iter().sum();
        let inflation = yearly(growth.cost_inflation_yearly, row.month - 1)?;
        let whole = row.tenants.ceil().to_u32().ok_or(crate::model::MoneyError::Overflow)?;
        for category in Category::ALL {
            let variable = self.assumed_per_tenant(category) * row.tenants;
            row.costs[category as usize] = self.assumed_by_steps(category, whole) + variable;
            row.variable_cost += variable;
        }
        if let Some(curve) = curve {
            let infrastructure = curve.infrastructure(&row.tenants_by_tier)?;
            row.costs[0] += infrastructure;
            row.variable_cost += infrastructure - curve.fixed(&row.tenants_by_tier)?;
        }
        let sales = &mut row.costs[Category::Sales as usize];
        if sales.is_zero() {
            *sales = growth.acquisition_cost * row.tenants_new;
        }
        for cost in row.costs.iter_mut().chain([&mut row.variable_cost]) {
            *cost = cents(*cost * inflation);
        }
        Ok(())
    }
}

/// Tenants won, and the share lost, by tier.
fn flows(
    growth: &Growth,
    tiers: &[super::growth::TierGrowth],
    have: &[Decimal],
    month: u32,
) -> Vec<(Decimal, Decimal)> {
    if growth.path.is_empty() {
        return tiers.iter().map(|tier| (tier.new, tier.churn)).collect();
    }
    let target = growth.path.iter().find(|(at, _)| *at == month);
    have.iter()
        .enumerate()
        .map(|(tier, have)| {
            let Some(wanted) = target.and_then(|(_, counts)| counts.get(tier)) else {
                return (Decimal::ZERO, Decimal::ZERO);
            };
            let more = Decimal::from(*wanted) - have;
            let lost = (-more).max(Decimal::ZERO).checked_div(*have).unwrap_or_default();
            (more.max(Decimal::ZERO), lost)
        })
        .collect()
}

/// The share of the price a cohort pays `age` months after its first: discount and ramp. Tenants there are pay in full.
pub(super) fn terms(growth: &Growth, age: u32, start: u32) -> Decimal {
    if start == 0 {
        return Decimal::ONE;
    }
    let ramp = if age + 1 >= growth.ramp_months {
        Decimal::ONE
    } else {
        Decimal::from(age + 1) / Decimal::from(growth.ramp_months)
    };
    if age < growth.discount_months { ramp * (Decimal::ONE - growth.discount) } else { ramp }
}

impl Forecast {
    /// The first month by whose end profits have made up for losses, `None` where none has.
    pub fn break_even_month(&self) -> Option<u32> {
        self.months.iter().find(|row| row.profit_cumulative >= Decimal::ZERO).map(|row| row.month)
    }

    /// The months as a table, one row each: tenants, the bridge of recurring revenue, cost, margins, and the figures of the
    /// trade.
    ///
    /// # Errors
    /// [`Error::Table`] where a figure has too many digits.
    pub fn table(&self) -> Result<Table, Error> {
        let rows = &self.months;
        let mut columns = vec![Column::int64("month", rows.iter().map(|row| i64::from(row.month)))];
        let mut number = |name: &str, digits: u8, value: &dyn Fn(&ForecastMonth) -> Option<Decimal>| {
            columns.push(Column::decimal(name, digits, rows.iter().map(value))?);
            Ok::<(), Error>(())
        };
        number("tenants", 6, &|row| Some(row.tenants))?;
        for (place, tier) in self.tiers.iter().enumerate() {
            number(&format!("tenants_{}", tier.replace('-', "_")), 6, &|row| {
                Some(row.tenants_by_tier[place])
            })?;
        }
        number("tenants_new", 6, &|row| Some(row.tenants_new))?;
        number("tenants_churned", 6, &|row| Some(row.tenants_churned))?;
        number("mrr_opening", 2, &|row| Some(row.mrr_opening))?;
        number("mrr_new", 2, &|row| Some(row.mrr_new))?;
        number("mrr_expansion", 2, &|row| Some(row.mrr_expansion))?;
        number("mrr_contraction", 2, &|row| Some(row.mrr_contraction))?;
        number("mrr_churned", 2, &|row| Some(row.mrr_churned))?;
        number("mrr", 2, &|row| Some(row.mrr))?;
        number("arr", 2, &|row| Some(row.arr()))?;
        number("revenue", 2, &|row| Some(row.mrr))?;
        for category in Category::ALL {
            number(category.name(), 2, &|row| Some(row.costs[category as usize]))?;
        }
        number("cogs", 2, &|row| Some(row.cogs()))?;
        number("total_cost", 2, &|row| Some(row.total_cost()))?;
        number("profit", 2, &|row| Some(row.profit()))?;
        number("profit_cumulative", 2, &|row| Some(row.profit_cumulative))?;
        number("operating_loss", 2, &|row| Some(row.operating_loss()))?;
        number("infrastructure_margin", 10, &|row| row.margin(Category::Infrastructure))?;
        number("gross_margin", 10, &|row| row.margin(Category::Support))?;
        number("contribution_margin", 10, &ForecastMonth::contribution_margin)?;
        number("operating_margin", 10, &|row| row.margin(Category::Other))?;
        number("monthly_logo_churn", 10, &ForecastMonth::monthly_logo_churn)?;
        number("monthly_grr", 10, &ForecastMonth::monthly_grr)?;
        number("monthly_nrr", 10, &ForecastMonth::monthly_nrr)?;
        number("arpa", 2, &ForecastMonth::arpa)?;
        number("cac", 2, &ForecastMonth::cac)?;
        number("ltv", 2, &ForecastMonth::ltv)?;
        number("cac_payback_months", 6, &ForecastMonth::cac_payback_months)?;
        number("saas_quick_ratio", 6, &ForecastMonth::saas_quick_ratio)?;
        Ok(Table::new(columns)?)
    }

    /// The cohorts as a table, one row for each tier, start and month: how many are left, what they pay, and the share of
    /// the start that is left.
    ///
    /// # Errors
    /// [`Error::Table`] where a figure has too many digits.
    pub fn cohorts_table(&self) -> Result<Table, Error> {
        let rows = &self.cohorts;
        let left = |row: &Cohort| row.tenants.checked_div(row.tenants_start);
        Ok(Table::new(vec![
            Column::utf8("tier", rows.iter().map(|row| self.tiers[row.tier].as_str()))?,
            Column::int64("start", rows.iter().map(|row| i64::from(row.start))),
            Column::int64("month", rows.iter().map(|row| i64::from(row.month))),
            Column::int64("age", rows.iter().map(|row| i64::from(row.month - row.start))),
            Column::decimal("tenants", 6, rows.iter().map(|row| row.tenants))?,
            Column::decimal("retention", 10, rows.iter().map(left))?,
            Column::decimal("mrr", 2, rows.iter().map(|row| row.mrr))?,
        ])?)
    }
}
