//! Tenants from the rows of a data frame: every cell that is wrong, by row and column.

use rust_decimal::Decimal;

use super::{Model, ModelTenant, check_tenants};
use crate::finance::cost::footprint::{BilledTenant, Counts, Footprint};
use crate::finance::error::Error;
use crate::finance::inputs::amounts::amount_problem;
use crate::finance::inputs::assumptions::Assumptions;
use crate::model::{Money, NetworkFeatures, Problem, Problems, Tier, exact, likeness};

/// A tenant as a row of a data frame, all as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TenantRow {
    /// Its key.
    pub tenant: Option<String>,
    /// Its tier.
    pub tier: Option<String>,
    /// What it pays a month, where it is not the tier's price.
    pub monthly_price: Option<String>,
}

impl TenantRow {
    /// The columns a row is read from.
    pub const COLUMNS: [&str; 3] = ["tenant", "tier", "monthly_price"];

    /// Fails for a frame with a column whose name resembles one of [`Self::COLUMNS`]: a misspelled price column would silently
    /// leave the tier's price. Also for one without the columns that name a tenant (`tenant`, or `key` as in the table of a zone's
    /// tenants) and its tier. Other columns are ignored.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every such column.
    pub fn check_columns<'a>(columns: impl IntoIterator<Item = &'a str>) -> Result<(), Error> {
        let columns: Vec<&str> = columns.into_iter().collect();
        let is_known = |column: &str| Self::COLUMNS.contains(&column);
        let meant = |column: &str| {
            let folded = column.trim().to_lowercase().replace([' ', '-'], "_");
            let alike = |known: &&str| folded == **known || likeness(&folded, known) > LIKENESS;
            Self::COLUMNS.into_iter().filter(|known| !columns.contains(known)).find(alike)
        };
        let mut problems: Vec<Problem> = columns
            .iter()
            .filter(|column| !is_known(column))
            .filter_map(|column| Some((column, meant(column)?)))
            .map(|(column, known)| {
                let message = format!("invalid column `{column}`: expected `{known}`");
                let hint = format!("call it `{known}`, or leave it out");
                Problem::error("column-unknown", format!("column {column}"), message, hint)
            })
            .collect();
        let has = |column: &str| columns.contains(&column);
        if problems.is_empty() {
            let missing = [("tenant", !has("tenant") && !has("key")), ("tier", !has("tier"))];
            problems.extend(
                missing.into_iter().filter(|(_, missing)| *missing).map(|(column, _)| column_missing(column)),
            );
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(Problems(problems))) }
    }
}

fn column_missing(column: &str) -> Problem {
    let message = format!("missing column `{column}`, or the column is empty");
    let hint = "name the columns `tenant` (or `key`) and `tier`";
    Problem::error("column-missing", format!("column {column}"), message, hint)
}

/// How alike two names of columns are that may be taken for one another, from 0 to 1.
const LIKENESS: f64 = 0.9;

impl Model {
    /// Tenants from the rows of a data frame: a key, a tier, and a price where it is not the tier's, all as text.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every cell that is wrong, by row (from 0, as frames count) and column, [`Error::Range`] beyond
    /// 100,000 rows.
    pub fn of_rows(
        tiers: &[Tier],
        rows: &[TenantRow],
        network: Option<NetworkFeatures>,
        assumptions: Assumptions,
    ) -> Result<Self, Error> {
        check_tenants(rows.len() as u64)?;
        let mut problems = Vec::new();
        let mut tenants: Vec<ModelTenant> = Vec::with_capacity(rows.len());
        let mut keys = std::collections::BTreeSet::new();
        let counts = Counts::of_tenant(network);
        let mut footprint = Footprint::of_mix([], counts);
        for (column, is_empty) in [
            ("tenant", rows.iter().all(|row| row.tenant.is_none())),
            ("tier", rows.iter().all(|row| row.tier.is_none())),
        ] {
            if is_empty && !rows.is_empty() {
                problems.push(column_missing(column));
            }
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(Problems(problems)));
        }
        for (index, row) in rows.iter().enumerate() {
            let mut wrong = |column: &str, message: String, hint: &str| {
                problems.push(Problem::error(
                    "cell-invalid",
                    format!("row {index}, column {column}"),
                    message,
                    hint,
                ));
            };
            let key = row.tenant.as_deref().unwrap_or_default().trim();
            if key.is_empty() {
                wrong("tenant", "a tenant has no key".to_owned(), "name every tenant");
            } else if !keys.insert(key) {
                wrong(
                    "tenant",
                    format!("duplicate tenant `{key}`: expected one row for each tenant"),
                    "remove the second row",
                );
            }
            let name = row.tier.as_deref().unwrap_or_default().trim();
            let tier = tiers.iter().position(|tier| tier.name.as_str() == name);
            if tier.is_none() {
                let known: Vec<&str> = tiers.iter().map(|tier| tier.name.as_str()).collect();
                let hint = format!("use one of {}", known.join(", "));
                wrong("tier", format!("invalid tier `{name}`: expected a tier of the zone"), &hint);
            }
            let written = row.monthly_price.as_deref().map(str::trim).filter(|text| !text.is_empty());
            let amount: Option<Option<Decimal>> = written.map(exact);
            let fault = amount.flatten().and_then(|amount| amount_problem("monthly_price", amount, true));
            match (written, amount, fault) {
                (Some(text), Some(None), _) => {
                    let message =
                        format!("invalid `monthly_price` `{text}`: expected a number of zero or more");
                    wrong("monthly_price", message, "use digits, such as `8000` or `7999.50`");
                }
                (.., Some(Problem { message, hint, .. })) => wrong("monthly_price", message, &hint),
                _ => {}
            }
            let Some(tier) = tier else { continue };
            let usual = tiers[tier].monthly_price;
            let price = amount.flatten().map_or(usual, |amount| Money::new(amount, usual.currency));
            let mut billed = BilledTenant::with_counts(&tiers[tier].name, counts);
            billed.set_price(price);
            footprint.insert(key, billed);
            tenants.push(ModelTenant { key: key.into(), tier, price });
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(Problems(problems)));
        }
        Self::of(tiers.to_vec(), tenants, footprint, network, assumptions)
    }
}
