//! Clouds: the simulated one, and AWS.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use securebase_core::cloud::Cloud;
use securebase_core::model::{AccountId, Limits, Problems, Region, Tags, UsableZones};
use securebase_core::sim::{Faults as CoreFaults, SimulatedCloud as CoreSimulated};

use crate::argument;
use crate::convert::plain;
use crate::error::{OfArgument as _, Result};

#[cfg(feature = "aws")]
type CoreAws = std::sync::Arc<securebase_core::aws::AwsCloud>;
/// A build without AWS has no value of this type: `AwsCloud` cannot be made.
#[cfg(not(feature = "aws"))]
type CoreAws = std::convert::Infallible;

/// Any of the clouds.
#[derive(Clone)]
pub(crate) enum AnyCloud {
    Simulated(CoreSimulated),
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "there is no value of this variant to make"))]
    Aws(CoreAws),
}

impl AnyCloud {
    pub(crate) fn of(cloud: &Bound<'_, PyAny>) -> Result<Self> {
        if let Ok(cloud) = cloud.cast::<SimulatedCloud>() {
            Ok(Self::Simulated(cloud.get().0.clone()))
        } else if let Ok(cloud) = cloud.cast::<AwsCloud>() {
            Ok(cloud.get().any())
        } else {
            Err(argument::wrong_type("cloud", cloud, "a `SimulatedCloud` or an `AwsCloud`"))
        }
    }

    /// Returns the port that all clouds have.
    pub(crate) fn port(&self) -> &dyn Cloud {
        match self {
            Self::Simulated(cloud) => cloud,
            #[cfg(feature = "aws")]
            Self::Aws(cloud) => cloud.as_ref(),
            #[cfg(not(feature = "aws"))]
            Self::Aws(none) => match *none {},
        }
    }
}

/// After how many calls the process dies: `crash_after_calls`.
fn crash_after_calls(value: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    if value.is_none() {
        return Ok(None);
    }
    Ok(Some(crate::convert::count(crate::error::Class::Input, "crash_after_calls", value, 0..=u64::MAX)?))
}

/// What goes wrong in a simulated cloud, and how often: probabilities from 0 to 1.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(Clone, PartialEq)]
pub(crate) struct Faults(CoreFaults);

#[pymethods]
impl Faults {
    #[new]
    #[pyo3(signature = (
        *, throttle = 0.0, lost_reply = 0.0, lost_request = 0.0, not_yet_visible = 0.0, service_error = 0.0,
        async_failure = 0.0, expired_credentials = 0.0, crash_after_calls = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keywords in Python")]
    fn new(
        #[pyo3(from_py_with = argument::number::throttle)] throttle: f64,
        #[pyo3(from_py_with = argument::number::lost_reply)] lost_reply: f64,
        #[pyo3(from_py_with = argument::number::lost_request)] lost_request: f64,
        #[pyo3(from_py_with = argument::number::not_yet_visible)] not_yet_visible: f64,
        #[pyo3(from_py_with = argument::number::service_error)] service_error: f64,
        #[pyo3(from_py_with = argument::number::async_failure)] async_failure: f64,
        #[pyo3(from_py_with = argument::number::expired_credentials)] expired_credentials: f64,
        #[pyo3(from_py_with = crash_after_calls)] crash_after_calls: Option<u64>,
    ) -> Result<Self> {
        let faults = CoreFaults {
            throttle,
            lost_reply,
            lost_request,
            not_yet_visible,
            service_error,
            async_failure,
            expired_credentials,
            crash_after_calls,
        };
        let problems = faults.problems();
        if problems.0.is_empty() { Ok(Self(faults)) } else { Err(problems.into()) }
    }

    /// A call is refused as too fast although its rate was kept.
    #[getter]
    fn throttle(&self) -> f64 {
        self.0.throttle
    }

    /// A call has its effect, and its reply never arrives.
    #[getter]
    fn lost_reply(&self) -> f64 {
        self.0.lost_reply
    }

    /// A call never arrives.
    #[getter]
    fn lost_request(&self) -> f64 {
        self.0.lost_request
    }

    /// A new resource is not visible for a while.
    #[getter]
    fn not_yet_visible(&self) -> f64 {
        self.0.not_yet_visible
    }

    /// The service fails with a 5xx; half of these calls have had their effect.
    #[getter]
    fn service_error(&self) -> f64 {
        self.0.service_error
    }

    /// What goes on after the reply fails.
    #[getter]
    fn async_failure(&self) -> f64 {
        self.0.async_failure
    }

    /// The credentials turn out to have expired.
    #[getter]
    fn expired_credentials(&self) -> f64 {
        self.0.expired_credentials
    }

    /// The caller dies during the call of that ordinal, counted from 1.
    #[getter]
    fn crash_after_calls(&self) -> Option<u64> {
        self.0.crash_after_calls
    }

    fn __repr__(&self) -> String {
        let CoreFaults {
            throttle,
            lost_reply,
            lost_request,
            not_yet_visible,
            service_error,
            async_failure,
            expired_credentials,
            crash_after_calls,
        } = self.0;
        let rates = [
            ("throttle", throttle),
            ("lost_reply", lost_reply),
            ("lost_request", lost_request),
            ("not_yet_visible", not_yet_visible),
            ("service_error", service_error),
            ("async_failure", async_failure),
            ("expired_credentials", expired_credentials),
        ];
        let mut set: Vec<String> = rates
            .iter()
            .filter(|(_, rate)| *rate != 0.0)
            .map(|(name, rate)| format!("{name}={rate}"))
            .collect();
        set.extend(crash_after_calls.map(|calls| format!("crash_after_calls={calls}")));
        format!("Faults({})", set.join(", "))
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.__repr__())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        crate::convert::from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (crate::convert::to_json(&slf.get().0)?,)))
    }
}

/// A call as `cloud.calls` lists it.
type CallTuple = (&'static str, &'static str, String, f64, String);

/// A cloud in memory: deterministic, in virtual time, with AWS's quotas, latencies and error codes.
#[pyclass(frozen, module = "securebase")]
pub(crate) struct SimulatedCloud(CoreSimulated);

#[pymethods]
impl SimulatedCloud {
    #[new]
    #[pyo3(signature = (seed = 0, faults = None, limits = None))]
    fn new(
        #[pyo3(from_py_with = crate::timeline::seed)] seed: u64,
        faults: Option<&Faults>,
        #[pyo3(from_py_with = argument::numbers_by_name::limits)] limits: Option<BTreeMap<String, f64>>,
    ) -> Result<Self> {
        let mut builder = CoreSimulated::builder(seed);
        if let Some(Faults(faults)) = faults {
            builder = builder.faults(*faults);
        }
        if let Some(overrides) = limits {
            let mut limits = Limits::default().raised();
            let mut problems = Vec::new();
            for (name, value) in overrides {
                problems.extend(limits.set(&name, value).err().map(|error| error.problem("limits")));
            }
            if !problems.is_empty() {
                return Err(Problems(problems).into());
            }
            builder = builder.limits(limits);
        }
        Ok(Self(builder.build()))
    }

    /// Every call that was sent, in order: `(service, operation, account_id, virtual_seconds, outcome)`.
    #[getter]
    fn calls(&self, py: Python<'_>) -> Vec<CallTuple> {
        py.detach(|| self.0.calls())
            .into_iter()
            .map(|call| {
                let account = call.account_id.to_string();
                (call.service, call.operation, account, call.at.as_secs_f64(), call.outcome)
            })
            .collect()
    }

    /// All that exists: resource kind → list of dicts, each with at least `id`, `account_id`, `region` and `tags`.
    fn snapshot<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &py.detach(|| self.0.snapshot()))
    }

    /// The code that the owner of a mailbox finds there, where a change of an account's root address waits for it.
    #[pyo3(signature = (email, /))]
    fn mailed_code(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::email)] email: &str,
    ) -> Option<String> {
        py.detach(|| self.0.mailed_code(email))
    }

    /// Virtual seconds since the cloud began.
    #[getter]
    fn now(&self, py: Python<'_>) -> f64 {
        py.detach(|| self.0.now()).as_secs_f64()
    }

    /// Moves the virtual clock forward by a `timedelta` or seconds; what is due by then happens.
    #[pyo3(signature = (duration, /))]
    fn advance(&self, py: Python<'_>, duration: &Bound<'_, PyAny>) -> Result<()> {
        let duration = crate::run::duration("duration", duration)?;
        py.detach(|| self.0.advance_to(self.0.now() + duration));
        Ok(())
    }

    /// Adds a valid payment method to the management account, or removes it: AWS then refuses to create accounts. Returns
    /// whether the organization exists.
    #[pyo3(signature = (valid, /))]
    fn set_payment_method(&self, py: Python<'_>, valid: bool) -> bool {
        py.detach(|| self.0.set_payment_method(valid))
    }

    /// Deletes a resource behind everybody's back, and all that cannot exist without it; answers how many are gone.
    #[pyo3(signature = (id, /))]
    fn remove(&self, py: Python<'_>, #[pyo3(from_py_with = argument::text::id)] id: &str) -> usize {
        py.detach(|| self.0.remove(id))
    }

    /// Sets a tag behind everybody's back, or takes it off; answers whether there is such a resource.
    #[pyo3(signature = (id, key, value = None, /))]
    fn set_tag(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::id)] id: &str,
        #[pyo3(from_py_with = argument::text::key)] key: &str,
        #[pyo3(from_py_with = argument::optional_text::value)] value: Option<&str>,
    ) -> Result<bool> {
        Tags::check(key, value).map_err(Problems::from)?;
        Ok(py.detach(|| self.0.set_tag(id, key, value)))
    }

    /// Enables a region that is off in new accounts, as a person does in the account's console; answers whether there is such
    /// an account.
    #[pyo3(signature = (account_id, region, /))]
    fn enable_region(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::account_id)] account_id: &str,
        #[pyo3(from_py_with = argument::text::region)] region: &str,
    ) -> Result<bool> {
        let (account, region) = place(account_id, region)?;
        Ok(py.detach(|| self.0.enable_region(account, &region)))
    }

    /// Disables such a region again: what is in it stays, and is out of reach; answers whether it was enabled.
    #[pyo3(signature = (account_id, region, /))]
    fn disable_region(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::account_id)] account_id: &str,
        #[pyo3(from_py_with = argument::text::region)] region: &str,
    ) -> Result<bool> {
        let (account, region) = place(account_id, region)?;
        Ok(py.detach(|| self.0.disable_region(account, &region)))
    }

    /// Lets an account use these zones of a region and no others, as when AWS opens or closes one; answers whether there is
    /// such an account.
    #[pyo3(signature = (account_id, region, zones, /))]
    fn set_zones(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::account_id)] account_id: &str,
        #[pyo3(from_py_with = argument::text::region)] region: &str,
        #[pyo3(from_py_with = argument::texts::zones)] zones: Vec<String>,
    ) -> Result<bool> {
        let (account, region) = place(account_id, region)?;
        let zones = UsableZones::in_region(&region, zones)?;
        Ok(py.detach(|| self.0.set_zones(account, &region, zones)))
    }

    /// What can be passed as `limits`: every quota and rate by name, as AWS grants it.
    #[staticmethod]
    fn default_limits(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let limits = PyDict::new(py);
        for limit in Limits::default().iter() {
            limits.set_item(&limit.name, limit.value)?;
        }
        Ok(limits)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let (now, calls) = py.detach(|| (self.0.now(), self.0.calls().len()));
        format!("<SimulatedCloud at {now} after {calls} calls>")
    }
}

/// An account and a region, as a caller names them.
fn place(account_id: &str, region: &str) -> Result<(AccountId, Region)> {
    Ok((crate::convert::account_id(account_id)?, named_region(region).of("region")?))
}

pub(crate) fn named_region(region: &str) -> Result<Region> {
    Ok(Region::named(region)?)
}

/// AWS, through its SDKs. Credentials are found the way every AWS tool finds them.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct AwsCloud {
    region: String,
    endpoint_url: Option<String>,
    profile: Option<String>,
    core: CoreAws,
}

impl AwsCloud {
    #[cfg(feature = "aws")]
    fn any(&self) -> AnyCloud {
        AnyCloud::Aws(self.core.clone())
    }

    #[cfg(not(feature = "aws"))]
    fn any(&self) -> AnyCloud {
        match self.core {}
    }

    #[cfg(feature = "aws")]
    fn shown_endpoint(&self) -> Option<String> {
        self.endpoint_url.as_deref().map(securebase_core::aws::shown_endpoint)
    }

    #[cfg(not(feature = "aws"))]
    fn shown_endpoint(&self) -> Option<String> {
        match self.core {}
    }
}

impl PartialEq for AwsCloud {
    fn eq(&self, other: &Self) -> bool {
        let Self { region, endpoint_url, profile, core: _ } = self;
        *region == other.region && *endpoint_url == other.endpoint_url && *profile == other.profile
    }
}

#[cfg(feature = "aws")]
fn connect(
    py: Python<'_>,
    region: &str,
    endpoint_url: Option<&str>,
    profile: Option<&str>,
) -> Result<CoreAws> {
    use securebase_core::aws;

    let mut builder = aws::AwsCloud::builder().region(named_region(region).of("region")?);
    if let Some(url) = endpoint_url {
        builder = builder.endpoint_url(url);
    }
    if let Some(profile) = profile {
        builder = builder.profile(profile);
    }
    let cloud = crate::runtime::wait(py, &securebase_core::exec::Stop::new(), builder.build())??;
    Ok(std::sync::Arc::new(cloud))
}

#[cfg(not(feature = "aws"))]
fn connect(_: Python<'_>, _: &str, _: Option<&str>, _: Option<&str>) -> Result<CoreAws> {
    Err(crate::error::Failure::one(
        crate::error::Class::Cloud,
        "aws-missing",
        &"this build has no AWS in it",
        "install the package as it is published, or build it with the feature `aws`",
    ))
}

#[pymethods]
impl AwsCloud {
    #[new]
    #[pyo3(signature = (region = "us-east-1", endpoint_url = None, profile = None))]
    fn new(
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::region)] region: &str,
        #[pyo3(from_py_with = argument::owned_text::endpoint_url)] endpoint_url: Option<String>,
        #[pyo3(from_py_with = argument::owned_text::profile)] profile: Option<String>,
    ) -> Result<Self> {
        let core = connect(py, region, endpoint_url.as_deref(), profile.as_deref())?;
        Ok(Self { region: region.to_owned(), endpoint_url, profile, core })
    }

    /// The home region.
    #[getter]
    fn region(&self) -> &str {
        &self.region
    }

    /// Where all calls go instead of to AWS.
    #[getter]
    fn endpoint_url(&self) -> Option<&str> {
        self.endpoint_url.as_deref()
    }

    /// The profile the credentials come from.
    #[getter]
    fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    fn __hash__(&self) -> u64 {
        crate::convert::hash(&self.region)
    }

    fn __repr__(&self) -> String {
        let Self { region, endpoint_url: _, profile, core: _ } = self;
        let mut text = format!("AwsCloud(region={region:?}");
        if let Some(url) = self.shown_endpoint() {
            text.push_str(&format!(", endpoint_url={url:?}"));
        }
        if let Some(profile) = profile {
            text.push_str(&format!(", profile={profile:?}"));
        }
        text + ")"
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> (Bound<'py, PyType>, (String, Option<String>, Option<String>)) {
        let Self { region, endpoint_url, profile, core: _ } = slf.get();
        (slf.get_type(), (region.clone(), endpoint_url.clone(), profile.clone()))
    }
}

/// Clouds.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod cloud {
    #[pymodule_export]
    use super::{AwsCloud, Faults, SimulatedCloud};
}
