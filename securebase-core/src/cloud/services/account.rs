//! AWS Account Management: names and root addresses of accounts that exist.

use serde::{Deserialize, Serialize};

use crate::cloud::operation::operations;
use crate::model::AccountId;

operations! {
    Account "account";
    /// Renames a member account. Needs [`EnableAwsServiceAccess`](super::organizations::Operation::EnableAwsServiceAccess) for `account.amazonaws.com`.
    writes PutAccountName {
        /// The account.
        account: AccountId,
        /// Its new name, 1 to 50 printable ASCII characters.
        name: String,
    };
    /// Asks for another root e-mail address: AWS mails a code to it.
    writes StartPrimaryEmailUpdate {
        /// The account.
        account: AccountId,
        /// The new address.
        email: String,
    };
    /// Changes the root e-mail address, with the code that was mailed there.
    writes AcceptPrimaryEmailUpdate {
        /// The account.
        account: AccountId,
        /// The new address.
        email: String,
        /// The code.
        code: OneTimeCode,
    };
}

/// A code that AWS has sent to a mailbox: who has it can change an account's root address, so it never shows in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// A code as it was mailed, white space around it left out.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The code itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailed_code_shows_nowhere() {
        let account = "000011112222".parse().unwrap();
        let code = OneTimeCode::new(" 424242 ");
        let call = Operation::AcceptPrimaryEmailUpdate { account, email: "a@example.com".into(), code };
        assert!(!format!("{call:?}").contains("424242"), "{call:?}");
    }
}
