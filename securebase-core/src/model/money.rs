//! Exact money.
//!
//! Purpose: amounts that never lose a cent and never mix currencies.
//! Invariants: decimal, never binary floating point; rounding happens only where the caller names it; the parts of a
//! split amount always add up to the amount; zero has no sign.
//! Not here: exchange rates, prices (`finance`).

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::model::{Diagnosis, diagnostic};

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Currency {
    /// United States dollar, the currency of AWS's price lists.
    #[default]
    #[serde(rename = "USD")]
    Usd,
    /// Euro.
    #[serde(rename = "EUR")]
    Eur,
    /// Pound sterling.
    #[serde(rename = "GBP")]
    Gbp,
}

impl Currency {
    /// How many decimals its smallest coin has.
    pub const fn minor_digits(self) -> u32 {
        match self {
            Self::Usd | Self::Eur | Self::Gbp => 2,
        }
    }

    /// The three letters of ISO 4217.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
        }
    }

    /// The sign a person writes before an amount.
    pub const fn symbol(self) -> char {
        match self {
            Self::Usd => '$',
            Self::Eur => '€',
            Self::Gbp => '£',
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// How a number is cut to fewer decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest, ties to the even neighbour: the default of decimal libraries and of every figure here.
    #[default]
    HalfEven,
    /// To the nearest, ties away from zero: what most invoices and spreadsheets do.
    HalfUp,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

impl Rounding {
    /// `value` with at most `digits` decimals. What rounds to zero is zero, without a sign.
    pub fn apply(self, value: Decimal, digits: u32) -> Decimal {
        unsigned_zero(value.round_dp_with_strategy(
            digits,
            match self {
                Self::HalfEven => RoundingStrategy::MidpointNearestEven,
                Self::HalfUp => RoundingStrategy::MidpointAwayFromZero,
                Self::Down => RoundingStrategy::ToZero,
                Self::Up => RoundingStrategy::AwayFromZero,
            },
        ))
    }
}

/// The same value, without a sign where it is zero.
///
/// `Decimal` has a negative zero: it compares equal to zero, prints as `-0`, and arises where a zero is negated or a small negative
/// amount is rounded.
pub(crate) fn unsigned_zero(value: Decimal) -> Decimal {
    if value.is_zero() { value.abs() } else { value }
}

/// Why a calculation with money has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Amounts of two currencies met.
    #[error("`{left}` and `{right}` are different currencies")]
    Currencies {
        /// The currency of the first amount.
        left: Currency,
        /// The currency of the second.
        right: Currency,
    },
    /// The result has more digits than an exact decimal holds (28).
    #[error("the amount has too many digits to stay exact")]
    Overflow,
    /// An amount was to be shared by weights that are negative, or among nobody.
    #[error("cannot share `{amount}` by these weights: none is positive, or one is negative")]
    Weights {
        /// The amount that was to be shared.
        amount: Money,
    },
}

impl MoneyError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        Diagnosis::new("money").help("use one currency and amounts below a quadrillion")
    }
}

diagnostic!(MoneyError);

/// An exact amount of one currency. Never a float; amounts of two currencies are never added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Money {
    /// The amount in whole units of the currency (dollars, not cents).
    #[serde(deserialize_with = "deserialize_amount")]
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

fn deserialize_amount<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    <Decimal as Deserialize>::deserialize(deserializer).map(unsigned_zero)
}

impl Money {
    /// An amount of a currency. A zero loses its sign.
    pub fn new(amount: impl Into<Decimal>, currency: Currency) -> Self {
        Self { amount: unsigned_zero(amount.into()), currency }
    }

    /// An amount of United States dollars.
    pub fn usd(amount: impl Into<Decimal>) -> Self {
        Self::new(amount, Currency::Usd)
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// Whether the amount is nothing.
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// Whether the amount is whole in the smallest coin (cents). Trailing zeros do not count: `5.000` is whole, `5.005` is not.
    pub fn is_whole(&self) -> bool {
        self.amount.normalize().scale() <= self.currency.minor_digits()
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Currencies { left: self.currency, right: other.currency })
        }
    }

    fn with(self, amount: Option<Decimal>) -> Result<Self, MoneyError> {
        amount.map(|amount| Self::new(amount, self.currency)).ok_or(MoneyError::Overflow)
    }

    /// The sum of two amounts.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`] or [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.amount.checked_add(other.amount))
    }

    /// The difference of two amounts.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`] or [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.amount.checked_sub(other.amount))
    }

    /// The amount times a quantity or a rate, unrounded.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn checked_mul(self, factor: impl Into<Decimal>) -> Result<Self, MoneyError> {
        self.with(self.amount.checked_mul(factor.into()))
    }

    /// The sum of many amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`] or [`MoneyError::Overflow`].
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// The amount as a fraction of `whole`, unrounded; `None` where the whole is nothing.
    ///
    /// # Errors
    /// [`MoneyError::Currencies`] or [`MoneyError::Overflow`].
    pub fn ratio_of(self, whole: Self) -> Result<Option<Decimal>, MoneyError> {
        self.same_currency(whole)?;
        if whole.is_zero() {
            return Ok(None);
        }
        self.amount.checked_div(whole.amount).map(unsigned_zero).map(Some).ok_or(MoneyError::Overflow)
    }

    /// The amount in whole smallest coins (cents).
    #[must_use]
    pub fn rounded(self, rounding: Rounding) -> Self {
        Self { amount: rounding.apply(self.amount, self.currency.minor_digits()), ..self }
    }

    /// The amount in `parts` equal shares; where it does not divide, the first shares are one coin larger.
    ///
    /// # Errors
    /// [`MoneyError::Weights`] for no parts.
    pub fn split(self, parts: usize) -> Result<Vec<Self>, MoneyError> {
        self.allocate(&vec![Decimal::ONE; parts])
    }

    /// The amount shared in proportion to `weights` by the method of largest remainders: every share is whole coins
    /// (or has the decimals of the amount, if it has more), and the shares add up to the amount exactly.
    /// Of equal remainders the earlier share takes the coin.
    ///
    /// # Errors
    /// [`MoneyError::Weights`] where a weight is negative or none is positive, [`MoneyError::Overflow`] where amount and
    /// weights together have more digits than can be multiplied exactly.
    pub fn allocate(self, weights: &[Decimal]) -> Result<Vec<Self>, MoneyError> {
        let digits = self.currency.minor_digits().max(self.amount.normalize().scale());
        let units = at_scale(self.amount, digits).ok_or(MoneyError::Overflow)?;
        let weight_digits = weights.iter().map(|weight| weight.normalize().scale()).max().unwrap_or(0);
        let weights: Vec<i128> = weights
            .iter()
            .map(|weight| at_scale(*weight, weight_digits).ok_or(MoneyError::Overflow))
            .collect::<Result<_, _>>()?;
        let whole = weights
            .iter()
            .try_fold(0_i128, |sum, weight| sum.checked_add(*weight))
            .ok_or(MoneyError::Overflow)?;
        if whole <= 0 || weights.iter().any(|weight| *weight < 0) {
            return Err(MoneyError::Weights { amount: self });
        }
        let mut shares = Vec::with_capacity(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        let size = units.abs();
        for weight in &weights {
            let product = size.checked_mul(*weight).ok_or(MoneyError::Overflow)?;
            shares.push(product / whole);
            remainders.push(product % whole);
        }
        let left = size - shares.iter().sum::<i128>();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by_key(|&share| std::cmp::Reverse(remainders[share]));
        // Each remainder is below one unit, so fewer units are left over than there are shares.
        for &share in order.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            shares[share] += 1;
        }
        shares
            .into_iter()
            .map(|share| {
                let amount = Decimal::try_from_i128_with_scale(share * units.signum(), digits)
                    .map_err(|_| MoneyError::Overflow)?;
                Ok(Self { amount, ..self })
            })
            .collect()
    }
}

/// `value` as an integer count of units of `10^-digits`, `None` where that is not exact.
fn at_scale(value: Decimal, digits: u32) -> Option<i128> {
    let value = value.normalize();
    let missing = digits.checked_sub(value.scale())?;
    value.mantissa().checked_mul(10_i128.checked_pow(missing)?)
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str) -> Money {
        Money::usd(text.parse::<Decimal>().unwrap())
    }

    #[test]
    fn currencies_never_mix() {
        let euro = Money::new(1, Currency::Eur);
        assert_eq!(
            money("1").checked_add(euro),
            Err(MoneyError::Currencies { left: Currency::Usd, right: Currency::Eur })
        );
        assert!(money("1").ratio_of(euro).is_err());
    }

    #[test]
    fn ties_round_as_named() {
        let cases = [
            ("0.125", Rounding::HalfEven, "0.12"),
            ("0.135", Rounding::HalfEven, "0.14"),
            ("0.125", Rounding::HalfUp, "0.13"),
            ("-0.125", Rounding::HalfUp, "-0.13"),
            ("0.129", Rounding::Down, "0.12"),
            ("0.121", Rounding::Up, "0.13"),
        ];
        for (value, rounding, expected) in cases {
            assert_eq!(money(value).rounded(rounding), money(expected), "{value} {rounding:?}");
        }
    }

    #[test]
    fn seven_share_what_does_not_divide() {
        let shares = money("180").split(7).unwrap();
        assert_eq!(shares.iter().filter(|share| **share == money("25.72")).count(), 3);
        assert_eq!(shares.iter().filter(|share| **share == money("25.71")).count(), 4);
        assert_eq!(shares[0], money("25.72"));
    }

    #[test]
    fn nobody_cannot_share() {
        assert!(matches!(money("1").split(0), Err(MoneyError::Weights { .. })));
        assert!(matches!(money("1").allocate(&[Decimal::ZERO]), Err(MoneyError::Weights { .. })));
        assert!(matches!(
            money("1").allocate(&[Decimal::TWO, -Decimal::ONE]),
            Err(MoneyError::Weights { .. })
        ));
    }

    #[test]
    fn too_many_digits_is_an_error_not_a_wrong_sum() {
        let most = Money::usd(Decimal::MAX);
        assert_eq!(most.checked_add(most), Err(MoneyError::Overflow));
        assert_eq!(most.checked_mul(2), Err(MoneyError::Overflow));
    }

    #[test]
    fn zero_has_no_sign() {
        let minus_zero = -Decimal::ZERO;
        assert!(minus_zero.is_sign_negative(), "the decimal type has a negative zero");
        for amount in [
            Money::usd(minus_zero),
            money("-0.004").rounded(Rounding::HalfEven),
            money("-5").checked_mul(0).unwrap(),
            money("-5").checked_add(money("5")).unwrap(),
            serde_json::from_str(r#"{"amount":"-0.00","currency":"USD"}"#).unwrap(),
        ] {
            assert!(!amount.amount.is_sign_negative(), "{amount}");
            assert!(!amount.to_string().starts_with('-'), "{amount}");
        }
        assert_eq!(money("-0.004").rounded(Rounding::HalfEven).to_string(), "0.00 USD");
        assert!(!money("-0").ratio_of(money("5")).unwrap().unwrap().is_sign_negative());
    }

    #[test]
    fn whole_coins_are_told_from_fractions_of_them() {
        for (text, whole) in
            [("5", true), ("5.10", true), ("5.100", true), ("5.005", false), ("-0.001", false)]
        {
            assert_eq!(money(text).is_whole(), whole, "{text}");
        }
    }

    proptest! {
        #![proptest_config(crate::cases::cases(256))]

        #[test]
        fn no_operation_gives_a_negative_zero(
            left in -2_000_i64..2_000,
            right in -2_000_i64..2_000,
            factor in -3_i64..4,
            scale in 0_u32..5,
            weights in proptest::collection::vec(0_u32..3, 1..6),
        ) {
            let (left, right) = (Decimal::new(left, scale), Decimal::new(right, scale));
            // A product with zero and a negation are where the decimal type itself makes one.
            let (a, b) = (Money::usd(left * Decimal::from(factor)), Money::usd(-right));
            let mut results = vec![a, b, a.checked_add(b).unwrap(), a.checked_sub(b).unwrap(), b.checked_mul(factor).unwrap()];
            for rounding in [Rounding::HalfEven, Rounding::HalfUp, Rounding::Down, Rounding::Up] {
                results.push(a.rounded(rounding));
            }
            let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
            results.extend(a.allocate(&weights).unwrap_or_default());
            results.push(Money::sum(Currency::Usd, results.iter().copied()).unwrap());
            for result in results {
                prop_assert!(!(result.is_zero() && result.amount.is_sign_negative()), "{result}");
            }
        }

        #[test]
        fn shares_add_up_and_stay_within_a_coin(
            cents in -1_000_000_000_i64..1_000_000_000,
            weights in proptest::collection::vec(0_u32..100_000, 1..60),
        ) {
            prop_assume!(weights.iter().any(|weight| *weight > 0));
            let total = Money::usd(Decimal::new(cents, 2));
            let whole: Decimal = weights.iter().map(|weight| Decimal::from(*weight)).sum();
            let decimals: Vec<Decimal> = weights.iter().map(|weight| Decimal::from(*weight)).collect();
            let shares = total.allocate(&decimals).unwrap();
            prop_assert_eq!(Money::sum(Currency::Usd, shares.iter().copied()).unwrap(), total);
            for (share, weight) in shares.iter().zip(&decimals) {
                let fair = total.amount * *weight / whole;
                prop_assert!((share.amount - fair).abs() < Decimal::new(1, 2) + Decimal::new(1, 12));
            }
        }
    }
}
