//! Whether there is a state in a place, and whose it is.

use crate::model::{Address, ResourceId, ZoneName};
use crate::state::archive::{Recorded, State};
use crate::state::journal::entry::Home;
use crate::state::resources::RESOURCES;
use crate::state::{Error, lease};

impl Recorded {
    /// The organization the run worked in; `None` where it made none, or an earlier release planned it without a cloud.
    pub fn organization(&self) -> Option<&ResourceId> {
        let begun = self.replay.begun.as_ref().and_then(|begun| begun.organization.as_ref());
        let made = || self.replay.steps.get(&Address::organization())?.id.as_ref();
        begun.map(|Home { id, root: _ }| id).or_else(made).or_else(|| self.plan.organization())
    }
}

impl State {
    /// Where the state is kept: a path or a URL.
    pub fn place(&self) -> String {
        self.store().place()
    }

    /// Makes sure that there is a state: that anything was ever written there.
    ///
    /// # Errors
    /// [`Error::NotFound`] where nothing was; where the store fails.
    pub async fn check_exists(&self) -> Result<(), Error> {
        // The first release knew no lease.
        if self.store().get(lease::LEASE).await?.is_some()
            || self.store().get(RESOURCES).await?.is_some()
            || !self.files_by_run().await?.is_empty()
        {
            return Ok(());
        }
        Err(Error::NotFound { place: self.place() })
    }

    /// The organization the state knows, `None` where it knows none yet. The last run, where the caller has it, is not read
    /// again.
    ///
    /// # Errors
    /// As [`State::recorded`].
    pub(crate) async fn organization(&self, last: Option<&Recorded>) -> Result<Option<ResourceId>, Error> {
        if let Some(found) = last.and_then(Recorded::organization) {
            return Ok(Some(found.clone()));
        }
        // After a rebuild there need not be a run.
        let resources = self.resources().await?;
        let found = resources.get(&Address::organization()).map(|found| found.id.clone());
        Ok(found.filter(|id| !crate::plan::is_placeholder(id)))
    }

    /// Refuses an organization that is not the one the state knows.
    pub(crate) fn check_organization(
        &self,
        known: Option<&ResourceId>,
        found: Option<&ResourceId>,
    ) -> Result<(), Error> {
        match known {
            Some(known) if found != Some(known) => Err(Error::AnotherOrganization {
                place: self.place(),
                known: known.clone(),
                found: found.cloned(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses a zone that is not the one whose plan was carried out last.
    pub(crate) fn check_zone(&self, last: Option<&Recorded>, zone: &ZoneName) -> Result<(), Error> {
        match last.map(|last| &last.plan.scope.zone) {
            Some(known) if known != zone => {
                Err(Error::AnotherZone { place: self.place(), known: known.clone(), zone: zone.clone() })
            }
            _ => Ok(()),
        }
    }
}
