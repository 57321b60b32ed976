//! Tables: named, typed columns of equal length.
//!
//! Purpose: one shape for everything an analyst takes away, laid out as Apache Arrow lays columns out, so that a binding
//! can hand the buffers on without touching a value.
//! Invariants: columns of one table have the same length and different names; an absent value is marked in `valid`.
//! Not here: computing on columns, reading files.

use std::fmt;

use rust_decimal::Decimal;

/// Why columns are not a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A column is longer or shorter than the first.
    #[error("column `{name}` has {found} rows where the table has {expected}")]
    Length {
        /// The column.
        name: String,
        /// Its rows.
        found: usize,
        /// The rows of the first column.
        expected: usize,
    },
    /// Two columns have one name.
    #[error("two columns are named `{0}`")]
    Duplicate(String),
    /// A decimal does not fit the column's precision.
    #[error("`{value}` in column `{name}` needs more than {precision} digits")]
    Digits {
        /// The column.
        name: String,
        /// The value.
        value: Decimal,
        /// The digits the column has.
        precision: u8,
    },
    /// A column holds more text than its 32-bit offsets can address.
    #[error("column `{0}` holds more than 2 GiB of text")]
    TooLong(String),
}

/// The values of a column. Where `valid` says a row is absent, its value here is a zero or an empty text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// UTF-8 text: row `i` is `text[offsets[i]..offsets[i + 1]]`.
    Utf8 {
        /// One more than there are rows, the first 0, never decreasing.
        offsets: Vec<i32>,
        /// All rows' text, one after the other.
        text: String,
    },
    /// Signed 64-bit integers.
    Int64(Vec<i64>),
    /// Double-precision floats. Never money that was exact before.
    Float64(Vec<f64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Exact decimals: each value is the integer times `10^-scale`.
    Decimal {
        /// The values in units of `10^-scale`.
        units: Vec<i128>,
        /// The digits a value may have, at most 38.
        precision: u8,
        /// The decimals of every value.
        scale: i8,
    },
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Utf8 { offsets, .. } => offsets.len().saturating_sub(1),
            Self::Int64(values) => values.len(),
            Self::Float64(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Decimal { units, .. } => units.len(),
        }
    }
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name, in snake_case, units last.
    pub name: String,
    /// Its values.
    pub values: Values,
    /// Which rows have a value; `None` where all have.
    pub valid: Option<Vec<bool>>,
}

/// The digits of every decimal column.
const PRECISION: u8 = 38;

impl Column {
    fn of<T, O: Into<Option<T>>, V: Default>(
        rows: impl IntoIterator<Item = O>,
        mut value: impl FnMut(T) -> Result<V, Error>,
    ) -> Result<(Vec<V>, Option<Vec<bool>>), Error> {
        let rows = rows.into_iter();
        let mut values = Vec::with_capacity(rows.size_hint().0);
        let mut valid: Option<Vec<bool>> = None;
        for row in rows {
            if let Some(row) = row.into() {
                values.push(value(row)?);
                if let Some(valid) = &mut valid {
                    valid.push(true);
                }
            } else {
                valid.get_or_insert_with(|| vec![true; values.len()]).push(false);
                values.push(V::default());
            }
        }
        Ok((values, valid))
    }

    /// A column of text, given as values or options.
    ///
    /// # Errors
    /// [`Error::TooLong`] beyond 2 GiB of text.
    pub fn utf8<'a, O: Into<Option<&'a str>>>(
        name: &str,
        rows: impl IntoIterator<Item = O>,
    ) -> Result<Self, Error> {
        let mut text = String::new();
        let (ends, valid) = Self::of(rows, |row: &str| {
            text.push_str(row);
            i32::try_from(text.len()).map(Some).map_err(|_| Error::TooLong(name.to_owned()))
        })?;
        let mut offsets = Vec::with_capacity(ends.len() + 1);
        offsets.push(0);
        let mut last = 0;
        for end in ends {
            last = end.unwrap_or(last);
            offsets.push(last);
        }
        Ok(Self { name: name.to_owned(), values: Values::Utf8 { offsets, text }, valid })
    }

    /// A column of exact decimals with `scale` decimals; values with more are rounded half to even.
    ///
    /// # Errors
    /// [`Error::Digits`] where a value does not fit 38 digits.
    pub fn decimal<O: Into<Option<Decimal>>>(
        name: &str,
        scale: u8,
        rows: impl IntoIterator<Item = O>,
    ) -> Result<Self, Error> {
        let (units, valid) = Self::of(rows, |value: Decimal| {
            let short = value.round_dp(u32::from(scale));
            10_i128
                .checked_pow(u32::from(scale) - short.scale())
                .and_then(|factor| short.mantissa().checked_mul(factor))
                .filter(|units| units.unsigned_abs() < 10_u128.pow(u32::from(PRECISION)))
                .ok_or(Error::Digits { name: name.to_owned(), value, precision: PRECISION })
        })?;
        let scale = i8::try_from(scale).unwrap_or(i8::MAX);
        Ok(Self {
            name: name.to_owned(),
            values: Values::Decimal { units, precision: PRECISION, scale },
            valid,
        })
    }

    /// A column of integers, given as values or options.
    pub fn int64<O: Into<Option<i64>>>(name: &str, rows: impl IntoIterator<Item = O>) -> Self {
        let (values, valid) = plain(rows);
        Self { name: name.to_owned(), values: Values::Int64(values), valid }
    }

    /// A column of floats, given as values or options. A negative zero becomes zero.
    pub fn float64<O: Into<Option<f64>>>(name: &str, rows: impl IntoIterator<Item = O>) -> Self {
        let (mut values, valid) = plain(rows);
        values.iter_mut().filter(|value| **value == 0.0).for_each(|value: &mut f64| *value = 0.0);
        Self { name: name.to_owned(), values: Values::Float64(values), valid }
    }

    /// A column of truth values, given as values or options.
    pub fn bool<O: Into<Option<bool>>>(name: &str, rows: impl IntoIterator<Item = O>) -> Self {
        let (values, valid) = plain(rows);
        Self { name: name.to_owned(), values: Values::Bool(values), valid }
    }

    /// The same column with exact decimals as the nearest floats; a column of another type as it is.
    #[must_use]
    pub fn with_floats(self) -> Self {
        let values = match self.values {
            Values::Decimal { units, scale, .. } => {
                Values::Float64(units.into_iter().map(|units| nearest_float(units, scale)).collect())
            }
            other => other,
        };
        Self { values, ..self }
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One row's value, `None` beyond the last row.
    pub fn cell(&self, row: usize) -> Option<Cell<'_>> {
        if row >= self.len() {
            return None;
        }
        if self.valid.as_ref().is_some_and(|valid| !valid[row]) {
            return Some(Cell::Null);
        }
        Some(match &self.values {
            Values::Utf8 { offsets, text } => {
                let at = |index: usize| usize::try_from(offsets[index]).unwrap_or(0);
                Cell::Text(&text[at(row)..at(row + 1)])
            }
            Values::Int64(values) => Cell::Int(values[row]),
            Values::Float64(values) => Cell::Float(values[row]),
            Values::Bool(values) => Cell::Bool(values[row]),
            Values::Decimal { units, scale, .. } => Cell::Decimal(units[row], *scale),
        })
    }
}

/// The float nearest to `units` times `10^-scale`.
#[expect(clippy::cast_precision_loss, reason = "both numbers of the quotient are exact as floats")]
fn nearest_float(units: i128, scale: i8) -> f64 {
    // Both numbers are exact below these bounds, so the quotient is rounded once.
    const EXACT_UNITS: u128 = 1 << 53;
    const EXACT_POWERS: u32 = 22;
    match u32::try_from(scale) {
        Ok(digits) if digits <= EXACT_POWERS && units.unsigned_abs() <= EXACT_UNITS => {
            units as f64 / 10_u128.pow(digits) as f64
        }
        // Reading the text rounds once, too, and takes longer.
        _ => Cell::Decimal(units, scale).to_string().parse().unwrap_or(f64::NAN),
    }
}

fn plain<T: Default + Clone, O: Into<Option<T>>>(
    rows: impl IntoIterator<Item = O>,
) -> (Vec<T>, Option<Vec<bool>>) {
    // The conversion of a plain value cannot fail.
    Column::of(rows, Ok).unwrap_or_default()
}

/// One value of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// A text.
    Text(&'a str),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A decimal: the integer times `10^-scale`.
    Decimal(i128, i8),
}

impl fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Text(text) => f.pad(text),
            Self::Int(value) => f.pad(&value.to_string()),
            Self::Float(value) => f.pad(&value.to_string()),
            Self::Bool(value) => f.pad(&value.to_string()),
            Self::Decimal(units, scale) => f.pad(&decimal_text(*units, usize::try_from(*scale).unwrap_or(0))),
        }
    }
}

fn decimal_text(units: i128, scale: usize) -> String {
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let sign = if units < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Columns of equal length under different names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    columns: Vec<Column>,
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// [`Error::Length`] and [`Error::Duplicate`].
    pub fn new(columns: Vec<Column>) -> Result<Self, Error> {
        for (index, column) in columns.iter().enumerate() {
            if column.len() != columns[0].len() {
                return Err(Error::Length {
                    name: column.name.clone(),
                    found: column.len(),
                    expected: columns[0].len(),
                });
            }
            if columns[..index].iter().any(|other| other.name == column.name) {
                return Err(Error::Duplicate(column.name.clone()));
            }
        }
        Ok(Self { columns })
    }

    /// How many rows it has.
    pub fn row_count(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// Its columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Its columns, given away with their buffers.
    pub fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    /// The same table with every column of exact decimals as floats, for libraries that compute and plot floats only.
    #[must_use]
    pub fn with_floats(&self) -> Self {
        Self { columns: self.columns.iter().cloned().map(Column::with_floats).collect() }
    }

    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// One value, `None` where there is no such column or row.
    pub fn cell(&self, column: &str, row: usize) -> Option<Cell<'_>> {
        self.column(column)?.cell(row)
    }
}

impl Column {
    /// Every row as text; decimals have as many digits after the point as the longest of the column needs, and at least two where
    /// the column has them.
    fn texts(&self) -> Vec<String> {
        let texts = (0..self.len()).filter_map(|row| self.cell(row)).map(|cell| cell.to_string());
        let Values::Decimal { units, scale, .. } = &self.values else { return texts.collect() };
        let scale = usize::try_from(*scale).unwrap_or(0);
        let zeros = |units: &i128| {
            let mut rest = *units;
            (0..scale)
                .take_while(|_| {
                    let digit = rest % 10;
                    rest /= 10;
                    digit == 0
                })
                .count()
        };
        let spare = units.iter().map(zeros).min().unwrap_or(0).min(scale.saturating_sub(2));
        texts
            .map(|text| text.get(..text.len().saturating_sub(spare)).unwrap_or_default().to_owned())
            .collect()
    }
}

/// As aligned text: a heading, a rule, one line a row; numbers to the right.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.row_count();
        let cells: Vec<Vec<String>> = self.columns.iter().map(Column::texts).collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .zip(&cells)
            .map(|(column, cells)| {
                cells.iter().map(|cell| cell.chars().count()).chain([column.name.chars().count()]).max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        let line = |f: &mut fmt::Formatter<'_>, texts: Vec<&str>| {
            let mut text = String::new();
            for ((column, width), cell) in self.columns.iter().zip(&widths).zip(texts) {
                if !text.is_empty() {
                    text.push_str("  ");
                }
                match column.values {
                    Values::Utf8 { .. } | Values::Bool(_) => text.push_str(&format!("{cell:<width$}")),
                    _ => text.push_str(&format!("{cell:>width$}")),
                }
            }
            writeln!(f, "{}", text.trim_end())
        };
        line(f, self.columns.iter().map(|column| column.name.as_str()).collect())?;
        let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        line(f, rules.iter().map(String::as_str).collect())?;
        for row in 0..rows {
            line(f, cells.iter().map(|column| column[row].as_str()).collect())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_values_are_marked_and_keep_their_place() {
        let column = Column::utf8("name", [Some("a"), None, Some("cd")]).unwrap();
        assert_eq!(column.valid, Some(vec![true, false, true]));
        assert_eq!(column.values, Values::Utf8 { offsets: vec![0, 1, 1, 3], text: "acd".into() });
        assert_eq!(column.cell(1), Some(Cell::Null));
        assert_eq!(column.cell(2), Some(Cell::Text("cd")));
        assert_eq!(column.cell(3), None);
    }

    #[test]
    fn decimals_take_the_scale_of_the_column() {
        let values = ["3853.69", "-0.005", "12"].map(|text| text.parse::<Decimal>().unwrap());
        let column = Column::decimal("usd", 2, values).unwrap();
        assert_eq!(
            column.values,
            Values::Decimal { units: vec![385_369, 0, 1_200], precision: 38, scale: 2 }
        );
        assert_eq!(column.cell(0).unwrap().to_string(), "3853.69");
        assert!(matches!(Column::decimal("usd", 10, [Decimal::MAX]), Err(Error::Digits { .. })));
    }

    #[test]
    fn unequal_or_repeated_columns_are_refused() {
        let one = Column::int64("a", [1]);
        let two = Column::int64("b", [1, 2]);
        assert!(matches!(Table::new(vec![one.clone(), two]), Err(Error::Length { found: 2, .. })));
        assert_eq!(Table::new(vec![one.clone(), one]), Err(Error::Duplicate("a".into())));
    }

    #[test]
    fn decimals_become_the_nearest_floats() {
        let texts =
            ["3853.69", "-0.01", "0.1", "0", "123456789012345.6789012345", "-99999999999999999.9999999999"];
        let values = texts.map(|text| Some(text.parse::<Decimal>().unwrap()));
        let table = Table::new(vec![
            Column::decimal("usd", 10, values.into_iter().chain([None])).unwrap(),
            Column::int64("n", 0..7),
        ])
        .unwrap();
        let floats = table.with_floats();
        assert_eq!(floats.column("n"), table.column("n"));
        let usd = floats.column("usd").unwrap();
        let expected: Vec<f64> = texts.iter().map(|text| text.parse().unwrap()).chain([0.0]).collect();
        assert_eq!(usd.values, Values::Float64(expected));
        assert_eq!(usd.valid, Some([vec![true; 6], vec![false]].concat()));
    }

    #[test]
    fn zero_has_no_sign() {
        let Values::Float64(values) = Column::float64("f", [-0.0, 0.0, -1.0]).values else { panic!() };
        assert!(values[0].is_sign_positive() && values[1].is_sign_positive() && values[2] == -1.0);
        let rounded = Column::decimal("d", 2, [-Decimal::ZERO, Decimal::new(-1, 3)]).unwrap();
        assert_eq!([0, 1].map(|row| rounded.cell(row).unwrap().to_string()), ["0.00", "0.00"]);
    }

    #[test]
    fn text_has_no_more_zeros_than_the_longest_decimal_needs() {
        let column = |scale, values: &[&str]| {
            let values: Vec<Decimal> = values.iter().map(|text| text.parse().unwrap()).collect();
            Column::decimal("d", scale, values).unwrap().texts()
        };
        assert_eq!(column(10, &["7300", "0"]), ["7300.00", "0.00"]);
        assert_eq!(column(10, &["7300", "-0.045"]), ["7300.000", "-0.045"]);
        assert_eq!(column(1, &["5"]), ["5.0"]);
        assert_eq!(column(0, &["50"]), ["50"]);
        let absent = Column::decimal("d", 4, [Some(Decimal::ONE), None]).unwrap();
        assert_eq!(absent.texts(), ["1.00", ""]);
    }

    #[test]
    fn prints_aligned() {
        let table = Table::new(vec![
            Column::utf8("tier", ["fintech", "standard"]).unwrap(),
            Column::decimal("usd", 2, [Decimal::new(710, 1), Decimal::new(-657, 1)]).unwrap(),
        ])
        .unwrap();
        assert_eq!(
            table.to_string(),
            "tier         usd\n--------  ------\nfintech    71.00\nstandard  -65.70\n"
        );
    }
}
