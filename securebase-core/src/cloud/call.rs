//! A call: an operation, and where it goes.

use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Region, RoleName};

use super::operation::Operation;

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The management account of the organization, in the region its services are served from.
    Management,
    /// A member account, through its access role.
    Member {
        /// The account.
        account: AccountId,
        /// The region.
        region: Region,
        /// The role to assume there.
        role: RoleName,
    },
}

/// One call: an operation and where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Where it goes.
    pub target: Target,
    /// What is asked.
    pub operation: Operation,
}

/// The number of a call in flight, by which its caller recognizes the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(crate) u64);

/// The token of the next page, as the service gave it.
pub type PageToken = String;

/// A service, by its signing name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// AWS Organizations.
    Organizations,
    /// AWS Security Token Service.
    Sts,
    /// Amazon EC2.
    Ec2,
    /// AWS Identity and Access Management.
    Iam,
    /// Amazon CloudWatch Logs.
    Logs,
    /// AWS Account Management.
    Account,
}

impl Service {
    /// The prefix of its actions in a policy: `organizations`, `sts`, `ec2`, `iam`, `logs`, `account`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Sts => "sts",
            Self::Ec2 => "ec2",
            Self::Iam => "iam",
            Self::Logs => "logs",
            Self::Account => "account",
        }
    }
}

/// An attribute of a VPC; AWS changes one a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VpcAttribute {
    /// Name resolution; must be on before host names can be.
    DnsSupport,
    /// Public DNS names.
    DnsHostnames,
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
