//! Checks that amounts of money from a caller are whole cents, zero or more.

use rust_decimal::Decimal;

use super::bounds::AMOUNT_MAX;
use super::line::{AssumedLine, Category, CostDriver};
use crate::finance::rounding::cents;
use crate::model::{Money, Problem};

/// The problems of a line's numbers.
pub(super) fn line_problems(category: Category, line: &AssumedLine) -> Vec<Problem> {
    let AssumedLine { item, driver, quantity, price, .. } = line;
    let path = format!("lines.{}.{item}", category.name());
    let mut numbers = vec![
        ("quantity".to_owned(), *quantity, false),
        ("price".to_owned(), *price, *quantity == Decimal::ONE),
    ];
    if let CostDriver::Points(points) = driver {
        numbers.extend(points.iter().map(|(tenants, amount)| (format!("points[{tenants}]"), *amount, true)));
    }
    let wrong = |(name, value, is_amount): (String, Decimal, bool)| {
        amount_problem(&format!("{path}.{name}"), value, is_amount)
    };
    numbers.into_iter().filter_map(wrong).collect()
}

/// The problem of an amount of money from a caller: below zero, above a quadrillion, or, where it has to be whole cents, finer than a
/// cent. Silent rounding would book a different amount from the one given.
pub(in crate::finance) fn amount_problem(path: &str, value: Decimal, whole_cents: bool) -> Option<Problem> {
    let (expected, hint) = if value.is_sign_negative() && !value.is_zero() {
        ("zero or more", "use zero or more".to_owned())
    } else if value > Decimal::from(AMOUNT_MAX) {
        ("at most a quadrillion", "use an amount up to 1,000,000,000,000,000".to_owned())
    } else if whole_cents && !Money::usd(value).is_whole() {
        ("whole cents, at most two decimals", format!("round it to cents: `{:.2}`", cents(value)))
    } else {
        return None;
    };
    Some(Problem::error(
        "amount-invalid",
        path,
        format!("invalid `{path}` `{value}`: expected {expected}"),
        hint,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finance::{Assumptions, Error};

    fn replaced(amount: &str) -> Result<Assumptions, Error> {
        let line = AssumedLine::fixed(Category::Support, "people", amount.parse().unwrap(), "test");
        Assumptions::aws().with_lines(Category::Support, vec![line])
    }

    #[test]
    fn a_line_below_zero_is_refused() {
        assert!(replaced("0").is_ok());
        let error = replaced("-5").unwrap_err();
        assert_eq!(
            (error.code(), error.problems().0[0].hint.as_str()),
            ("finance-invalid", "use zero or more")
        );
        assert!(error.to_string().contains("invalid `lines.support.people.price` `-5`"), "{error}");
    }

    #[test]
    fn an_amount_is_whole_cents_or_refused() {
        assert!(replaced("5000.10").is_ok() && replaced("5000.100").is_ok());
        let problem = replaced("5000.005").unwrap_err().problems().0.remove(0);
        assert_eq!(problem.path, "lines.support.people.price");
        assert_eq!(problem.hint, "round it to cents: `5000.00`");
        assert!(replaced("1000000000000000").is_ok() && replaced("1000000000000000.01").is_err());
        let mut hourly = AssumedLine::fixed(Category::Other, "gateway", Decimal::new(45, 3), "test");
        hourly.quantity = Decimal::from(730);
        assert!(
            Assumptions::aws().with_lines(Category::Other, vec![hourly]).is_ok(),
            "a unit price may be finer"
        );
        let mut hired = AssumedLine::fixed(Category::Support, "people", Decimal::ZERO, "test");
        hired.driver = CostDriver::Points(vec![
            (5, Decimal::new(3_000_001, 3)),
            (10, Decimal::new(-1, 0)),
            (20, Decimal::ONE),
        ]);
        let error = Assumptions::aws().with_lines(Category::Support, vec![hired]).unwrap_err();
        assert_eq!(error.problems().0.len(), 2, "{error}");
    }
}
