//! A simulation as tables.

use rayon::prelude::*;

use super::chunk::Chunk;
use super::{Simulation, Spread};
use crate::finance::Error;
use crate::finance::assumptions::Category;
use crate::finance::fast::Outcome;
use crate::finance::metric::Metric;
use crate::finance::quantiles::PERCENTILES;
use crate::finance::uncertainty::by_kind;
use crate::table::{Column, Table};

impl Simulation {
    /// The spreads, by month and metric.
    pub fn spreads(&self) -> &[Spread] {
        &self.spreads
    }

    /// One spread.
    pub fn spread(&self, month: u32, metric: Metric) -> Option<&Spread> {
        self.spreads.iter().find(|spread| spread.month == month && spread.metric == metric)
    }

    /// How many trials were run.
    pub fn trials(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.trials).sum()
    }

    /// The spreads as a table, one row for each month and metric: `month, metric, trials, mean, p1 … p99`.
    ///
    /// # Errors
    /// None in practice; a table of columns of one length is always one.
    pub fn table(&self) -> Result<Table, Error> {
        let rows = &self.spreads;
        let trials = i64::try_from(self.trials()).unwrap_or(i64::MAX);
        let number = |value: f64| if value.is_nan() { None } else { Some(value) };
        let mut columns = vec![
            Column::int64("month", rows.iter().map(|row| i64::from(row.month))),
            Column::utf8("metric", rows.iter().map(|row| row.metric.name()))?,
            Column::int64("trials", rows.iter().map(|_| trials)),
            Column::float64("mean", rows.iter().map(|row| number(row.mean))),
        ];
        for (place, percent) in PERCENTILES.iter().enumerate() {
            let values = rows.iter().map(|row| number(row.percentiles[place]));
            columns.push(Column::float64(&format!("p{percent}"), values));
        }
        Ok(Table::new(columns)?)
    }

    /// Each trial's last month as a table, one row a trial in the order of their numbers: `trial`, tenants in all and by
    /// tier, revenue, costs, profit, margins (absent without revenue), the profit of all months, and the trial's factors.
    ///
    /// # Errors
    /// None in practice; a table of columns of one length is always one.
    pub fn samples(&self) -> Result<Table, Error> {
        let outcomes: Vec<Outcome> = self.chunks.par_iter().flat_map_iter(|chunk| self.ends(chunk)).collect();
        let number = |value: f64| if value.is_nan() { None } else { Some(value) };
        let trials = self.chunks.iter().flat_map(|chunk| (chunk.first..).take(chunk.trials));
        let mut columns =
            vec![Column::int64("trial", trials.map(|trial| i64::try_from(trial).unwrap_or(i64::MAX)))];
        let tenants = self.chunks.iter().flat_map(|chunk| chunk.tenants.chunks(self.tiers.len().max(1)));
        let totals =
            tenants.clone().map(|tenants| tenants.iter().map(|count| i64::from(*count)).sum::<i64>());
        if self.tiers.is_empty() {
            columns.push(Column::int64("tenants", outcomes.iter().map(|_| 0)));
        } else {
            columns.push(Column::int64("tenants", totals));
        }
        for (place, tier) in self.tiers.iter().enumerate() {
            let counts = tenants.clone().map(|tenants| i64::from(tenants[place]));
            columns.push(Column::int64(&format!("tenants_{}", tier.replace('-', "_")), counts));
        }
        let mut figure = |name: &str, value: fn(&Outcome) -> f64| {
            columns.push(Column::float64(name, outcomes.iter().map(|outcome| number(value(outcome)))));
        };
        figure("revenue", |outcome| outcome.revenue);
        figure("infrastructure", |outcome| outcome.costs[0]);
        figure("support", |outcome| outcome.costs[1]);
        figure("sales", |outcome| outcome.costs[2]);
        figure("other", |outcome| outcome.costs[3]);
        figure("total_cost", Outcome::total_cost);
        figure("profit", Outcome::profit);
        figure("infrastructure_margin", |outcome| outcome.margin(Category::Infrastructure));
        figure("gross_margin", |outcome| outcome.margin(Category::Support));
        figure("operating_margin", |outcome| outcome.margin(Category::Other));
        let profits = self.chunks.iter().flat_map(|chunk| chunk.profit.iter().copied());
        columns.push(Column::float64("profit_cumulative", profits));
        for (place, factor) in self.uncertain.iter().enumerate() {
            let each = self.uncertain.len();
            let values = self.chunks.iter().flat_map(|chunk| chunk.factors.iter().skip(place).step_by(each));
            columns.push(Column::float64(&format!("factor_{factor}"), values.copied()));
        }
        Ok(Table::new(columns)?)
    }

    /// The last month of each trial of a chunk.
    pub(super) fn ends<'a>(&'a self, chunk: &'a Chunk) -> impl Iterator<Item = Outcome> + 'a {
        let tiers = self.fast.prices.len();
        (0..chunk.trials).map(move |trial| {
            let tenants: Vec<f64> = chunk.tenants[trial * tiers..(trial + 1) * tiers]
                .iter()
                .map(|count| f64::from(*count))
                .collect();
            let drawn = self.uncertain.len();
            let factors = by_kind(&self.kinds, &chunk.factors[trial * drawn..]);
            let fast = chunk.compiled.get(trial).unwrap_or(&self.fast);
            let paid = (chunk.book > 0).then(|| {
                let books = &chunk.books[trial * tiers * chunk.book..(trial + 1) * tiers * chunk.book];
                books.chunks(chunk.book).map(|book| fast.paid_of(book)).sum()
            });
            fast.outcome(&tenants, chunk.won[trial].into(), self.months as usize - 1, &factors, paid)
        })
    }
}
