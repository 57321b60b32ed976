//! Keys of one account in one region.

use std::collections::BTreeMap;

use serde_json::json;

use super::context::{Context, Outcome, TagFault};
use super::{Manners, page};
use crate::cloud::kms::{self, Key, KeyState, Operation};
use crate::cloud::{CloudError, PageToken, Reply};
use crate::model::{Latency, Quota, ResourceId, ResourceKind, Tags};
use crate::observe::{ObservedKey, ObservedMember};
use crate::policy::PolicyText;
use crate::sim::holdings::{Holding, Holdings, Kept, Site};
use crate::sim::key::{self, Subject};
use crate::sim::schedule::chance::id;
use crate::sim::view::Snapshot;
use crate::time::Time;

/// How many keys KMS puts on a page.
const PAGE: usize = 100;

/// How many tags KMS puts on a page.
const TAGS_PAGE: usize = 50;

/// The keys of an account in a region, by ARN.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Keys {
    site: Site,
    keys: BTreeMap<ResourceId, Kept<ObservedKey>>,
}

pub(super) const MANNERS: Manners = Manners {
    throttled: "ThrottlingException",
    contended: |_| None,
    failed: "KMSInternalException",
    expired: "ExpiredTokenException",
    denied: "AccessDeniedException",
    off: Some("UnrecognizedClientException"),
    answers_early: false,
    write: Latency::IamWrite,
};

pub(super) fn name(operation: &Operation, subject: &mut Subject<'_>) {
    use Operation as O;
    match operation {
        O::ListKeys { .. } => {}
        O::CreateKey { tags, .. } => subject.add(tags),
        O::DescribeKey { key }
        | O::ListResourceTags { key, .. }
        | O::GetKeyPolicy { key }
        | O::GetKeyRotationStatus { key }
        | O::PutKeyPolicy { key, .. }
        | O::EnableKeyRotation { key, .. }
        | O::TagKey { key, .. }
        | O::UntagKey { key, .. }
        | O::ScheduleKeyDeletion { key, .. } => subject.add(key),
    }
}

pub(super) fn serve(
    holdings: &mut Holdings,
    site: &Site,
    context: &mut Context<'_>,
    operation: &Operation,
) -> Outcome {
    holdings.place(site, context.chance).keys.execute(context, operation)
}

impl Holding for Keys {
    fn import(&mut self, member: &ObservedMember) {
        for found in &member.keys {
            self.keys.insert(found.key.arn.clone(), Kept::always(found.clone()));
        }
    }

    fn observe(&self, member: &mut ObservedMember) {
        member.keys = self.living().cloned().collect();
    }

    fn list(&self, snapshot: &mut Snapshot, site: &Site) {
        for ObservedKey { key, policy, rotation_days, tags } in self.living() {
            let more = json!({
                "description": key.description,
                "state": key.state,
                "policy": policy,
                "rotation_days": rotation_days,
            });
            snapshot.add(ResourceKind::KmsKey, site, key.arn.as_str(), Some(tags), more);
        }
    }

    fn count(&self) -> usize {
        self.living().count()
    }

    fn tags_mut(&mut self, resource: &ResourceId) -> Option<&mut Tags> {
        let kept = self.keys.get_mut(resource).filter(|kept| !kept.value.key.is_gone())?;
        Some(&mut kept.value.tags)
    }

    fn remove(&mut self, resource: &ResourceId) {
        self.keys.remove(resource);
    }
}

impl Keys {
    /// With no keys.
    pub(in crate::sim) fn new(site: &Site) -> Self {
        Self { site: site.clone(), keys: BTreeMap::new() }
    }

    /// Those that are not going to be deleted.
    fn living(&self) -> impl Iterator<Item = &ObservedKey> {
        self.keys.values().map(|kept| &kept.value).filter(|found| !found.key.is_gone())
    }

    /// Returns whether a service can encrypt with the key.
    pub(super) fn is_usable(&self, key: &ResourceId, now: Time) -> bool {
        let found = self.keys.get(key).filter(|kept| kept.visible_from <= now);
        found.is_some_and(|kept| kept.value.key.state == KeyState::Enabled)
    }

    /// Carries out an operation.
    fn execute(&mut self, context: &mut Context<'_>, operation: &Operation) -> Outcome {
        let now = context.now;
        match operation {
            Operation::ListKeys { page } => self.page_of_keys(page.as_ref(), now),
            Operation::DescribeKey { key } => Ok(kms::Reply::Key(self.find(key, now)?.key.clone()).into()),
            Operation::ListResourceTags { key, page } => {
                let after: Option<String> = page::start(page.as_ref())?;
                let tags = &self.find(key, now)?.tags;
                let left = tags.iter().filter(|(name, _)| after.as_ref().is_none_or(|after| *name > after));
                let page = page::page(left, TAGS_PAGE, |(name, _)| (*name).clone());
                let tags = page.items.into_iter().map(|(name, value)| (name.clone(), value.clone()));
                Ok(Reply::Tags(tags.collect(), page.next))
            }
            Operation::GetKeyPolicy { key } => {
                Ok(kms::Reply::KeyPolicy(self.find(key, now)?.policy.clone()).into())
            }
            Operation::GetKeyRotationStatus { key } => {
                Ok(kms::Reply::KeyRotation(self.find(key, now)?.rotation_days).into())
            }
            Operation::CreateKey { description, policy, tags } => {
                self.create(context, description, policy, tags)
            }
            Operation::PutKeyPolicy { key, policy } => {
                check_policy(policy)?;
                self.changeable(key, now)?.policy = policy.clone();
                Ok(Reply::Done)
            }
            Operation::EnableKeyRotation { key, days } => {
                if !(90..=2560).contains(days) {
                    return Err(invalid("a rotation period has 90 to 2560 days"));
                }
                let found = self.changeable(key, now)?;
                if found.key.state == KeyState::Disabled {
                    return Err(CloudError::rejected("DisabledException", format!("`{key}` is disabled")));
                }
                found.rotation_days = Some(*days);
                Ok(Reply::Done)
            }
            Operation::TagKey { key, tags } => {
                let present = &mut self.changeable(key, now)?.tags;
                context.check_tags(present, tags).map_err(|fault| refusal(&fault))?;
                present.extend(tags.clone());
                Ok(Reply::Done)
            }
            Operation::UntagKey { key, keys } => {
                self.changeable(key, now)?.tags.retain(|name, _| !keys.contains(name));
                Ok(Reply::Done)
            }
            Operation::ScheduleKeyDeletion { key, days } => {
                if !(7..=30).contains(days) {
                    return Err(invalid("a waiting period has 7 to 30 days"));
                }
                let found = self.changeable(key, now)?;
                found.key.state = KeyState::PendingDeletion;
                found.rotation_days = None;
                Ok(Reply::Done)
            }
        }
    }

    fn page_of_keys(&self, page: Option<&PageToken>, now: Time) -> Outcome {
        let after: Option<ResourceId> = page::start(page)?;
        let visible = self.keys.iter().filter(|(_, kept)| kept.visible_from <= now);
        let left = visible.map(|(arn, _)| arn).filter(|arn| after.as_ref().is_none_or(|after| *arn > after));
        Ok(kms::Reply::Keys(page::page(left.cloned(), PAGE, ToString::to_string)).into())
    }

    fn create(&mut self, context: &mut Context<'_>, description: &str, policy: &str, tags: &Tags) -> Outcome {
        context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
        check_policy(policy)?;
        if self.keys.len() as u64 >= context.limits.quota(Quota::KmsKeys) {
            return Err(CloudError::rejected("LimitExceededException", "there are too many keys"));
        }
        let Site { account, region } = &self.site;
        let arn = |uuid: &str| id(format!("arn:aws:kms:{region}:{account}:key/{uuid}"));
        let subject = format!("{account}|{region}|{}", key::of_tags(tags));
        let uuid = context.chance.uuid(&subject, |uuid| self.keys.contains_key(&arn(uuid)));
        let key = Key { arn: arn(&uuid), description: description.to_owned(), state: KeyState::Enabled };
        let made = key.arn.clone();
        let value = ObservedKey { key, policy: policy.to_owned(), rotation_days: None, tags: tags.clone() };
        self.keys.insert(made.clone(), Kept { value, visible_from: context.visible_from() });
        Ok(Reply::Created(made))
    }

    fn find(&self, key: &ResourceId, now: Time) -> Result<&ObservedKey, CloudError> {
        let found = self.keys.get(key).filter(|kept| kept.visible_from <= now);
        found.map(|kept| &kept.value).ok_or_else(|| absent(key))
    }

    /// A key that is not going to be deleted: KMS refuses to change the others.
    fn changeable(&mut self, key: &ResourceId, now: Time) -> Result<&mut ObservedKey, CloudError> {
        let found = self.keys.get_mut(key).filter(|kept| kept.visible_from <= now);
        let found = found.map(|kept| &mut kept.value).ok_or_else(|| absent(key))?;
        if found.key.is_gone() {
            let message = format!("`{key}` is pending deletion");
            return Err(CloudError::rejected("KMSInvalidStateException", message));
        }
        Ok(found)
    }
}

fn absent(key: &ResourceId) -> CloudError {
    CloudError::rejected("NotFoundException", format!("the key `{key}` does not exist"))
}

fn invalid(message: &str) -> CloudError {
    CloudError::rejected("ValidationException", message)
}

fn check_policy(policy: &str) -> Result<(), CloudError> {
    match PolicyText::read(policy).document() {
        Ok(_) => Ok(()),
        Err(unreadable) => {
            Err(CloudError::rejected("MalformedPolicyDocumentException", unreadable.to_string()))
        }
    }
}

/// What tags are refused with.
fn refusal(fault: &TagFault) -> CloudError {
    let code = if matches!(fault, TagFault::TooMany(_)) { "LimitExceededException" } else { "TagException" };
    CloudError::rejected(code, fault.message())
}
