//! Assumptions about growth.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString, PyTuple, PyType};
use rust_decimal::Decimal;

use super::core::{self, Assumption, Distribution, TierGrowth, Uncertain};
use super::exact;
use crate::error::{Class, Failure, Result};

/// What is won, lost, charged and spent as months go by.
#[pyclass(frozen, eq, module = "securebase.finance")]
pub(crate) struct Growth {
    pub(super) core: core::Growth,
    arguments: Py<PyDict>,
}

impl PartialEq for Growth {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core
    }
}

fn bad(message: &str, hint: &str) -> Failure {
    Failure::one(Class::Finance, "growth-invalid", &message, hint)
}

/// One number for every tier, or a dict of tiers.
fn by_tier(
    growth: &mut core::Growth,
    what: &str,
    value: Option<&Bound<'_, PyAny>>,
    set: fn(&mut TierGrowth, Decimal),
) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    let Ok(tiers) = value.cast::<PyMapping>() else {
        let number = exact(what, value)?;
        if !growth.tiers.iter().any(|row| row.tier == "default") {
            growth.set_tier(TierGrowth::new("default", Decimal::ZERO, Decimal::ZERO));
        }
        growth.tiers.iter_mut().for_each(|row| set(row, number));
        return Ok(());
    };
    for item in tiers.items()?.iter() {
        let (tier, number): (String, Bound<'_, PyAny>) = item.extract()?;
        let mut row = growth.tier(&tier);
        set(&mut row, exact(&format!("{what}[{tier:?}]"), &number)?);
        row.tier = tier;
        growth.set_tier(row);
    }
    Ok(())
}

/// `("lognormal", 0.3)`, `("triangular", 0.8, 1.0, 1.5)`, or a number that is certain.
fn distribution(value: &Bound<'_, PyAny>) -> Result<Distribution> {
    if let Ok(certain) = value.extract::<f64>() {
        return Ok(Distribution::Fixed(certain));
    }
    let parts: Vec<Bound<'_, PyAny>> = value.try_iter()?.collect::<PyResult<_>>()?;
    let Some((name, numbers)) = parts.split_first() else {
        return Err(bad("an empty distribution", "name it first"));
    };
    let name: String = name.extract()?;
    let numbers: Vec<f64> = numbers.iter().map(PyAnyMethods::extract).collect::<PyResult<_>>()?;
    Ok(match (name.as_str(), numbers.as_slice()) {
        ("fixed", [value]) => Distribution::Fixed(*value),
        ("uniform", [low, high]) => Distribution::Uniform(*low, *high),
        ("triangular", [low, mode, high]) => Distribution::Triangular(*low, *mode, *high),
        ("normal", [deviation]) => Distribution::Normal(*deviation),
        ("lognormal", [deviation]) => Distribution::Lognormal(*deviation),
        _ => {
            let message = format!("`{}` is not a distribution", value.repr()?);
            let hint = "use (\"fixed\", v), (\"uniform\", low, high), (\"triangular\", low, mode, high), \
                        (\"normal\", deviation) or (\"lognormal\", deviation)";
            return Err(bad(&message, hint));
        }
    })
}

impl Growth {
    fn changed(mut growth: core::Growth, changes: Option<&Bound<'_, PyDict>>) -> Result<core::Growth> {
        let Some(changes) = changes else { return Ok(growth) };
        let given = |name: &str| Ok::<_, Failure>(changes.get_item(name)?.filter(|value| !value.is_none()));
        const KNOWN: [&str; 13] = [
            "new",
            "churn",
            "expansion",
            "contraction",
            "acquisition_cost",
            "price_change_yearly",
            "cost_inflation_yearly",
            "discount",
            "discount_months",
            "ramp_months",
            "uncertain",
            "correlations",
            "path",
        ];
        for name in changes.keys().iter() {
            let name = name.cast_into::<PyString>().map_err(PyErr::from)?;
            let name = name.to_str()?;
            if !KNOWN.contains(&name) {
                return Err(bad(
                    &format!("growth has no `{name}`"),
                    &format!("use one of {}", KNOWN.join(", ")),
                ));
            }
        }
        by_tier(&mut growth, "new", given("new")?.as_ref(), |row, value| row.new = value)?;
        by_tier(&mut growth, "churn", given("churn")?.as_ref(), |row, value| row.churn = value)?;
        by_tier(&mut growth, "expansion", given("expansion")?.as_ref(), |row, value| row.expansion = value)?;
        by_tier(&mut growth, "contraction", given("contraction")?.as_ref(), |row, value| {
            row.contraction = value;
        })?;
        for (name, field) in [
            ("acquisition_cost", &mut growth.acquisition_cost),
            ("price_change_yearly", &mut growth.price_change_yearly),
            ("cost_inflation_yearly", &mut growth.cost_inflation_yearly),
            ("discount", &mut growth.discount),
        ] {
            if let Some(value) = given(name)? {
                *field = exact(name, &value)?;
            }
        }
        for (name, field) in
            [("discount_months", &mut growth.discount_months), ("ramp_months", &mut growth.ramp_months)]
        {
            if let Some(value) = given(name)? {
                *field = value.extract()?;
            }
        }
        if let Some(value) = given("uncertain")? {
            growth.uncertain.clear();
            growth.correlations.clear();
            for item in value.cast::<PyMapping>().map_err(PyErr::from)?.items()?.iter() {
                let (path, value): (String, Bound<'_, PyAny>) = item.extract()?;
                let assumption: Assumption = path.parse()?;
                growth.uncertain.push(Uncertain { assumption, distribution: distribution(&value)? });
            }
        }
        if let Some(value) = given("correlations")? {
            growth.correlations.clear();
            for item in value.try_iter()? {
                let (left, right, correlation): (String, String, f64) = item?.extract()?;
                let place = |name: &str| {
                    let path: Assumption = name.parse()?;
                    let place = growth.uncertain.iter().position(|known| known.assumption == path);
                    place.ok_or_else(|| bad(&format!("`{name}` is certain"), "name two uncertain factors"))
                };
                growth.correlations.push((place(&left)?, place(&right)?, correlation));
            }
        }
        growth.check()?;
        Ok(growth)
    }

    /// The growth for a model: its path, if any, needs the order of the tiers.
    pub(super) fn for_tiers(&self, py: Python<'_>, tiers: &[String]) -> Result<core::Growth> {
        let mut growth = self.core.clone();
        let Some(path) = self.arguments.bind(py).get_item("path")?.filter(|path| !path.is_none()) else {
            return Ok(growth);
        };
        for item in path.try_iter()? {
            let (month, counts): (u32, Bound<'_, PyAny>) = item?.extract()?;
            let counts = counts.cast::<PyMapping>().map_err(PyErr::from)?;
            let mut row = vec![0; tiers.len()];
            for item in counts.items()?.iter() {
                let (tier, count): (String, u32) = item.extract()?;
                let Some(place) = tiers.iter().position(|known| *known == tier) else {
                    let hint = format!("use one of {}", tiers.join(", "));
                    return Err(bad(&format!("month {month} of the path: `{tier}` is not a tier"), &hint));
                };
                row[place] = count;
            }
            growth.path.push((month, row));
        }
        Ok(growth)
    }
}

#[pymethods]
impl Growth {
    /// The shipped growth with what is given replaced. `new` (tenants won a month), `churn`, `expansion` and
    /// `contraction` (shares a month) are one number for every tier or a dict of tiers; `uncertain` is a dict of factors
    /// (`new`, `churn`, `price`, `infrastructure`, `support`, `other`, or the path of any number, as `Model.assumptions` lists
    /// them) and their distributions, `correlations` a list of `(factor, factor, correlation)`, `path` a list of
    /// `(month, {tier: tenants})` that replaces what is won and lost.
    #[new]
    #[pyo3(signature = (**changes))]
    fn new(py: Python<'_>, changes: Option<&Bound<'_, PyDict>>) -> Result<Self> {
        let core = Self::changed(core::Growth::shipped().clone(), changes)?;
        let arguments = match changes {
            Some(changes) => changes.copy()?,
            None => PyDict::new(py),
        };
        Ok(Self { core, arguments: arguments.unbind() })
    }

    /// Nothing won, lost, changed or uncertain.
    #[staticmethod]
    fn none(py: Python<'_>) -> Result<Self> {
        let changes = PyDict::new(py);
        let nothing = Decimal::ZERO;
        for name in ["new", "churn", "expansion", "contraction", "acquisition_cost", "cost_inflation_yearly"]
        {
            changes.set_item(name, nothing)?;
        }
        changes.set_item("uncertain", PyDict::new(py))?;
        Self::new(py, Some(&changes))
    }

    /// The same with what is given replaced; the names are those of the constructor.
    #[pyo3(signature = (**changes))]
    fn replace(&self, py: Python<'_>, changes: Option<&Bound<'_, PyDict>>) -> Result<Self> {
        let arguments = self.arguments.bind(py).copy()?;
        if let Some(changes) = changes {
            arguments.update(changes.as_mapping())?;
        }
        Self::new(py, Some(&arguments))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let changes = slf.get().arguments.bind(slf.py());
        let changes: Vec<String> = changes
            .iter()
            .map(|(name, value)| Ok(format!("{name}={}", value.repr()?)))
            .collect::<PyResult<_>>()?;
        Ok(format!("Growth({})", changes.join(", ")))
    }

    #[classmethod]
    fn _from_changes<'py>(
        class: &Bound<'py, PyType>,
        changes: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        class.call(PyTuple::empty(class.py()), Some(changes))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyDict>,))> {
        let changes = slf.get().arguments.bind(slf.py()).clone();
        Ok((slf.get_type().getattr("_from_changes")?, (changes,)))
    }
}
