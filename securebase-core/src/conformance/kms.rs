//! Keys, and the log groups that they encrypt.

use super::bench::{Bench, Verdict, ensure, id};
use crate::cloud::kms::{self, Key, KeyState, Operation as O};
use crate::cloud::{Reply, Target, logs};
use crate::model::{ResourceId, Tags};

const NO_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000";

fn policy(sid: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"{sid}","Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}]}}"#
    )
}

impl Bench<'_> {
    async fn key(&self, target: &Target) -> Result<ResourceId, String> {
        let (description, tags) = (self.name("key"), self.tags("key"));
        self.create(target, O::CreateKey { description, policy: policy("First"), tags }).await
    }

    async fn keys(&self, target: &Target) -> Result<Vec<ResourceId>, String> {
        let take = |reply| if let Reply::Kms(kms::Reply::Keys(page)) = reply { Some(page) } else { None };
        self.all(target, |page| O::ListKeys { page }, take).await
    }

    async fn key_tags(&self, target: &Target, key: &ResourceId) -> Result<Tags, String> {
        match self.call(target, O::ListResourceTags { key: key.clone(), page: None }).await? {
            Reply::Tags(tags, None) => Ok(tags),
            other => Err(format!("answered {}", other.shape())),
        }
    }

    async fn described(&self, target: &Target, key: &ResourceId) -> Result<Key, String> {
        match self.call(target, O::DescribeKey { key: key.clone() }).await? {
            Reply::Kms(kms::Reply::Key(key)) => Ok(key),
            other => Err(format!("answered {}", other.shape())),
        }
    }

    async fn rotation(&self, target: &Target, key: &ResourceId) -> Result<Option<u32>, String> {
        match self.call(target, O::GetKeyRotationStatus { key: key.clone() }).await? {
            Reply::Kms(kms::Reply::KeyRotation(days)) => Ok(days),
            other => Err(format!("answered {}", other.shape())),
        }
    }

    async fn policy_of(&self, target: &Target, key: &ResourceId) -> Result<String, String> {
        match self.call(target, O::GetKeyPolicy { key: key.clone() }).await? {
            Reply::Kms(kms::Reply::KeyPolicy(policy)) => Ok(policy),
            other => Err(format!("answered {}", other.shape())),
        }
    }
}

pub(super) async fn life(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let key = bench.key(&target).await?;
    ensure!(bench.keys(&target).await?.contains(&key), "it is not listed");
    let found = bench.described(&target, &key).await?;
    let expected = Key { arn: key.clone(), description: bench.name("key"), state: KeyState::Enabled };
    ensure!(found == expected, "found {found:?}");
    ensure!(bench.key_tags(&target, &key).await? == bench.tags("key"), "its first tags are lost");
    ensure!(bench.rotation(&target, &key).await?.is_none(), "it begins with a rotation");
    bench.call(&target, O::EnableKeyRotation { key: key.clone(), days: 365 }).await?;
    bench.call(&target, O::EnableKeyRotation { key: key.clone(), days: 365 }).await?;
    let days = bench.rotation(&target, &key).await?;
    ensure!(days == Some(365), "it is replaced every {days:?} days");

    let tags = Tags::from_iter([("color".to_owned(), "green".to_owned())]);
    bench.call(&target, O::TagKey { key: key.clone(), tags: tags.clone() }).await?;
    let keys = bench.tags("key").keys().cloned().collect();
    bench.call(&target, O::UntagKey { key: key.clone(), keys }).await?;
    let found = bench.key_tags(&target, &key).await?;
    ensure!(found == tags, "it ends with {found:?}");

    bench.call(&target, O::ScheduleKeyDeletion { key: key.clone(), days: 30 }).await?;
    let state = bench.described(&target, &key).await?.state;
    ensure!(state == KeyState::PendingDeletion, "it is {state:?}");
    ensure!(bench.keys(&target).await?.contains(&key), "the list omits it");
    Ok(())
}

pub(super) async fn policies(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let key = bench.key(&target).await?;
    ensure!(bench.policy_of(&target, &key).await? == policy("First"), "its first policy is lost");
    bench.call(&target, O::PutKeyPolicy { key: key.clone(), policy: policy("Second") }).await?;
    ensure!(bench.policy_of(&target, &key).await? == policy("Second"), "it keeps its first policy");
    Ok(())
}

pub(super) async fn malformed(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let key = bench.key(&target).await?;
    let put = O::PutKeyPolicy { key, policy: "{".to_owned() };
    bench.refused(&target, put, &["MalformedPolicyDocumentException"]).await.map(drop)
}

/// A second call makes a second key.
pub(super) async fn twins(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let (first, second) = (bench.key(&target).await?, bench.key(&target).await?);
    ensure!(first != second, "both calls made `{first}`");
    Ok(())
}

pub(super) async fn nothing(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let key = id(NO_KEY)?;
    for call in [
        O::DescribeKey { key: key.clone() },
        O::ListResourceTags { key: key.clone(), page: None },
        O::GetKeyPolicy { key: key.clone() },
        O::GetKeyRotationStatus { key: key.clone() },
        O::ScheduleKeyDeletion { key, days: 30 },
    ] {
        bench.refused(&target, call, &["NotFoundException"]).await?;
    }
    Ok(())
}

pub(super) async fn deleted_again(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let key = bench.key(&target).await?;
    let delete = O::ScheduleKeyDeletion { key, days: 30 };
    bench.call(&target, delete.clone()).await?;
    bench.refused(&target, delete, &["KMSInvalidStateException"]).await.map(drop)
}

/// A log group that is encrypted with a key, and the key.
async fn encrypted(bench: &Bench<'_>, target: &Target) -> Result<(String, ResourceId), String> {
    let (name, key) = (format!("/{}/encrypted", bench.case), bench.key(target).await?);
    let create =
        logs::Operation::CreateLogGroup { name: name.clone(), tags: Tags::new(), key: Some(key.clone()) };
    bench.call(target, create).await?;
    Ok((name, key))
}

/// The key of a log group.
async fn key_of(bench: &Bench<'_>, target: &Target, group: &str) -> Result<Option<ResourceId>, String> {
    let list = |page| logs::Operation::DescribeLogGroups { prefix: group.to_owned(), page };
    let take = |reply| if let Reply::Logs(logs::Reply::LogGroups(page)) = reply { Some(page) } else { None };
    let found = bench.all(target, list, take).await?;
    Ok(found.into_iter().next().and_then(|group| group.key))
}

pub(super) async fn log_group(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let (group, key) = encrypted(bench, &target).await?;
    let found = key_of(bench, &target, &group).await?;
    ensure!(found.as_ref() == Some(&key), "it is encrypted with {found:?}");
    Ok(())
}

pub(super) async fn log_group_another_key(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let (group, _) = encrypted(bench, &target).await?;
    let key = bench.key(&target).await?;
    bench.call(&target, logs::Operation::AssociateKmsKey { group: group.clone(), key: key.clone() }).await?;
    let found = key_of(bench, &target, &group).await?;
    ensure!(found.as_ref() == Some(&key), "it is still encrypted with {found:?}");
    Ok(())
}

pub(super) async fn log_group_without_key(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let create = logs::Operation::CreateLogGroup {
        name: format!("/{}/without", bench.case),
        tags: Tags::new(),
        key: Some(id(NO_KEY)?),
    };
    bench.refused(&target, create, &["InvalidParameterException"]).await.map(drop)
}
