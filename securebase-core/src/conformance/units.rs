//! The organization, its root, its units, tags and pages.

use std::collections::BTreeSet;

use super::bench::{Bench, Verdict, ensure, id, reply};
use crate::cloud::organizations::{self, Operation as O, OrganizationalUnit};
use crate::cloud::{Reply, Target, sts};
use crate::model::{ResourceId, Tags};

async fn listed(bench: &Bench<'_>, parent: &ResourceId) -> Result<Vec<OrganizationalUnit>, String> {
    let page = |page| O::ListOrganizationalUnitsForParent { parent: parent.clone(), page };
    let take = |reply| {
        if let Reply::Organizations(organizations::Reply::OrganizationalUnits(page)) = reply {
            Some(page)
        } else {
            None
        }
    };
    bench.all(&Target::Management, page, take).await
}

fn create(parent: &ResourceId, name: &str) -> O {
    O::CreateOrganizationalUnit { parent: parent.clone(), name: name.to_owned(), tags: Tags::new() }
}

pub(super) async fn organization(bench: &Bench<'_>) -> Verdict {
    bench.root().await?;
    let organization =
        reply!(bench.org(O::DescribeOrganization).await, Organizations(organizations::Reply::Organization));
    ensure!(organization.all_features, "not all features are on");
    let take = |reply| {
        if let Reply::Organizations(organizations::Reply::Accounts(page)) = reply { Some(page) } else { None }
    };
    let accounts = bench.all(&Target::Management, |page| O::ListAccounts { page }, take).await?;
    ensure!(
        accounts.iter().any(|account| account.id == organization.management_account),
        "the management account is not listed"
    );
    let identity =
        reply!(bench.org(sts::Operation::GetCallerIdentity).await, Sts(sts::Reply::CallerIdentity));
    ensure!(identity == organization.management_account, "the caller is `{identity}`");
    bench.org_refused(O::CreateOrganization, "AlreadyInOrganizationException", None).await
}

pub(super) async fn policy_type_enabled_twice(bench: &Bench<'_>) -> Verdict {
    let root = bench.root().await?;
    bench.org_refused(O::EnablePolicyType { root }, "PolicyTypeAlreadyEnabledException", None).await
}

pub(super) async fn create_and_list(bench: &Bench<'_>) -> Verdict {
    let root = bench.root().await?;
    let unit = bench.unit("unit").await?;
    let found = listed(bench, &root).await?;
    ensure!(
        found.iter().any(|row| row.id == unit && row.name == bench.name("unit")),
        "the new unit is not listed"
    );
    let parent = reply!(
        bench.org(O::ListParents { child: unit.clone() }).await,
        Organizations(organizations::Reply::Parent)
    );
    ensure!(parent == root, "the unit sits in `{parent}`");
    ensure!(listed(bench, &unit).await?.is_empty(), "the new unit holds units");
    Ok(())
}

pub(super) async fn duplicate_name(bench: &Bench<'_>) -> Verdict {
    let unit = bench.unit("unit").await?;
    bench.create(&Target::Management, create(&unit, "same")).await?;
    let other = bench.unit("other").await?;
    bench.create(&Target::Management, create(&other, "same")).await?;
    bench.org_refused(create(&unit, "same"), "DuplicateOrganizationalUnitException", None).await
}

pub(super) async fn missing_parent(bench: &Bench<'_>) -> Verdict {
    let root = bench.root().await?;
    let absent = id(&format!("ou-{}-zzzzzzzz", root.as_str().trim_start_matches("r-")))?;
    bench.org_refused(create(&absent, "orphan"), "ParentNotFoundException", None).await
}

pub(super) async fn depth(bench: &Bench<'_>) -> Verdict {
    let mut parent = bench.unit("level-1").await?;
    for level in 2..=5 {
        parent = bench.create(&Target::Management, create(&parent, &format!("level-{level}"))).await?;
    }
    let reason = Some("OU_DEPTH_LIMIT_EXCEEDED");
    bench.org_refused(create(&parent, "level-6"), "ConstraintViolationException", reason).await
}

pub(super) async fn rename(bench: &Bench<'_>) -> Verdict {
    let root = bench.root().await?;
    let (unit, _) = (bench.unit("before").await?, bench.unit("taken").await?);
    let rename = |name: String| O::UpdateOrganizationalUnit { unit: unit.clone(), name };
    bench.org(rename(bench.name("after"))).await?;
    let found = listed(bench, &root).await?;
    ensure!(found.iter().any(|row| row.id == unit && row.name == bench.name("after")), "it kept its name");
    bench.org_refused(rename(bench.name("taken")), "DuplicateOrganizationalUnitException", None).await
}

pub(super) async fn delete(bench: &Bench<'_>) -> Verdict {
    let root = bench.root().await?;
    let unit = bench.unit("unit").await?;
    bench.org(O::DeleteOrganizationalUnit { unit: unit.clone() }).await?;
    ensure!(listed(bench, &root).await?.iter().all(|row| row.id != unit), "it is still listed");
    let again = O::DeleteOrganizationalUnit { unit };
    bench.org_refused(again, "OrganizationalUnitNotFoundException", None).await
}

pub(super) async fn delete_with_content(bench: &Bench<'_>) -> Verdict {
    let unit = bench.unit("unit").await?;
    bench.create(&Target::Management, create(&unit, "child")).await?;
    let delete = O::DeleteOrganizationalUnit { unit };
    bench.org_refused(delete, "OrganizationalUnitNotEmptyException", None).await
}

pub(super) async fn pages(bench: &Bench<'_>) -> Verdict {
    let unit = bench.unit("unit").await?;
    let mut made = BTreeSet::new();
    for number in 0..25 {
        made.insert(bench.create(&Target::Management, create(&unit, &format!("child-{number}"))).await?);
    }
    let found = listed(bench, &unit).await?;
    ensure!(found.len() == made.len(), "{} units listed of {}", found.len(), made.len());
    ensure!(found.into_iter().map(|unit| unit.id).collect::<BTreeSet<_>>() == made, "other units listed");
    Ok(())
}

pub(super) async fn tags(bench: &Bench<'_>) -> Verdict {
    let unit = bench.unit("unit").await?;
    tagging(bench, &unit, bench.tags("unit")).await?;
    let account = id(&bench.account("account").await?.to_string())?;
    tagging(bench, &account, bench.tags("account")).await?;
    let absent = id("ou-zzzz-zzzzzzzz")?;
    let tag = O::TagResource { resource: absent, tags: bench.tags("absent") };
    bench.org_refused(tag, "TargetNotFoundException", None).await
}

/// Reads, adds, replaces and removes tags of something that was created with some.
pub(super) async fn tagging(bench: &Bench<'_>, resource: &ResourceId, created_with: Tags) -> Verdict {
    let list = || O::ListTagsForResource { resource: resource.clone(), page: None };
    let Reply::Tags(found, _) = bench.org(list()).await? else { return Err("no tags answered".into()) };
    ensure!(found == created_with, "created with {created_with:?}, has {found:?}");
    let tags = Tags::from_iter([("color".to_owned(), "green".to_owned())]);
    bench.org(O::TagResource { resource: resource.clone(), tags: tags.clone() }).await?;
    bench.org(O::TagResource { resource: resource.clone(), tags }).await?;
    let keys: Vec<String> = created_with.keys().cloned().collect();
    bench.org(O::UntagResource { resource: resource.clone(), keys }).await?;
    let Reply::Tags(found, _) = bench.org(list()).await? else { return Err("no tags answered".into()) };
    ensure!(found == Tags::from_iter([("color".to_owned(), "green".to_owned())]), "ends with {found:?}");
    Ok(())
}
