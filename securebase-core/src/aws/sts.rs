//! AWS Security Token Service.

use aws_sdk_sts::Client;

use super::convert::{misrouted, parse};
use super::error::failure;
use crate::cloud::{CloudError, Operation, Reply};

pub(super) async fn send(client: &Client, operation: &Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::GetCallerIdentity => {
            let output = client.get_caller_identity().send().await.map_err(|e| failure(&e))?;
            Ok(Reply::CallerIdentity(parse(output.account(), "Account")?))
        }
        other => Err(misrouted(other)),
    }
}
