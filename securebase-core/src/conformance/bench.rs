//! What a case works with: a cloud, names of its own, and patience.

use std::time::Duration;

use crate::cloud::organizations::{self, AccountRequest, AccountRequestState};
use crate::cloud::{
    Call, Cloud, CloudError, Delivery, ErrorKind, Operation, Page, PageToken, Reply, Target, ec2,
};
use crate::model::{AccountId, Region, ResourceId, RoleName, Tags};

/// What a case ends with: nothing, or what is wrong.
pub(super) type Verdict = Result<(), String>;

/// How often a call that has to wait is repeated, and how long between.
const PATIENCE: u32 = 200;
const PAUSE: Duration = Duration::from_secs(5);

pub(super) struct Bench<'a> {
    pub(super) cloud: &'a dyn Cloud,
    /// The name of the case: part of everything it names.
    pub(super) case: &'static str,
}

/// Unwraps the reply of a call, or ends the case.
macro_rules! reply {
    ($outcome:expr, $service:ident($variant:path)) => {
        match $outcome? {
            Reply::$service($variant(inner)) => inner,
            other => return Err(format!("answered {} instead of {}", other.shape(), stringify!($variant))),
        }
    };
    ($outcome:expr, $variant:path) => {
        match $outcome? {
            $variant(inner) => inner,
            other => return Err(format!("answered {} instead of {}", other.shape(), stringify!($variant))),
        }
    };
}
pub(super) use reply;

/// Ends the case unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}
pub(super) use ensure;

impl Bench<'_> {
    /// A name that only this case uses.
    pub(super) fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.case.replace('/', "-"))
    }

    pub(super) fn tags(&self, what: &str) -> Tags {
        Tags::from_iter([("conformance:address".to_owned(), format!("{}/{what}", self.case))])
    }

    /// One call, repeated while the cloud says to wait; nothing is repeated that may have had an effect.
    pub(super) async fn try_call(
        &self,
        target: &Target,
        operation: impl Into<Operation>,
    ) -> Result<Reply, CloudError> {
        let operation = operation.into();
        let mut patience = PATIENCE;
        loop {
            let result = self.cloud.call(Call { target: target.clone(), operation: operation.clone() }).await;
            let waits = |error: &CloudError| {
                error.delivery != Delivery::Unknown && error.kind == ErrorKind::Throttled
            };
            match result {
                Err(error) if waits(&error) && patience > 0 => {
                    patience -= 1;
                    self.cloud.runtime().sleep(Duration::from_secs(1)).await;
                }
                result => return result,
            }
        }
    }

    /// A call that must succeed.
    pub(super) async fn call(
        &self,
        target: &Target,
        operation: impl Into<Operation>,
    ) -> Result<Reply, String> {
        let operation = operation.into();
        let action = operation.action();
        self.try_call(target, operation).await.map_err(|error| format!("{action} failed: {error}"))
    }

    /// A call to the organization that must succeed.
    pub(super) async fn org(&self, operation: impl Into<Operation>) -> Result<Reply, String> {
        self.call(&Target::Management, operation).await
    }

    /// A create call that must succeed.
    pub(super) async fn create(
        &self,
        target: &Target,
        operation: impl Into<Operation>,
    ) -> Result<ResourceId, String> {
        Ok(reply!(self.call(target, operation).await, Reply::Created))
    }

    /// A call that must be refused with one of the codes, and certainly without an effect.
    pub(super) async fn refused(
        &self,
        target: &Target,
        operation: impl Into<Operation>,
        codes: &[&str],
    ) -> Result<CloudError, String> {
        let operation = operation.into();
        let action = operation.action();
        match self.try_call(target, operation).await {
            Ok(_) => Err(format!("{action} succeeded instead of {codes:?}")),
            Err(error) if !codes.contains(&error.code.as_str()) => {
                Err(format!("{action} answered {error} instead of {codes:?}"))
            }
            Err(error) if error.delivery != Delivery::Rejected => {
                Err(format!("{action}: {} is taken for {:?}", error.code, error.delivery))
            }
            Err(error) => Ok(error),
        }
    }

    /// As [`Self::refused`], of the organization, with one code and the reason inside it.
    pub(super) async fn org_refused(
        &self,
        operation: impl Into<Operation>,
        code: &str,
        reason: Option<&str>,
    ) -> Verdict {
        let error = self.refused(&Target::Management, operation, &[code]).await?;
        match reason {
            Some(reason) if error.reason.as_deref() != Some(reason) => {
                Err(format!("{code} gives {:?} instead of `{reason}`", error.reason))
            }
            _ => Ok(()),
        }
    }

    /// All pages of a list.
    pub(super) async fn all<O: Into<Operation>, T>(
        &self,
        target: &Target,
        operation: impl Fn(Option<PageToken>) -> O,
        take: impl Fn(Reply) -> Option<Page<T>>,
    ) -> Result<Vec<T>, String> {
        let mut items = Vec::new();
        let mut token = None;
        for _ in 0..1000 {
            let reply = self.call(target, operation(token)).await?;
            let shape = reply.shape();
            let page = take(reply).ok_or_else(|| format!("answered {shape} instead of a page"))?;
            items.extend(page.items);
            token = page.next;
            if token.is_none() {
                return Ok(items);
            }
        }
        Err("the list has no end".to_owned())
    }

    /// The root of an organization in which service control policies are enabled; both are made so if need be.
    pub(super) async fn root(&self) -> Result<ResourceId, String> {
        if let Err(error) =
            self.try_call(&Target::Management, organizations::Operation::DescribeOrganization).await
        {
            ensure!(error.code == "AWSOrganizationsNotInUseException", "DescribeOrganization: {error}");
            self.org(organizations::Operation::CreateOrganization).await?;
        }
        for asked in 0..PATIENCE {
            let roots = reply!(
                self.org(organizations::Operation::ListRoots).await,
                Organizations(organizations::Reply::Roots)
            );
            let [root] = roots.as_slice() else { return Err(format!("{} roots", roots.len())) };
            if root.service_control_policies {
                return Ok(root.id.clone());
            }
            if asked == 0 {
                self.org(organizations::Operation::EnablePolicyType { root: root.id.clone() }).await?;
            }
            self.cloud.runtime().sleep(PAUSE).await;
        }
        Err("service control policies are never enabled".to_owned())
    }

    /// A unit of this case under the root.
    pub(super) async fn unit(&self, what: &str) -> Result<ResourceId, String> {
        let parent = self.root().await?;
        let operation = organizations::Operation::CreateOrganizationalUnit {
            parent,
            name: self.name(what),
            tags: self.tags(what),
        };
        self.create(&Target::Management, operation).await
    }

    pub(super) fn role() -> Result<RoleName, String> {
        "OrganizationAccountAccessRole".parse().map_err(|error| format!("{error}"))
    }

    pub(super) fn email(&self, what: &str) -> String {
        let mut email = format!("aws+{}", self.name(what));
        email.truncate(52);
        email + "@example.com"
    }

    /// Asks for an account of this case.
    pub(super) async fn request_account(&self, what: &str) -> Result<AccountRequest, String> {
        self.request(&self.name(what), &self.email(what), what).await
    }

    pub(super) async fn request(
        &self,
        name: &str,
        email: &str,
        what: &str,
    ) -> Result<AccountRequest, String> {
        let name: String = name.chars().take(50).collect();
        let operation = organizations::Operation::CreateAccount {
            name,
            email: email.to_owned(),
            role: Self::role()?,
            tags: self.tags(what),
        };
        Ok(reply!(self.org(operation).await, Organizations(organizations::Reply::AccountRequest)))
    }

    /// Waits until a request is decided.
    pub(super) async fn decided(&self, request: &AccountRequest) -> Result<AccountRequestState, String> {
        let mut state = request.state.clone();
        for _ in 0..PATIENCE {
            if state != AccountRequestState::InProgress {
                return Ok(state);
            }
            self.cloud.runtime().sleep(PAUSE).await;
            let describe =
                organizations::Operation::DescribeCreateAccountStatus { request: request.id.clone() };
            state =
                reply!(self.org(describe).await, Organizations(organizations::Reply::AccountRequest)).state;
        }
        Err("the request is never decided".to_owned())
    }

    /// An account of this case, in the root.
    pub(super) async fn account(&self, what: &str) -> Result<AccountId, String> {
        self.root().await?;
        let request = self.request_account(what).await?;
        match self.decided(&request).await? {
            AccountRequestState::Succeeded { account } => Ok(account),
            other => Err(format!("the account ended as {other:?}")),
        }
    }

    /// An account of this case that can be worked in.
    pub(super) async fn member(&self) -> Result<Target, String> {
        let account = self.account("member").await?;
        let target = Target::Member { account, region: Region::us_east_1(), role: Self::role()? };
        for _ in 0..PATIENCE {
            match self.try_call(&target, ec2::Operation::DescribeVpcs { tags: Tags::new(), page: None }).await
            {
                Ok(_) => return Ok(target),
                Err(error) if error.kind == ErrorKind::NotReady => self.cloud.runtime().sleep(PAUSE).await,
                Err(error) => return Err(format!("the account never answers: {error}")),
            }
        }
        Err("the account is never ready".to_owned())
    }

    /// Waits for something that comes by itself.
    pub(super) async fn eventually<T>(
        &self,
        what: &str,
        mut look: impl AsyncFnMut() -> Result<Option<T>, String>,
    ) -> Result<T, String> {
        for _ in 0..PATIENCE {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            self.cloud.runtime().sleep(PAUSE).await;
        }
        Err(format!("{what} never comes"))
    }
}

/// An id that nothing has.
pub(super) fn id(text: &str) -> Result<ResourceId, String> {
    text.parse().map_err(|error| format!("{error}"))
}
