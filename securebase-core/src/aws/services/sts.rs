//! AWS Security Token Service.

use aws_sdk_sts::Client;

use crate::aws::convert::parse;
use crate::aws::error::failure;
use crate::cloud::sts::{self, Operation};
use crate::cloud::{CloudError, Reply};

pub(in crate::aws) async fn send(client: &Client, operation: &Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::GetCallerIdentity => {
            let output = client.get_caller_identity().send().await.map_err(failure)?;
            Ok(sts::Reply::CallerIdentity(parse(output.account(), "Account")?).into())
        }
    }
}
