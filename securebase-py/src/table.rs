//! Tables for analysts: the core's columns as Arrow, pandas, polars or plain rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::RecordBatchIterator;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_schema::ArrowError;
use arrow_schema::ffi::FFI_ArrowSchema;
use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList, PyString, PyType};
use rust_decimal::Decimal;
use securebase_core::table::{Cell, Column, Table as CoreTable, Values};

use crate::argument;
use crate::arrow::record_batch;
use crate::error::{Class, Failure, Result, cut, passes_through};
use crate::runtime::heed;

/// A table: named, typed columns of equal length. It offers the Arrow PyCapsule interface: every library that speaks Arrow
/// reads numbers, decimals and text where they lie, without a copy.
#[pyclass(frozen, eq, subclass, module = "securebase")]
#[derive(Clone, PartialEq)]
pub(crate) struct Table(Arc<CoreTable>);

impl From<CoreTable> for Table {
    fn from(table: CoreTable) -> Self {
        Self(Arc::new(table))
    }
}

fn arrow_failed(error: &ArrowError) -> Failure {
    Failure::one(Class::SecureBase, "table", error, "take fewer rows")
}

/// One value as a Python object.
fn value<'py>(py: Python<'py>, cell: Cell<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match cell {
        Cell::Text(text) => text.into_pyobject(py)?.into_any(),
        Cell::Int(number) => number.into_pyobject(py)?.into_any(),
        Cell::Float(number) => number.into_pyobject(py)?.into_any(),
        Cell::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        // By its text: a column may hold more digits than the core's decimal type.
        Cell::Decimal(..) => py.import("decimal")?.getattr("Decimal")?.call1((cell.to_string(),))?,
        _ => py.None().into_bound(py),
    })
}

impl Table {
    /// The table as a data frame, from a function of `_frames`.
    fn framed<'py>(slf: &Bound<'py, Self>, library: &str, decimals: &str) -> Result<Bound<'py, PyAny>> {
        let py = slf.py();
        let make = || py.import("securebase._frames")?.getattr(library);
        match decimals {
            "decimal" => Ok(make()?.call1((slf,))?),
            "float" => {
                let table = &slf.get().0;
                let floats = py.detach(|| table.with_floats());
                Ok(make()?.call1((Self::from(floats),))?)
            }
            other => {
                let message = format!("invalid `decimals` `{other}`: expected `decimal` or `float`");
                let hint = "use \"float\" to plot and compute, \"decimal\" to keep money exact";
                Err(Failure::at(Class::Input, "option-unknown", "decimals", &message, hint))
            }
        }
    }

    fn row<'py>(&self, py: Python<'py>, row: usize) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for column in self.0.columns() {
            if let Some(cell) = column.cell(row) {
                dict.set_item(&column.name, value(py, cell)?)?;
            }
        }
        Ok(dict)
    }

    fn values<'py>(py: Python<'py>, column: &Column) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for (row, cell) in (0..column.len()).filter_map(|row| column.cell(row)).enumerate() {
            heed(py, row)?;
            list.append(value(py, cell)?)?;
        }
        Ok(list)
    }
}

/// The name of a column's type: Arrow's, with the decimals of a decimal column.
fn type_name(values: &Values) -> String {
    match values {
        Values::Utf8 { .. } => "utf8".to_owned(),
        Values::Int64(_) => "int64".to_owned(),
        Values::Float64(_) => "float64".to_owned(),
        Values::Bool(_) => "bool".to_owned(),
        Values::Decimal { precision, scale, .. } => format!("decimal128({precision}, {scale})"),
        _ => "unknown".to_owned(),
    }
}

#[pymethods]
impl Table {
    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<&str> {
        self.0.columns().iter().map(|column| column.name.as_str()).collect()
    }

    /// The type of each column, by name.
    #[getter]
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for column in self.0.columns() {
            dict.set_item(&column.name, type_name(&column.values))?;
        }
        Ok(dict)
    }

    /// Rows and columns.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.0.row_count(), self.0.columns().len())
    }

    fn __len__(&self) -> usize {
        self.0.row_count()
    }

    fn __bool__(&self) -> bool {
        self.0.row_count() > 0
    }

    fn __iter__(slf: &Bound<'_, Self>) -> Rows {
        Rows { table: slf.clone().unbind(), next: AtomicUsize::new(0) }
    }

    /// A column by name, as a list; a row by number, as a dict.
    fn __getitem__<'py>(&self, py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        if key.is_instance_of::<PyString>() {
            let name = argument::text("key", key)?;
            let unknown = || PyKeyError::new_err(cut(name.to_owned()));
            return Ok(Self::values(py, self.0.column(name).ok_or_else(unknown)?)?.into_any());
        }
        let number: isize = argument::place("key", key, "the name of a column or the number of a row")?;
        let rows = self.0.row_count();
        let row =
            if number < 0 { rows.checked_sub(number.unsigned_abs()) } else { Some(number.unsigned_abs()) };
        match row.filter(|row| *row < rows) {
            Some(row) => Ok(self.row(py, row)?.into_any()),
            None => Err(PyIndexError::new_err(format!("row {number} of {rows}"))),
        }
    }

    /// The rows, as dicts.
    fn to_dicts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for row in 0..self.0.row_count() {
            heed(py, row)?;
            list.append(self.row(py, row)?)?;
        }
        Ok(list)
    }

    /// The table as a pandas data frame. Exact decimals stay `decimal.Decimal`, which pandas neither plots nor multiplies with
    /// floats; with `decimals="float"` they become `float64` columns:
    /// `table.to_pandas(decimals="float").plot(x="month", y="mrr")`.
    #[pyo3(signature = (*, decimals = "decimal"))]
    fn to_pandas<'py>(
        slf: &Bound<'py, Self>,
        #[pyo3(from_py_with = argument::text::decimals)] decimals: &str,
    ) -> Result<Bound<'py, PyAny>> {
        Self::framed(slf, "to_pandas", decimals)
    }

    /// The table as a polars data frame. Exact decimals stay exact; with `decimals="float"` they become `Float64` columns.
    #[pyo3(signature = (*, decimals = "decimal"))]
    fn to_polars<'py>(
        slf: &Bound<'py, Self>,
        #[pyo3(from_py_with = argument::text::decimals)] decimals: &str,
    ) -> Result<Bound<'py, PyAny>> {
        Self::framed(slf, "to_polars", decimals)
    }

    /// The Arrow PyCapsule interface: a stream of one record batch.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> Result<Bound<'py, PyCapsule>> {
        // The interface lets a producer that cannot convert answer with its own schema.
        drop(requested_schema);
        let batch = py.detach(|| record_batch(&self.0)).map_err(|error| arrow_failed(&error))?;
        let schema = batch.schema();
        let stream = FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
        Ok(PyCapsule::new_with_value(py, stream, c"arrow_array_stream")?)
    }

    /// The Arrow PyCapsule interface: the schema alone.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyCapsule>> {
        let batch = record_batch(&self.0).map_err(|error| arrow_failed(&error))?;
        let schema =
            FFI_ArrowSchema::try_from(batch.schema().as_ref()).map_err(|error| arrow_failed(&error))?;
        Ok(PyCapsule::new_with_value(py, schema, c"arrow_schema")?)
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        let columns: Vec<String> = self
            .0
            .columns()
            .iter()
            .map(|column| format!("{}: {}", column.name, type_name(&column.values)))
            .collect();
        cut(format!("<Table of {} rows: {}>", self.0.row_count(), columns.join(", ")))
    }

    fn _repr_html_<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("securebase._html")?.getattr("table")?.call1((slf,))
    }

    #[classmethod]
    fn _from_columns(_class: &Bound<'_, PyType>, columns: &Bound<'_, PyAny>) -> Result<Self> {
        let columns = argument::items(Class::Input, "columns", columns, COLUMNS_MAX, |index, column| {
            let place = format!("columns[{index}]");
            let expected = "a name, a type and values";
            let [name, kind, values] = argument::tuple(Class::Input, &place, &column, expected)?;
            let (name, kind) = (argument::text(&place, &name)?, argument::text(&place, &kind)?);
            self::column(name, kind, &values)
        })?;
        Ok(CoreTable::new(columns)?.into())
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> Result<(Bound<'py, PyAny>, (Bound<'py, PyList>,))> {
        let columns = PyList::empty(slf.py());
        for column in slf.get().0.columns() {
            let values = Self::values(slf.py(), column)?;
            columns.append((&column.name, type_name(&column.values), values))?;
        }
        Ok((slf.get_type().getattr("_from_columns")?, (columns,)))
    }
}

/// The most columns of a table from Python.
const COLUMNS_MAX: usize = 10_000;
/// The most rows: a simulation has at most ten million trials.
const ROWS_MAX: usize = 10_000_000;

/// The values of a column, each read by what reads a value that is there.
fn cells<'py, T: FromPyObjectOwned<'py>>(
    name: &str,
    kind: &str,
    values: &Bound<'py, PyAny>,
) -> Result<Vec<Option<T>>> {
    argument::items(Class::Input, name, values, ROWS_MAX, |row, value| {
        if value.is_none() {
            return Ok(None);
        }
        let place = || format!("{name}[{row}]");
        let expected = || format!("a value of the type `{kind}`");
        let wrong = || {
            let hint = "use values of the type of the column";
            argument::refused(Class::Input, "type-mismatch", &place(), &value, &expected(), hint)
        };
        value.extract::<T>().map(Some).map_err(|error| {
            let error: PyErr = error.into();
            if passes_through(&error, value.py()) { error.into() } else { wrong() }
        })
    })
}

/// A column from its name, the name of its type and its values.
fn column(name: &str, kind: &str, values: &Bound<'_, PyAny>) -> Result<Column> {
    Ok(match kind {
        "utf8" => {
            let texts = cells::<String>(name, kind, values)?;
            Column::utf8(name, texts.iter().map(Option::as_deref))?
        }
        "int64" => Column::int64(name, cells::<i64>(name, kind, values)?),
        "float64" => Column::float64(name, cells::<f64>(name, kind, values)?),
        "bool" => Column::bool(name, cells::<bool>(name, kind, values)?),
        _ => {
            let scale = kind
                .strip_prefix("decimal128(38, ")
                .and_then(|rest| rest.strip_suffix(')')?.parse().ok())
                .ok_or_else(|| {
                    let message = format!(
                        "invalid column type `{}`: expected utf8, int64, float64, bool or decimal128(38, …)",
                        cut(kind.to_owned())
                    );
                    Failure::at(Class::Input, "type-mismatch", name, &message, "use one of these types")
                })?;
            Column::decimal(name, scale, cells::<Decimal>(name, kind, values)?)?
        }
    })
}

/// The rows of a table, one after the other.
#[pyclass(frozen, module = "securebase._securebase")]
struct Rows {
    table: Py<Table>,
    next: AtomicUsize,
}

#[pymethods]
impl Rows {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let row = self.next.fetch_add(1, Ordering::Relaxed);
        let table = self.table.get();
        (row < table.0.row_count()).then(|| table.row(py, row)).transpose()
    }
}

/// Tables.
#[pymodule(submodule, gil_used = false)]
pub(crate) mod table {
    #[pymodule_export]
    use super::Table;
}
