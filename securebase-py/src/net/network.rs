//! Members, links, and whose addresses stand in the way.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};
use securebase_core::net as core;

use super::pool::AddressPool;
use super::{listed, many};
use crate::convert::{document, from_json, hash, plain, to_json};
use crate::error::{OfArgument as _, Result, cut};
use crate::problem::Problem;
use crate::runtime::{compute, leave};

/// Two whose addresses overlap, and the links between them.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Conflict(core::Conflict);

#[pymethods]
impl Conflict {
    #[getter]
    fn a(&self) -> &str {
        &self.0.a
    }

    #[getter]
    fn b(&self) -> &str {
        &self.0.b
    }

    #[getter]
    fn a_cidr(&self) -> String {
        self.0.a_cidr.to_string()
    }

    #[getter]
    fn b_cidr(&self) -> String {
        self.0.b_cidr.to_string()
    }

    #[getter]
    fn links(&self) -> Vec<String> {
        self.0.links.clone()
    }

    #[getter]
    fn lasting(&self) -> bool {
        self.0.lasting
    }

    fn __repr__(&self) -> String {
        let core::Conflict { a, b, a_cidr, b_cidr, links, .. } = &self.0;
        cut(format!("Conflict(a={a:?}, a_cidr='{a_cidr}', b={b:?}, b_cidr='{b_cidr}', links={links:?})"))
    }

    fn __hash__(&self) -> Result<u64> {
        Ok(hash(&to_json(&self.0)?))
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = crate::argument::text::text)] text: &str,
    ) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// A block to exchange for another.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Move(core::Move);

#[pymethods]
impl Move {
    #[getter]
    fn owner(&self) -> &str {
        &self.0.owner
    }

    #[getter]
    fn before(&self) -> String {
        self.0.from.to_string()
    }

    #[getter]
    fn after(&self) -> String {
        self.0.to.to_string()
    }

    fn __repr__(&self) -> String {
        let core::Move { owner, from, to } = &self.0;
        cut(format!("Move(owner={owner:?}, before='{from}', after='{to}')"))
    }

    fn __hash__(&self) -> Result<u64> {
        Ok(hash(&to_json(&self.0)?))
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = crate::argument::text::text)] text: &str,
    ) -> Result<Self> {
        from_json(text).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&slf.get().0)?,)))
    }
}

/// Members with addresses and the links between them.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Network(pub(crate) Arc<core::Network>);

#[pymethods]
impl Network {
    #[new]
    #[pyo3(signature = (members, links = None))]
    fn new(py: Python<'_>, members: &Bound<'_, PyAny>, links: Option<&Bound<'_, PyAny>>) -> Result<Self> {
        let members: Vec<core::Member> = document("members", members)?;
        let links: Vec<core::NetworkLink> = match links {
            Some(links) => document("links", links)?,
            None => Vec::new(),
        };
        let network = leave(py, move || core::Network::new(members, links))?;
        Ok(Self(Arc::new(network.map_err(|problems| many(&problems))?)))
    }

    #[getter]
    fn members<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.0.members())
    }

    #[getter]
    fn links<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>> {
        plain(py, &self.0.links())
    }

    fn findings(&self, py: Python<'_>) -> Result<Vec<Problem>> {
        let network = Arc::clone(&self.0);
        let found = leave(py, move || network.findings())?;
        Ok(found.into_iter().map(Problem::from).collect())
    }

    fn conflicts<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyList>> {
        let found = compute(py, |interrupt| self.0.clashes_until(interrupt))??;
        listed(py, found.into_iter().map(Conflict))
    }

    #[pyo3(signature = (owners = None))]
    fn minimal_renumbering(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = crate::argument::optional_texts::owners)] owners: Option<Vec<String>>,
    ) -> Result<Vec<String>> {
        let owners = self.or_all(owners);
        let network = Arc::clone(&self.0);
        let moves = leave(py, move || {
            let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
            network.minimal_renumbering(&owners)
        })?
        .of("owners")?;
        match moves.impossible.into_iter().next() {
            Some((a, b)) => Err(core::Error::Unconnectable { a, b }.into()),
            None => Ok(moves.owners),
        }
    }

    #[pyo3(signature = (pool, owners = None))]
    fn propose(
        &self,
        py: Python<'_>,
        pool: &AddressPool,
        #[pyo3(from_py_with = crate::argument::optional_texts::owners)] owners: Option<Vec<String>>,
    ) -> Result<Vec<Move>> {
        let owners = self.or_all(owners);
        let (network, pool) = (Arc::clone(&self.0), pool.with(py, |pool| pool.clone()));
        let proposal = leave(py, move || {
            let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
            network.propose(&owners, &pool)
        })?
        .of("owners")?;
        Ok(proposal.moves.into_iter().map(Move).collect())
    }

    fn __repr__(&self) -> String {
        format!("<Network of {} members and {} links>", self.0.members().len(), self.0.links().len())
    }

    #[classmethod]
    fn _from_json(
        class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = crate::argument::text::text)] text: &str,
    ) -> Result<Self> {
        let py = class.py();
        let (members, links) = from_json(text)?;
        let network = leave(py, move || core::Network::new(members, links))?;
        Ok(Self(Arc::new(network.map_err(|problems| many(&problems))?)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (String,))> {
        let network = &slf.get().0;
        Ok((slf.get_type().getattr("_from_json")?, (to_json(&(network.members(), network.links()))?,)))
    }
}

impl Network {
    fn or_all(&self, owners: Option<Vec<String>>) -> Vec<String> {
        owners.unwrap_or_else(|| self.0.members().iter().map(|member| member.owner.clone()).collect())
    }
}
