//! Price books.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::PyType;
use securebase_core::model::Region;

use super::core;
use crate::argument;
use crate::convert::{from_python, to_python};
use crate::error::{Class, Failure, Result};
use crate::runtime::leave;
use crate::table::Table;

/// What AWS charges, dated and sourced.
#[pyclass(frozen, eq, module = "securebase.finance")]
#[derive(PartialEq, Clone)]
pub(crate) struct PriceBook(pub(super) core::PriceBook);

fn unreadable(name: &str, path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("`{}` cannot be read: {error}", path.display());
    Failure::one(Class::Input, "file-unreadable", &message, "check the path").about(name)
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| suffix.eq_ignore_ascii_case("json"))
}

fn read(name: &str, path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| unreadable(name, path, &error))
}

/// Prices from nothing (the shipped), a `PriceBook`, a dict of the file's shape, or a file.
pub(crate) fn prices(given: Option<&Bound<'_, PyAny>>) -> Result<core::PriceBook> {
    let Some(given) = given else { return Ok(core::PriceBook::shipped().clone()) };
    if let Ok(own) = given.cast::<PriceBook>() {
        return Ok(own.get().0.clone());
    }
    replaced(core::PriceBook::shipped(), given)
}

/// Prices as a pickle holds them: the value, whatever becomes of the dict or the file that they were read from.
pub(crate) fn kept_prices<'py>(
    given: Option<&Bound<'py, PyAny>>,
    book: &core::PriceBook,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    given.map(|given| Ok(Bound::new(given.py(), PriceBook(book.clone()))?.into_any())).transpose()
}

/// Usage as a pickle holds it: the whole of it, as a dict.
pub(crate) fn kept_usage<'py>(
    given: Option<&Bound<'py, PyAny>>,
    usage: &core::Usage,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    given.map(|given| to_python(given.py(), &usage.to_json())).transpose()
}

/// A price book with what a dict or a file names replaced.
fn replaced(book: &core::PriceBook, given: &Bound<'_, PyAny>) -> Result<core::PriceBook> {
    if argument::is_mapping(given)? {
        return Ok(book.with_value(&from_python("prices", given)?)?);
    }
    let path = argument::path_or("prices", given, "a `PriceBook`, a dict or the path of a file")?;
    let text = read("prices", &path)?;
    Ok(if is_json(&path) { book.with_json(&text)? } else { book.with_toml(&text)? })
}

/// Usage from nothing (the shipped), a dict of the file's shape, or a file.
pub(crate) fn usage(given: Option<&Bound<'_, PyAny>>) -> Result<core::Usage> {
    let shipped = core::Usage::shipped();
    let Some(given) = given else { return Ok(shipped.clone()) };
    if argument::is_mapping(given)? {
        return Ok(shipped.with_value(&from_python("usage", given)?)?);
    }
    let path = argument::path_or("usage", given, "a dict or the path of a file")?;
    let text = read("usage", &path)?;
    Ok(if is_json(&path) { shipped.with_json(&text)? } else { shipped.with_toml(&text)? })
}

fn region_of(code: &str) -> Result<Region> {
    Region::named(code).map_err(|error| {
        let help = error.help().unwrap_or_default();
        Failure::one(Class::Finance, "region-unreadable", &error.message(), &help).about("region")
    })
}

#[pymethods]
impl PriceBook {
    /// The shipped prices, or those with what `prices` names replaced: a dict of the file's shape, or a file.
    #[new]
    #[pyo3(signature = (prices = None))]
    fn new(prices: Option<&Bound<'_, PyAny>>) -> Result<Self> {
        self::prices(prices).map(Self)
    }

    /// The regions that have prices of their own.
    #[staticmethod]
    fn regions() -> Vec<&'static str> {
        core::PriceBook::regions()
    }

    /// The shipped prices for a region. The column `region` of the table names the region of each price, and `warning` counts
    /// the prices that are borrowed from another region.
    #[staticmethod]
    #[pyo3(signature = (region, /))]
    fn for_region(#[pyo3(from_py_with = argument::text::region)] region: &str) -> Result<Self> {
        Ok(Self(core::PriceBook::for_region(&region_of(region)?)))
    }

    /// The number of prices borrowed from another region, as one line; `None` if there are none.
    #[getter]
    fn warning(&self) -> Option<String> {
        self.0.warning().map(|problem| problem.message)
    }

    /// The day the prices were collected.
    #[getter]
    fn as_of(&self) -> String {
        self.0.as_of().to_string()
    }

    /// The region they hold in.
    #[getter]
    fn region(&self) -> &str {
        self.0.region()
    }

    /// The currency they are in.
    #[getter]
    fn currency(&self) -> String {
        self.0.currency().to_string()
    }

    /// The same with what a dict of the file's shape or a file names replaced.
    #[pyo3(signature = (prices, /))]
    fn replace(&self, prices: &Bound<'_, PyAny>) -> Result<Self> {
        replaced(&self.0, prices).map(Self)
    }

    /// The same with the prices of an AWS price-list offer file (`.json` or `.csv`), and a table of what became of each
    /// product: `sku, usage_type, price_id, left_out`.
    #[pyo3(signature = (path, /, *, region = "us-east-1"))]
    fn with_offer(
        &self,
        py: Python<'_>,
        #[pyo3(from_py_with = argument::path::path)] path: PathBuf,
        #[pyo3(from_py_with = argument::text::region)] region: &str,
    ) -> Result<(Self, Table)> {
        let (own, region) = (self.0.clone(), region.to_owned());
        let (book, report) = leave(py, move || {
            let file = BufReader::new(File::open(&path).map_err(|error| unreadable("path", &path, &error))?);
            let offer = if is_json(&path) {
                core::Offer::from_json(file, &region)?
            } else {
                core::Offer::from_csv(file, &region)?
            };
            Ok::<_, Failure>(own.with_offer(&offer))
        })??;
        Ok((Self(book), report.table()?.into()))
    }

    /// The prices as a table, one row a step of a price.
    fn to_arrow(&self) -> Result<Table> {
        Ok(self.0.table()?.into())
    }

    fn __repr__(&self) -> String {
        format!("<PriceBook of {} as of {}>", self.0.region(), self.0.as_of())
    }

    #[classmethod]
    fn _from_json(
        _class: &Bound<'_, PyType>,
        #[pyo3(from_py_with = argument::text::text)] text: &str,
    ) -> Result<Self> {
        Ok(Self(core::PriceBook::shipped().with_json(text)?))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("_from_json")?, (slf.get().0.to_json().to_string(),)))
    }
}
