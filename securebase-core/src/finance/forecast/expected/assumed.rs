//! The expected cost of one category's assumed lines over the number of tenants.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::counts::Total;
use crate::finance::business::model::Model;
use crate::finance::inputs::line::{AppliesTo, AssumedLine, Category, CostDriver};
use crate::finance::rounding::float;

/// A line whose cost changes in steps with the number of tenants.
#[derive(Debug, Clone)]
enum Stairs {
    /// Bounds and amounts.
    Points(Vec<(f64, f64)>),
    People {
        /// Pairs of a number of tenants and the people that suffice.
        capacity: Vec<(f64, f64)>,
        part_time_up_to: f64,
        ahead: f64,
        /// Of one person.
        price: f64,
        /// After how many tenants beyond the last point the steps repeat.
        period: f64,
    },
}

/// The tolerance of a quotient of whole numbers before it is rounded up.
const ROUNDING: f64 = 1e-9;
/// The standard deviation of the number of tenants, in periods of the steps, from which the place within a period is
/// uniform: e^(-2π² 1.2²) < 1e-12.
const EVEN: f64 = 1.2;

impl Stairs {
    fn of(line: &AssumedLine) -> Option<Self> {
        match &line.driver {
            CostDriver::Points(points) => {
                let points = points.iter().map(|(bound, amount)| (f64::from(*bound), float(*amount)));
                Some(Self::Points(points.collect()))
            }
            CostDriver::People(staffing) => {
                let (bound, people) = staffing.capacity().last()?;
                let capacity = staffing.capacity().iter();
                Some(Self::People {
                    capacity: capacity.map(|(bound, people)| (f64::from(*bound), float(*people))).collect(),
                    part_time_up_to: staffing.part_time_up_to().into(),
                    ahead: staffing.ahead().into(),
                    price: float(line.quantity * line.price),
                    period: period(*people, *bound),
                })
            }
            CostDriver::Organization | CostDriver::Tenant | CostDriver::Network => None,
        }
    }

    /// Its cost with a number of tenants: [`AssumedLine::priced`] in floats.
    fn cost(&self, tenants: f64) -> f64 {
        if tenants <= 0.0 {
            return 0.0;
        }
        match self {
            Self::Points(points) => match points.iter().find(|(bound, _)| *bound >= tenants) {
                Some((_, amount)) => *amount,
                None => points.last().map_or(0.0, |(bound, amount)| amount * tenants / bound.max(1.0)),
            },
            Self::People { capacity, part_time_up_to, ahead, price, .. } => {
                let tenants = tenants + ahead;
                let exact = match capacity.iter().position(|(bound, _)| *bound >= tenants) {
                    Some(place) if tenants <= *part_time_up_to || place == 0 => {
                        return capacity[place].1 * price;
                    }
                    Some(place) => {
                        let ((from, few), (to, many)) = (capacity[place - 1], capacity[place]);
                        few + (many - few) * (tenants - from) / (to - from)
                    }
                    None => capacity.last().map_or(0.0, |(bound, people)| people * tenants / bound),
                };
                (exact - ROUNDING).ceil() * price
            }
        }
    }

    /// The expected cost where the number of tenants is certainly beyond the last point and its distribution covers whole
    /// periods of the steps, so that all places within a period are equally likely.
    fn beyond(&self, from: f64, mean: f64, deviation: f64) -> Option<f64> {
        match self {
            Self::Points(points) => {
                let (bound, amount) = points.last()?;
                (from > *bound).then(|| amount * mean / bound.max(1.0))
            }
            Self::People { capacity, ahead, price, period, .. } => {
                let (bound, people) = capacity.last()?;
                let is_even = from + ahead > *bound && deviation > EVEN * period;
                is_even.then(|| (people * (mean + ahead) / bound + (period - 1.0) / (2.0 * period)) * price)
            }
        }
    }
}

/// How many tenants lie between two places at which the same fraction of a person is needed.
fn period(people: Decimal, tenants: u32) -> f64 {
    let people = people.normalize();
    let bound = i128::from(tenants) * 10_i128.pow(people.scale());
    let (mut left, mut right) = (people.mantissa(), bound);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    (bound / left.max(1)).to_f64().unwrap_or(f64::INFINITY)
}

/// The lines of one category.
#[derive(Debug, Clone, Default)]
pub(super) struct Assumed {
    always: f64,
    with_tenants: f64,
    without_tenants: f64,
    pub(super) per_tenant: f64,
    stairs: Vec<Stairs>,
}

impl Assumed {
    pub(super) fn new(model: &Model, category: Category) -> Self {
        let networked = model.has_networks();
        let mut assumed = Self::default();
        for line in model.assumptions().lines().iter().filter(|line| line.category == category) {
            let amount = float(line.quantity * line.price);
            // Every tenant has a network or none has; without tenants there are no networks either.
            let applies_to_tenants = match line.applies_to {
                AppliesTo::Always => true,
                AppliesTo::WithNetwork => networked,
                AppliesTo::WithoutNetwork => !networked,
            };
            match line.driver {
                CostDriver::Organization => match (line.applies_to, networked) {
                    (AppliesTo::Always, _) | (AppliesTo::WithoutNetwork, false) => assumed.always += amount,
                    (AppliesTo::WithNetwork, true) => assumed.with_tenants += amount,
                    (AppliesTo::WithoutNetwork, true) => assumed.without_tenants += amount,
                    (AppliesTo::WithNetwork, false) => {}
                },
                CostDriver::Tenant if applies_to_tenants => assumed.per_tenant += amount,
                CostDriver::Network if applies_to_tenants && networked => assumed.per_tenant += amount,
                CostDriver::Points(_) | CostDriver::People(_) if applies_to_tenants => {
                    assumed.stairs.extend(Stairs::of(line));
                }
                CostDriver::Tenant | CostDriver::Network | CostDriver::Points(_) | CostDriver::People(_) => {}
            }
        }
        assumed
    }

    /// Whether it costs anything with a tenant.
    pub(super) fn is_something(&self) -> bool {
        self.at(1.0) > 0.0
    }

    /// The cost with a number of tenants.
    pub(super) fn at(&self, tenants: f64) -> f64 {
        let once = if tenants > 0.0 { self.with_tenants } else { self.without_tenants };
        let stairs: f64 = self.stairs.iter().map(|stairs| stairs.cost(tenants)).sum();
        self.always + once + self.per_tenant * tenants + stairs
    }

    /// The expected cost.
    pub(super) fn expected(&self, tenants: &Total<'_>) -> f64 {
        let once = self.with_tenants * (1.0 - tenants.none) + self.without_tenants * tenants.none;
        let deviation = libm::sqrt(tenants.variance);
        // Below ten deviations nothing is left, also where few are expected.
        let least = tenants.mean - 10.0 * deviation - 20.0;
        let summed = |stairs: &Stairs| tenants.counts().expected(|count| stairs.cost(count as f64));
        let stairs: f64 = self
            .stairs
            .iter()
            .map(|stairs| stairs.beyond(least, tenants.mean, deviation).unwrap_or_else(|| summed(stairs)))
            .sum();
        self.always + once + self.per_tenant * tenants.mean + stairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::forecast::expected::counts::Counts;
    use crate::finance::tests::model;
    use crate::finance::{Assumptions, Staffing};

    /// Floats say what the exact lines say, for every set of assumptions and number of tenants.
    #[test]
    fn whole_numbers_of_tenants_cost_what_the_lines_say() {
        let lead = Assumptions::aws().with_lead_time(Decimal::from(2), Decimal::new(13, 1)).unwrap();
        let all = Assumptions::seeds().map(|name| Assumptions::seed(name).unwrap());
        for assumptions in all.chain([Assumptions::aws(), lead]) {
            let model = model([1, 0, 0, 0], assumptions);
            for category in Category::ALL {
                let assumed = Assumed::new(&model, category);
                for tenants in 0..700 {
                    let exact = model.assumed(category, tenants);
                    let found = assumed.at(tenants.into());
                    // A line beyond its last point is rounded to the cent.
                    assert!((float(exact) - found).abs() < 0.02, "{category:?} {tenants}: {exact} {found}");
                }
            }
        }
    }

    #[test]
    fn steps_repeat_after_a_period() {
        assert!((period(Decimal::from(5), 100) - 20.0).abs() < 1e-12);
        assert!((period(Decimal::from(3), 100) - 100.0).abs() < 1e-12);
        assert!((period(Decimal::new(25, 1), 100) - 40.0).abs() < 1e-12);
    }

    /// Where the closed form takes over, it says what the distribution says.
    #[test]
    fn far_beyond_the_last_point_the_steps_are_even() {
        let staffing = Staffing::new(vec![(10, Decimal::ONE), (30, Decimal::from(4))], 0).unwrap();
        let line = AssumedLine {
            driver: CostDriver::People(staffing),
            ..AssumedLine::fixed(Category::Support, "people", Decimal::from(7_000), "test")
        };
        let stairs = Stairs::of(&line).unwrap();
        for mean in [400.0, 401.3, 733.7] {
            let counts = Counts::poisson(mean);
            let summed = counts.expected(|count| stairs.cost(count as f64));
            let closed = stairs.beyond(100.0, mean, libm::sqrt(mean)).unwrap();
            assert!((summed - closed).abs() < 1e-9 * summed, "{mean}: {summed} {closed}");
        }
        assert!(stairs.beyond(20.0, 400.0, 20.0).is_none(), "points below the last are still likely");
        assert!(stairs.beyond(100.0, 400.0, 5.0).is_none(), "one step may be likelier than the next");
    }
}
