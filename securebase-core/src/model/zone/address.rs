//! The stable address of a resource: its identity in plan, state, journal, tags, events and errors.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::TenantKey;

/// Where a resource stands in the desired graph, for example `tenant/acme-finance/vpc/subnet/private-1`.
///
/// Addresses are made of names the user chose, never of ids the cloud assigned, so they are known before
/// anything exists and stay the same for as long as the resource is meant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(Arc<str>);

impl Address {
    /// An address from its text, as found in a tag, a saved plan or a journal.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().into())
    }

    /// The organization itself.
    pub fn organization() -> Self {
        Self::new("organization")
    }

    /// The root of the organization.
    pub fn root() -> Self {
        Self::new("organization/root")
    }

    /// The organizational unit at `path`, names joined by `/`.
    pub fn organizational_unit(path: &str) -> Self {
        Self::new(format!("organization/ou/{path}"))
    }

    /// The guardrail policy of that name.
    pub fn policy(name: &str) -> Self {
        Self::new(format!("organization/policy/{name}"))
    }

    /// The attachment of the policy to the organizational unit at `path`.
    pub fn attachment(path: &str, policy: &str) -> Self {
        Self::new(format!("organization/attachment/{path}/{policy}"))
    }

    /// A resource of a tenant; `rest` is the part after `tenant/{key}/`.
    pub fn tenant(key: &TenantKey, rest: &str) -> Self {
        // Every step has some: put together without the detours of formatting.
        Self::new(["tenant/", key.as_str(), "/", rest].concat())
    }

    /// The text of the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the tenant the resource belongs to, `None` for the organization's own.
    pub fn tenant_key(&self) -> Option<&str> {
        self.0.strip_prefix("tenant/")?.split('/').next()
    }

    /// The address of a part of this resource: `{self}/{part}`.
    pub fn child(&self, part: &str) -> Self {
        Self::new(format!("{self}/{part}"))
    }

    /// The address without its tenant or organization part: what a person reads under the tenant's heading.
    pub fn local(&self) -> &str {
        match self.0.strip_prefix("tenant/").and_then(|rest| rest.split_once('/')) {
            Some((_, local)) => local,
            None => self.0.strip_prefix("organization/").unwrap_or(&self.0),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_tenant_and_local_part_apart() {
        let key: TenantKey = "acme".parse().unwrap();
        let subnet = Address::tenant(&key, "vpc/subnet/private-1");
        assert_eq!(subnet.as_str(), "tenant/acme/vpc/subnet/private-1");
        assert_eq!(subnet.tenant_key(), Some("acme"));
        assert_eq!(subnet.local(), "vpc/subnet/private-1");
        assert_eq!(Address::root().tenant_key(), None);
        assert_eq!(Address::root().local(), "root");
    }
}
