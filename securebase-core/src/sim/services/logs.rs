//! CloudWatch log groups.

use std::collections::BTreeMap;

use serde_json::json;

use super::Manners;
use super::context::{Context, Outcome, TagFault};
use super::kms::Keys;
use super::page;
use crate::cloud::logs::{self, LogGroup, Operation};
use crate::cloud::{CloudError, ErrorKind, Reply};
use crate::model::{LOG_RETENTION_DAYS, Latency, ResourceId, ResourceKind, Tags};
use crate::observe::{ObservedLogGroup, ObservedMember};
use crate::sim::holdings::{Holding, Holdings, Kept, Site};
use crate::sim::key::Subject;
use crate::sim::view::Snapshot;
use crate::time::Time;

/// How many groups CloudWatch Logs puts on a page.
const PAGE: usize = 50;

/// The log groups of an account in a region, by name.
#[derive(Debug, Clone)]
pub(in crate::sim) struct LogGroups {
    site: Site,
    groups: BTreeMap<String, Kept<ObservedLogGroup>>,
}

pub(super) const MANNERS: Manners = Manners {
    throttled: "ThrottlingException",
    contended: |_| Some("OperationAbortedException"),
    failed: "ServiceUnavailableException",
    expired: "ExpiredTokenException",
    denied: "AccessDeniedException",
    off: Some("UnrecognizedClientException"),
    answers_early: false,
    write: Latency::IamWrite,
};

pub(super) fn name(operation: &Operation, subject: &mut Subject<'_>) {
    use Operation as O;
    match operation {
        O::CreateLogGroup { name, .. } | O::DeleteLogGroup { name } => subject.add(name),
        O::DescribeLogGroups { prefix, .. } => subject.add(prefix),
        O::PutRetentionPolicy { group, .. } | O::AssociateKmsKey { group, .. } => subject.add(group),
        O::ListLogGroupTags { arn } | O::TagLogGroup { arn, .. } | O::UntagLogGroup { arn, .. } => {
            subject.add(arn);
        }
    }
}

pub(super) fn serve(
    holdings: &mut Holdings,
    site: &Site,
    context: &mut Context<'_>,
    operation: &Operation,
) -> Outcome {
    let place = holdings.place(site, context.chance);
    place.log_groups.execute(context, operation, &place.keys)
}

impl Holding for LogGroups {
    fn import(&mut self, member: &ObservedMember) {
        for group in &member.log_groups {
            self.groups.insert(group.group.name.clone(), Kept::always(group.clone()));
        }
    }

    fn observe(&self, member: &mut ObservedMember) {
        member.log_groups = self.groups.values().map(|kept| kept.value.clone()).collect();
    }

    fn list(&self, snapshot: &mut Snapshot, site: &Site) {
        for ObservedLogGroup { group, tags } in self.groups.values().map(|kept| &kept.value) {
            let mut more =
                json!({"name": group.name, "arn": group.arn, "retention_days": group.retention_days});
            if let Some(key) = &group.key {
                more["key"] = json!(key);
            }
            snapshot.add(ResourceKind::LogGroup, site, &group.name, Some(tags), more);
        }
    }

    fn count(&self) -> usize {
        self.groups.len()
    }

    fn tags_mut(&mut self, resource: &ResourceId) -> Option<&mut Tags> {
        let kept = self.groups.values_mut().find(|kept| is_called(&kept.value.group, resource))?;
        Some(&mut kept.value.tags)
    }

    fn remove(&mut self, resource: &ResourceId) {
        self.groups.retain(|_, kept| !is_called(&kept.value.group, resource));
    }
}

/// Whether that is the name or the ARN of a group.
fn is_called(group: &LogGroup, text: &ResourceId) -> bool {
    [&group.name, &group.arn].into_iter().any(|own| own == text.as_str())
}

impl LogGroups {
    /// With no groups.
    pub(in crate::sim) fn new(site: &Site) -> Self {
        Self { site: site.clone(), groups: BTreeMap::new() }
    }

    /// Carries out an operation.
    fn execute(&mut self, context: &mut Context<'_>, operation: &Operation, keys: &Keys) -> Outcome {
        let now = context.now;
        match operation {
            Operation::DescribeLogGroups { prefix, page } => {
                let after: Option<String> = page::start(page.as_ref())?;
                let groups = self
                    .groups
                    .range(after.clone().unwrap_or_else(|| prefix.clone())..)
                    .filter(|(name, _)| after.as_ref() != Some(name))
                    .take_while(|(name, _)| name.starts_with(prefix.as_str()))
                    .filter(|(_, kept)| kept.visible_from <= now)
                    .map(|(_, kept)| kept.value.group.clone());
                Ok(logs::Reply::LogGroups(page::page(groups, PAGE, |group| group.name.clone())).into())
            }
            Operation::CreateLogGroup { name, tags, key } => {
                context.check_tags(&Tags::new(), tags).map_err(|fault| refusal(&fault))?;
                let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
                if name.is_empty() || name.len() > 512 || !name.chars().all(allowed) {
                    return Err(invalid("a group's name has 1 to 512 letters, digits or any of `._-/#`"));
                }
                if self.groups.contains_key(name) {
                    return Err(CloudError::rejected(
                        "ResourceAlreadyExistsException",
                        format!("there is a log group `{name}`"),
                    ));
                }
                check_key(key.as_ref(), keys, now)?;
                let arn = format!("arn:aws:logs:{}:{}:log-group:{name}", self.site.region, self.site.account);
                let group = LogGroup { name: name.clone(), arn, retention_days: None, key: key.clone() };
                let value = ObservedLogGroup { group, tags: tags.clone() };
                self.groups.insert(name.clone(), Kept { value, visible_from: context.visible_from() });
                Ok(Reply::Done)
            }
            Operation::AssociateKmsKey { group, key } => {
                self.group_mut(group, now)?;
                check_key(Some(key), keys, now)?;
                self.group_mut(group, now)?.group.key = Some(key.clone());
                Ok(Reply::Done)
            }
            Operation::PutRetentionPolicy { group, days } => {
                if !LOG_RETENTION_DAYS.contains(days) {
                    return Err(invalid("CloudWatch Logs does not keep events for that many days"));
                }
                self.group_mut(group, now)?.group.retention_days = Some(*days);
                Ok(Reply::Done)
            }
            Operation::ListLogGroupTags { arn } => {
                Ok(Reply::Tags(self.group_mut(&name_of(arn), now)?.tags.clone(), None))
            }
            Operation::TagLogGroup { arn, tags } => {
                let present = &mut self.group_mut(&name_of(arn), now)?.tags;
                context.check_tags(present, tags).map_err(|fault| refusal(&fault))?;
                present.extend(tags.clone());
                Ok(Reply::Done)
            }
            Operation::UntagLogGroup { arn, keys } => {
                self.group_mut(&name_of(arn), now)?.tags.retain(|key, _| !keys.contains(key));
                Ok(Reply::Done)
            }
            Operation::DeleteLogGroup { name } => {
                self.group_mut(name, now)?;
                self.groups.remove(name);
                Ok(Reply::Done)
            }
        }
    }

    fn group_mut(&mut self, name: &str, now: Time) -> Result<&mut ObservedLogGroup, CloudError> {
        match self.groups.get_mut(name) {
            Some(kept) if kept.visible_from <= now => Ok(&mut kept.value),
            _ => Err(CloudError::rejected(
                "ResourceNotFoundException",
                format!("there is no log group `{name}`"),
            )),
        }
    }
}

/// The name in the ARN of a log group.
fn name_of(arn: &str) -> String {
    let name = arn.split_once(":log-group:").map_or(arn, |(_, name)| name);
    name.strip_suffix(":*").unwrap_or(name).to_owned()
}

/// CloudWatch Logs cannot tell a key that does not exist from one that KMS has not shown it yet: one code for both, and it
/// passes.
fn check_key(key: Option<&ResourceId>, keys: &Keys, now: Time) -> Result<(), CloudError> {
    match key {
        Some(key) if !keys.is_usable(key, now) => Err(CloudError {
            kind: ErrorKind::Busy,
            ..invalid(&format!("the KMS key `{key}` does not exist or is not allowed to be used"))
        }),
        _ => Ok(()),
    }
}

fn invalid(message: &str) -> CloudError {
    CloudError::rejected("InvalidParameterException", message)
}

/// What tags are refused with.
fn refusal(fault: &TagFault) -> CloudError {
    let too_many = matches!(fault, TagFault::TooMany(_));
    let code = if too_many { "TooManyTagsException" } else { "InvalidParameterException" };
    CloudError::rejected(code, fault.message())
}
