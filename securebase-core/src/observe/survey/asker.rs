//! Asks one target, patiently and no faster than AWS answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::cloud::{
    Call, Cloud, CloudError, Delivery, ErrorKind, Operation, PageToken, Reply, Service, Target, organizations,
};
use crate::model::{AccountId, Limits, Region, ResourceId, Tags};
use crate::observe::Error;
use crate::pacing::{Contact, Pacer, Pages, Patience};

/// The place a rate holds for: everywhere, or one account in one region.
type Lane = (String, Option<(AccountId, Region)>);

/// Where calls are answered: a service in a region, the management account's where there is none.
type Endpoint = (Service, Option<Region>);

/// The request rates of AWS, shared by all that is asked at a time: asking faster costs refusals, and is refused to others
/// of the same organization too.
#[derive(Default)]
pub(super) struct Pace {
    limits: Limits,
    lanes: Mutex<BTreeMap<Lane, Pacer>>,
    /// What has answered so far.
    contacts: Mutex<BTreeSet<Endpoint>>,
}

impl Pace {
    /// Takes note of what came of a call, and says whether its endpoint has ever answered.
    fn contact(&self, call: &Call, result: &Result<Reply, CloudError>) -> Contact {
        let region = match &call.target {
            Target::Management => None,
            Target::Member { region, .. } => Some(region.clone()),
        };
        let endpoint = (call.operation.service(), region);
        let mut contacts = self.contacts.lock().unwrap_or_else(PoisonError::into_inner);
        if result.as_ref().err().is_none_or(is_answer) {
            contacts.insert(endpoint);
            return Contact::Made;
        }
        if contacts.contains(&endpoint) { Contact::Made } else { Contact::None }
    }

    /// Waits until the next call may leave.
    async fn keep(&self, cloud: &dyn Cloud, target: &Target, operation: &Operation) {
        let Some(bucket) = self.limits.bucket(operation.action()) else { return };
        let place = match target {
            Target::Member { account, region, .. } if !bucket.shared => Some((*account, region.clone())),
            _ => None,
        };
        let now = cloud.runtime().steady();
        let ready = {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            let pacer = lanes.entry((bucket.name.clone(), place)).or_insert_with(|| Pacer::new(bucket));
            let ready = pacer.ready_at(now);
            pacer.take(ready);
            ready
        };
        let wait = ready.since(now);
        if !wait.is_zero() {
            cloud.runtime().sleep(wait).await;
        }
    }
}

/// Whether the service itself has refused.
fn is_answer(error: &CloudError) -> bool {
    error.delivery == Delivery::Rejected
}

/// Asks one target.
pub(super) struct Asker<'a> {
    pub(super) cloud: &'a dyn Cloud,
    pub(super) pace: &'a Pace,
    pub(super) target: Target,
}

impl Asker<'_> {
    pub(super) async fn try_ask(&self, operation: &Operation) -> Result<Reply, CloudError> {
        let mut patience = Patience::default();
        loop {
            self.pace.keep(self.cloud, &self.target, operation).await;
            let call = Call { target: self.target.clone(), operation: operation.clone() };
            let sent = self.cloud.runtime().steady();
            let result = self.cloud.call(call.clone()).await;
            let contact = self.pace.contact(&call, &result);
            let Err(error) = result else { return result };
            patience.wait(self.cloud, operation, sent, error, contact).await?;
        }
    }

    pub(super) async fn ask(&self, operation: Operation) -> Result<Reply, Error> {
        self.try_ask(&operation).await.map_err(|error| failed(&operation, error))
    }

    /// The reply, `None` where what is asked about does not exist.
    pub(super) async fn find(&self, operation: Operation) -> Result<Option<Reply>, Error> {
        match self.try_ask(&operation).await {
            Ok(reply) => Ok(Some(reply)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&operation, error)),
        }
    }

    /// All pages of a list.
    pub(super) async fn all<T>(
        &self,
        operation: impl Fn(Option<PageToken>) -> Operation,
        items: impl Fn(Reply) -> Option<(Vec<T>, Option<PageToken>)>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        let mut pages = Pages::default();
        let mut page = None;
        loop {
            let asked = operation(page);
            let reply = self.ask(asked.clone()).await?;
            let shape = reply.shape();
            let Some((items, next)) = items(reply) else {
                let message = format!("the cloud answered with {shape}");
                return Err(failed(&asked, CloudError::rejected("UnexpectedReply", message)));
            };
            found.extend(items);
            match next {
                Some(next) => page = Some(pages.turn(next).map_err(|error| failed(&asked, error))?),
                None => return Ok(found),
            }
        }
    }

    pub(super) async fn tags(&self, resource: &ResourceId) -> Result<Tags, Error> {
        let list =
            |page| organizations::Operation::ListTagsForResource { resource: resource.clone(), page }.into();
        let pairs = self
            .all(list, |reply| match reply {
                Reply::Tags(tags, next) => Some((tags.into_iter().collect(), next)),
                _ => None,
            })
            .await?;
        Ok(pairs.into_iter().collect())
    }
}

pub(super) fn failed(operation: &Operation, source: CloudError) -> Error {
    Error::Failed { what: operation.action().to_owned(), source: Box::new(source) }
}
