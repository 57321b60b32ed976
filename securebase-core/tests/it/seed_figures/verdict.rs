//! How a figure is answered, with what, and whether that agrees with what is printed.

use rust_decimal::Decimal;

use super::figure::{Precision, Value};

/// How the test comes to an answer, from what proves most to what proves least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum How {
    /// A public function of the model produced it from inputs that do not contain it.
    Computed,
    /// One step of arithmetic in this test on what the model computed.
    Arithmetic,
    /// The planner, a layout or the price book produced it from the shipped example or the shipped prices.
    Reached,
    /// A tier's price, or what a tenant of the shipped example pays.
    ListPrice,
    /// A number of tenants that the test holds, what each of them has once, or arithmetic on such numbers.
    Counted,
    /// It stands in `data/seeds.toml`, as printed or as its factors, and is looked up, scaled or compared.
    ReadBack,
}

impl How {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Computed => "computed",
            Self::Arithmetic => "computed, last step here",
            Self::Reached => "reached",
            Self::ListPrice => "list price",
            Self::Counted => "counted",
            Self::ReadBack => "read back",
        }
    }

    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Computed => "a public function of the model produced it from inputs that do not contain it",
            Self::Arithmetic => "one step of the test's arithmetic on what the model computed",
            Self::Reached => "the plan of the shipped ten tenants, its layout, or the price book produced it",
            Self::ListPrice => "the price of a tier, or what a tenant of the shipped example pays",
            Self::Counted => "a number of tenants that the test holds, or what each tenant has by definition",
            Self::ReadBack => "`data/seeds.toml` says it, as printed or as its factors",
        }
    }
}

/// Why the library does not answer a figure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Reason {
    Finding,
    Conversion,
    AccountId,
    Clock,
    Staffing,
    Roadmap,
    Design,
}

impl Reason {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Finding => "a count of findings, fixes or phases of the report itself",
            Self::Conversion => "a conversion of units",
            Self::AccountId => "an account id, which AWS assigns",
            Self::Clock => {
                "a time on the clock, which the simulated cloud measures and a business model does not"
            }
            Self::Staffing => "people and hours where two reports contradict each other",
            Self::Roadmap => "when a later phase of the business begins",
            Self::Design => "a statement about AWS or a design that no part of the library decides",
        }
    }
}

/// A number, a range whose end may be open, or the text of a block.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    One(Decimal),
    Range(Decimal, Option<Decimal>),
    Text(String),
}

impl From<Decimal> for Answer {
    fn from(value: Decimal) -> Self {
        Self::One(value)
    }
}

impl From<u32> for Answer {
    fn from(value: u32) -> Self {
        Self::One(value.into())
    }
}

impl From<usize> for Answer {
    fn from(value: usize) -> Self {
        Self::One(value.into())
    }
}

impl Answer {
    pub(super) fn range(low: impl Into<Decimal>, high: impl Into<Decimal>) -> Self {
        Self::Range(low.into(), Some(high.into()))
    }

    /// A fraction as a percentage.
    pub(super) fn percent(fraction: Option<Decimal>) -> Self {
        Self::One(fraction.unwrap() * Decimal::ONE_HUNDRED)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Answered(How, Answer),
    OutOfScope(Reason),
}

/// What is counted: every way of answering and every reason for not doing so.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Class {
    Answered(How),
    OutOfScope(Reason),
}

impl Verdict {
    pub(super) fn class(&self) -> Class {
        match self {
            Self::Answered(how, _) => Class::Answered(*how),
            Self::OutOfScope(reason) => Class::OutOfScope(*reason),
        }
    }
}

pub(super) fn says(how: How, answer: impl Into<Answer>) -> Verdict {
    Verdict::Answered(how, answer.into())
}

/// Whether an answer is what is printed. A number agrees with a printed range that contains it; an open end of a printed
/// range agrees with any end.
pub(super) fn agrees(answer: &Answer, value: &Value, precision: Precision) -> bool {
    match (answer, value) {
        (Answer::One(answer), Value::One(text)) => same(*answer, text, precision),
        (Answer::One(answer), Value::Range(low, high)) => {
            number(low) <= *answer && high.as_ref().is_none_or(|high| *answer <= number(high))
        }
        (Answer::Range(low, high), Value::Range(from, to)) => {
            let end = match (high, to) {
                (_, None) => true,
                (Some(high), Some(to)) => same(*high, to, precision),
                (None, Some(_)) => false,
            };
            same(*low, from, precision) && end
        }
        (Answer::Text(answer), Value::One(text)) => answer == text,
        (Answer::Range(..), Value::One(_)) | (Answer::Text(_), Value::Range(..)) => false,
    }
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|error| panic!("`{text}` in the data: {error}"))
}

fn same(answer: Decimal, text: &str, precision: Precision) -> bool {
    let value = number(text);
    match precision {
        Precision::Digits(digits) => answer.round_dp(digits.max(value.scale())) == value,
        Precision::Relative(tolerance) => (answer - value).abs() <= tolerance * value.abs(),
    }
}

#[test]
fn an_answer_agrees_at_the_printed_digits_and_no_further_off() {
    let one = |text: &str| Value::One(text.to_owned());
    let is = |answer: &str, value: &Value, precision| {
        agrees(&Answer::One(answer.parse().unwrap()), value, precision)
    };
    let digits = Precision::Digits;
    assert!(is("99.6897", &one("99.7"), digits(1)) && !is("99.64", &one("99.7"), digits(1)));
    assert!(is("210.44", &one("210"), digits(0)) && !is("210.44", &one("211"), digits(0)));
    assert!(!is("324.49", &one("324"), digits(2)), "more digits demanded than printed");
    assert!(!is("324.49", &one("324.50"), digits(0)), "more digits printed than demanded");
    let estimate = Precision::Relative("0.05".parse().unwrap());
    assert!(is("88", &one("90"), estimate) && is("85.5", &one("90"), estimate));
    assert!(!is("84.3", &one("90"), estimate), "what S3 Standard would give");

    let range = |low: &str, high: Option<&str>| Value::Range(low.to_owned(), high.map(str::to_owned));
    let closed = range("12", Some("15"));
    assert!(is("12", &closed, digits(0)) && is("15", &closed, digits(0)));
    assert!(!is("11", &closed, digits(0)) && !is("16", &closed, digits(0)));
    assert!(is("99", &range("12", None), digits(0)) && !is("11", &range("12", None), digits(0)));
    let both = |low: u32, high: u32, value: &Value| agrees(&Answer::range(low, high), value, digits(0));
    assert!(both(12, 15, &closed) && !both(12, 14, &closed) && !both(13, 15, &closed));
    assert!(!agrees(&Answer::Range(12.into(), None), &closed, digits(0)), "an open end is no end");
    assert!(!both(12, 12, &one("12")), "a range where one number is printed");
    let block = Answer::Text("10.1.0.0/16".to_owned());
    assert!(agrees(&block, &one("10.1.0.0/16"), digits(0)));
    assert!(!agrees(&block, &one("10.2.0.0/16"), digits(0)));
}
