//! Which stated correlations an expected value can count.
//!
//! The mean of a sum does not depend on how its terms are correlated; that of a product does. The nodes know the correlations
//! between the six factors and no others: a correlation with any other number is accepted only where the two are never
//! multiplied.

use super::nodes::varies;
use crate::finance::error::Error;
use crate::finance::inputs::assumption::{Assumption, GrowthFigure, TierFigure};
use crate::finance::inputs::distribution::Factor;
use crate::finance::inputs::growth::Growth;
use crate::finance::inputs::line::Category;

/// The factor that multiplies an amount of money, where the number is one: amounts are added up, so that two of them
/// never multiply each other.
fn factor_on(assumption: &Assumption) -> Option<Factor> {
    match assumption {
        Assumption::Tier(TierFigure::Price, _) => Some(Factor::Price),
        Assumption::Growth(GrowthFigure::AcquisitionCost) => Some(Factor::Other),
        Assumption::Price(_) => Some(Factor::Infrastructure),
        Assumption::Line(category, _) => Some(match category {
            Category::Infrastructure => Factor::Infrastructure,
            Category::Support => Factor::Support,
            Category::Sales | Category::Other => Factor::Other,
        }),
        _ => None,
    }
}

/// The factor on everything of the number's kind.
fn kind(assumption: &Assumption) -> Option<Factor> {
    match assumption {
        Assumption::Factor(factor) => Some(*factor),
        Assumption::Tier(TierFigure::New, _) => Some(Factor::New),
        Assumption::Tier(TierFigure::Churn, _) => Some(Factor::Churn),
        Assumption::Usage(..) | Assumption::Organization(_) | Assumption::HoursPerMonth => {
            Some(Factor::Infrastructure)
        }
        number => factor_on(number),
    }
}

/// Whether the forecast counts a correlation of the two.
fn is_counted(left: &Assumption, right: &Assumption, has_path: bool) -> bool {
    match (left, right) {
        (Assumption::Factor(_), Assumption::Factor(_)) => true,
        (Assumption::Factor(factor), number) | (number, Assumption::Factor(factor)) => match factor {
            // Along a path, arrivals and departures are those of the path.
            Factor::New | Factor::Churn => has_path,
            _ => factor_on(number).is_some_and(|on| on != *factor),
        },
        (left, right) => factor_on(left).is_some() && factor_on(right).is_some(),
    }
}

/// # Errors
/// [`Error::Correlation`] for a correlation that changes the expected values without being counted in them.
pub(super) fn check(growth: &Growth) -> Result<(), Error> {
    let uncertain = |place: usize| {
        growth.uncertain.get(place).filter(|one| varies(one.distribution)).map(|one| &one.assumption)
    };
    for &(left, right, correlation) in &growth.correlations {
        let Some((left, right)) = uncertain(left).zip(uncertain(right)) else { continue };
        if correlation != 0.0 && !is_counted(left, right, !growth.path.is_empty()) {
            let factors = kind(left).zip(kind(right)).filter(|(left, right)| left != right);
            return Err(Error::Correlation {
                left: left.to_string(),
                right: right.to_string(),
                correlation,
                factors: factors.map(|(left, right)| (left.name(), right.name())),
            });
        }
    }
    Ok(())
}
