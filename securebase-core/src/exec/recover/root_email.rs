//! Another root e-mail address for an account that exists: two calls with a person between them.
//!
//! AWS mails a code to the new address and changes nothing until that code comes back. Whoever owns the mailbox has the
//! code, so this cannot be a step of a plan; the planner says which address an account has and what to do.

use crate::cloud::account::{self, OneTimeCode};
use crate::cloud::{Call, Cloud, CloudError, Delivery, ErrorKind, Operation, Target, organizations};
use crate::exec::Error;
use crate::model::{AccountId, Email};
use crate::pacing::{Contact, Patience};

/// The service of AWS that changes root addresses, once the organization trusts it.
const ACCOUNT_SERVICE: &str = "account.amazonaws.com";
/// How often a change is refused after the service was trusted, until that is taken for an answer.
const DENIALS_MAX: u32 = 10;

/// Asks AWS to mail a code to the address that the root user of `account` shall have. Enables trusted access for AWS
/// Account Management in the organization where it is off. Asking again mails another code.
///
/// # Errors
/// [`Error::Refused`] with AWS's reason, for example where the address belongs to another account.
pub async fn start_root_email_change(
    cloud: &dyn Cloud,
    account: AccountId,
    email: &Email,
) -> Result<(), Error> {
    let start = Operation::Account(account::Operation::StartPrimaryEmailUpdate {
        account,
        email: email.as_str().to_owned(),
    });
    let mut trusted = false;
    let mut denials = 0;
    loop {
        let error = match call(cloud, start.clone()).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if error.kind != ErrorKind::NotReady || denials == DENIALS_MAX {
            return Err(refused(&start, error));
        }
        denials += 1;
        if trusted {
            cloud.runtime().sleep(std::time::Duration::from_secs(3)).await;
        } else {
            let trust = Operation::Organizations(organizations::Operation::EnableAwsServiceAccess {
                service: ACCOUNT_SERVICE.to_owned(),
            });
            call(cloud, trust.clone()).await.map_err(|error| refused(&trust, error))?;
            trusted = true;
        }
    }
}

/// Changes the root e-mail address, with the code that [`start_root_email_change`] had mailed to it.
///
/// # Errors
/// [`Error::Refused`] with AWS's reason, for example where the code is wrong or too old.
pub async fn finish_root_email_change(
    cloud: &dyn Cloud,
    account: AccountId,
    email: &Email,
    code: &str,
) -> Result<(), Error> {
    let email = email.as_str().to_owned();
    let accept = Operation::Account(account::Operation::AcceptPrimaryEmailUpdate {
        account,
        email,
        code: OneTimeCode::new(code),
    });
    call(cloud, accept.clone()).await.map_err(|error| refused(&accept, error))
}

/// One call, again while AWS is busy. Doing any of these twice does no more than doing it once.
async fn call(cloud: &dyn Cloud, operation: Operation) -> Result<(), CloudError> {
    let mut patience = Patience::default();
    let mut contact = Contact::None;
    loop {
        let call = Call { target: Target::Management, operation: operation.clone() };
        let sent = cloud.runtime().steady();
        let Err(error) = cloud.call(call).await else { return Ok(()) };
        if error.delivery == Delivery::Rejected {
            contact = Contact::Made;
        }
        patience.wait(cloud, &operation, sent, error, contact).await?;
    }
}

fn refused(operation: &Operation, source: CloudError) -> Error {
    Error::Refused { what: operation.action().to_owned(), source: Box::new(source) }
}
