//! The expected values of a month, computed without random draws.
//!
//! The simulation draws how many tenants of each tier arrive and leave; this module sums over the same distribution. Amounts
//! that are linear in the tenants need the expected number only. Amounts that change in steps (people, Shield Advanced, free
//! allowances) need the probability of each number: `counts` computes it, `assumed` and `pools` use it. Uncertain factors are
//! `nodes`. Probabilities are floats with a relative error below 1e-9; amounts are rounded to whole cents when shown.
//! Revenue to the cent and its bridge are in `forecast`.

mod assumed;
mod correlated;
mod counts;
mod nodes;
mod pools;
mod rules;

use rust_decimal::Decimal;

use super::{terms, yearly};
use crate::finance::business::model::Model;
use crate::finance::business::model::varied::Varied;
use crate::finance::business::outcome::Outcome;
use crate::finance::cost::demand::Age;
use crate::finance::error::Error;
use crate::finance::forecast::tail::{FlowMeans, departed, lost};
use crate::finance::inputs::assumption::Assumption;
use crate::finance::inputs::distribution::Factor;
use crate::finance::inputs::growth::Growth;
use crate::finance::inputs::line::Category;
use crate::finance::inputs::uncertainty::Joint;
use crate::finance::rounding::float;
use crate::time::{Interrupt, Interrupted};
use assumed::Assumed;
use counts::{State, Total};

use nodes::{Node, nodes};
use pools::{Pool, Tiers};

/// One tier.
#[derive(Debug, Clone)]
struct Tier {
    there: u32,
    /// The share of tenants that stay in a month.
    stays: f64,
    new: f64,
    /// The average payment of current tenants, and the full price of new ones.
    paid: f64,
    price: f64,
    /// The monthly rate of expansion less that of contraction.
    drift: f64,
    /// What one more tenant adds to infrastructure: its lines, and pooled prices up to their first bound.
    each: f64,
    shield: bool,
}

/// The model and its growth, compiled for expected values.
#[derive(Debug, Clone)]
pub(in crate::finance) struct Expected {
    nodes: Vec<Node>,
    tiers: Vec<Tier>,
    /// The share of the price that a new tenant pays in each of its first months.
    terms: Vec<f64>,
    /// Infrastructure of the organization, and the addition of each tier with tenants.
    base: f64,
    per_present_tier: f64,
    shield: f64,
    pools: Vec<Pool>,
    assumed: [Assumed; 4],
    /// The acquisition cost of a tenant; zero where assumed lines give the cost of sales.
    acquisition_cost: f64,
    price_factor: Vec<f64>,
    inflation: Vec<f64>,
    /// Numbers of tenants by month, if a path sets them.
    path: Option<Vec<Vec<u32>>>,
    /// The costs of a departed tenant of each tier, from the month in which it leaves.
    tails: Vec<Vec<f64>>,
    /// The rate of churn times the months ahead, of the tier in which it is largest.
    leaves: f64,
}

/// The expected costs of a month, before inflation.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::finance) struct Costs {
    /// By category, in the order of [`Category::ALL`].
    pub(in crate::finance) costs: [f64; 4],
    /// The variable part, which grows with each tenant.
    pub(in crate::finance) variable: f64,
}

/// The share of a cohort's tenants that remain at each age, averaged over the uncertain factors, and the same weighted by their
/// payments.
#[derive(Debug, Clone, Default)]
pub(super) struct Survival {
    pub(in crate::finance) tenants: Vec<f64>,
    pub(super) paying: Vec<f64>,
}

/// A model and growth whose uncertain numbers are at their means, the six factors apart.
///
/// # Errors
/// [`Error::Range`] also for a correlation that would make the mean of a product differ from the product of these means.
pub(super) fn at_means(model: &Model, growth: &Growth) -> Result<Option<Varied>, Error> {
    let joint = Joint::new(&growth.uncertain, &growth.correlations)?;
    if joint.assumptions().all(|path| matches!(path, Assumption::Factor(_))) {
        return Ok(None);
    }
    correlated::check(growth)?;
    let mut varied = Varied::new(model, growth, joint.assumptions())?;
    let means: Vec<f64> = growth.uncertain.iter().map(|uncertain| uncertain.distribution.mean()).collect();
    varied.apply(&means)?;
    Ok(Some(varied))
}

impl Expected {
    /// Compiles a model for a number of months, its uncertain numbers at their means.
    pub(in crate::finance) fn new(model: &Model, growth: &Growth, months: u32) -> Result<Self, Error> {
        match at_means(model, growth)? {
            Some(varied) => Self::compiled(&varied.model, &varied.growth, &varied.paid, months),
            None => {
                let tiers = 0..model.tiers().len();
                let paid: Vec<Decimal> = tiers.map(|tier| model.average_price(tier)).collect();
                Self::compiled(model, growth, &paid, months)
            }
        }
    }

    /// The same for numbers as they stand; `paid` is what the tenants there are pay on average, by tier.
    pub(in crate::finance) fn compiled(
        model: &Model,
        growth: &Growth,
        paid: &[Decimal],
        months: u32,
    ) -> Result<Self, Error> {
        let curve = model.curve(Age::Steady)?;
        let pools: Vec<Pool> =
            curve.as_ref().map_or_else(Vec::new, |curve| curve.pooled.iter().map(Pool::new).collect());
        let there = model.tenants_by_tier();
        let tiers = model.tiers().iter().enumerate().map(|(place, tier)| {
            let grows = growth.tier(tier.name.as_str());
            let own = curve.as_ref().map(|curve| &curve.tiers[place]);
            let pooled: f64 = pools.iter().map(|pool| pool.first_price * pool.per_tenant[place]).sum();
            Tier {
                there: there[place],
                stays: 1.0 - float(grows.churn),
                new: float(grows.new),
                paid: float(paid[place]),
                price: float(tier.monthly_price.amount),
                drift: float(grows.expansion - grows.contraction),
                each: own.map_or(0.0, |own| float(own.each)) + pooled,
                shield: own.is_some_and(|own| own.shield),
            }
        });
        let over = |change| {
            (0..months).map(|month| yearly(change, month).map(float)).collect::<Result<Vec<f64>, Error>>()
        };
        let assumed = Category::ALL.map(|category| Assumed::new(model, category));
        let has_sales = assumed[Category::Sales as usize].is_something();
        let last = growth.discount_months.max(growth.ramp_months).min(months);
        let base = curve.as_ref().map_or(0.0, |curve| float(curve.base));
        let tiers: Vec<Tier> = tiers.collect();
        let fastest = tiers.iter().map(|tier| tier.stays).fold(1.0, f64::min);
        let leaves = -libm::log(fastest.max(1e-6)) * f64::from(months);
        Ok(Self {
            nodes: nodes(&growth.uncertain, &growth.correlations, leaves),
            leaves,
            tiers,
            terms: (0..last).map(|age| float(terms(growth, age, 1))).collect(),
            base: base + pools.iter().map(|pool| pool.first_price * pool.base).sum::<f64>(),
            per_present_tier: pools.iter().map(|pool| pool.first_price * pool.per_present_tier).sum(),
            shield: curve.as_ref().map_or(0.0, |curve| float(curve.shield)),
            pools,
            assumed,
            acquisition_cost: if has_sales { 0.0 } else { float(growth.acquisition_cost) },
            price_factor: over(growth.price_change_yearly)?,
            inflation: over(growth.cost_inflation_yearly)?,
            path: (!growth.path.is_empty()).then(|| path(&there, growth, months)),
            tails: model.tails(months)?,
        })
    }

    /// Replaces the nodes of the uncertain factors.
    pub(in crate::finance) fn set_factors(&mut self, growth: &Growth) {
        self.nodes = nodes(&growth.uncertain, &growth.correlations, self.leaves);
    }

    /// What every tenant of a tier pays, those there are and those to come.
    pub(in crate::finance) fn set_price(&mut self, tier: usize, price: f64) {
        (self.tiers[tier].paid, self.tiers[tier].price) = (price, price);
    }

    /// How many tenants a tier wins a month.
    pub(in crate::finance) fn set_new(&mut self, tier: usize, new: f64) {
        self.tiers[tier].new = new;
    }

    /// The share of a tier's tenants that leave in a month.
    pub(in crate::finance) fn set_churn(&mut self, tier: usize, churn: f64) {
        self.tiers[tier].stays = 1.0 - churn;
    }

    /// Whether every number of tenants is certain.
    pub(super) fn is_certain(&self) -> bool {
        let moves = |tier: &Tier| tier.new > 0.0 || tier.there > 0 && tier.stays < 1.0;
        self.path.is_some() || !self.tiers.iter().any(moves)
    }

    /// The mean of a factor.
    pub(in crate::finance) fn factor(&self, factor: Factor) -> f64 {
        self.nodes.iter().map(|node| node.weight * node.factors[factor as usize]).sum()
    }

    /// Whether arrivals and departures do not depend on uncertain factors.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.nodes.as_slice(), [node] if node.factors.iter().all(|factor| factor.to_bits() == 1.0_f64.to_bits()))
    }

    /// How a tier's cohorts shrink, by age from 0: the tenants there are, and those won in a month. The second begins with how
    /// many are won for each that the tier's growth names.
    pub(super) fn survival(&self, tier: usize, months: u32) -> [Survival; 2] {
        let mut there = Survival::default();
        let mut won = Survival::default();
        let mut left: Vec<f64> = vec![1.0; self.nodes.len()];
        for _ in 0..=months {
            let sum = |value: &dyn Fn(&Node) -> f64| -> f64 {
                self.nodes.iter().zip(&left).map(|(node, left)| node.weight * value(node) * left).sum()
            };
            let (new, price) = (Factor::New as usize, Factor::Price as usize);
            there.tenants.push(sum(&|_| 1.0));
            there.paying.push(sum(&|node| node.factors[price]));
            won.tenants.push(sum(&|node| node.factors[new]));
            won.paying.push(sum(&|node| node.factors[new] * node.factors[price]));
            for (left, node) in left.iter_mut().zip(&self.nodes) {
                *left *= self.kept(tier, node);
            }
        }
        [there, won]
    }

    /// The share of a tier's tenants that stay in a month, at a node.
    fn kept(&self, tier: usize, node: &Node) -> f64 {
        let faster = node.factors[Factor::Churn as usize];
        let stays = self.tiers[tier].stays;
        if faster.to_bits() == 1.0_f64.to_bits() { stays } else { libm::pow(stays, faster) }
    }

    /// The costs of departed tenants in each month, before inflation and the factor on infrastructure: their logs are stored until
    /// the retention ends. The factors on churn and arrivals enter with their means, as in a simulation: their spread would
    /// change the result by cents only.
    pub(in crate::finance) fn departed(&self) -> Vec<f64> {
        let months = self.inflation.len();
        let means = FlowMeans { new: self.factor(Factor::New), churn: self.factor(Factor::Churn) };
        let of_tier = |(place, tier): (usize, &Tier)| match &self.path {
            None => lost(f64::from(tier.there), tier.stays, tier.new, means, months),
            Some(path) => {
                let before = std::iter::once(tier.there).chain(path.iter().map(|counts| counts[place]));
                before.zip(path).map(|(before, now)| f64::from(before.saturating_sub(now[place]))).collect()
            }
        };
        let lost: Vec<Vec<f64>> = self.tiers.iter().enumerate().map(of_tier).collect();
        departed(&lost, &self.tails, months)
    }

    /// The expected costs of the months from 1 on, before inflation.
    ///
    /// # Errors
    /// [`Interrupted`] where the caller wants to end.
    pub(in crate::finance) fn costs(
        &self,
        from: u32,
        interrupt: &Interrupt,
    ) -> Result<Vec<Costs>, Interrupted> {
        let months = self.inflation.len();
        let mut all = vec![Costs::default(); months.saturating_sub(from.max(1) as usize - 1)];
        let departed = self.departed();
        for node in &self.nodes {
            let mut states = self.opening();
            for month in 1..=months {
                interrupt.check()?;
                let won = self.advance(&mut states, month, node);
                let Some(sum) = (month as u32).checked_sub(from).and_then(|at| all.get_mut(at as usize))
                else {
                    continue;
                };
                let month = self.of_states(&states, won, departed[month - 1], node);
                for (sum, cost) in sum.costs.iter_mut().zip(month.costs) {
                    *sum += node.weight * cost;
                }
                sum.variable += node.weight * month.variable;
            }
        }
        Ok(all)
    }

    /// The expected values of the last month.
    pub(in crate::finance) fn last(&self) -> Outcome {
        let months = self.inflation.len();
        let left = self.departed().last().copied().unwrap_or_default();
        let mut outcome = Outcome::default();
        for node in &self.nodes {
            let mut states = self.opening();
            // What each tier's tenants would pay in full, and those in their first months by age.
            let mut books: Vec<(f64, Vec<f64>)> = self
                .tiers
                .iter()
                .map(|tier| (f64::from(tier.there) * tier.paid, vec![0.0; self.terms.len()]))
                .collect();
            let mut won = 0.0;
            for month in 1..=months {
                let before: Vec<f64> = states.iter().map(State::mean).collect();
                won = self.advance(&mut states, month, node);
                for (place, (tier, (full, young))) in self.tiers.iter().zip(&mut books).enumerate() {
                    let (kept, new) = self.flow(place, before[place], month, node);
                    let stays = kept * (1.0 + tier.drift);
                    *full = *full * stays + new * tier.price;
                    for age in (1..young.len()).rev() {
                        young[age] = young[age - 1] * stays;
                    }
                    if let Some(first) = young.first_mut() {
                        *first = new * tier.price;
                    }
                }
            }
            let costs = self.of_states(&states, won, left, node).costs;
            let missing = |young: &[f64]| -> f64 {
                young.iter().zip(&self.terms).map(|(value, share)| value * (1.0 - share)).sum()
            };
            let paid: f64 = books.iter().map(|(full, young)| full - missing(young)).sum();
            outcome.tenants += node.weight * states.iter().map(State::mean).sum::<f64>();
            outcome.revenue += node.weight * paid * node.factors[Factor::Price as usize];
            for (sum, cost) in outcome.costs.iter_mut().zip(costs) {
                *sum += node.weight * cost;
            }
        }
        outcome.revenue *= self.price_factor.last().copied().unwrap_or(1.0);
        let inflation = self.inflation.last().copied().unwrap_or(1.0);
        outcome.costs.iter_mut().for_each(|cost| *cost *= inflation);
        outcome
    }

    fn opening(&self) -> Vec<State> {
        self.tiers.iter().map(|tier| State { there: tier.there, stays: 1.0, won: 0.0 }).collect()
    }

    /// The share of a tier's tenants that stay in a month and how many it wins, given its number of tenants.
    fn flow(&self, tier: usize, has: f64, month: usize, node: &Node) -> (f64, f64) {
        match &self.path {
            None => (self.kept(tier, node), self.tiers[tier].new * node.factors[Factor::New as usize]),
            Some(path) => {
                let wanted = f64::from(path[month - 1][tier]);
                let kept = if has > wanted { wanted / has } else { 1.0 };
                (kept, (wanted - has).max(0.0))
            }
        }
    }

    /// One month on; returns how many are won in it.
    fn advance(&self, states: &mut [State], month: usize, node: &Node) -> f64 {
        let mut all = 0.0;
        for (tier, state) in states.iter_mut().enumerate() {
            let (kept, won) = self.flow(tier, state.mean(), month, node);
            all += won;
            match &self.path {
                None => *state = State { stays: state.stays * kept, won: state.won * kept + won, ..*state },
                Some(path) => *state = State { there: path[month - 1][tier], stays: 1.0, won: 0.0 },
            }
        }
        all
    }

    /// The expected cost of a month over the numbers of tenants, at a node; `departed` is the cost of departed tenants.
    fn of_states(&self, states: &[State], won: f64, departed: f64, node: &Node) -> Costs {
        let total = Total::new(states);
        let tiers = Tiers::new(states);
        let mut infrastructure = self.base;
        let mut no_shield = 1.0;
        for (tier, state) in self.tiers.iter().zip(states) {
            let none = state.none();
            infrastructure += state.mean() * tier.each + self.per_present_tier * (1.0 - none);
            if tier.shield {
                no_shield *= none;
            }
        }
        infrastructure += self.pools.iter().map(|pool| pool.expected(&tiers)).sum::<f64>();
        let assumed = |category: Category| self.assumed[category as usize].expected(&total);
        let factor = |factor: Factor| node.factors[factor as usize];
        let listed = assumed(Category::Infrastructure);
        let sales = assumed(Category::Sales) + self.acquisition_cost * won;
        let costs = [
            (infrastructure + departed + listed) * factor(Factor::Infrastructure)
                + self.shield * (1.0 - no_shield),
            assumed(Category::Support) * factor(Factor::Support),
            sales * factor(Factor::Other),
            assumed(Category::Other) * factor(Factor::Other),
        ];
        let by = [Factor::Infrastructure, Factor::Support, Factor::Other, Factor::Other];
        let each = self.assumed.iter().zip(by).map(|(assumed, by)| assumed.per_tenant * factor(by));
        let variable = (infrastructure - self.without_tenants()) * factor(Factor::Infrastructure)
            + each.sum::<f64>() * total.mean;
        Costs { costs, variable }
    }

    /// Infrastructure without tenants.
    fn without_tenants(&self) -> f64 {
        self.base + self.pools.iter().map(|pool| pool.bent(pool.base)).sum::<f64>()
    }

    /// What everything costs a month, with tenants of one tier and none of the others.
    pub(in crate::finance) fn cost_alone(&self, tier: usize, tenants: f64) -> f64 {
        let own = &self.tiers[tier];
        let present = if tenants > 0.0 { 1.0 } else { 0.0 };
        let bent = self.pools.iter().map(|pool| {
            pool.bent(pool.base + pool.per_present_tier * present + pool.per_tenant[tier] * tenants)
        });
        let fee = if own.shield { self.shield * present } else { 0.0 };
        let infrastructure = self.base + self.per_present_tier * present + own.each * tenants + fee;
        infrastructure
            + bent.sum::<f64>()
            + self.assumed.iter().map(|assumed| assumed.at(tenants)).sum::<f64>()
    }
}

/// Numbers of tenants month by month along a path: each target holds until the next.
fn path(there: &[u32], growth: &Growth, months: u32) -> Vec<Vec<u32>> {
    let mut now = there.to_vec();
    (1..=months)
        .map(|month| {
            if let Some((_, target)) = growth.path.iter().find(|(at, _)| *at == month) {
                for (count, wanted) in now.iter_mut().zip(target) {
                    *count = *wanted;
                }
            }
            now.clone()
        })
        .collect()
}
