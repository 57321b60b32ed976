//! Request rates, quotas, faults and crashes.

use std::time::Duration;

use securebase_core::cloud::organizations::{self, AccountRequestState};
use securebase_core::cloud::{Call, Cloud, Delivery, ErrorKind, Operation, Reply, Target, ec2};
use securebase_core::model::{Limits, Tags};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::time::Time;

use super::{Caller, grown, member, role, tags};

fn at(seconds: u64) -> Time {
    Time::from_micros(seconds * 1_000_000)
}

fn management(operation: impl Into<Operation>) -> Call {
    Call { target: Target::Management, operation: operation.into() }
}

fn request(name: &str) -> Call {
    let email = format!("aws+{name}@example.com");
    management(organizations::Operation::CreateAccount {
        name: name.into(),
        email,
        role: role(),
        tags: Tags::new(),
    })
}

fn new_vpc(address: &str) -> Operation {
    ec2::Operation::CreateVpc { cidr: "10.1.0.0/16".parse().unwrap(), tags: tags(address) }.into()
}

#[test]
fn accounts_are_created_three_at_once_then_one_in_ten_seconds_and_five_at_a_time() {
    let cloud = SimulatedCloud::new(1);
    let code = |seconds: u64, name: &str| match cloud.submit(at(seconds), &request(name)).result {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.code,
    };
    let answers: Vec<String> = ["a", "b", "c", "d"].iter().map(|name| code(100, name)).collect();
    assert_eq!(answers, ["ok", "ok", "ok", "TooManyRequestsException"]);
    assert_eq!(code(109, "d"), "TooManyRequestsException");
    assert_eq!(code(110, "d"), "ok");
    assert_eq!(code(120, "e"), "ok");
    // A token is there, but five requests are in progress: the first takes 54 seconds at least.
    assert_eq!(code(130, "f"), "TooManyRequestsException");
    assert_eq!(code(500, "f"), "ok");
}

#[test]
fn an_account_over_the_quota_is_refused_for_good() {
    let mut limits = Limits::default();
    limits.set("accounts", 2.0).unwrap();
    let cloud = SimulatedCloud::builder(1).limits(limits).build();
    assert!(cloud.submit(at(0), &request("first")).result.is_ok());
    let error = cloud.submit(at(1), &request("second")).result.unwrap_err();
    assert_eq!(error.code, "ConstraintViolationException");
    assert_eq!(error.reason.as_deref(), Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
    assert_eq!(error.kind, ErrorKind::Quota);
}

#[test]
fn network_quotas_count_what_aws_brings_along() {
    let (observed, account) = grown();
    let cloud = SimulatedCloud::builder(1).limits(Limits::default()).observed(&observed).build();
    let mut caller = Caller::new(cloud);
    let target = member(account);
    let over = |caller: &mut Caller, operation: &dyn Fn(usize) -> Operation| {
        (0..20).find_map(|number| {
            caller.call(&target, operation(number)).err().map(|error| (number, error.code))
        })
    };
    // Five each; the default VPC and its internet gateway are among them.
    assert_eq!(over(&mut caller, &|n| new_vpc(&n.to_string())), Some((4, "VpcLimitExceeded".into())));
    let gateway = |_| ec2::Operation::CreateInternetGateway { tags: Tags::new() }.into();
    assert_eq!(over(&mut caller, &gateway), Some((4, "InternetGatewayLimitExceeded".into())));
    let address = |_| ec2::Operation::AllocateAddress { tags: Tags::new() }.into();
    assert_eq!(over(&mut caller, &address), Some((5, "AddressLimitExceeded".into())));
}

/// A cloud with a ready account in which one kind of fault is certain.
fn faulty(faults: Faults) -> (SimulatedCloud, Target) {
    let (observed, account) = grown();
    (SimulatedCloud::builder(5).faults(faults).observed(&observed).build(), member(account))
}

fn vpcs(cloud: &SimulatedCloud) -> usize {
    cloud.snapshot()["vpc"].as_array().unwrap().len()
}

#[test]
fn a_lost_reply_has_its_effect_and_a_lost_request_has_none() {
    for (faults, effect, outcome) in [
        (Faults { lost_reply: 1.0, ..Faults::default() }, 1, "lost-reply"),
        (Faults { lost_request: 1.0, ..Faults::default() }, 0, "lost-request"),
    ] {
        let (cloud, target) = faulty(faults);
        let submission = cloud.submit(at(1), &Call { target, operation: new_vpc("a") });
        let error = submission.result.unwrap_err();
        assert_eq!((error.delivery, error.kind), (Delivery::Unknown, ErrorKind::Service), "{outcome}");
        assert!(submission.at > at(1));
        assert_eq!(vpcs(&cloud), effect, "{outcome}");
        assert_eq!(cloud.calls()[0].outcome, outcome);
    }
}

#[test]
fn a_service_error_has_its_effect_half_of_the_time() {
    let (cloud, target) = faulty(Faults { service_error: 1.0, ..Faults::default() });
    for number in 0..40 {
        let operation = new_vpc(&number.to_string());
        let error =
            cloud.submit(at(number * 10), &Call { target: target.clone(), operation }).result.unwrap_err();
        assert_eq!(error.delivery, Delivery::Unknown);
    }
    assert!((8..32).contains(&vpcs(&cloud)), "{} of 40", vpcs(&cloud));
}

#[test]
fn refusals_on_the_way_have_no_effect() {
    for (faults, code) in [
        (Faults { throttle: 1.0, ..Faults::default() }, "RequestLimitExceeded"),
        (Faults { expired_credentials: 1.0, ..Faults::default() }, "ExpiredToken"),
    ] {
        let (cloud, target) = faulty(faults);
        let error = cloud.submit(at(1), &Call { target, operation: new_vpc("a") }).result.unwrap_err();
        assert_eq!((error.code.as_str(), error.delivery, vpcs(&cloud)), (code, Delivery::Rejected, 0));
    }
}

#[test]
fn writes_are_held_up_by_other_writes_too() {
    let cloud = SimulatedCloud::builder(1).faults(Faults { throttle: 1.0, ..Faults::default() }).build();
    let codes: Vec<String> =
        (0..40).map(|n| cloud.submit(at(n * 100), &request("a")).result.unwrap_err().code).collect();
    let count = |code: &str| codes.iter().filter(|found| *found == code).count();
    assert_eq!(count("TooManyRequestsException") + count("ConcurrentModificationException"), 40);
    assert!((3..20).contains(&count("ConcurrentModificationException")), "{codes:?}");
    let error = cloud.submit(at(9000), &management(organizations::Operation::ListRoots)).result.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled, "a read is never in another write's way");
}

#[test]
fn a_world_made_again_never_gives_an_id_twice() {
    let (observed, account) = grown();
    let call = Call { target: member(account), operation: new_vpc("a") };
    let first = SimulatedCloud::builder(5).observed(&observed).build();
    assert!(first.submit(at(1), &call).result.is_ok());
    let second = SimulatedCloud::builder(5).observed(&first.observe()).build();
    assert!(second.submit(at(1), &call).result.is_ok());
    assert_eq!((vpcs(&first), vpcs(&second)), (1, 2));
}

#[test]
fn what_is_not_yet_visible_is_missing_everywhere_and_then_there() {
    let (cloud, target) = faulty(Faults { not_yet_visible: 1.0, ..Faults::default() });
    let submit =
        |seconds, operation| cloud.submit(at(seconds), &Call { target: target.clone(), operation }).result;
    let mut late = 0;
    for number in 0..20 {
        let address = number.to_string();
        let Ok(Reply::Created(vpc)) = submit(number * 100, new_vpc(&address)) else { panic!() };
        let describe = || ec2::Operation::DescribeVpcs { tags: tags(&address), page: None }.into();
        let Ok(Reply::Ec2(ec2::Reply::Vpcs(page))) = submit(number * 100, describe()) else { panic!() };
        let named = submit(number * 100, ec2::Operation::DeleteVpc { vpc: vpc.clone() }.into());
        assert_eq!(page.items.is_empty(), named.is_err(), "reads and names agree");
        if let Err(error) = named {
            late += 1;
            assert_eq!(error.code, "InvalidVpcID.NotFound");
            let Ok(Reply::Ec2(ec2::Reply::Vpcs(page))) = submit(number * 100 + 6, describe()) else {
                panic!()
            };
            assert_eq!(page.items.len(), 1, "after the longest lag it is there");
        }
    }
    assert!(late > 10, "{late} of 20 were late");
}

#[test]
fn what_goes_on_after_the_reply_can_fail() {
    let cloud = SimulatedCloud::builder(1).faults(Faults { async_failure: 1.0, ..Faults::default() }).build();
    let Ok(Reply::Organizations(organizations::Reply::AccountRequest(asked))) =
        cloud.submit(at(0), &request("a")).result
    else {
        panic!()
    };
    assert_eq!(asked.state, AccountRequestState::InProgress);
    let describe = management(organizations::Operation::DescribeCreateAccountStatus { request: asked.id });
    let Ok(Reply::Organizations(organizations::Reply::AccountRequest(answer))) =
        cloud.submit(at(400), &describe).result
    else {
        panic!()
    };
    assert_eq!(answer.state, AccountRequestState::Failed { reason: "INTERNAL_FAILURE".into() });
    assert_eq!(cloud.snapshot()["account"], serde_json::json!([]));
}

#[test]
fn a_crash_ends_everything_until_the_caller_is_revived() {
    let mut effects = 0;
    for seed in 0..20 {
        let (observed, account) = grown();
        let faults = Faults { crash_after_calls: Some(2), ..Faults::default() };
        let cloud = SimulatedCloud::builder(seed).faults(faults).observed(&observed).build();
        let submit = |number: u64| {
            let operation = new_vpc(&number.to_string());
            cloud.submit(at(number), &Call { target: member(account), operation })
        };
        assert!(!submit(1).crashed);
        let second = submit(2);
        assert!(second.crashed && second.result.unwrap_err().delivery == Delivery::Unknown);
        effects += vpcs(&cloud) - 1;
        let third = submit(3);
        assert!(third.crashed && third.result.unwrap_err().delivery == Delivery::NotSent);
        cloud.revive();
        assert!(!submit(4).crashed, "the crash does not come again");
        assert_eq!(cloud.calls().len(), 3, "calls of a dead caller are not sent");
    }
    assert!((3..17).contains(&effects), "{effects} of 20 calls had their effect");
}

#[test]
fn another_tenant_moves_no_draw() {
    let alone = SimulatedCloud::new(9);
    let crowded = SimulatedCloud::new(9);
    assert!(crowded.submit(at(0), &request("somebody-else")).result.is_ok());
    for cloud in [&alone, &crowded] {
        assert!(cloud.submit(at(50), &request("acme")).result.is_ok());
    }
    let reply = |cloud: &SimulatedCloud| cloud.submit(at(50), &request("later")).at;
    assert_eq!(reply(&alone), reply(&crowded), "latencies are the tenant's own");
    let decided = |cloud: &SimulatedCloud| {
        cloud.advance_to(at(400));
        let accounts = cloud.snapshot()["account"].as_array().unwrap().clone();
        accounts.into_iter().find(|account| account["name"] == "acme").unwrap()["id"].clone()
    };
    assert_eq!(decided(&alone), decided(&crowded), "so are ids");
}

#[test]
fn the_asynchronous_door_moves_the_same_clock() {
    let cloud = SimulatedCloud::new(2);
    let reply = futures::executor::block_on(async {
        let describe = management(organizations::Operation::ListRoots);
        cloud.runtime().sleep(Duration::from_secs(30)).await;
        cloud.call(describe).await
    });
    assert!(matches!(reply, Ok(Reply::Organizations(organizations::Reply::Roots(_)))));
    assert!(cloud.now() > at(30) && cloud.now() < at(31));
    assert_eq!(cloud.calls()[0].at, at(30));
}
