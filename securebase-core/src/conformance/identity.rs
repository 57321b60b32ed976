//! IAM roles.

use super::bench::{Bench, Verdict, ensure, reply};
use crate::cloud::iam::{self, Operation as O, Role};
use crate::cloud::{Reply, Target};
use crate::model::Tags;

const TRUST: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"vpc-flow-logs.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}";
const ACCESS: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"logs:PutLogEvents\",\"Resource\":\"*\"}]}";

impl Bench<'_> {
    pub(super) fn new_role(&self) -> O {
        O::CreateRole { name: self.name("role"), trust: TRUST.to_owned(), tags: self.tags("role") }
    }

    pub(super) async fn delivery_role(&self, target: &Target) -> Result<Role, String> {
        Ok(reply!(self.call(target, self.new_role()).await, Iam(iam::Reply::Role)))
    }
}

/// Whether two documents are the same JSON.
fn same(a: &str, b: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    value(a).is_some() && value(a) == value(b)
}

pub(super) async fn role(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let name = bench.name("role");
    let get = || O::GetRole { name: name.clone() };
    bench.refused(&target, get(), &["NoSuchEntity"]).await?;
    let made = bench.delivery_role(&target).await?;
    let Target::Member { account, .. } = &target else { return Err("not a member".into()) };
    ensure!(made.arn == format!("arn:aws:iam::{account}:role/{name}"), "its ARN is `{}`", made.arn);
    let found = reply!(bench.call(&target, get()).await, Iam(iam::Reply::Role));
    ensure!(found.name == name && found.tags == bench.tags("role"), "found {found:?}");
    ensure!(same(&found.trust, TRUST), "its trust policy is {}", found.trust);
    bench.refused(&target, bench.new_role(), &["EntityAlreadyExists"]).await?;

    let tags = Tags::from_iter([("color".to_owned(), "green".to_owned())]);
    bench.call(&target, O::TagRole { role: name.clone(), tags: tags.clone() }).await?;
    let keys = bench.tags("role").keys().cloned().collect();
    bench.call(&target, O::UntagRole { role: name.clone(), keys }).await?;
    let found = reply!(bench.call(&target, get()).await, Iam(iam::Reply::Role));
    ensure!(found.tags == tags, "it ends with {:?}", found.tags);
    Ok(())
}

pub(super) async fn role_policies(bench: &Bench<'_>) -> Verdict {
    let target = bench.member().await?;
    let role = bench.delivery_role(&target).await?.name;
    let put = O::PutRolePolicy { role: role.clone(), name: "access".into(), document: ACCESS.into() };
    let get = O::GetRolePolicy { role: role.clone(), name: "access".into() };
    bench.refused(&target, get.clone(), &["NoSuchEntity"]).await?;
    bench.call(&target, put.clone()).await?;
    bench.call(&target, put).await?;
    let found = reply!(bench.call(&target, get.clone()).await, Iam(iam::Reply::RolePolicy));
    ensure!(same(&found, ACCESS), "its policy is {found}");
    let delete = O::DeleteRole { name: role.clone() };
    bench.refused(&target, delete.clone(), &["DeleteConflict"]).await?;
    let delete_policy = O::DeleteRolePolicy { role, name: "access".into() };
    bench.call(&target, delete_policy.clone()).await?;
    bench.refused(&target, delete_policy, &["NoSuchEntity"]).await?;
    bench.refused(&target, get, &["NoSuchEntity"]).await?;
    bench.call(&target, delete.clone()).await?;
    bench.refused(&target, delete, &["NoSuchEntity"]).await.map(drop)
}
