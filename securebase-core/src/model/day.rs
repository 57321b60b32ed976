//! A day of the calendar.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Diagnosis, Problem, Quoted, diagnostic};

/// A day of the calendar, written as `2026-11-21`: the day on which data was taken from its source.
///
/// ```
/// use securebase_core::model::Day;
///
/// let day: Day = "2026-11-21".parse()?;
/// assert_eq!(day.to_string(), "2026-11-21");
/// assert!(day < "2027-01-01".parse()?);
/// assert!("2026-11-31".parse::<Day>().is_err() && "21.11.2026".parse::<Day>().is_err());
/// # Ok::<(), securebase_core::model::DayError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

/// Why a text is not a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a date", Quoted(text))]
pub struct DayError {
    /// The text.
    pub text: String,
}

impl DayError {
    pub(crate) fn diagnosis(&self) -> Diagnosis<'_> {
        Diagnosis::new("date-unreadable").help("write it as 2026-11-21")
    }

    /// Returns the error as a finding at `path`.
    pub fn problem(&self, path: impl Into<String>) -> Problem {
        Problem::error(self.code(), path, self.to_string(), self.help().unwrap_or_default())
    }
}

diagnostic!(DayError);

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        // The parser takes other forms of ISO 8601 too: a day has one text.
        match text.parse::<Date>() {
            Ok(date) if date.to_string() == text => Ok(Self(date)),
            Ok(_) | Err(_) => Err(DayError { text: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Self, DayError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_text() {
        let day: Day = serde_json::from_str("\"2026-11-21\"").unwrap();
        assert_eq!(serde_json::to_string(&day).unwrap(), "\"2026-11-21\"");
        for text in ["", "20261121", "2026-11-21T00:00", "2026-11-21 ", "2026-1-1", "2026-02-29", "last week"]
        {
            let error = text.parse::<Day>().unwrap_err();
            assert_eq!(
                (error.code(), error.to_string()),
                ("date-unreadable", format!("`{text}` is not a date"))
            );
        }
    }
}
