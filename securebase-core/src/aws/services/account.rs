//! AWS Account Management: names and root addresses of accounts that exist.

use aws_sdk_account::Client;
use futures::TryFutureExt;

use crate::aws::convert::done;
use crate::aws::error::failure;
use crate::cloud::account::Operation;
use crate::cloud::{CloudError, Reply};

pub(in crate::aws) async fn send(client: &Client, operation: Operation) -> Result<Reply, CloudError> {
    match operation {
        Operation::PutAccountName { account, name } => {
            let call = client.put_account_name().account_id(account.to_string()).account_name(name);
            done(call.send().map_err(failure)).await
        }
        Operation::StartPrimaryEmailUpdate { account, email } => {
            let call = client.start_primary_email_update().account_id(account.to_string());
            done(call.primary_email(email).send().map_err(failure)).await
        }
        Operation::AcceptPrimaryEmailUpdate { account, email, code } => {
            let call = client.accept_primary_email_update().account_id(account.to_string());
            done(call.primary_email(email).otp(code.expose()).send().map_err(failure)).await
        }
    }
}
