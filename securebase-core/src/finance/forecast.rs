//! Forecast by month: expected tenants, recurring revenue, cost and the usual metrics of a subscription business.
//!
//! Every number of tenants and every amount is an expected value over the distribution that a simulation draws from. Numbers of
//! tenants need not be whole, and a cost that changes in steps is its mean over the distribution of the number of tenants
//! (`expected`). A ratio is the ratio of these means; the mean of the ratios over trials is a different number, undefined if
//! any trial has no revenue. Tenants form cohorts by the month in which they start (0: the current tenants). Infrastructure is
//! that of months in which stored logs have reached their retention, which is conservative for new tenants.
//! Invariant: opening + new + expansion - contraction - churned = closing, to the cent, every month.

pub(super) mod break_even;
mod cohorts;
pub(super) mod expected;
mod run;
mod table;
pub(super) mod tail;

use crate::model::TierName;
use rust_decimal::Decimal;

use super::error::Error;
use super::inputs::growth::Growth;
use super::inputs::line::Category;

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
    /// Net revenue retention over twelve months: what the tenants of twelve months ago pay now, over what they paid then;
    /// `None` before month 12.
    pub nrr_12m: Option<Decimal>,
    /// Gross revenue retention over twelve months: the same with each tenant counted at no more than it paid then; `None`
    /// before month 12.
    pub grr_12m: Option<Decimal>,
    /// Twelve times the growth of recurring revenue in three months, over sales and marketing of the three months before
    /// those; `None` before month 6 and where nothing was spent.
    pub magic_number: Option<Decimal>,
    /// Growth of recurring revenue over twelve months in percent, plus the operating margin in percent; `None` before month
    /// 13.
    pub rule_of_40: Option<Decimal>,
    /// The expected payment of the largest tenant, over expected revenue.
    pub concentration: Option<Decimal>,
    /// The Herfindahl-Hirschman index of revenue by tenant: the expected sum of squared payments, over the expected square of
    /// their sum; 1 where one tenant pays everything.
    pub hhi: Option<Decimal>,
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

    /// Lifetime value: revenue per tenant times the gross margin, over the monthly churn; `None` without churn.
    pub fn ltv(&self) -> Option<Decimal> {
        let brings = self.arpa()?.checked_mul(self.margin(Category::Support)?)?;
        brings.checked_div(self.monthly_logo_churn()?)
    }

    /// Months until a tenant has earned what winning it cost; `None` where tenants earn nothing.
    pub fn cac_payback_months(&self) -> Option<Decimal> {
        let earns = self.arpa()?.checked_mul(self.margin(Category::Support)?)?;
        if earns <= Decimal::ZERO { None } else { self.cac()?.checked_div(earns) }
    }

    /// LTV over CAC.
    pub fn ltv_cac(&self) -> Option<Decimal> {
        self.ltv()?.checked_div(self.cac()?)
    }

    /// The loss of the month over its net new ARR (twelve times the growth of recurring revenue). `None` where there is no
    /// loss, or revenue does not grow.
    pub fn burn_multiple(&self) -> Option<Decimal> {
        let grows = (self.mrr - self.mrr_opening) * Decimal::from(12);
        let burns = self.operating_loss();
        if burns.is_zero() || grows <= Decimal::ZERO { None } else { burns.checked_div(grows) }
    }

    /// Revenue over infrastructure; `None` where infrastructure is free.
    pub fn revenue_per_infrastructure_dollar(&self) -> Option<Decimal> {
        self.mrr.checked_div(self.costs[Category::Infrastructure as usize])
    }

    /// (new + expansion) over (contraction + churned) revenue; `None` where nothing is lost.
    pub fn saas_quick_ratio(&self) -> Option<Decimal> {
        (self.mrr_new + self.mrr_expansion).checked_div(self.mrr_contraction + self.mrr_churned)
    }

    /// The loss of the month in the expected amounts, zero where they make a profit. It is smaller than the mean loss over
    /// trials where some trials make a profit and others a loss.
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
    tiers: Vec<TierName>,
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
}
