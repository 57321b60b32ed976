//! Cohorts of tenants and what they pay, month by month, in exact arithmetic.

use std::collections::VecDeque;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::expected::{Expected, Survival};
use super::{Cohort, ForecastMonth, terms};
use crate::finance::error::Error;
use crate::finance::inputs::distribution::Factor;
use crate::finance::inputs::growth::{Growth, TierGrowth};
use crate::finance::rounding::cents;

/// Numbers of tenants keep this many decimals: far below what a cent can show.
const TENANT_DIGITS: u32 = 9;
/// The most an amount may be: a quadrillion, so that sums and multiples of amounts stay exact.
const AMOUNT_MAX: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// Fails for an amount beyond [`AMOUNT_MAX`], or one that has too many digits to compute.
pub(super) fn amount(value: Option<Decimal>, figure: &str, month: u32) -> Result<Decimal, Error> {
    value.filter(|value| value.abs() <= AMOUNT_MAX).ok_or_else(|| {
        let rule = "use fewer months or a smaller yearly change, expansion or price; amounts are limited to a quadrillion";
        Error::range("amount of a forecast", &format!("{figure} in month {month}"), rule)
    })
}

fn few(tenants: Decimal) -> Decimal {
    tenants.round_dp(TENANT_DIGITS).normalize()
}

/// The shares of a cohort's tenants that remain at each age, exactly.
struct Shares {
    tenants: Vec<Decimal>,
    paying: Vec<Decimal>,
}

impl Shares {
    fn of(survival: &Survival, months: u32) -> Result<Self, Error> {
        let exact = |values: &[f64]| {
            let each = values.iter().map(|value| {
                Decimal::from_f64(*value)
                    .map(|value| value.round_dp(18))
                    .ok_or_else(|| Error::range("uncertain factor", value, "use factors below a million"))
            });
            each.collect::<Result<Vec<_>, _>>()
        };
        let shares = Self { tenants: exact(&survival.tenants)?, paying: exact(&survival.paying)? };
        debug_assert_eq!(shares.tenants.len(), months as usize + 1);
        Ok(shares)
    }

    /// A share that stays in every month.
    fn plain(churn: Decimal, months: u32) -> Self {
        let stays = Decimal::ONE - churn;
        let mut left = Decimal::ONE;
        let mut tenants = Vec::with_capacity(months as usize + 1);
        for _ in 0..=months {
            tenants.push(left);
            left = (left * stays).round_dp(24);
        }
        Self { paying: tenants.clone(), tenants }
    }
}

/// How many tenants stay and arrive.
enum Flow {
    /// At the rates of each tier: its cohorts' shares by age, those there are and those won.
    Rates(Vec<[Shares; 2]>),
    /// To the targets of a path; every tenant pays its price times a factor.
    Path(Decimal),
}

/// Tenants of one tier that start in one month.
struct Live {
    tier: usize,
    start: u32,
    /// How many of them there would be at a share of one.
    born: Decimal,
    tenants_start: Decimal,
    tenants: Decimal,
    /// The same weighted by the uncertain factor on prices.
    paying: Decimal,
    /// The price before its yearly change, terms and drift.
    base: Decimal,
    /// What one of them pays.
    pays: Decimal,
    /// What expansion and contraction have made of the price.
    drift: Decimal,
    /// `paying` and `pays` at the end of the last months, the latest last.
    past: VecDeque<(Decimal, Decimal)>,
}

/// How many ends of months a cohort remembers: this one and those of a year.
const REMEMBERED: usize = 13;

impl Live {
    fn new(tier: usize, start: u32, born: Decimal, at: [Decimal; 2], base: Decimal, pays: Decimal) -> Self {
        let [tenants, paying] = at;
        Self {
            tier,
            start,
            born,
            tenants_start: tenants,
            tenants,
            paying,
            base,
            pays,
            drift: Decimal::ONE,
            past: VecDeque::with_capacity(REMEMBERED),
        }
    }

    fn mrr(&self) -> Decimal {
        self.paying * self.pays
    }

    fn remember(&mut self) {
        if self.past.len() == REMEMBERED {
            self.past.pop_front();
        }
        self.past.push_back((self.paying, self.pays));
    }
}

/// All cohorts, and the sum of their payments at the end of each month.
pub(super) struct Cohorts<'a> {
    growth: &'a Growth,
    tiers: Vec<TierGrowth>,
    prices: Vec<Decimal>,
    flow: Flow,
    live: Vec<Live>,
    /// Unrounded, from month 0.
    mrr: Vec<Decimal>,
}

impl<'a> Cohorts<'a> {
    /// Starts with the current tenants: `paid` is their average payment by tier, `prices` that of new tenants.
    pub(super) fn new(
        growth: &'a Growth,
        tiers: Vec<TierGrowth>,
        there: &[u32],
        paid: &[Decimal],
        prices: Vec<Decimal>,
        expected: &Expected,
        months: u32,
    ) -> Result<Self, Error> {
        let flow = if growth.path.is_empty() {
            let of_tier = |(place, tier): (usize, &TierGrowth)| {
                if expected.is_plain() {
                    return Ok([Shares::plain(tier.churn, months), Shares::plain(tier.churn, months)]);
                }
                let [there, won] = expected.survival(place, months);
                Ok([Shares::of(&there, months)?, Shares::of(&won, months)?])
            };
            Flow::Rates(tiers.iter().enumerate().map(of_tier).collect::<Result<_, Error>>()?)
        } else {
            let factor = expected.factor(Factor::Price);
            let rule = "use factors below a million";
            let exact =
                Decimal::from_f64(factor).ok_or_else(|| Error::range("uncertain factor", &factor, rule));
            Flow::Path(exact?.round_dp(18))
        };
        let mut live = Vec::new();
        for (tier, count) in there.iter().enumerate().filter(|(_, count)| **count > 0) {
            let born = Decimal::from(*count);
            let paying = match &flow {
                Flow::Rates(shares) => born * shares[tier][0].paying[0],
                Flow::Path(factor) => born * factor,
            };
            let pays = amount(Some(paid[tier]), "price", 0)?;
            live.push(Live::new(tier, 0, born, [born, few(paying)], pays, pays));
        }
        live.iter_mut().for_each(Live::remember);
        let mut cohorts = Self { growth, tiers, prices, flow, live, mrr: Vec::new() };
        cohorts.mrr.push(cohorts.sum(0)?);
        Ok(cohorts)
    }

    fn sum(&self, month: u32) -> Result<Decimal, Error> {
        let sum = self.live.iter().try_fold(Decimal::ZERO, |sum, cohort| sum.checked_add(cohort.mrr()));
        amount(sum, "mrr", month)
    }

    /// The sum of all payments before the first month.
    pub(super) fn opening(&self) -> Decimal {
        cents(self.mrr[0])
    }

    /// The month's tenants and the bridge of recurring revenue. `price_factor` is the yearly change of prices so far.
    pub(super) fn advance(&mut self, row: &mut ForecastMonth, price_factor: Decimal) -> Result<(), Error> {
        let month = row.month;
        let targets = match &self.flow {
            Flow::Rates(_) => Vec::new(),
            Flow::Path(_) => self.targets(month),
        };
        let mut parts = Bridge::default();
        for cohort in &mut self.live {
            let tier = &self.tiers[cohort.tier];
            let (tenants, paying) = match &self.flow {
                Flow::Rates(shares) => {
                    let shares = &shares[cohort.tier][usize::from(cohort.start > 0)];
                    let age = (month - cohort.start) as usize;
                    (few(cohort.born * shares.tenants[age]), few(cohort.born * shares.paying[age]))
                }
                Flow::Path(_) => {
                    let stays = Decimal::ONE - targets[cohort.tier].1;
                    (few(cohort.tenants * stays), few(cohort.paying * stays))
                }
            };
            row.tenants_churned += cohort.tenants - tenants;
            parts.churned += (cohort.paying - paying) * cohort.pays;
            (cohort.tenants, cohort.paying) = (tenants, paying);
            let (grow, shrink) = (tier.expansion, tier.contraction);
            let ramped = cohort
                .base
                .checked_mul(price_factor)
                .and_then(|price| price.checked_mul(terms(self.growth, month - cohort.start, cohort.start)));
            let steady = ramped.and_then(|price| price.checked_mul(cohort.drift));
            let steady = amount(steady, "price of a tenant", month)?.round_dp(10);
            let change = steady - cohort.pays;
            parts.expansion += paying * (change.max(Decimal::ZERO) + steady * grow);
            parts.contraction += paying * ((-change).max(Decimal::ZERO) + steady * shrink);
            let by = Decimal::ONE + grow - shrink;
            let drift = cohort.drift.checked_mul(by);
            cohort.drift = amount(drift, "expansion of a tenant", month)?.round_dp(15);
            cohort.pays = amount(steady.checked_mul(by), "price of a tenant", month)?.round_dp(10);
        }
        for tier in 0..self.tiers.len() {
            let (born, at) = match &self.flow {
                Flow::Rates(shares) => {
                    let (new, won) = (self.tiers[tier].new, &shares[tier][1]);
                    (new, [few(new * won.tenants[0]), few(new * won.paying[0])])
                }
                Flow::Path(factor) => (targets[tier].0, [targets[tier].0, few(targets[tier].0 * factor)]),
            };
            if at[0].is_zero() {
                continue;
            }
            let base = amount(Some(self.prices[tier]), "price", month)?;
            let pays = base
                .checked_mul(price_factor)
                .and_then(|price| price.checked_mul(terms(self.growth, 0, month)));
            let pays = amount(pays, "price of a tenant", month)?.round_dp(10);
            row.tenants_new += at[0];
            parts.new += at[1] * pays;
            self.live.push(Live::new(tier, month, born, at, base, pays));
        }
        self.live.retain(|cohort| !cohort.tenants.is_zero());
        self.live.iter_mut().for_each(Live::remember);
        for cohort in &self.live {
            row.tenants_by_tier[cohort.tier] += cohort.tenants;
        }
        if matches!(self.flow, Flow::Path(_)) {
            // Cohorts shrink in proportion: their parts of a whole number of tenants add up to it but for the last digits.
            row.tenants_by_tier.iter_mut().for_each(|tenants| *tenants = tenants.round());
        }
        row.tenants = row.tenants_by_tier.iter().sum();
        let closing = self.sum(month)?;
        let closing = parts.print(row, self.mrr[month as usize - 1], closing)?;
        self.mrr.push(closing);
        self.judge(row);
        Ok(())
    }

    /// The new tenants and the share lost, by tier, that lead to a path's numbers.
    fn targets(&self, month: u32) -> Vec<(Decimal, Decimal)> {
        let target = self.growth.path.iter().find(|(at, _)| *at == month);
        let has = |tier: usize| -> Decimal {
            self.live.iter().filter(|cohort| cohort.tier == tier).map(|cohort| cohort.tenants).sum()
        };
        let of_tier = |tier: usize| {
            let Some(wanted) = target.and_then(|(_, counts)| counts.get(tier)) else {
                return (Decimal::ZERO, Decimal::ZERO);
            };
            let has = has(tier);
            let more = Decimal::from(*wanted) - has.round();
            let lost = (-more).max(Decimal::ZERO).checked_div(has).unwrap_or_default();
            (more.max(Decimal::ZERO), lost.min(Decimal::ONE))
        };
        (0..self.tiers.len()).map(of_tier).collect()
    }

    /// The figures of the month that look back a year, or at single tenants.
    fn judge(&self, row: &mut ForecastMonth) {
        let year_ago =
            |cohort: &Live| cohort.past.len().checked_sub(REMEMBERED).map(|place| cohort.past[place]);
        if let Some(before) = (row.month as usize).checked_sub(12).map(|month| self.mrr[month]) {
            let (mut net, mut gross) = (Decimal::ZERO, Decimal::ZERO);
            for cohort in &self.live {
                let Some((_, paid)) = year_ago(cohort) else { continue };
                net += cohort.mrr();
                gross += cohort.paying * cohort.pays.min(paid);
            }
            (row.nrr_12m, row.grr_12m) = (net.checked_div(before), gross.checked_div(before));
        }
        (row.concentration, row.hhi) = self.concentration();
    }

    /// The largest expected payment over the expected sum, and the Herfindahl-Hirschman index.
    fn concentration(&self) -> (Option<Decimal>, Option<Decimal>) {
        let float = |value: Decimal| value.to_f64().unwrap_or(f64::NAN);
        let certain = matches!(self.flow, Flow::Path(_));
        let mut each: Vec<(f64, f64, f64, f64)> = self
            .live
            .iter()
            .map(|cohort| {
                let (tenants, pays) = (float(cohort.tenants), float(cohort.pays));
                let born = float(cohort.tenants_start);
                if certain {
                    return (pays, tenants, 0.0, 0.0);
                }
                // Those there are stay each by itself; those won are as many as chance has it.
                let (none, variance) = if cohort.start == 0 {
                    let stays = (tenants / born).min(1.0);
                    (libm::pow(1.0 - stays, born), tenants * (1.0 - stays))
                } else {
                    (libm::exp(-tenants), tenants)
                };
                (pays, tenants, none, variance)
            })
            .collect();
        each.sort_by(|left, right| right.0.total_cmp(&left.0));
        let (mut largest, mut none_larger) = (0.0, 1.0);
        let (mut sum, mut squares, mut spread) = (0.0, 0.0, 0.0);
        for (pays, tenants, none, variance) in each {
            largest += pays * (1.0 - none) * none_larger;
            none_larger *= none;
            sum += tenants * pays;
            squares += tenants * pays * pays;
            spread += variance * pays * pays;
        }
        if sum <= 0.0 {
            return (None, None);
        }
        let share = |value: f64| Decimal::from_f64(value).map(|value| value.round_dp(10));
        (share(largest / sum), share(squares / (sum * sum + spread)))
    }

    /// The cohorts at the end of a month.
    pub(super) fn rows(&self, month: u32) -> impl Iterator<Item = Cohort> + '_ {
        self.live.iter().map(move |cohort| Cohort {
            tier: cohort.tier,
            start: cohort.start,
            month,
            tenants: cohort.tenants,
            mrr: cents(cohort.mrr()),
            tenants_start: cohort.tenants_start,
        })
    }
}

/// The parts of a month's bridge of recurring revenue, unrounded.
#[derive(Default)]
struct Bridge {
    new: Decimal,
    expansion: Decimal,
    contraction: Decimal,
    churned: Decimal,
}

impl Bridge {
    /// Writes opening, parts and closing in whole cents that add up, and returns the closing revenue unrounded. Each running
    /// sum is rounded, and a part is the difference of two of them: no part is off by a cent or more, and the error does not
    /// accumulate over the months.
    fn print(
        mut self,
        row: &mut ForecastMonth,
        opening: Decimal,
        closing: Decimal,
    ) -> Result<Decimal, Error> {
        let month = row.month;
        // Prices are rounded to ten digits when they change: the change takes what that makes of the sum.
        let off = closing - (opening + self.new + self.expansion - self.contraction - self.churned);
        if !self.expansion.is_zero() {
            self.expansion += off;
        } else if !self.contraction.is_zero() {
            self.contraction -= off;
        }
        let mut exact = opening;
        let mut printed = cents(opening);
        let mut next = |part: Decimal, figure: &str| {
            exact = amount(exact.checked_add(part), figure, month)?;
            let sum = cents(exact);
            let change = sum - printed;
            printed = sum;
            Ok::<_, Error>(change)
        };
        row.mrr_new = next(self.new, "mrr_new")?;
        row.mrr_expansion = next(self.expansion, "mrr_expansion")?;
        row.mrr_contraction = Decimal::ZERO - next(-self.contraction, "mrr_contraction")?;
        row.mrr_churned = Decimal::ZERO - next(-self.churned, "mrr_churned")?;
        row.mrr = printed;
        Ok(exact)
    }
}
