//! Log groups and the flow logs that deliver to them.

use super::bench::{Bench, Verdict, ensure};
use super::vpc::{NO_VPC, absent_vpc};
use crate::cloud::ec2::{self, FlowLog};
use crate::cloud::logs::{self, LogGroup, Operation as O};
use crate::cloud::{Reply, Target};
use crate::model::{ResourceId, Tags};

impl Bench<'_> {
    fn group_name(&self) -> String {
        format!("/{}/group", self.case)
    }

    async fn groups(&self, target: &Target) -> Result<Vec<LogGroup>, String> {
        let take =
            |reply| if let Reply::Logs(logs::Reply::LogGroups(page)) = reply { Some(page) } else { None };
        self.all(target, |page| O::DescribeLogGroups { prefix: self.group_name(), page }, take).await
    }

    async fn group(&self, target: &Target) -> Result<LogGroup, String> {
        let create = O::CreateLogGroup { name: self.group_name(), tags: self.tags("group"), key: None };
        self.call(target, create).await?;
        let found = self.groups(target).await?;
        found.into_iter().find(|group| group.name == self.group_name()).ok_or("it is not listed".to_owned())
    }

    async fn group_tags(&self, target: &Target, arn: &str) -> Result<Tags, String> {
        match self.call(target, O::ListLogGroupTags { arn: arn.to_owned() }).await? {
            Reply::Tags(tags, _) => Ok(tags),
            other => Err(format!("answered {}", other.shape())),
        }
    }

    fn new_flow_log(&self, vpc: &ResourceId, role_arn: &str, token: &str) -> ec2::Operation {
        ec2::Operation::CreateFlowLogs {
            vpc: vpc.clone(),
            log_group: self.group_name(),
            role_arn: role_arn.to_owned(),
            client_token: self.name(token),
            tags: self.tags("flow-log"),
        }
    }

    async fn flow_logs(&self, target: &Target) -> Result<Vec<FlowLog>, String> {
        let take = |reply| if let Reply::Ec2(ec2::Reply::FlowLogs(page)) = reply { Some(page) } else { None };
        self.all(target, |page| ec2::Operation::DescribeFlowLogs { tags: self.tags("flow-log"), page }, take)
            .await
    }
}

pub(super) async fn group(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let group = bench.group(&target).await?;
    ensure!(group.retention_days.is_none(), "it begins with {:?} days", group.retention_days);
    ensure!(!group.arn.ends_with('*') && group.arn.ends_with(&group.name), "its ARN is `{}`", group.arn);
    let create = O::CreateLogGroup { name: group.name.clone(), tags: Tags::new(), key: None };
    bench.refused(&target, create, &["ResourceAlreadyExistsException"]).await?;
    bench.call(&target, O::PutRetentionPolicy { group: group.name.clone(), days: 365 }).await?;
    let days = bench.groups(&target).await?.first().and_then(|group| group.retention_days);
    ensure!(days == Some(365), "it keeps events for {days:?} days");

    ensure!(bench.group_tags(&target, &group.arn).await? == bench.tags("group"), "its first tags are lost");
    let tags = Tags::from_iter([("color".to_owned(), "green".to_owned())]);
    bench.call(&target, O::TagLogGroup { arn: group.arn.clone(), tags: tags.clone() }).await?;
    let keys = bench.tags("group").keys().cloned().collect();
    bench.call(&target, O::UntagLogGroup { arn: group.arn.clone(), keys }).await?;
    let found = bench.group_tags(&target, &group.arn).await?;
    ensure!(found == tags, "it ends with {found:?}");

    let delete = O::DeleteLogGroup { name: group.name.clone() };
    bench.call(&target, delete.clone()).await?;
    ensure!(bench.groups(&target).await?.is_empty(), "it is still there");
    bench.refused(&target, delete, &["ResourceNotFoundException"]).await?;
    let retain = O::PutRetentionPolicy { group: group.name, days: 365 };
    bench.refused(&target, retain, &["ResourceNotFoundException"]).await.map(drop)
}

pub(super) async fn odd_retention(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let group = bench.group(&target).await?.name;
    let retain = O::PutRetentionPolicy { group, days: 42 };
    bench.refused(&target, retain, &["InvalidParameterException"]).await.map(drop)
}

pub(super) async fn flow_log(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    let group = bench.group(&target).await?;
    let role = bench.delivery_role(&target).await?;
    let flow_log = bench
        .eventually("the acceptance of the role", async || {
            match bench.try_call(&target, bench.new_flow_log(&vpc, &role.arn, "token")).await {
                Ok(Reply::Created(id)) => Ok(Some(id)),
                Err(error) if error.code == "InvalidParameter" => Ok(None),
                other => Err(format!("CreateFlowLogs answered {other:?}")),
            }
        })
        .await?;
    let found = bench.flow_logs(&target).await?;
    let [row] = found.as_slice() else { return Err(format!("{} flow logs carry its tags", found.len())) };
    ensure!(row.id == flow_log && row.vpc == vpc, "found {row:?}");
    ensure!(row.log_group.as_ref() == Some(&group.name), "it delivers to {:?}", row.log_group);
    ensure!(row.role_arn.as_ref() == Some(&role.arn), "it delivers as {:?}", row.role_arn);
    let again = bench.new_flow_log(&vpc, &role.arn, "other");
    bench.refused(&target, again, &["FlowLogAlreadyExists"]).await?;
    let nowhere = bench.new_flow_log(&absent_vpc()?, &role.arn, "nowhere");
    bench.refused(&target, nowhere, &["InvalidVpcID.NotFound", "InvalidVpcId.NotFound"]).await?;
    bench.call(&target, ec2::Operation::DeleteFlowLogs { flow_log }).await?;
    ensure!(bench.flow_logs(&target).await?.is_empty(), "it is still there");
    bench.refused(&target, ec2::Operation::DeleteVpc { vpc: absent_vpc()? }, &NO_VPC).await.map(drop)
}

pub(super) async fn flow_log_token(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    bench.group(&target).await?;
    let role = bench.delivery_role(&target).await?;
    let create = bench.new_flow_log(&vpc, &role.arn, "token");
    let first = bench.create(&target, create.clone()).await?;
    let second = bench.create(&target, create).await?;
    ensure!(first == second, "the same token made `{first}` and `{second}`");
    Ok(())
}

pub(super) async fn flow_log_without_role(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let vpc = bench.vpc(&target).await?;
    bench.group(&target).await?;
    let Target::Member { account, .. } = &target else { return Err("not a member".into()) };
    let role = format!("arn:aws:iam::{account}:role/nobody");
    bench.refused(&target, bench.new_flow_log(&vpc, &role, "token"), &["InvalidParameter"]).await.map(drop)
}
