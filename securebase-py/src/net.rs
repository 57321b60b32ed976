//! Addresses: pools, overlaps, subnets, connectivity.

pub(crate) mod network;
pub(crate) mod pool;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyType};
use securebase_core::model::{AnyCidr, Cidr, CidrError, Problem as CoreProblem, Problems};
use securebase_core::net as core;
use securebase_core::net::{Layout, rules};

use crate::argument::{self, ITEMS_MAX};
use crate::cloud::named_region;
use crate::convert::{PROBLEMS_MAX, count, document, from_json, hash, to_json};
use crate::error::{Class, Failure, OfArgument as _, Raised, Result, cut, passes_through};
use crate::problem::Problem;
use crate::runtime::{compute, heed};
use crate::shown::shown;

impl Raised for CidrError {
    fn class(&self) -> Class {
        Class::Input
    }
}

impl Raised for core::Error {
    fn class(&self) -> Class {
        match self {
            Self::Exhausted(_)
            | Self::Taken { .. }
            | Self::Outside { .. }
            | Self::UnknownOwner { .. }
            | Self::UnknownPool { .. }
            | Self::NotExcluded { .. }
            | Self::NotHeld { .. }
            | Self::RangeOverlap { .. }
            | Self::Unconnectable { .. } => Class::Address,
            _ => Class::Input,
        }
    }

    fn text(&self) -> String {
        match self {
            // What is free is what the caller needs to see, wherever it prints the error.
            Self::Exhausted(_) => format!("{} ({})", self.message(), self.help().unwrap_or_default()),
            _ => self.message(),
        }
    }
}

fn many(problems: &Problems) -> Failure {
    let first = problems.iter().find(|problem| problem.is_error()).or(problems.0.first());
    let code = first.map_or("addresses", |problem| problem.code.as_str());
    Failure::many(Class::Input, code, problems, problems)
}

/// A block as text, or anything whose text is one, such as an `ipaddress` network. Python's own code may run here: call it before any
/// lock.
fn block_text(name: &str, value: &Bound<'_, PyAny>) -> Result<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_string_lossy().into_owned());
    }
    if value.is_none() || argument::has(value, "__len__") {
        return Err(argument::wrong_type(name, value, "a block of addresses such as `10.0.0.0/16`"));
    }
    // What has no text, such as an integer of thousands of digits, is not a block either.
    let text = value.str().and_then(|text| Ok(text.to_str()?.to_owned()));
    match text {
        Ok(text) => Ok(text),
        // A Ctrl-C that arrives while the text is made says nothing about the value.
        Err(error) if passes_through(&error, value.py()) => Err(error.into()),
        Err(_) => Ok(shown(value)?),
    }
}

fn block(name: &str, value: &Bound<'_, PyAny>) -> Result<Cidr> {
    Cidr::parse(&block_text(name, value)?).of(name)
}

/// One block or several.
fn blocks(name: &str, value: &Bound<'_, PyAny>) -> Result<Vec<Cidr>> {
    let has = |attribute: &str| argument::has(value, attribute);
    if value.is_instance_of::<PyString>() || !has("__iter__") || has("prefixlen") {
        return Ok(vec![block(name, value)?]);
    }
    argument::items(Class::Input, name, value, ITEMS_MAX, |index, item| {
        block(&format!("{name}[{index}]"), &item)
    })
}

fn texts(blocks: impl IntoIterator<Item = Cidr>) -> Vec<String> {
    blocks.into_iter().map(|block| block.to_string()).collect()
}

/// Two entries that share addresses.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Overlap(core::Overlap);

#[pymethods]
impl Overlap {
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

    fn __repr__(&self) -> String {
        let core::Overlap { a, b, a_cidr, b_cidr } = &self.0;
        cut(format!("Overlap(a={a:?}, a_cidr='{a_cidr}', b={b:?}, b_cidr='{b_cidr}')"))
    }

    fn __hash__(&self) -> Result<u64> {
        Ok(hash(&to_json(&self.0)?))
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

/// A list of what may be a million objects, which Ctrl-C ends.
fn listed<'py, T: IntoPyObject<'py, Error = PyErr>>(
    py: Python<'py>,
    values: impl Iterator<Item = T>,
) -> Result<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (index, value) in values.enumerate() {
        heed(py, index)?;
        list.append(value)?;
    }
    Ok(list)
}

/// Every overlapping pair, each once.
#[pyfunction]
fn overlaps<'py>(py: Python<'py>, entries: &Bound<'py, PyAny>) -> Result<Bound<'py, PyList>> {
    let mut parsed: Vec<(String, AnyCidr)> = Vec::new();
    let mut problems: Vec<CoreProblem> = Vec::new();
    argument::items(Class::Input, "entries", entries, ITEMS_MAX, |n, entry| {
        let name = format!("entries[{n}]");
        let [owner, cidr] = argument::tuple(Class::Input, &name, &entry, "a pair of an owner and a block")?;
        let owner = argument::text(&name, &owner)?.to_owned();
        match AnyCidr::parse(&block_text(&name, &cidr)?) {
            Ok(block) => parsed.push((owner, block)),
            Err(error) if problems.len() < PROBLEMS_MAX => problems.push(error.problem(name)),
            Err(_) => {}
        }
        Ok(())
    })?;
    if !problems.is_empty() {
        return Err(many(&Problems(problems)));
    }
    let found = compute(py, |interrupt| core::overlaps_until(&parsed, interrupt))??;
    listed(py, found.into_iter().map(Overlap))
}

/// A subnet of a VPC.
#[pyclass(frozen, eq, module = "securebase")]
#[derive(PartialEq)]
pub(crate) struct Subnet((core::SubnetPlan, String));

#[pymethods]
impl Subnet {
    #[getter]
    fn name(&self) -> &str {
        &self.0.0.name
    }

    #[getter]
    fn role(&self) -> &'static str {
        match self.0.0.role {
            core::SubnetRole::Public => "public",
            core::SubnetRole::Private => "private",
        }
    }

    #[getter]
    fn public(&self) -> bool {
        self.0.0.role == core::SubnetRole::Public
    }

    #[getter]
    fn cidr(&self) -> String {
        self.0.0.cidr.to_string()
    }

    #[getter]
    fn zone(&self) -> String {
        format!("{}{}", self.0.1, self.0.0.zone_suffix)
    }

    #[getter]
    fn zone_suffix(&self) -> char {
        self.0.0.zone_suffix
    }

    #[getter]
    fn usable_addresses(&self) -> u64 {
        rules::usable_addresses(self.0.0.cidr.prefix_len())
    }

    fn __repr__(&self) -> String {
        format!(
            "Subnet(name={:?}, role='{}', cidr='{}', zone='{}')",
            self.name(),
            self.role(),
            self.cidr(),
            self.zone()
        )
    }

    fn __hash__(&self) -> Result<u64> {
        Ok(hash(&to_json(&self.0)?))
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

/// The subnets of a VPC.
#[pyfunction]
#[pyo3(signature = (cidr, layout = None, *, region = "us-east-1"))]
fn subnets(
    cidr: &Bound<'_, PyAny>,
    layout: Option<&Bound<'_, PyAny>>,
    #[pyo3(from_py_with = argument::text::region)] region: &str,
) -> Result<Vec<Subnet>> {
    let layout = match layout {
        None => Layout::seed(),
        Some(name) if name.is_instance_of::<PyString>() => {
            let name = argument::text("layout", name)?.to_owned();
            let unknown = || core::Error::UnknownWord {
                what: "layout",
                text: name.clone(),
                known: Layout::NAMES.to_vec(),
            };
            Layout::named(&name).ok_or_else(unknown).of("layout")?
        }
        Some(layout) => document("layout", layout)?,
    };
    let region = named_region(region).of("region")?;
    let plan = layout.apply(block("cidr", cidr)?)?;
    Ok(plan.subnets.into_iter().map(|subnet| Subnet((subnet, region.to_string()))).collect())
}

/// What is wrong with a block as the primary block of a VPC.
#[pyfunction]
fn check_vpc_block(cidr: &Bound<'_, PyAny>) -> Result<Vec<Problem>> {
    Ok(rules::check_vpc(&block("cidr", cidr)?, "cidr").into_iter().map(Problem::from).collect())
}

/// How many blocks a VPC may have: `blocks_max`.
fn blocks_max(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    Ok(count(Class::Input, "blocks_max", value, 1..=1_000)?)
}

/// What is wrong with adding a block to a VPC that has others.
#[pyfunction]
#[pyo3(signature = (cidr, vpc_blocks, destinations = None, *, blocks_max = 5))]
fn check_secondary_block(
    cidr: &Bound<'_, PyAny>,
    vpc_blocks: &Bound<'_, PyAny>,
    destinations: Option<&Bound<'_, PyAny>>,
    #[pyo3(from_py_with = blocks_max)] blocks_max: usize,
) -> Result<Vec<Problem>> {
    let destinations =
        destinations.map(|given| blocks("destinations", given)).transpose()?.unwrap_or_default();
    let (block, vpc_blocks) = (block("cidr", cidr)?, blocks("vpc_blocks", vpc_blocks)?);
    let found = rules::check_secondary(&block, &vpc_blocks, &destinations, blocks_max, "cidr");
    Ok(found.into_iter().map(Problem::from).collect())
}

/// Addresses.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod net {
    #[pymodule_export]
    use super::network::{Conflict, Move, Network};
    #[pymodule_export]
    use super::pool::AddressPool;
    #[pymodule_export]
    use super::{Overlap, Subnet, check_secondary_block, check_vpc_block, overlaps, subnets};
}
