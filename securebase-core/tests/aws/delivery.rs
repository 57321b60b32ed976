//! However a call fails, the two questions are answered: what kind of failure, and may it have had an effect.

use std::net::TcpListener;
use std::time::Duration;

use securebase_core::aws::AwsCloud;
use securebase_core::cloud::{
    Call, Cloud, CloudError, Delivery, ErrorKind, Operation, Target, ec2, organizations,
};
use securebase_core::model::Tags;

use super::fake::{Answer, Fake, json, xml};
use super::untrusted;

fn create_vpc() -> Call {
    let operation =
        Operation::Ec2(ec2::Operation::CreateVpc { cidr: "10.0.0.0/16".parse().unwrap(), tags: Tags::new() });
    Call { target: Target::Management, operation }
}

fn create_organization() -> Call {
    Call { target: Target::Management, operation: organizations::Operation::CreateOrganization.into() }
}

/// What comes of the call when it is answered like that; whatever comes, it was sent once.
async fn failure(call: Call, answer: fn() -> Answer) -> CloudError {
    let fake = Fake::start(move |_| answer());
    let error = fake.cloud().await.call(call).await.unwrap_err();
    assert_eq!(fake.requests().len(), 1, "sent again without being asked to: {error:?}");
    error
}

fn outcome(error: &CloudError) -> (&str, ErrorKind, Delivery) {
    (&error.code, error.kind, error.delivery)
}

fn ec2_error(status: u16, code: &str) -> Answer {
    xml(
        status,
        &format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>what AWS says</Message></Error></Errors>\
             <RequestID>1</RequestID></Response>"
        ),
    )
}

#[tokio::test]
async fn nobody_listens() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", unused.local_addr().unwrap());
    drop(unused);
    let cloud = AwsCloud::builder().endpoint_url(url).build().await.unwrap();
    let error = cloud.call(create_vpc()).await.unwrap_err();
    assert_eq!(
        outcome(&error),
        ("EndpointUnreachable", ErrorKind::Unreachable, Delivery::NotSent),
        "{error}"
    );
}

#[tokio::test]
async fn the_connection_breaks_before_the_reply() {
    let error = failure(create_vpc(), || Answer::HangUp).await;
    assert_eq!(outcome(&error), ("ConnectionLost", ErrorKind::Service, Delivery::Unknown), "{error}");
}

#[tokio::test]
async fn the_reply_breaks_off() {
    let error =
        failure(create_vpc(), || Answer::Half(200, "text/xml", "<CreateVpcResponse>".to_owned())).await;
    assert_eq!(outcome(&error), ("ConnectionLost", ErrorKind::Service, Delivery::Unknown), "{error}");
}

#[tokio::test]
async fn no_reply_comes_in_time() {
    let fake = Fake::start(|_| Answer::Silence);
    let cloud = fake.builder().call_timeout(Duration::from_millis(200)).build().await.unwrap();
    let error = cloud.call(create_vpc()).await.unwrap_err();
    assert_eq!(outcome(&error), ("RequestTimeout", ErrorKind::Service, Delivery::Unknown), "{error}");
}

#[tokio::test]
async fn a_page_instead_of_a_reply() {
    let error = failure(create_vpc(), || page(502)).await;
    assert_eq!(outcome(&error), ("Http502", ErrorKind::Service, Delivery::Unknown), "{error}");
    assert!(error.message.contains("HTTP 502") && error.message.contains("<h1>Bad gateway</h1>"), "{error}");
    let error = failure(create_organization(), || page(500)).await;
    assert_eq!((error.kind, error.delivery), (ErrorKind::Service, Delivery::Unknown), "{error:?}");
    let error = failure(create_vpc(), || page(403)).await;
    assert_eq!(outcome(&error), ("Http403", ErrorKind::Permanent, Delivery::Rejected), "{error}");
    let error = failure(create_vpc(), || page(429)).await;
    assert_eq!((error.kind, error.delivery), (ErrorKind::Throttled, Delivery::Rejected), "{error:?}");
}

fn page(status: u16) -> Answer {
    Answer::Reply(status, "text/html", "<html><h1>Bad\ngateway</h1>".to_owned())
}

#[tokio::test]
async fn success_that_cannot_be_read() {
    let unreadable = ("MalformedReply", ErrorKind::Unreadable, Delivery::Unknown);
    let error = failure(create_vpc(), || xml(200, "<CreateVpcResponse><vpc></CreateVpcResponse>")).await;
    assert_eq!(outcome(&error), unreadable, "{error}");
    let error = failure(create_vpc(), || xml(200, "<CreateVpcResponse><vpc/></CreateVpcResponse>")).await;
    assert_eq!(outcome(&error), unreadable, "{error}");
    assert!(error.message.contains("VpcId"), "{error}");
    let error = failure(create_organization(), || json(200, "{\"Organization\":{\"Id\":")).await;
    assert_eq!(outcome(&error), unreadable, "{error}");
    let error = failure(create_organization(), || json(200, "null")).await;
    assert_eq!(outcome(&error), unreadable, "{error}");
    assert!(error.message.contains("`null`"), "{error}");
}

#[tokio::test]
async fn a_reply_without_end() {
    let error = failure(create_vpc(), || Answer::Endless).await;
    assert_eq!(outcome(&error), ("ReplyTooLarge", ErrorKind::Unreadable, Delivery::Unknown), "{error}");
    assert!(error.message.contains("64 MiB"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_nothing_vouches_for() {
    let url = untrusted::start();
    let cloud = AwsCloud::builder().endpoint_url(url).build().await.unwrap();
    let error = cloud.call(create_vpc()).await.unwrap_err();
    let expected = ("CertificateUntrusted", ErrorKind::Untrusted, Delivery::NotSent);
    assert_eq!(outcome(&error), expected, "{error}");
}

#[tokio::test]
async fn an_endpoint_that_does_not_speak_tls() {
    let fake = Fake::start(|_| page(400));
    let url = fake.url().replace("http://", "https://");
    let cloud = AwsCloud::builder().endpoint_url(url).build().await.unwrap();
    let error = cloud.call(create_vpc()).await.unwrap_err();
    assert_eq!(
        outcome(&error),
        ("EndpointUnreachable", ErrorKind::Unreachable, Delivery::NotSent),
        "{error}"
    );
}

/// Set in the process that has a proxy.
const BEHIND_A_PROXY: &str = "SECUREBASE_TEST_BEHIND_A_PROXY";

/// The proxy is the environment's, so another process has it.
#[test]
fn a_proxy_that_refuses() {
    let proxy = Fake::start(|_| page(403));
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "delivery::a_process_behind_a_proxy", "--nocapture"])
        .env(BEHIND_A_PROXY, "yes")
        .env("HTTPS_PROXY", proxy.url())
        .env("https_proxy", proxy.url())
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("EndpointUnreachable"), "{child:?}");
    assert_eq!(proxy.count("CONNECT endpoint.example:443"), 1, "{:?}", proxy.requests());
}

#[tokio::test]
async fn a_process_behind_a_proxy() {
    if std::env::var_os(BEHIND_A_PROXY).is_none() {
        return;
    }
    let cloud = AwsCloud::builder().endpoint_url("https://endpoint.example").build().await.unwrap();
    let error = cloud.call(create_vpc()).await.unwrap_err();
    assert_eq!(
        outcome(&error),
        ("EndpointUnreachable", ErrorKind::Unreachable, Delivery::NotSent),
        "{error}"
    );
    println!("{error}");
}

#[tokio::test]
async fn codes_of_ec2() {
    let error = failure(create_vpc(), || ec2_error(503, "RequestLimitExceeded")).await;
    assert_eq!(outcome(&error), ("RequestLimitExceeded", ErrorKind::Throttled, Delivery::Rejected));
    assert_eq!(error.message, "what AWS says");
    let error = failure(create_vpc(), || ec2_error(400, "VpcLimitExceeded")).await;
    assert_eq!(outcome(&error), ("VpcLimitExceeded", ErrorKind::Quota, Delivery::Rejected));
    let error = failure(create_vpc(), || ec2_error(500, "InternalError")).await;
    assert_eq!(outcome(&error), ("InternalError", ErrorKind::Service, Delivery::Unknown));
    let error = failure(create_vpc(), || ec2_error(500, "NobodyKnows")).await;
    assert_eq!(outcome(&error), ("NobodyKnows", ErrorKind::Service, Delivery::Unknown));
    let error = failure(create_vpc(), || ec2_error(400, "NobodyKnows")).await;
    assert_eq!(outcome(&error), ("NobodyKnows", ErrorKind::Permanent, Delivery::Rejected));
}

#[tokio::test]
async fn reasons_of_organizations() {
    let limit = || {
        json(
            400,
            r#"{"__type":"ConstraintViolationException","Message":"Too many","Reason":"ACCOUNT_NUMBER_LIMIT_EXCEEDED"}"#,
        )
    };
    let error = failure(create_organization(), limit).await;
    assert_eq!(outcome(&error), ("ConstraintViolationException", ErrorKind::Quota, Delivery::Rejected));
    assert_eq!(error.reason.as_deref(), Some("ACCOUNT_NUMBER_LIMIT_EXCEEDED"));
    assert_eq!(error.message, "Too many");
    let unheard_of = || {
        json(400, r#"{"__type":"ConstraintViolationException","Message":"-","Reason":"INVENTED_TOMORROW"}"#)
    };
    let error = failure(create_organization(), unheard_of).await;
    assert_eq!((error.reason.as_deref(), error.kind), (Some("INVENTED_TOMORROW"), ErrorKind::Permanent));
    let busy = || json(400, r#"{"__type":"ConcurrentModificationException","Message":"-"}"#);
    let error = failure(create_organization(), busy).await;
    assert_eq!(outcome(&error), ("ConcurrentModificationException", ErrorKind::Busy, Delivery::Rejected));
    let throttled = || json(400, r#"{"__type":"TooManyRequestsException","Type":"RATE","Message":"-"}"#);
    let error = failure(create_organization(), throttled).await;
    assert_eq!((error.kind, error.delivery), (ErrorKind::Throttled, Delivery::Rejected));
}

#[tokio::test]
async fn a_refusal_by_the_management_account_is_final() {
    let refused = || json(400, r#"{"__type":"AccessDeniedException","Message":"You may not"}"#);
    let error = failure(create_organization(), refused).await;
    assert_eq!(outcome(&error), ("AccessDeniedException", ErrorKind::Permanent, Delivery::Rejected));
    let error = failure(create_vpc(), || ec2_error(403, "UnauthorizedOperation")).await;
    assert_eq!(outcome(&error), ("UnauthorizedOperation", ErrorKind::Permanent, Delivery::Rejected));
}

#[tokio::test]
async fn nothing_of_the_credentials_is_shown() {
    let cloud = AwsCloud::builder().endpoint_url("http://127.0.0.1:1").build().await.unwrap();
    assert_eq!(format!("{cloud:?}"), "AwsCloud { endpoint_url: Some(\"http://127.0.0.1:1\"), .. }");
}

#[tokio::test]
async fn flow_logs_fail_inside_a_success() {
    let operation = Operation::Ec2(ec2::Operation::CreateFlowLogs {
        vpc: "vpc-1".parse().unwrap(),
        log_group: "flow".into(),
        role_arn: "arn:aws:iam::111122223333:role/flow".into(),
        client_token: "token".into(),
        tags: Tags::new(),
    });
    let call = Call { target: Target::Management, operation };
    let answer = || {
        xml(
            200,
            "<CreateFlowLogsResponse><flowLogIdSet/><unsuccessful><item><error><code>FlowLogAlreadyExists</code>\
             <message>There is one</message></error><resourceId>vpc-1</resourceId></item></unsuccessful>\
             </CreateFlowLogsResponse>",
        )
    };
    let error = failure(call, answer).await;
    assert_eq!(outcome(&error), ("FlowLogAlreadyExists", ErrorKind::AlreadyExists, Delivery::Rejected));
    assert_eq!(error.message, "There is one");
}

#[tokio::test]
async fn settings_are_checked_before_anything_is_sent() {
    let cases = [
        (AwsCloud::builder().endpoint_url("127.0.0.1:5000"), "InvalidEndpoint"),
        (AwsCloud::builder().session_name("a b"), "InvalidSessionName"),
        (
            AwsCloud::builder().endpoint_url("http://127.0.0.1:1").profile("a profile that no file defines"),
            "ProfileNotFound",
        ),
    ];
    for (builder, code) in cases {
        let error = builder.build().await.unwrap_err();
        assert_eq!(outcome(&error), (code, ErrorKind::Permanent, Delivery::NotSent), "{error}");
    }
}
