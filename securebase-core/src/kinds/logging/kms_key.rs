//! The key that encrypts the flow logs of a tenant.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::cloud::{CloudError, Operation, PageToken, Reply, kms};
use crate::kinds::billing::{OnBill, Rate};
use crate::kinds::info::{AccountQuota, Facts, KindInfo, Listed, MemberAccount, MemberCalls, Phase};
use crate::kinds::seen::{Seen, Standing, document_changes};
use crate::kinds::step::{Action, Change, Context, Found, Procedure, Progress, Reaction, StepError, listed};
use crate::kinds::{Kind, ResourceSpec};
use crate::model::billing::PriceId;
use crate::model::{AccountId, Address, Latency, Problem, Quota, ResourceId, Tags};
use crate::observe::ObservedMember;
use crate::policy::PolicyText;

/// How long a key that was deleted can still be saved: the longest period that KMS offers, and the shortest that guardrails allow.
const WAITING_DAYS: u32 = 30;

/// Stands in the policy for the account, which is not known before it exists.
const ACCOUNT: &str = "{account}";

/// What a key must look like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KmsKeySpec {
    /// The account that it is in.
    pub account: Address,
    /// What a person reads of it. A key keeps the one that it was made with.
    pub description: String,
    /// Its policy, in which `{account}` stands for the id of the account.
    pub policy: PolicyText,
    /// How many days lie between two rotations.
    pub rotation_days: u32,
    /// Its tags.
    pub tags: Tags,
}

impl KmsKeySpec {
    /// The days between two rotations that KMS takes where nothing else is asked for.
    pub const ROTATION_DAYS: u32 = 365;

    /// Returns the policy with which CloudWatch Logs encrypts a log group, and nothing else. The account decides on all the rest.
    pub fn policy_for_log_group(region: &str, log_group: &str) -> PolicyText {
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Account",
                    "Effect": "Allow",
                    "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
                    "Action": "kms:*",
                    "Resource": "*",
                },
                {
                    "Sid": "Logs",
                    "Effect": "Allow",
                    "Principal": { "Service": format!("logs.{region}.amazonaws.com") },
                    "Action": [
                        "kms:Encrypt",
                        "kms:Decrypt",
                        "kms:ReEncrypt*",
                        "kms:GenerateDataKey*",
                        "kms:Describe*",
                    ],
                    "Resource": "*",
                    "Condition": {
                        "ArnLike": {
                            "kms:EncryptionContext:aws:logs:arn":
                                format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:{log_group}"),
                        },
                    },
                },
            ],
        });
        PolicyText::read(policy.to_string())
    }

    /// The policy in an account.
    fn policy_in(&self, account: AccountId) -> PolicyText {
        PolicyText::read(self.policy.as_str().replace(ACCOUNT, &account.to_string()))
    }

    fn own_policy(&self, cx: &Context<'_>) -> Result<String, StepError> {
        Ok(self.policy_in(cx.account_at(&self.account)?).as_str().to_owned())
    }
}

impl Kind for KmsKeySpec {
    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    fn references(&self) -> Vec<&Address> {
        vec![&self.account]
    }

    fn find(&self, seen: &dyn Seen) -> Result<Option<Standing>, Problem> {
        let Some(member) = seen.member() else { return Ok(None) };
        let found = member.keys.iter().find(|found| Some(&found.key.arn) == seen.tagged());
        let Some(found) = found else { return Ok(None) };
        let Some(account) = seen.account_at(&self.account) else { return Ok(None) };
        let policy =
            document_changes("policy", Some(&PolicyText::read(&*found.policy)), &self.policy_in(account));
        let rotation = (found.rotation_days != Some(self.rotation_days)).then(|| {
            let from = found.rotation_days.map(|days| days.to_string());
            vec![Change::new("rotation_days", from, Some(self.rotation_days.to_string()))]
        });
        let tags = seen.tag_changes(&found.tags, &self.tags);
        Ok(Some(Standing::new(found.key.arn.clone(), [policy, rotation.unwrap_or_default(), tags])))
    }

    /// A key without which a log group cannot be read stays.
    fn kept(&self, address: &Address, id: &ResourceId, member: &ObservedMember) -> Option<Problem> {
        let group = member.log_groups.iter().find(|found| found.group.key.as_ref() == Some(id))?;
        Some(Problem::warning(
            "key-kept",
            address.as_str(),
            format!("key `{id}` encrypts log group `{}`; it is kept", group.group.name),
            "delete it by hand once the log group is gone",
        ))
    }

    fn typical(&self, _: Action) -> Latency {
        Latency::IamWrite
    }

    fn procedure(&self) -> Box<dyn Procedure + '_> {
        Box::new(Making { spec: self, search: Search::default() })
    }
}

impl KindInfo for KmsKeySpec {
    const FACTS: Facts = Facts {
        // Nothing can read what it has encrypted once it is gone.
        holds_data: true,
        deletion_turn: Some(120),
        // Its log group does, and needs it.
        outlives_tenant: true,
        on_bill: OnBill::Counted(&[Rate::flat(PriceId::KmsKeyMonth)]),
        is_billed_with: |network| {
            network.is_some_and(|network| network.flow_logs && network.encrypt_flow_logs)
        },
        account_quota: Some(AccountQuota {
            quota: Quota::KmsKeys,
            is_per_vpc: false,
            from_aws: 0,
            // Those of others count as well, and a survey leaves them out.
            found: None,
        }),
        ..Facts::member(
            Phase::Network,
            MemberCalls {
                create: &["kms:CreateKey", "kms:EnableKeyRotation"],
                update: &["kms:PutKeyPolicy", "kms:UntagResource", "kms:TagResource"],
                delete: &["kms:ScheduleKeyDeletion"],
                look_up: &["kms:ListKeys", "kms:ListResourceTags", "kms:DescribeKey"],
            },
        )
    };

    fn tagged<'o>(member: &'o ObservedMember, each: &mut dyn FnMut(&'o ResourceId, &'o Tags)) {
        for found in &member.keys {
            each(&found.key.arn, &found.tags);
        }
    }

    fn list(account: &MemberAccount<'_>, each: &mut dyn FnMut(&Listed<'_>)) {
        for found in &account.member.keys {
            let spec = || {
                ResourceSpec::from(KmsKeySpec {
                    account: Address::tenant(account.tenant, "account"),
                    description: found.key.description.clone(),
                    policy: PolicyText::read(&*found.policy),
                    rotation_days: found.rotation_days.unwrap_or(KmsKeySpec::ROTATION_DAYS),
                    tags: found.tags.clone(),
                })
            };
            each(&Listed { id: found.key.arn.clone(), tags: &found.tags, suffix: None, spec: &spec });
        }
    }
}

/// A step of a key. KMS has neither tokens nor names that would keep a second call from making a second key, and its list says
/// nothing but ids: each is asked for its tags.
#[derive(Debug)]
struct Making<'a> {
    spec: &'a KmsKeySpec,
    search: Search,
}

/// How far the search for a key that an earlier attempt may have made has come.
#[derive(Debug, Default)]
struct Search {
    /// The keys that were listed and not looked at yet.
    listed: VecDeque<ResourceId>,
    /// Whether the list is complete.
    is_listed: bool,
    /// The tags of the first of them, as far as they were read.
    tags: Tags,
    /// Whether the first of them carries our tags.
    is_ours: bool,
}

impl Search {
    /// Goes on with the next key.
    fn next(&mut self) -> Found {
        self.listed.pop_front();
        self.begin()
    }

    /// Begins with the first key that is left.
    fn begin(&mut self) -> Found {
        (self.tags, self.is_ours) = (Tags::new(), false);
        if self.listed.is_empty() { Found::Absent } else { Found::More(None) }
    }
}

impl Procedure for Making<'_> {
    fn look_up(&self, _: &Context<'_>, page: Option<PageToken>) -> Result<Option<Operation>, StepError> {
        let Search { listed, is_listed, is_ours, .. } = &self.search;
        Ok(Some(match listed.front().cloned().filter(|_| *is_listed) {
            None => kms::Operation::ListKeys { page }.into(),
            Some(key) if *is_ours => kms::Operation::DescribeKey { key }.into(),
            Some(key) => kms::Operation::ListResourceTags { key, page }.into(),
        }))
    }

    fn read_look_up(&mut self, cx: &Context<'_>, reply: &Reply) -> Result<Found, StepError> {
        match reply {
            Reply::Kms(kms::Reply::Keys(page)) => {
                self.search.listed.extend(page.items.iter().cloned());
                if let Some(next) = &page.next {
                    return Ok(Found::More(Some(next.clone())));
                }
                self.search.is_listed = true;
                Ok(self.search.begin())
            }
            Reply::Tags(tags, next) => {
                self.search.tags.extend(tags.clone());
                if let Some(next) = next {
                    return Ok(Found::More(Some(next.clone())));
                }
                let own = cx.key_tags();
                if own.iter().all(|(name, value)| self.search.tags.get(name) == Some(value)) {
                    self.search.is_ours = true;
                    return Ok(Found::More(None));
                }
                Ok(self.search.next())
            }
            Reply::Kms(kms::Reply::Key(key)) if key.is_gone() => Ok(self.search.next()),
            Reply::Kms(kms::Reply::Key(key)) => Ok(listed(Some(key.arn.clone()), None)),
            other => Err(StepError::unexpected(other)),
        }
    }

    /// A key that was listed a moment ago is gone.
    fn not_found(&mut self) -> Found {
        self.search.next()
    }

    fn look_again(&mut self) {
        self.search = Search::default();
    }

    fn create(&self, cx: &Context<'_>, at: &Progress, index: usize) -> Result<Option<Operation>, StepError> {
        Ok(match index {
            0 => Some(
                kms::Operation::CreateKey {
                    description: self.spec.description.clone(),
                    policy: self.spec.own_policy(cx)?,
                    tags: self.spec.tags.clone(),
                }
                .into(),
            ),
            1 => Some(
                kms::Operation::EnableKeyRotation { key: self.id(cx, at)?, days: self.spec.rotation_days }
                    .into(),
            ),
            _ => None,
        })
    }

    fn update(&self, cx: &Context<'_>, _: &Progress) -> Result<Vec<Operation>, StepError> {
        let key = cx.own_id()?;
        let mut operations = Vec::new();
        if cx.changes_any(&["policy"]) {
            let policy = self.spec.own_policy(cx)?;
            operations.push(kms::Operation::PutKeyPolicy { key: key.clone(), policy }.into());
        }
        if cx.changes_any(&["rotation_days"]) {
            let days = self.spec.rotation_days;
            operations.push(kms::Operation::EnableKeyRotation { key: key.clone(), days }.into());
        }
        operations.extend(cx.tagging(
            |keys| kms::Operation::UntagKey { key: key.clone(), keys }.into(),
            |tags| kms::Operation::TagKey { key: key.clone(), tags }.into(),
        ));
        Ok(operations)
    }

    fn delete(&self, cx: &Context<'_>) -> Result<Vec<Operation>, StepError> {
        Ok(vec![kms::Operation::ScheduleKeyDeletion { key: cx.own_id()?, days: WAITING_DAYS }.into()])
    }

    /// An attempt whose reply was lost has scheduled the deletion.
    fn refused(&mut self, cx: &Context<'_>, error: &CloudError) -> Reaction {
        match error.code.as_str() {
            "KMSInvalidStateException" if cx.action == Action::Delete => Reaction::Done,
            _ => Reaction::Unhandled,
        }
    }
}
