//! Roles in member accounts: assumed once, kept, renewed, and told apart from the call they are for.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use securebase_core::cloud::{Call, Cloud, Delivery, ErrorKind, Reply, Target, sts};
use securebase_core::model::AccountId;

use super::fake::{Answer, Fake, xml};

fn who_am_i(account: &str, region: &str) -> Call {
    let target = Target::Member {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
        role: "OrganizationAccountAccessRole".parse().unwrap(),
    };
    Call { target, operation: sts::Operation::GetCallerIdentity.into() }
}

const IDENTITY: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
                        </GetCallerIdentityResult></GetCallerIdentityResponse>";

/// A session that ends then, under an access key that numbers it.
fn session(number: usize, expires: &str) -> Answer {
    xml(
        200,
        &format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>KEY{number}</AccessKeyId>\
             <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
             <Expiration>{expires}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

/// A server whose sessions end then, and which answers all else with `answer`.
fn server(expires: &'static str, answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Fake {
    let sessions = AtomicUsize::new(0);
    Fake::start(move |request| {
        if request.contains("Action=AssumeRole") {
            session(sessions.fetch_add(1, Ordering::Relaxed), expires)
        } else {
            answer(request)
        }
    })
}

#[tokio::test]
async fn one_session_serves_all_calls_and_regions_of_an_account() {
    let fake = server("2999-01-01T00:00:00Z", |_| xml(200, IDENTITY));
    let cloud = fake.cloud().await;
    let calls = (0..10)
        .map(|n| cloud.call(who_am_i("111122223333", if n % 2 == 0 { "us-east-1" } else { "eu-central-1" })));
    for reply in join_all(calls).await {
        let account: AccountId = "111122223333".parse().unwrap();
        assert_eq!(reply.unwrap(), Reply::Sts(sts::Reply::CallerIdentity(account)));
    }
    assert_eq!((fake.count("Action=AssumeRole"), fake.count("Action=GetCallerIdentity")), (1, 10));
    assert_eq!(fake.count("Credential=KEY0/"), 10, "every call is signed with the session's key");
    assert_eq!(fake.count("/eu-central-1/sts/"), 5, "every call is signed for its region");
    let assume = fake.requests().into_iter().find(|request| request.contains("AssumeRole")).unwrap();
    assert!(
        assume.contains("arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FOrganizationAccountAccessRole"),
        "{assume}"
    );
    assert!(assume.contains("RoleSessionName=securebase"), "{assume}");

    cloud.call(who_am_i("444455556666", "us-east-1")).await.unwrap();
    assert_eq!(fake.count("Action=AssumeRole"), 2, "another account is another session");
}

#[tokio::test]
async fn a_session_about_to_end_is_renewed() {
    let fake = server("2001-01-01T00:00:00Z", |_| xml(200, IDENTITY));
    let cloud = fake.cloud().await;
    for _ in 0..3 {
        cloud.call(who_am_i("111122223333", "us-east-1")).await.unwrap();
    }
    assert_eq!(fake.count("Action=AssumeRole"), 3);
}

#[tokio::test]
async fn a_session_that_aws_calls_expired_is_dropped() {
    let fake = server("2999-01-01T00:00:00Z", |request| {
        if request.contains("Credential=KEY0/") {
            xml(
                403,
                "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>old</Message></Error>\
                 </ErrorResponse>",
            )
        } else {
            xml(200, IDENTITY)
        }
    });
    let cloud = fake.cloud().await;
    let error = cloud.call(who_am_i("111122223333", "us-east-1")).await.unwrap_err();
    assert_eq!((error.kind, error.delivery), (ErrorKind::ExpiredCredentials, Delivery::Rejected));
    assert_eq!(fake.count("Action=GetCallerIdentity"), 1, "calling again is the caller's business");
    cloud.call(who_am_i("111122223333", "us-east-1")).await.unwrap();
    assert_eq!(fake.count("Action=AssumeRole"), 2);
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_means_the_call_was_not_sent() {
    let fake = Fake::start(|_| {
        xml(
            403,
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
             <Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>",
        )
    });
    let error = fake.cloud().await.call(who_am_i("111122223333", "us-east-1")).await.unwrap_err();
    assert_eq!(
        (&*error.code, error.kind, error.delivery),
        ("AccessDenied", ErrorKind::NotReady, Delivery::NotSent)
    );
    for part in ["OrganizationAccountAccessRole", "111122223333", "not authorized"] {
        assert!(error.message.contains(part), "{error}");
    }
    assert_eq!(fake.count("Action=GetCallerIdentity"), 0);

    let stranger = Fake::start(|_| {
        xml(
            403,
            "<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>-</Message></Error></ErrorResponse>",
        )
    });
    let error = stranger.cloud().await.call(who_am_i("111122223333", "us-east-1")).await.unwrap_err();
    assert_eq!((error.kind, error.delivery), (ErrorKind::Permanent, Delivery::NotSent), "our own key is bad");

    let silent = Fake::start(|_| Answer::HangUp);
    let error = silent.cloud().await.call(who_am_i("111122223333", "us-east-1")).await.unwrap_err();
    assert_eq!((error.kind, error.delivery), (ErrorKind::Service, Delivery::NotSent), "{error}");
}
