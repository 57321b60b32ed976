//! AWS account ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::{NameError, ResourceId};

/// A twelve-digit AWS account id. AWS assigns it; it cannot be chosen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(u64);

impl FromStr for AccountId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Ok(Self(number)),
            _ => Err(NameError {
                what: "account id",
                value: text.to_owned(),
                rule: "use the twelve digits of an account that exists",
            }),
        }
    }
}

impl TryFrom<String> for AccountId {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<AccountId> for ResourceId {
    fn from(id: AccountId) -> Self {
        #[expect(clippy::expect_used, reason = "twelve digits are an id")]
        id.to_string().parse().expect("an account id is a resource id")
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> String {
        id.to_string()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_leading_zeros_and_refuses_anything_but_twelve_digits() {
        assert_eq!("000011112222".parse::<AccountId>().unwrap().to_string(), "000011112222");
        for bad in ["", "12345678901", "1234567890123", "12345678901a", "+12345678901", "١٢٣٤٥٦٧٨٩٠١٢"]
        {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }
}
