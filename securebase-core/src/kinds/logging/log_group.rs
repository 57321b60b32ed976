//! The log group that flow logs are delivered to.

use serde::{Deserialize, Serialize};

use crate::cloud::logs::{self, LogGroup};
use crate::cloud::{Operation, PageToken, Reply};
use crate::kinds::billing::{OnBill, Storage};
use crate::kinds::info::{Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing};
use crate::kinds::step::{Action, Change, Context, Found, Procedure, Progress, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::billing::{PriceId, Quantity};
use crate::model::{Address, Latency, Problem, ResourceId, Tags};
use crate::observe::ObservedMember;

/// What the log group that flow logs are delivered to must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogGroupSpec {
    /// Its name, unique in the account and region.
    pub name: String,
    /// How long events are kept, in days.
    pub retention_days: u32,
    /// The key that encrypts what it receives. Without one the group keeps what it has: a key of AWS, or one it was given before,
    /// which all that it holds still needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Address>,
    /// Its tags.
    pub tags: Tags,
}

impl Kind for LogGroupSpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        self.key.iter().collect()
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let found = member.log_groups.iter().find(|found| found.group.name == self.name);
        let Some(found) = found else { return Ok(None) };
        let days = found.group.retention_days;
        let retention = (days != Some(self.retention_days)).then(|| {
            let from = days.map(|days| days.to_string());
            vec![Change::new("retention_days", from, Some(self.retention_days.to_string()))]
        });
        let tags = seen.tag_changes(&found.tags, &self.tags);
        let changes = [retention.unwrap_or_default(), self.key_changes(seen, &found.group), tags];
        Ok(found.group.name.parse().ok().map(|id| Standing::new(id, changes)))
    }

    fn kept(&self, address: &Address, _: &ResourceId, _: &ObservedMember) -> Option<Problem> {
        Some(Problem::warning(
            "log-group-kept",
            address.as_str(),
            format!("log group `{}` receives no more logs; it is kept", self.name),
            "delete it by hand once its retention has passed",
        ))
    }

    fn retention_days(&self) -> Option<u32> {
        Some(self.retention_days)
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::IamWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(self)
    }
}

/// A log group without a retention keeps logs forever. It counts as one with the longest retention that CloudWatch Logs
/// offers, because unlimited storage has no finite price.
pub(crate) const LONGEST_RETENTION_DAYS: u32 = 3_653;

impl KindInfo for LogGroupSpec {
    const FACTS: Facts = Facts {
        holds_data: true,
        on_bill: OnBill::Stored(Storage {
            price: PriceId::CloudwatchStorageGbMonth,
            arriving: Quantity::FlowLogGb,
            compression: Quantity::LogCompression,
        }),
        is_billed_with: |network| network.is_some_and(|network| network.flow_logs),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
                update: &["logs:AssociateKmsKey", "logs:UntagResource", "logs:TagResource"],
                delete: &["logs:DeleteLogGroup"],
                look_up: &["logs:DescribeLogGroups"],
            },
        )
    };

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for found in &account.member.log_groups {
            let Ok(id) = found.group.name.parse() else { continue };
            let spec = || {
                ResourceSpec::from(LogGroupSpec {
                    name: found.group.name.clone(),
                    retention_days: found.group.retention_days.unwrap_or(LONGEST_RETENTION_DAYS),
                    key: found.group.key.as_ref().map(account.name),
                    tags: found.tags.clone(),
                })
            };
            each(&Listed { id, tags: &found.tags, suffix: None, spec: &spec });
        }
    }
}

impl LogGroupSpec {
    /// The key to be given to the group, where it has another or none.
    fn key_changes(&self, seen: &dyn Seen, found: &LogGroup) -> Vec<Change> {
        let Some(key) = &self.key else { return Vec::new() };
        match (seen.id_at(key), &found.key) {
            (Some(wanted), Some(found)) if wanted == found => Vec::new(),
            (wanted, found) => {
                let to = wanted.map_or_else(|| key.local().to_owned(), ToString::to_string);
                vec![Change::new("key", found.as_ref().map(ToString::to_string), Some(to))]
            }
        }
    }

    fn put_retention(&self) -> Operation {
        logs::Operation::PutRetentionPolicy { group: self.name.clone(), days: self.retention_days }.into()
    }

    fn arn(&self, cx: &Context<'_>) -> Result<String, StepError> {
        let (Some(region), Some(account)) = (cx.region, cx.account) else {
            return Err(StepError::UnknownAccount);
        };
        Ok(format!("arn:aws:logs:{region}:{account}:log-group:{}", self.name))
    }
}

impl Procedure for &LogGroupSpec {
    fn look_up(&self, _: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        Ok(Some(logs::Operation::DescribeLogGroups { prefix: self.name.clone(), page }.into()))
    }

    fn read_look_up(&mut self, _: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        let Reply::Logs(logs::Reply::LogGroups(page)) = reply else {
            return Err(StepError::unexpected(reply));
        };
        let group = page.items.iter().find(|group| group.name == self.name);
        let id = group.map(|group| group.name.parse()).transpose()?;
        Ok(listed(id, page.next.as_ref()))
    }

    fn create(&self, cx: &Context<'_>, _: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok(match index {
            0 => Some(
                logs::Operation::CreateLogGroup {
                    name: self.name.clone(),
                    tags: self.tags.clone(),
                    key: self.key.as_ref().map(|key| cx.id_at(key)).transpose()?,
                }
                .into(),
            ),
            1 => Some(self.put_retention()),
            _ => None,
        })
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let retention = cx.changes_any(&["retention_days"]).then(|| self.put_retention());
        let key = self.key.as_ref().filter(|_| cx.changes_any(&["key"])).map(|key| cx.id_at(key));
        let associate = |key| logs::Operation::AssociateKmsKey { group: self.name.clone(), key }.into();
        let encryption = key.transpose()?.map(associate);
        let arn = self.arn(cx)?;
        let tagging = cx.tagging(
            |keys| logs::Operation::UntagLogGroup { arn: arn.clone(), keys }.into(),
            |tags| logs::Operation::TagLogGroup { arn: arn.clone(), tags }.into(),
        );
        Ok(retention.into_iter().chain(encryption).chain(tagging).collect())
    }

    fn delete(&self, _: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![logs::Operation::DeleteLogGroup { name: self.name.clone() }.into()])
    }

    fn known_id(&self, _: &Context<'_>) -> Result<ResourceId, StepError> {
        Ok(self.name.parse()?)
    }
}
