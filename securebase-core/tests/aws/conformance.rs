//! The suite that every cloud must pass, against moto over the real SDKs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use securebase_core::aws::AwsCloud;
use securebase_core::cloud::{Call, Cloud, Operation, ReplyFuture};
use securebase_core::conformance::cloud;
use securebase_core::conformance::moto::DEVIATIONS;
use securebase_core::time::{RealTime, Runtime, Time};

use super::moto::Moto;

/// What a moto server has no answer to.
const UNKNOWN_TO_MOTO: [&str; 4] = [
    "logs:AssociateKmsKey",
    "account:PutAccountName",
    "account:StartPrimaryEmailUpdate",
    "account:AcceptPrimaryEmailUpdate",
];

/// AWS without waiting (moto does at once what it ever does), remembering which operations have succeeded.
#[derive(Clone)]
struct Impatient {
    cloud: Arc<AwsCloud>,
    succeeded: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl Cloud for Impatient {
    fn call(&self, call: Call) -> ReplyFuture<'_> {
        Box::pin(async move {
            let action = call.operation.action();
            let reply = self.cloud.call(call).await?;
            self.succeeded.lock().unwrap().insert(action);
            Ok(reply)
        })
    }

    fn runtime(&self) -> &dyn Runtime {
        self
    }
}

impl Runtime for Impatient {
    fn now(&self) -> Time {
        RealTime.now()
    }

    fn steady(&self) -> Time {
        RealTime.steady()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn aws_conforms_as_far_as_moto_does() {
    let moto = Moto::start();
    let aws = Impatient { cloud: Arc::new(moto.cloud().await), succeeded: Arc::default() };
    let report = cloud::run(async || aws.clone(), &DEVIATIONS).await;
    assert!(report.is_ok(), "{report}");
    let succeeded = aws.succeeded.lock().unwrap();
    let never: Vec<_> = Operation::ALL
        .iter()
        .map(|(service, name, _)| format!("{}:{name}", service.name()))
        .filter(|action| !succeeded.contains(action.as_str()))
        .collect();
    assert_eq!(never, UNKNOWN_TO_MOTO, "what no case has succeed");
}
