//! Guardrails: documents, findings, verdicts, packing.

mod report;

use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType};
use securebase_core::model::Problem as CoreProblem;
use securebase_core::policy as core;
use securebase_core::policy::{Level, LintOptions, Parameters, Policy, PolicyKind, PolicyLimits};
use securebase_core::time::Interrupted;

use crate::argument::{self, ITEMS_MAX};
use crate::convert::{count, from_json, from_python, hash, part_from_python, plain, to_json, to_python};
use crate::error::{Class, Failure, OfArgument as _, Raised, Result, cut};
use crate::problem::Problem;
use crate::runtime::{compute, leave};
pub(crate) use report::{CoverageReport, Difference};

impl Raised for core::Error {
    fn class(&self) -> Class {
        match self {
            Self::DoesNotFit(_) | Self::NotEquivalent(_) | Self::BadCertificate(_) | Self::TooComplex(_) => {
                Class::Policy
            }
            _ => Class::Input,
        }
    }
}

/// The most levels, the most documents of one, and the most paths: AWS has six levels with five documents each, and ten thousand accounts.
const POLICIES_MAX: usize = 10_000;
const PATHS_MAX: usize = 200_000;

/// A document from a `PolicyDocument`, a dict, or JSON text.
fn document(name: &str, value: &Bound<'_, PyAny>) -> Result<core::PolicyDocument> {
    if let Ok(own) = value.cast::<PolicyDocument>() {
        return Ok(own.get().0.clone());
    }
    if value.is_instance_of::<PyString>() {
        return core::PolicyDocument::parse(argument::text(name, value)?).of(name);
    }
    if !argument::is_mapping(value)? {
        return Err(argument::wrong_type(name, value, "a `PolicyDocument`, a dict or JSON text"));
    }
    // Lines and columns of a text nobody wrote would only mislead.
    core::PolicyDocument::from_value(&from_python(name, value)?).of(name)
}

fn documents(name: &str, values: &Bound<'_, PyAny>) -> Result<Vec<core::PolicyDocument>> {
    argument::items(Class::Input, name, values, POLICIES_MAX, |index, value| {
        document(&format!("{name}[{index}]"), &value)
    })
}

/// A document, or a pair of a name and a document, at that place of an argument; `own` is the name of one that has none.
fn named(place: &str, own: String, value: &Bound<'_, PyAny>) -> Result<Policy> {
    if value.is_instance_of::<PyTuple>() {
        let expected = "a document, or a pair of a name and a document";
        let [name, inner] = argument::tuple(Class::Input, place, value, expected)?;
        return Ok(Policy::new(argument::text(place, &name)?, document(place, &inner)?));
    }
    let document = document(place, value)?;
    let name = document.id.clone().unwrap_or(own);
    Ok(Policy::new(name, document))
}

/// Levels of policies, the root's first. An empty list stands for an account without an organization; nothing else does.
fn levels(name: &str, values: &Bound<'_, PyAny>) -> Result<Vec<Level>> {
    argument::items(Class::Input, name, values, POLICIES_MAX, |level, value| {
        let place = format!("{name}[{level}]");
        // What causes call a level does not depend on the argument that it comes in.
        let own = format!("levels[{level}]");
        let policies = argument::items(Class::Input, &place, &value, POLICIES_MAX, |index, one| {
            named(&format!("{place}[{index}]"), format!("{own}[{index}]"), &one)
        })?;
        Ok(Level::new(own, policies))
    })
}

fn request(value: &Bound<'_, PyAny>) -> Result<core::Request> {
    core::Request::from_value(&from_python("request", value)?).of("request")
}

fn read_request(name: &str, value: &serde_json::Value) -> Result<core::Request> {
    core::Request::from_value(value).map_err(|error| Failure::from(error).within(name))
}

/// The most of something, where it is given: AWS's quota where it is not.
fn most(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    if value.is_none() { Ok(None) } else { Ok(Some(count(Class::Policy, name, value, 0..=usize::MAX)?)) }
}

fn max_size(value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    most("max_size", value)
}

fn max_documents(value: &Bound<'_, PyAny>) -> PyResult<Option<usize>> {
    most("max_documents", value)
}

fn kind(text: &str) -> Result<PolicyKind> {
    match text {
        "scp" => Ok(PolicyKind::ServiceControl),
        "rcp" => Ok(PolicyKind::ResourceControl),
        _ => Err(Failure::one(
            Class::Input,
            "policy.kind",
            &format!("invalid kind `{}`: expected `scp` or `rcp`", cut(text.to_owned())),
            "write \"scp\" or \"rcp\"",
        ))
        .of("kind"),
    }
}

/// What guardrails are told about a zone, from keyword arguments named as the core's fields.
fn parameters(given: Option<&Bound<'_, PyDict>>) -> Result<Parameters> {
    match given {
        None => Ok(Parameters::default()),
        Some(given) => Ok(Parameters::from_value(&from_python("parameters", given)?)?),
    }
}

fn limits(max_size: Option<usize>, max_documents: Option<usize>) -> PolicyLimits {
    let default = PolicyLimits::default();
    PolicyLimits {
        max_size: max_size.unwrap_or(default.max_size),
        max_documents: max_documents.unwrap_or(default.max_documents),
    }
}

fn problems(found: Vec<CoreProblem>) -> Vec<Problem> {
    found.into_iter().map(Problem::from).collect()
}

/// A policy document, canonical and comparable.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct PolicyDocument(pub(crate) core::PolicyDocument);

#[pymethods]
impl PolicyDocument {
    #[staticmethod]
    fn parse(#[pyo3(from_py_with = argument::text::text)] text: &str) -> Result<Self> {
        core::PolicyDocument::parse(text).map(Self).of("text")
    }

    #[staticmethod]
    fn from_dict(value: &Bound<'_, PyAny>) -> Result<Self> {
        document("value", value).map(Self)
    }

    fn to_json(&self) -> String {
        self.0.to_json()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        Ok(to_python(py, &self.0.to_value())?)
    }

    #[getter]
    fn size(&self) -> usize {
        self.0.size()
    }

    #[pyo3(signature = (*, kind = "scp", executor_role = None, max_size = None))]
    fn lint(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::text::kind)] kind: &str,
        #[pyo3(from_py_with = argument::owned_text::executor_role)] executor_role: Option<String>,
        #[pyo3(from_py_with = max_size)] max_size: Option<usize>,
    ) -> Result<Vec<Problem>> {
        let mut options =
            LintOptions { kind: self::kind(kind)?, limits: limits(max_size, None), ..LintOptions::default() };
        if let Some(role) = executor_role {
            options.parameters.executor_role = role;
        }
        let document = self.0.clone();
        Ok(problems(leave(py, move || document.lint_with(&options))?))
    }

    fn __str__(&self) -> String {
        self.0.to_json()
    }

    fn __repr__(&self) -> String {
        format!("PolicyDocument({} statements, {} characters)", self.0.statements.len(), self.0.size())
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.to_json())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        Self::parse(text)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (slf.get().0.to_json(),)))
    }
}

/// A guardrail of the catalogue.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Guardrail(pub(crate) core::GuardrailView);

#[pymethods]
impl Guardrail {
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    #[getter]
    fn intent(&self) -> &str {
        &self.0.intent
    }

    #[getter]
    fn controls<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.0.controls)
    }

    #[getter]
    fn policy<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        Ok(to_python(py, &self.0.document.to_value())?)
    }

    #[getter]
    fn document(&self) -> PolicyDocument {
        PolicyDocument(self.0.document.clone())
    }

    #[getter]
    fn parameters(&self) -> Vec<String> {
        self.0.parameters.clone()
    }

    #[getter]
    fn needs(&self) -> Vec<String> {
        self.0.needs.clone()
    }

    #[getter]
    fn denies<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.0.denies)
    }

    #[getter]
    fn allows<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.0.allows)
    }

    fn __repr__(&self) -> String {
        format!("Guardrail({:?}, {:?})", self.0.id, self.0.intent)
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.id)
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// What decided a request.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Cause(core::Cause);

#[pymethods]
impl Cause {
    #[getter]
    fn policy(&self) -> Option<&str> {
        self.0.policy.as_deref()
    }

    #[getter]
    fn statement(&self) -> Option<String> {
        self.0.statement()
    }

    #[getter]
    fn sid(&self) -> Option<&str> {
        self.0.sid.as_deref()
    }

    #[getter]
    fn guardrail(&self) -> Option<&str> {
        self.0.guardrail.as_deref()
    }

    #[getter]
    fn level(&self) -> usize {
        self.0.level
    }

    #[getter]
    fn policy_index(&self) -> Option<usize> {
        self.0.policy_index
    }

    #[getter]
    fn statement_index(&self) -> Option<usize> {
        self.0.statement_index
    }

    #[getter]
    fn conditions(&self) -> Vec<String> {
        self.0.conditions.clone()
    }

    fn __len__(&self) -> usize {
        2
    }

    fn __getitem__<'py>(&self, py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(name) = key.cast::<PyString>() {
            return match name.to_str().unwrap_or_default() {
                "policy" => Ok(self.policy().into_pyobject(py)?.into_any()),
                "statement" => Ok(self.statement().into_pyobject(py)?.into_any()),
                "level" => Ok(self.level().into_pyobject(py)?.into_any()),
                other => Err(PyKeyError::new_err(cut(other.to_owned()))),
            };
        }
        match argument::place("key", key, "`policy`, `statement`, `level`, 0 or 1")? {
            0 | -2 => Ok(self.policy().into_pyobject(py)?.into_any()),
            1 | -1 => Ok(self.statement().into_pyobject(py)?.into_any()),
            _ => Err(PyIndexError::new_err("a cause is a policy and a statement")),
        }
    }

    fn __str__(&self) -> String {
        cut(self.0.to_string())
    }

    fn __repr__(&self) -> String {
        cut(format!("Cause({})", self.0))
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.to_string())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// A decision and what made it.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Verdict(core::Verdict);

#[pymethods]
impl Verdict {
    #[getter]
    fn allowed(&self) -> bool {
        self.0.allowed()
    }

    #[getter]
    fn decision(&self) -> &'static str {
        self.0.decision.as_str()
    }

    #[getter]
    fn decided_by(&self) -> Option<Cause> {
        self.0.decided_by.clone().map(Cause)
    }

    #[getter]
    fn causes(&self) -> Vec<Cause> {
        self.0.causes.iter().cloned().map(Cause).collect()
    }

    #[getter]
    fn unknown(&self) -> Vec<String> {
        self.0.unknown.clone()
    }

    fn __bool__(&self) -> bool {
        self.0.allowed()
    }

    fn __str__(&self) -> String {
        cut(self.0.to_string())
    }

    fn __repr__(&self) -> String {
        cut(format!("Verdict({})", self.0))
    }

    fn __hash__(&self) -> u64 {
        hash(&self.0.to_string())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// A path of levels made ready, for many requests.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct PolicyPath {
    core: core::PolicyPath,
    /// What it was made of: a pickle makes it again.
    levels: Vec<Level>,
    kind: PolicyKind,
}

impl PartialEq for PolicyPath {
    fn eq(&self, other: &Self) -> bool {
        (&self.levels, self.kind) == (&other.levels, other.kind)
    }
}

impl PolicyPath {
    fn of(py: Python<'_>, levels: Vec<Level>, kind: PolicyKind) -> Result<Self> {
        let (core, levels) = leave(py, move || (core::PolicyPath::new(kind, &levels), levels))?;
        Ok(Self { core: core?, levels, kind })
    }
}

#[pymethods]
impl PolicyPath {
    #[new]
    #[pyo3(signature = (levels, *, kind = "scp"))]
    fn new(
        levels: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::text::kind)] kind: &str,
    ) -> Result<Self> {
        Self::of(levels.py(), self::levels("levels", levels)?, self::kind(kind)?)
    }

    fn evaluate(&self, request: &Bound<'_, PyAny>) -> Result<Verdict> {
        Ok(Verdict(self.core.explain(&self::request(request)?)))
    }

    fn __repr__(&self) -> String {
        format!("PolicyPath({} statements)", self.core.statement_count())
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Vec<Vec<(String, PolicyDocument)>>, &'static str))> {
        let own = slf.get();
        let named = |policy: &Policy| (policy.name.clone(), PolicyDocument(policy.document.clone()));
        let levels = own.levels.iter().map(|level| level.policies.iter().map(named).collect());
        let kind = match own.kind {
            PolicyKind::ServiceControl => "scp",
            PolicyKind::ResourceControl => "rcp",
        };
        Ok((slf.get_type().getattr("_of")?, (levels.collect(), kind)))
    }

    #[classmethod]
    fn _of(
        _class: &Bound<'_, PyType>,
        levels: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = argument::text::kind)] kind: &str,
    ) -> Result<Self> {
        Self::of(levels.py(), self::levels("levels", levels)?, self::kind(kind)?)
    }
}

/// Requests made ready, to be decided many times.
#[pyclass(frozen, eq, module = "securebase")]
pub(crate) struct Requests {
    core: Vec<core::Request>,
    /// As they were given: a pickle makes them again.
    given: Vec<serde_json::Value>,
}

impl PartialEq for Requests {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
    }
}

impl Requests {
    fn of(given: Vec<serde_json::Value>) -> Result<Self> {
        let read = |(index, one)| read_request(&format!("requests[{index}]"), one);
        let core = given.iter().enumerate().map(read).collect::<Result<_>>()?;
        Ok(Self { core, given })
    }
}

#[pymethods]
impl Requests {
    #[new]
    fn new(requests: &Bound<'_, PyAny>) -> Result<Self> {
        Self::of(argument::items(Class::Input, "requests", requests, ITEMS_MAX, |index, one| {
            part_from_python(&format!("requests[{index}]"), &one)
        })?)
    }

    fn __len__(&self) -> usize {
        self.core.len()
    }

    fn __repr__(&self) -> String {
        format!("Requests({})", self.core.len())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        Self::of(from_json(text)?)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().given)?,)))
    }
}

#[pyfunction]
fn coverage(#[pyo3(from_py_with = argument::text::framework)] framework: &str) -> Result<CoverageReport> {
    let set = framework.parse().of("framework")?;
    Ok(core::coverage(set)?.into())
}

#[pyfunction]
#[pyo3(signature = (before, after, **parameters))]
fn difference(
    py: Python<'_>,
    before: &Bound<'_, PyAny>,
    after: &Bound<'_, PyAny>,
    parameters: Option<&Bound<'_, PyDict>>,
) -> Result<Difference> {
    let (before, after) = (levels("before", before)?, levels("after", after)?);
    let parameters = self::parameters(parameters)?;
    let found = compute(py, |interrupt| core::difference_until(&before, &after, &parameters, interrupt))??;
    Ok(found.into())
}

#[pyfunction]
#[pyo3(signature = (framework, **parameters))]
fn guardrails(
    #[pyo3(from_py_with = argument::text::framework)] framework: &str,
    parameters: Option<&Bound<'_, PyDict>>,
) -> Result<Vec<Guardrail>> {
    let parameters = self::parameters(parameters)?;
    let set = framework.parse().of("framework")?;
    let found = core::guardrails(set)?;
    found.into_iter().map(|one| Ok(Guardrail(one.view(&parameters)?))).collect()
}

#[pyfunction]
#[pyo3(signature = (levels, request, *, kind = "scp"))]
fn evaluate(
    levels: &Bound<'_, PyAny>,
    request: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = argument::text::kind)] kind: &str,
) -> Result<Verdict> {
    PolicyPath::new(levels, kind)?.evaluate(request)
}

/// How many requests are decided between two looks whether the caller wants to end.
const REQUESTS_AT_ONCE: usize = 65_536;

#[pyfunction]
fn evaluate_many<'py>(
    py: Python<'py>,
    paths: &Bound<'py, PyAny>,
    requests: &Requests,
) -> Result<Vec<Bound<'py, PyBytes>>> {
    let paths = argument::items(Class::Input, "paths", paths, PATHS_MAX, |index, path| {
        let wrong = || argument::wrong_type(&format!("paths[{index}]"), &path, "a `PolicyPath`");
        Ok(path.cast::<PolicyPath>().map_err(|_| wrong())?.clone().unbind())
    })?;
    let paths: Vec<&core::PolicyPath> = paths.iter().map(|path| &path.get().core).collect();
    let rows = compute(py, |interrupt| {
        let mut rows = vec![Vec::with_capacity(requests.core.len()); paths.len()];
        for some in requests.core.chunks(REQUESTS_AT_ONCE) {
            interrupt.check()?;
            for (row, more) in rows.iter_mut().zip(core::decide_all(&paths, some)) {
                row.extend(more);
            }
        }
        Ok::<_, Interrupted>(rows)
    })??;
    Ok(rows.iter().map(|row| PyBytes::new(py, row)).collect())
}

#[pyfunction]
#[pyo3(signature = (documents, max_size = None, max_documents = None))]
fn pack(
    py: Python<'_>,
    documents: &Bound<'_, PyAny>,
    #[pyo3(from_py_with = max_size)] max_size: Option<usize>,
    #[pyo3(from_py_with = max_documents)] max_documents: Option<usize>,
) -> Result<Vec<PolicyDocument>> {
    let documents = self::documents("documents", documents)?;
    let limits = limits(max_size, max_documents);
    let packed = compute(py, |interrupt| core::pack_until(&documents, limits, interrupt))??;
    Ok(packed.into_iter().map(PolicyDocument).collect())
}

#[pyfunction]
fn certify<'py>(
    py: Python<'py>,
    before: &Bound<'py, PyAny>,
    after: &Bound<'py, PyAny>,
) -> Result<Bound<'py, PyAny>> {
    let (before, after) = (documents("before", before)?, documents("after", after)?);
    let certificate = compute(py, |interrupt| {
        let certificate = core::certify_until(&before, &after, interrupt)?;
        core::verify_until(&certificate, &before, &after, interrupt).map(|()| certificate)
    })??;
    plain(py, &certificate)
}

#[pyfunction]
#[pyo3(signature = (framework, **parameters))]
fn tier_documents<'py>(
    py: Python<'py>,
    #[pyo3(from_py_with = argument::text::framework)] framework: &str,
    parameters: Option<&Bound<'py, PyDict>>,
) -> Result<Bound<'py, PyList>> {
    let parameters = self::parameters(parameters)?;
    let list = PyList::empty(py);
    for named in core::tier_documents(framework.parse()?, &parameters)? {
        list.append((named.name, named.description, Bound::new(py, PolicyDocument(named.document))?))?;
    }
    Ok(list)
}

/// Guardrails.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod policy {
    #[pymodule_export]
    use super::report::{Change, ChangeSummary, CoverageReport, Difference};
    #[pymodule_export]
    use super::{
        Cause, Guardrail, PolicyDocument, PolicyPath, Requests, Verdict, certify, coverage, difference,
        evaluate, evaluate_many, guardrails, pack, tier_documents,
    };
}
