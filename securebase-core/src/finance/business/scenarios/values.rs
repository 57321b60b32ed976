//! Every number of a scenario, by its path.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;

use super::scenario::Scenario;
use crate::finance::business::model::Model;
use crate::finance::business::model::varied::path_of;
use crate::finance::inputs::assumption::Assumption;
use crate::finance::inputs::distribution::Distribution;
use crate::finance::inputs::growth::Growth;
use crate::finance::inputs::line::CostDriver;
use crate::finance::pricing::prices::{Price, PriceId};

type Values = Vec<(String, Decimal)>;

/// Every number of a scenario by its path, in a fixed order. A number that is zero may be left out.
pub(super) fn values(scenario: &Scenario) -> Values {
    let model = &scenario.model;
    let counts = model.tiers().iter().zip(model.tenants_by_tier());
    let mut values: Values =
        counts.map(|(tier, count)| (format!("tenants.{}", tier.name), Decimal::from(count))).collect();
    let structure = model.structure();
    for (name, count) in [
        ("networks", structure.networks),
        ("nat_gateways", structure.nat_gateways),
        ("flow_logs", structure.flow_logs),
    ] {
        values.push((format!("resources.{name}"), Decimal::from(count)));
    }
    for (path, value) in model.assumption_values(&scenario.growth) {
        // The value of a graduated price is that of one of its steps: two such prices may differ in the others.
        if !matches!(path, Assumption::Price(id) if graduated(model, id).is_some()) {
            values.push((path.to_string(), value));
        }
    }
    values.extend(steps(model));
    values.extend(lead_times(model));
    values.extend(uncertain(&scenario.growth));
    values.extend(path_of_tenants(model, &scenario.growth));
    values
}

/// A number that is absent from the values of a scenario: zero if the scenario has such a number, else `None`.
pub(super) fn left_out(scenario: &Scenario, path: &str) -> Option<Decimal> {
    let has = match path.parse::<Assumption>().ok()? {
        Assumption::Factor(_) | Assumption::Line(..) => false,
        Assumption::Tier(..) | Assumption::Growth(_) => true,
        Assumption::Price(id) => {
            scenario.model.assumptions().usage().is_some() && graduated(&scenario.model, id).is_none()
        }
        Assumption::HoursPerMonth | Assumption::Usage(..) | Assumption::Organization(_) => {
            scenario.model.assumptions().usage().is_some()
        }
    };
    has.then_some(Decimal::ZERO)
}

/// A price of the model that has steps.
fn graduated(model: &Model, id: PriceId) -> Option<&Price> {
    model.assumptions().prices().map(|prices| prices.price(id)).filter(|price| price.is_graduated())
}

/// Each step of each graduated price, and the usage at which it ends.
fn steps(model: &Model) -> Values {
    let mut values = Vec::new();
    for price in PriceId::ALL.iter().filter_map(|id| graduated(model, *id)) {
        for (place, step) in (1..).zip(&price.bands) {
            let path = format!("prices.{}.step_{place}", price.id.name());
            values.extend(step.up_to.map(|bound| (format!("{path}_up_to"), bound)));
            values.push((path, step.price));
        }
    }
    values
}

/// How far ahead people are hired.
fn lead_times(model: &Model) -> Values {
    let lines = model.assumptions().lines().iter();
    let people = lines.filter_map(|line| match &line.driver {
        CostDriver::People(staffing) => Some((path_of(line), staffing)),
        _ => None,
    });
    let numbers = people.flat_map(|(path, staffing)| {
        [
            (format!("{path}.lead_months"), staffing.lead_months()),
            (format!("{path}.tenants_a_month"), staffing.tenants_a_month()),
        ]
    });
    numbers.collect()
}

/// The parameters of what is uncertain, and the correlations.
fn uncertain(growth: &Growth) -> Values {
    let mut values = Vec::new();
    let mut push =
        |path: String, value: f64| values.extend(Decimal::from_f64(value).map(|value| (path, value)));
    for known in &growth.uncertain {
        let path = format!("uncertain.{}", known.assumption);
        let parameters: &[(&str, f64)] = match known.distribution {
            Distribution::Fixed(value) => &[("fixed", value)],
            Distribution::Uniform(low, high) => &[("uniform_low", low), ("uniform_high", high)],
            Distribution::Triangular(low, mode, high) => {
                &[("triangular_low", low), ("triangular_mode", mode), ("triangular_high", high)]
            }
            Distribution::Normal(deviation) => &[("normal", deviation)],
            Distribution::Lognormal(deviation) => &[("lognormal", deviation)],
        };
        for (name, value) in parameters {
            push(format!("{path}.{name}"), *value);
        }
    }
    let name = |place: usize| growth.uncertain.get(place).map(|known| known.assumption.to_string());
    for &(left, right, correlation) in &growth.correlations {
        if let Some((left, right)) = name(left).zip(name(right)) {
            // A pair has no order.
            let (first, second) = if left <= right { (left, right) } else { (right, left) };
            push(format!("correlation.{first},{second}"), correlation);
        }
    }
    values
}

/// The numbers of tenants along a path.
fn path_of_tenants(model: &Model, growth: &Growth) -> Values {
    let months = growth.path.iter().flat_map(|(month, counts)| {
        let of_tiers = model.tiers().iter().zip(counts);
        of_tiers.map(move |(tier, count)| (format!("path.{month}.{}", tier.name), Decimal::from(*count)))
    });
    months.collect()
}
