//! A simulation as tables.

use rayon::prelude::*;

use super::Simulation;
use super::chunk::Room;
use super::compiled::months::Outcomes;
use super::quantiles::PERCENTILES;
use super::spread::FigureSpread;
use crate::finance::business::metric::Metric;
use crate::finance::error::Error;
use crate::table::{Column, Table};

impl Simulation {
    /// The spreads, by month and metric.
    pub fn spreads(&self) -> &[FigureSpread] {
        &self.spreads
    }

    /// One spread.
    pub fn spread(&self, month: u32, metric: Metric) -> Option<&FigureSpread> {
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
        let outcomes = self.outcomes();
        let number = |value: f64| if value.is_nan() { None } else { Some(value) };
        let chunks = || self.chunks.iter();
        let trials = chunks().flat_map(|chunk| (chunk.first..).take(chunk.trials));
        let mut columns =
            vec![Column::int64("trial", trials.map(|trial| i64::try_from(trial).unwrap_or(i64::MAX)))];
        columns.push(Column::int64("tenants", outcomes.tenants.iter().map(|count| i64::from(*count))));
        for (tier, name) in self.tiers.iter().enumerate() {
            let counts = chunks().flat_map(|chunk| &chunk.tenants[tier * chunk.trials..][..chunk.trials]);
            let name = format!("tenants_{}", name.as_str().replace('-', "_"));
            columns.push(Column::int64(&name, counts.map(|count| i64::from(*count))));
        }
        let mut figure = |name: &str, values: &[f64]| {
            columns.push(Column::float64(name, values.iter().map(|value| number(*value))));
        };
        let [infrastructure, support, sales, other] = &outcomes.costs;
        figure("revenue", &outcomes.revenue);
        figure("infrastructure", infrastructure);
        figure("support", support);
        figure("sales", sales);
        figure("other", other);
        let total = |trial| outcomes.costs.iter().map(|costs| costs[trial]).sum();
        figure("total_cost", &(0..outcomes.profit.len()).map(total).collect::<Vec<f64>>());
        figure("profit", &outcomes.profit);
        for metric in Metric::ALL.into_iter().filter(|metric| metric.is_margin()) {
            figure(metric.name(), &outcomes.metric(metric));
        }
        let profits: Vec<f64> = chunks().flat_map(|chunk| chunk.profit.iter().copied()).collect();
        figure("profit_cumulative", &profits);
        for (place, factor) in self.uncertain.iter().enumerate() {
            let values = chunks().flat_map(|chunk| &chunk.factors[place * chunk.trials..][..chunk.trials]);
            columns.push(Column::float64(&format!("factor_{factor}"), values.copied()));
        }
        Ok(Table::new(columns)?)
    }

    /// A metric of the last month in each trial; a margin is NaN where there is no revenue.
    pub(super) fn ends(&self, metric: Metric) -> Vec<f64> {
        self.outcomes().metric(metric)
    }

    /// The last month of every trial.
    fn outcomes(&self) -> Outcomes {
        let parts: Vec<Outcomes> = self
            .chunks
            .par_iter()
            .flat_map_iter(|chunk| {
                let mut room = Room::new();
                chunk.blocks().map(move |block| {
                    let mut out = Outcomes::default();
                    let month = self.months as usize - 1;
                    chunk.evaluate(block, month, &self.fast, &self.places, &mut room, &mut out);
                    out
                })
            })
            .collect();
        let mut all = Outcomes::default();
        parts.iter().for_each(|part| all.append(part));
        all
    }
}
