//! Assumptions.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use rust_decimal::Decimal;

use super::core::{self, AssumedLine, Category};
use super::prices::{kept_prices, kept_usage, prices, usage};
use super::{count, exact};
use crate::argument;
use crate::error::{Failure, OfArgument as _, Result};
use crate::table::Table;
use securebase_core::capacity::SCALING_PATH;

/// What a month costs, as a set of assumptions.
#[pyclass(frozen, eq, module = "securebase.finance")]
pub(crate) struct Assumptions {
    pub(super) core: core::Assumptions,
    /// The call that made it, which a pickle repeats: the name of a method of this class or of `base`, and its arguments.
    base: Option<Py<Self>>,
    method: &'static str,
    arguments: Py<PyDict>,
}

impl PartialEq for Assumptions {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
    }
}

#[pymethods]
impl Assumptions {
    /// What one of the reports of January 2026 assumes.
    #[staticmethod]
    #[pyo3(signature = (document, /))]
    fn seed(py: Python<'_>, #[pyo3(from_py_with = argument::text::document)] document: &str) -> Result<Self> {
        let core = core::Assumptions::seed(document).of("document")?;
        let arguments = PyDict::new(py);
        arguments.set_item("document", document)?;
        Ok(Self { core, base: None, method: "seed", arguments: arguments.unbind() })
    }

    /// AWS's list prices for what the zone contains. `prices` is a `PriceBook`, a dict or a file of prices that differ;
    /// `usage` is a dict or a file of usage that differs.
    #[staticmethod]
    #[pyo3(signature = (*, prices = None, usage = None))]
    fn aws(
        py: Python<'_>,
        prices: Option<&Bound<'_, PyAny>>,
        usage: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self> {
        let (book, used) = (self::prices(prices)?, self::usage(usage)?);
        let arguments = PyDict::new(py);
        arguments.set_item("prices", kept_prices(prices, &book)?)?;
        arguments.set_item("usage", kept_usage(usage, &used)?)?;
        let core = core::Assumptions::catalogue(book, used);
        Ok(Self { core, base: None, method: "aws", arguments: arguments.unbind() })
    }

    /// The documents `seed` knows.
    #[staticmethod]
    fn documents() -> Vec<&'static str> {
        core::Assumptions::seeds().collect()
    }

    /// The name of the document, or `aws`.
    #[getter]
    fn name(&self) -> &str {
        self.core.name()
    }

    /// What a person reads.
    #[getter]
    fn title(&self) -> &str {
        self.core.title()
    }

    /// The same with shared costs allocated by another rule (`equal`, `revenue`, `usage`, `tier`), or with the caller's support, sales or
    /// other costs: an amount a month, or for each tenant a month, in whole cents.
    #[pyo3(signature = (*, allocation = None, support = None, sales = None, other = None, support_per_tenant = None, sales_per_tenant = None, other_per_tenant = None))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python method")]
    fn replace(
        slf: &Bound<'_, Self>,
        #[pyo3(from_py_with = argument::optional_text::allocation)] allocation: Option<&str>,
        support: Option<&Bound<'_, PyAny>>,
        sales: Option<&Bound<'_, PyAny>>,
        other: Option<&Bound<'_, PyAny>>,
        support_per_tenant: Option<&Bound<'_, PyAny>>,
        sales_per_tenant: Option<&Bound<'_, PyAny>>,
        other_per_tenant: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self> {
        let mut core = slf.get().core.clone();
        let arguments = PyDict::new(slf.py());
        if let Some(name) = allocation {
            core = core.with_allocation(name.parse().of("allocation")?);
            arguments.set_item("allocation", name)?;
        }
        let given = [
            (Category::Support, support, support_per_tenant),
            (Category::Sales, sales, sales_per_tenant),
            (Category::Other, other, other_per_tenant),
        ];
        let mut failures: Vec<Failure> = Vec::new();
        for (category, fixed, per_tenant) in given {
            let name = category.name();
            let mut lines = Vec::new();
            let mut line = |value: Option<&Bound<'_, PyAny>>,
                            name: &str,
                            make: fn(Category, &str, Decimal, &str) -> AssumedLine|
             -> Result<()> {
                if let Some(value) = value {
                    let amount = exact(name, value)?;
                    arguments.set_item(name, amount)?;
                    lines.push(make(category, name, amount, "given by the caller"));
                }
                Ok(())
            };
            failures.extend(line(fixed, name, AssumedLine::fixed).err());
            failures.extend(line(per_tenant, &format!("{name}_per_tenant"), AssumedLine::per_tenant).err());
            if !lines.is_empty() {
                match core.clone().with_lines(category, lines) {
                    Ok(changed) => core = changed,
                    Err(error) => failures.push(error.into()),
                }
            }
        }
        let count = failures.len();
        if let Some(failure) = Failure::all(failures, count) {
            return Err(failure);
        }
        let base = Some(slf.clone().unbind());
        Ok(Self { core, base, method: "replace", arguments: arguments.unbind() })
    }

    /// The same with people hired `months` before they are needed: staffing covers the current tenants plus
    /// `months` × `tenants_a_month` more. Both are numbers of zero or more. The reports' assumptions hire by the reports' bands
    /// and do not change.
    #[pyo3(signature = (*, months, tenants_a_month))]
    fn with_lead_time(
        slf: &Bound<'_, Self>,
        months: &Bound<'_, PyAny>,
        tenants_a_month: &Bound<'_, PyAny>,
    ) -> Result<Self> {
        let (lead, more) = (exact("months", months)?, exact("tenants_a_month", tenants_a_month)?);
        let core = slf.get().core.clone().with_lead_time(lead, more)?;
        let arguments = PyDict::new(slf.py());
        arguments.set_item("months", lead)?;
        arguments.set_item("tenants_a_month", more)?;
        Ok(Self {
            core,
            base: Some(slf.clone().unbind()),
            method: "with_lead_time",
            arguments: arguments.unbind(),
        })
    }

    /// The assumed lines of cost as a table: `category, item, quantity, unit, price, source`.
    fn to_arrow(&self) -> Result<Table> {
        Ok(self.core.lines_table()?.into())
    }

    /// Staffing and effort for numbers of tenants, as the report behind the assumptions sees them: people, band, hours of work a
    /// week, people by these hours, minutes of onboarding, onboardings a day, claimed minutes of a deployment.
    #[pyo3(signature = (tenants = None, /))]
    fn staffing(&self, #[pyo3(from_py_with = count::staffed)] tenants: Option<Vec<u32>>) -> Result<Table> {
        let tenants = tenants.as_deref().unwrap_or(&SCALING_PATH);
        Ok(self.core.operations().table(tenants)?.into())
    }

    fn __repr__(&self) -> String {
        format!("<Assumptions {:?}: {}>", self.core.name(), self.core.title())
    }

    #[classmethod]
    fn _from_parts<'py>(
        class: &Bound<'py, PyType>,
        base: Option<Bound<'py, PyAny>>,
        #[pyo3(from_py_with = argument::text::method)] method: &str,
        arguments: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match base {
            Some(base) => base.getattr(method)?.call((), Some(arguments)),
            None if method == "seed" => {
                let document = PyTuple::new(class.py(), arguments.values().iter())?;
                class.getattr(method)?.call1(document)
            }
            None => class.getattr(method)?.call((), Some(arguments)),
        }
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Parts<'py>)> {
        let Self { core: _, base, method, arguments } = slf.get();
        let base = base.as_ref().map(|base| base.bind(slf.py()).clone());
        Ok((slf.get_type().getattr("_from_parts")?, (base, *method, arguments.bind(slf.py()).clone())))
    }
}

type Parts<'py> = (Option<Bound<'py, Assumptions>>, &'static str, Bound<'py, PyDict>);
