//! Prices by their name.

use std::str::FromStr;

use crate::finance::error::Error;
use crate::model::billing::PriceId;

impl FromStr for PriceId {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|id| id.name() == text)
            .ok_or_else(|| Error::unknown("price", text, Self::ALL.iter().map(|id| id.name())))
    }
}
