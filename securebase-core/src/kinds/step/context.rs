//! What a procedure may look at.

use crate::cloud::Operation;
use crate::kinds::step::{Action, Change, StepError};
use crate::model::{
    ADDRESS_TAG, AccountId, Address, Region, ResourceId, RoleName, Tags, UsableZones, ZONE_TAG, ZoneName,
};

/// What a procedure may look at: its step, and what the run has learned so far.
pub(crate) struct Context<'a> {
    /// The address of the step's resource.
    pub(crate) address: &'a Address,
    /// What the step does to it.
    pub(crate) action: Action,
    /// What differs, for an update.
    pub(crate) changes: &'a [Change],
    /// The tags that the resource must carry.
    pub(crate) tags: Option<&'a Tags>,
    /// The id that the plan knows of it.
    pub(crate) id: Option<&'a ResourceId>,
    /// The account in which the step works, where that is a member account whose id is known.
    pub(crate) account: Option<AccountId>,
    /// The region in which it works, where that is a member account.
    pub(crate) region: Option<&'a Region>,
    /// The zone: the value of the zone tag.
    pub(crate) zone: &'a ZoneName,
    /// The role to assume in member accounts.
    pub(crate) access_role: &'a RoleName,
    /// The availability zones that the account can use in the region, once it was asked.
    pub(crate) zones: &'a dyn Fn() -> Option<&'a UsableZones>,
    /// Makes client tokens differ between runs: an old token may answer with a resource that is gone.
    pub(crate) token_salt: &'a str,
    /// The ids known so far.
    pub(crate) resolve: &'a dyn Fn(&Address) -> Option<ResourceId>,
}

/// How far a step has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The id of the resource, once it was made or found.
    pub(crate) made: Option<ResourceId>,
    /// How many resources were made and discarded before.
    pub(crate) generation: u32,
}

impl Context<'_> {
    /// The id at an address that the plan promises to be known by now.
    pub(crate) fn id_at(&self, address: &Address) -> Result<ResourceId, StepError> {
        (self.resolve)(address).ok_or_else(|| StepError::UnknownId { address: address.to_string() })
    }

    /// The account at an address.
    pub(crate) fn account_at(&self, address: &Address) -> Result<AccountId, StepError> {
        Ok(self.id_at(address)?.as_str().parse()?)
    }

    /// The id that the plan knows of the step's own resource.
    pub(crate) fn own_id(&self) -> Result<ResourceId, StepError> {
        self.id.cloned().ok_or_else(|| StepError::UnknownId { address: self.address.to_string() })
    }

    /// The step's own resource, where that is an account.
    pub(crate) fn own_account(&self) -> Result<AccountId, StepError> {
        Ok(self.own_id()?.as_str().parse()?)
    }

    /// The tags by which the resource at an address is found again: the zone and the address.
    pub(crate) fn key_tags_of(&self, address: &Address) -> Tags {
        Tags::from_iter([
            (ZONE_TAG.to_owned(), self.zone.to_string()),
            (ADDRESS_TAG.to_owned(), address.to_string()),
        ])
    }

    /// The tags by which the step's own resource is found again.
    pub(crate) fn key_tags(&self) -> Tags {
        self.key_tags_of(self.address)
    }

    /// A client token: the same for every attempt at one generation of one resource in one run, and no other.
    pub(crate) fn client_token(&self, at: &Progress) -> String {
        use sha2::{Digest, Sha256};
        let text = format!("{}\n{}\n{}\n{}", self.token_salt, self.zone, self.address, at.generation);
        hex::encode(&Sha256::digest(text.as_bytes())[..16])
    }

    /// Whether one of these attributes differs.
    pub(crate) fn changes_any(&self, fields: &[&str]) -> bool {
        self.changes.iter().any(|change| fields.contains(&change.field.as_str()))
    }

    /// The calls that bring tags up to date, one each way: a resource carries no more tags than a call may name.
    ///
    /// What is taken off goes first, because a resource that is full has no room for another tag, and because keys that
    /// differ in case only are one key to IAM.
    pub(crate) fn tagging(
        &self,
        off: impl FnOnce(Vec<String>) -> Operation,
        on: impl FnOnce(Tags) -> Operation,
    ) -> Vec<Operation> {
        let changes = self.changes.iter().filter(|change| change.takes_tag_off());
        let keys: Vec<String> = changes.filter_map(|change| change.tag_key().map(str::to_owned)).collect();
        let tags = self.changed_tags();
        let off = (!keys.is_empty()).then(|| off(keys));
        let on = (!tags.is_empty()).then(|| on(tags));
        off.into_iter().chain(on).collect()
    }

    /// The tags to set, of a list of changes.
    fn changed_tags(&self) -> Tags {
        let tags = self.tags.cloned().unwrap_or_default();
        if self.action == Action::Adopt {
            return tags;
        }
        let changed = |key: &String| self.changes.iter().any(|change| change.tag_key() == Some(key));
        tags.into_iter().filter(|(key, _)| changed(key)).collect()
    }
}
