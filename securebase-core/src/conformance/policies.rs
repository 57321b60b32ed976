//! Service control policies.

use super::bench::{Bench, Verdict, ensure, id, reply};
use super::units::tagging;
use crate::cloud::organizations::{self, ControlPolicy, Operation as O};
use crate::cloud::{Reply, Target};
use crate::model::ResourceId;

const DOCUMENT: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}]}";

impl Bench<'_> {
    fn new_policy(&self, what: &str, document: &str) -> O {
        O::CreatePolicy {
            name: self.name(what),
            description: "a case of the suite".to_owned(),
            document: document.to_owned(),
            tags: self.tags(what),
        }
    }

    async fn policy(&self, what: &str) -> Result<ResourceId, String> {
        self.root().await?;
        self.create(&Target::Management, self.new_policy(what, DOCUMENT)).await
    }

    async fn listed_policies(&self) -> Result<Vec<ControlPolicy>, String> {
        let take = |reply| {
            if let Reply::Organizations(organizations::Reply::Policies(page)) = reply {
                Some(page)
            } else {
                None
            }
        };
        self.all(&Target::Management, |page| O::ListPolicies { page }, take).await
    }
}

fn attach(policy: &ResourceId, target: &ResourceId) -> O {
    O::AttachPolicy { policy: policy.clone(), target: target.clone() }
}

fn detach(policy: &ResourceId, target: &ResourceId) -> O {
    O::DetachPolicy { policy: policy.clone(), target: target.clone() }
}

pub(super) async fn create(bench: &Bench<'_>) -> Verdict {
    // Spacing is kept as sent.
    let document = DOCUMENT.replace(':', " : ").replace("s3 : *", "s3:*");
    bench.root().await?;
    let policy = bench.create(&Target::Management, bench.new_policy("policy", &document)).await?;
    let found = reply!(
        bench.org(O::DescribePolicy { policy: policy.clone() }).await,
        Organizations(organizations::Reply::Policy)
    );
    let kept = found.document.as_ref().map(ToString::to_string);
    ensure!(kept.as_ref() == Some(&document), "the document is {kept:?}");
    ensure!(found.name == bench.name("policy") && !found.aws_managed, "found {found:?}");
    let listed = bench.listed_policies().await?;
    ensure!(listed.iter().any(|row| row.id == policy && row.document.is_none()), "it is not listed");
    ensure!(
        listed.iter().any(|row| row.id.as_str() == "p-FullAWSAccess" && row.aws_managed),
        "FullAWSAccess is not listed as AWS's own"
    );
    tagging(bench, &policy, bench.tags("policy")).await
}

pub(super) async fn duplicate_name(bench: &Bench<'_>) -> Verdict {
    bench.policy("policy").await?;
    bench.org_refused(bench.new_policy("policy", DOCUMENT), "DuplicatePolicyException", None).await
}

pub(super) async fn malformed(bench: &Bench<'_>) -> Verdict {
    bench.root().await?;
    let broken = bench.new_policy("policy", "{\"Statement\":[");
    bench.org_refused(broken, "MalformedPolicyDocumentException", None).await
}

pub(super) async fn too_large(bench: &Bench<'_>) -> Verdict {
    bench.root().await?;
    let large = DOCUMENT.replace("s3:*", &format!("s3:{}*", "x".repeat(10_240)));
    let reason = Some("POLICY_CONTENT_LIMIT_EXCEEDED");
    bench.org_refused(bench.new_policy("policy", &large), "ConstraintViolationException", reason).await
}

pub(super) async fn update(bench: &Bench<'_>) -> Verdict {
    let (policy, _) = (bench.policy("before").await?, bench.policy("taken").await?);
    let document = DOCUMENT.replace("s3", "sqs");
    let update = |name: String| O::UpdatePolicy {
        policy: policy.clone(),
        name,
        description: "changed".to_owned(),
        document: document.clone(),
    };
    bench.org(update(bench.name("after"))).await?;
    let found = reply!(
        bench.org(O::DescribePolicy { policy: policy.clone() }).await,
        Organizations(organizations::Reply::Policy)
    );
    let wanted = (bench.name("after"), "changed", Some(document.as_str()));
    let kept = found.document.as_ref().map(ToString::to_string);
    let is = (found.name.clone(), found.description.as_str(), kept.as_deref());
    ensure!(is == wanted, "it became {found:?}");
    bench.org_refused(update(bench.name("taken")), "DuplicatePolicyException", None).await
}

pub(super) async fn attachment(bench: &Bench<'_>) -> Verdict {
    let (policy, unit) = (bench.policy("policy").await?, bench.unit("unit").await?);
    bench.org(attach(&policy, &unit)).await?;
    let take = |reply| {
        if let Reply::Organizations(organizations::Reply::PolicyTargets(page)) = reply {
            Some(page)
        } else {
            None
        }
    };
    let list = |page| O::ListTargetsForPolicy { policy: policy.clone(), page };
    let targets = bench.all(&Target::Management, list, take).await?;
    ensure!(targets.len() == 1 && targets[0].id == unit, "attached to {targets:?}");
    let of_unit = |page| O::ListPoliciesForTarget { target: unit.clone(), page };
    let page_of = |reply| {
        if let Reply::Organizations(organizations::Reply::Policies(page)) = reply { Some(page) } else { None }
    };
    let attached = bench.all(&Target::Management, of_unit, page_of).await?;
    ensure!(attached.iter().any(|found| found.id == policy), "the unit lists {attached:?}");
    bench.org_refused(O::DeletePolicy { policy: policy.clone() }, "PolicyInUseException", None).await?;
    bench.org(detach(&policy, &unit)).await?;
    ensure!(bench.all(&Target::Management, list, take).await?.is_empty(), "it is still attached");
    bench.org(O::DeletePolicy { policy: policy.clone() }).await?;
    bench.org_refused(O::DeletePolicy { policy: policy.clone() }, "PolicyNotFoundException", None).await?;
    bench.org_refused(attach(&policy, &unit), "PolicyNotFoundException", None).await
}

pub(super) async fn attach_to_nothing(bench: &Bench<'_>) -> Verdict {
    let policy = bench.policy("policy").await?;
    let absent = id("ou-zzzz-zzzzzzzz")?;
    bench.org_refused(attach(&policy, &absent), "TargetNotFoundException", None).await
}

pub(super) async fn attach_twice(bench: &Bench<'_>) -> Verdict {
    let (policy, unit) = (bench.policy("policy").await?, bench.unit("unit").await?);
    bench.org(attach(&policy, &unit)).await?;
    bench.org_refused(attach(&policy, &unit), "DuplicatePolicyAttachmentException", None).await
}

pub(super) async fn detach_what_is_not_attached(bench: &Bench<'_>) -> Verdict {
    let (policy, unit) = (bench.policy("policy").await?, bench.unit("unit").await?);
    bench.org_refused(detach(&policy, &unit), "PolicyNotAttachedException", None).await
}

pub(super) async fn keep_one(bench: &Bench<'_>) -> Verdict {
    let unit = bench.unit("unit").await?;
    let reason = Some("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED");
    let last = detach(&id("p-FullAWSAccess")?, &unit);
    bench.org_refused(last, "ConstraintViolationException", reason).await
}

pub(super) async fn at_most_ten(bench: &Bench<'_>) -> Verdict {
    let unit = bench.unit("unit").await?;
    // FullAWSAccess is the first of the ten.
    for number in 1..10 {
        let policy = bench.policy(&format!("policy-{number}")).await?;
        bench.org(attach(&policy, &unit)).await?;
    }
    let eleventh = bench.policy("policy-10").await?;
    let reason = Some("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED");
    bench.org_refused(attach(&eleventh, &unit), "ConstraintViolationException", reason).await
}
