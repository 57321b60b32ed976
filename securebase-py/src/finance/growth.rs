//! Assumptions about growth.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rust_decimal::Decimal;
use securebase_core::finance::inputs::bounds;
use securebase_core::model::TierName;

use super::core::{self, Assumption, Distribution, TierGrowth, Uncertain};
use super::exact;
use crate::argument;
use crate::convert::count;
use crate::error::{Class, Failure, OfArgument as _, Result, cut};
use crate::shown::one_line;

/// The most tiers, months of a path, uncertain factors and correlations that are read.
const TIERS_MAX: usize = 1_000;
const PATH_MAX: usize = 10_000;
const FACTORS_MAX: usize = bounds::UNCERTAIN_MAX;
const CORRELATIONS_MAX: usize = 100_000;
/// The most parts of a distribution: its name and three numbers, and one more, to report it.
const PARTS_MAX: usize = 5;
/// The most calls of `replace` that one growth comes from.
const STEPS_MAX: usize = 100_000;

/// Numbers of tenants by tier to be reached in a month.
type Target = (u32, BTreeMap<String, u32>);

/// What is won, lost, charged and spent as months go by.
#[pyclass(frozen, eq, module = "securebase.finance")]
pub(crate) struct Growth {
    pub(super) core: core::Growth,
    /// The numbers of tenants to reach; the model determines the order of the tiers.
    path: Vec<Target>,
    /// Whether it started from `Growth.none()` rather than the shipped growth.
    from_none: bool,
    /// The replacements since, call by call; unpickling repeats them.
    changes: Vec<Py<PyDict>>,
}

impl PartialEq for Growth {
    fn eq(&self, other: &Self) -> bool {
        self.core == other.core && self.path == other.path
    }
}

fn bad(message: &str, hint: &str) -> Failure {
    Failure::one(Class::Finance, "growth-invalid", &message, hint)
}

/// A number that growth has for each tier.
type Figure = (&'static str, fn(&mut TierGrowth, Decimal));

const FIGURES: [Figure; 4] = [
    ("new", |row, value| row.new = value),
    ("churn", |row, value| row.churn = value),
    ("expansion", |row, value| row.expansion = value),
    ("contraction", |row, value| row.contraction = value),
];

/// The numbers given for a figure, each with its tier; `None` stands for every tier.
fn by_tier(what: &str, value: &Bound<'_, PyAny>) -> Result<Vec<(Option<String>, Decimal)>> {
    if !argument::is_mapping(value)? {
        return Ok(vec![(None, exact(what, value)?)]);
    }
    argument::pairs(Class::Finance, what, value, TIERS_MAX, |tier, number| {
        let tier = argument::key(Class::Finance, what, &tier)?;
        let number = exact(&argument::entry(what, &tier), &number)?;
        Ok((Some(tier), number))
    })
}

/// Replaces the numbers of the named tiers. Values for every tier and for tiers without a row are applied first, because a tier
/// that gets its own row starts from them.
fn set_tiers(growth: &mut core::Growth, given: &[(Figure, Option<String>, Decimal)]) {
    for ((_, set), tier, number) in given {
        match tier.as_deref() {
            None => {
                if !growth.tiers.iter().any(|row| row.tier == "default") {
                    growth.set_tier(TierGrowth::new("default", Decimal::ZERO, Decimal::ZERO));
                }
                growth.tiers.iter_mut().for_each(|row| set(row, *number));
            }
            Some("default") => {
                let mut row = growth.tier("default");
                set(&mut row, *number);
                growth.set_tier(row);
            }
            Some(_) => {}
        }
    }
    for ((_, set), tier, number) in given {
        let Some(tier) = tier.as_deref().filter(|tier| *tier != "default") else { continue };
        let mut row = growth.tier(tier);
        set(&mut row, *number);
        tier.clone_into(&mut row.tier);
        growth.set_tier(row);
    }
}

/// The targets of a path: `(month, {tier: tenants})` each.
fn targets(path: &Bound<'_, PyAny>) -> Result<Vec<Target>> {
    argument::items(Class::Finance, "path", path, PATH_MAX, |index, item| {
        let expected = "a pair of a month and a dict of tiers";
        let place = format!("path[{index}]");
        let [month, counts] = argument::tuple(Class::Finance, &place, &item, expected)?;
        let month = count(Class::Finance, &format!("{place}[0]"), &month, bounds::MONTHS)?;
        let place = format!("{place}[1]");
        let of_tiers = argument::pairs(Class::Finance, &place, &counts, TIERS_MAX, |tier, tenants| {
            let tier = argument::key(Class::Finance, &place, &tier)?;
            // Which tiers there are is known with the model; what none can be called is known now.
            tier.parse::<TierName>().map_err(|error| bad(&error.to_string(), error.rule)).of(&place)?;
            let name = argument::entry(&place, &tier);
            let tenants = count(Class::Finance, &name, &tenants, bounds::TENANTS)?;
            Ok((tier, tenants))
        })?;
        Ok((month, of_tiers.into_iter().collect()))
    })
}

/// `("lognormal", 0.3)`, `("triangular", 0.8, 1.0, 1.5)`, or a number that is certain.
fn distribution(factor: &str, value: &Bound<'_, PyAny>) -> Result<Distribution> {
    let place = argument::entry("uncertain", factor);
    let refused = || {
        let expected = "a number, or the name of a distribution and its numbers";
        let hint = "use (\"fixed\", v), (\"uniform\", low, high), (\"triangular\", low, mode, high), \
                    (\"normal\", deviation) or (\"lognormal\", deviation)";
        argument::refused(Class::Finance, "growth-invalid", &place, value, expected, hint)
    };
    // Only a number has no items.
    if !argument::has(value, "__iter__") {
        return Ok(Distribution::Fixed(argument::number(Class::Finance, &place, value)?));
    }
    let parts = argument::items(Class::Finance, &place, value, PARTS_MAX, |_, part| Ok(part))?;
    let Some((name, numbers)) = parts.split_first() else { return Err(refused()) };
    let name = argument::text(&place, name)?;
    let numbers: Vec<f64> = numbers
        .iter()
        .map(|number| argument::number(Class::Finance, &place, number))
        .collect::<Result<_>>()?;
    Ok(match (name, numbers.as_slice()) {
        ("fixed", [value]) => Distribution::Fixed(*value),
        ("uniform", [low, high]) => Distribution::Uniform(*low, *high),
        ("triangular", [low, mode, high]) => Distribution::Triangular(*low, *mode, *high),
        ("normal", [deviation]) => Distribution::Normal(*deviation),
        ("lognormal", [deviation]) => Distribution::Lognormal(*deviation),
        _ => return Err(refused()),
    })
}

/// What a growth can be changed by.
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

/// Pairs of uncertain factors by their places, with the correlation of each.
fn correlations(growth: &core::Growth, value: &Bound<'_, PyAny>) -> Result<Vec<(usize, usize, f64)>> {
    let name = "correlations";
    argument::items(Class::Finance, name, value, CORRELATIONS_MAX, |index, item| {
        let entry = format!("{name}[{index}]");
        let expected = "two factors and their correlation";
        let [left, right, correlation] = argument::tuple(Class::Finance, &entry, &item, expected)?;
        let place = |factor: &Bound<'_, PyAny>| {
            let factor = argument::text(&entry, factor)?;
            let path: Assumption = factor.parse().of(&entry)?;
            let place = growth.uncertain.iter().position(|known| known.assumption == path);
            place.ok_or_else(|| {
                bad(&format!("`{}` is certain", one_line(factor)), "name two uncertain factors").about(&entry)
            })
        };
        let correlation = argument::number(Class::Finance, &entry, &correlation)?;
        Ok((place(&left)?, place(&right)?, correlation))
    })
}

impl Growth {
    fn changed(mut growth: core::Growth, changes: &Bound<'_, PyDict>) -> Result<core::Growth> {
        let given = |name: &str| Ok::<_, Failure>(changes.get_item(name)?.filter(|value| !value.is_none()));
        for name in changes.keys().iter() {
            let name = argument::key(Class::Finance, "changes", &name)?;
            if !KNOWN.contains(&name.as_str()) {
                return Err(bad(
                    &format!("growth has no `{}`", one_line(&name)),
                    &format!("use one of {}", KNOWN.join(", ")),
                ));
            }
        }
        let mut of_tiers = Vec::new();
        for figure in FIGURES {
            let Some(value) = given(figure.0)? else { continue };
            let numbers = by_tier(figure.0, &value)?.into_iter();
            of_tiers.extend(numbers.map(|(tier, number)| (figure, tier, number)));
        }
        set_tiers(&mut growth, &of_tiers);
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
                *field = count(Class::Finance, name, &value, bounds::TERM_MONTHS)?;
            }
        }
        if let Some(value) = given("uncertain")? {
            growth.correlations.clear();
            growth.uncertain =
                argument::pairs(Class::Finance, "uncertain", &value, FACTORS_MAX, |path, value| {
                    let path = argument::key(Class::Finance, "uncertain", &path)?;
                    let assumption: Assumption = path.parse().of("uncertain")?;
                    Ok(Uncertain { assumption, distribution: distribution(&path, &value)? })
                })?;
        }
        if let Some(value) = given("correlations")? {
            growth.correlations.clear();
            growth.correlations = correlations(&growth, &value)?;
        }
        growth.check()?;
        growth.check_amounts()?;
        Ok(growth)
    }

    /// The changes as they are now.
    fn kept<'py>(changes: &Bound<'py, PyDict>) -> Result<Bound<'py, PyDict>> {
        let kept = PyDict::new(changes.py());
        for (name, value) in changes.iter() {
            let text = argument::key(Class::Finance, "changes", &name)?;
            kept.set_item(name, argument::copied(Class::Finance, &text, &value)?)?;
        }
        Ok(kept)
    }

    /// The shipped growth, or none.
    fn start(from_none: bool) -> Self {
        let core = if from_none { core::Growth::none() } else { core::Growth::shipped().clone() };
        Self { core, path: Vec::new(), from_none, changes: Vec::new() }
    }

    /// The same with the given values replaced; other values stay unchanged.
    fn with(&self, py: Python<'_>, changes: Option<&Bound<'_, PyDict>>) -> Result<Self> {
        let mut steps: Vec<Py<PyDict>> = self.changes.iter().map(|step| step.clone_ref(py)).collect();
        let Some(changes) = changes.filter(|changes| !changes.is_empty()) else {
            return Ok(Self { core: self.core.clone(), path: self.path.clone(), changes: steps, ..*self });
        };
        // The caller's lists and maps may change later, and an iterator gives its items once.
        let changes = &Self::kept(changes)?;
        let path = match changes.get_item("path")? {
            // An empty path removes the previous one.
            Some(path) if path.is_none() => Vec::new(),
            Some(path) => targets(&path)?,
            None => self.path.clone(),
        };
        let core = Self::changed(self.core.clone(), changes)?;
        steps.push(changes.clone().unbind());
        Ok(Self { core, path, from_none: self.from_none, changes: steps })
    }

    /// The growth for a model: its path, if any, needs the order of the tiers.
    pub(super) fn for_model(&self, model: &core::Model) -> Result<core::Growth> {
        let mut growth = self.core.clone();
        growth.path = model.path(&self.path).of("path")?;
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
        Self::start(false).with(py, changes)
    }

    /// Nothing won, lost, changed or uncertain.
    #[staticmethod]
    fn none() -> Self {
        Self::start(true)
    }

    /// The same with the given values replaced; the names are those of the constructor. Other values stay unchanged, including
    /// the other tiers of a figure.
    #[pyo3(signature = (**changes))]
    fn replace(&self, py: Python<'_>, changes: Option<&Bound<'_, PyDict>>) -> Result<Self> {
        self.with(py, changes)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = if self.from_none { "Growth.none()" } else { "Growth" }.to_owned();
        for (place, step) in self.changes.iter().enumerate() {
            let step = step.bind(py).iter();
            let named: Vec<String> =
                step.map(|(name, value)| Ok(format!("{name}={}", value.repr()?))).collect::<PyResult<_>>()?;
            let call = if place == 0 && !self.from_none { "" } else { ".replace" };
            text.extend([call, "(", named.join(", ").as_str(), ")"]);
        }
        if self.changes.is_empty() && !self.from_none {
            text.push_str("()");
        }
        Ok(cut(text))
    }

    /// Unpickling: the start and the replacements since.
    #[staticmethod]
    fn _from_steps(py: Python<'_>, from_none: bool, steps: &Bound<'_, PyAny>) -> Result<Self> {
        let steps = argument::items(Class::Finance, "steps", steps, STEPS_MAX, |_, step| {
            Ok(step.cast_into::<PyDict>().map_err(PyErr::from)?)
        })?;
        steps.iter().try_fold(Self::start(from_none), |growth, step| growth.with(py, Some(step)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (bool, Vec<Bound<'py, PyDict>>))> {
        let (py, own) = (slf.py(), slf.get());
        let steps = own.changes.iter().map(|step| step.bind(py).clone()).collect();
        Ok((slf.get_type().getattr("_from_steps")?, (own.from_none, steps)))
    }
}
