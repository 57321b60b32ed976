//! The history as a table, and its entries in words.

use std::fmt;

use super::history::{RecordKind, RunRecord};
use super::journal::replay::Resumption;
use super::lease::holder::{moment, printable};
use crate::table::{self, Column, Table};
use crate::time::Time;

impl fmt::Display for Resumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, who } = self;
        write!(f, "{} at {}", printable(who), moment(*at))
    }
}

impl fmt::Display for RunRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.run, printable(&self.who))?;
        if let Some(began) = self.began {
            write!(f, ", {}", moment(began))?;
        }
        if let Some(ended) = self.ended {
            write!(f, " to {}", moment(ended))?;
        }
        write!(f, ": {}", self.what())
    }
}

impl RunRecord {
    /// How it ended: `succeeded`, `failed`, or `interrupted` where it was cut off.
    pub fn outcome(&self) -> &'static str {
        self.status.map_or("interrupted", |status| status.name())
    }

    /// What it did, in words.
    pub fn what(&self) -> String {
        let Self { kind, step_count, plan, resumed, .. } = self;
        let outcome = self.outcome();
        if *kind == RecordKind::Rebuild {
            return format!("{step_count} resources found in the cloud, {outcome}");
        }
        let steps = if *step_count == 1 { "step" } else { "steps" };
        let mut what = format!("{step_count} {steps} of plan {plan:.12}, {outcome}");
        for (index, resumed) in resumed.iter().enumerate() {
            let before = if index == 0 { ", resumed by" } else { ", then by" };
            what.push_str(&format!("{before} {resumed}"));
        }
        what
    }

    /// A history as a table: `run, kind, who, began, ended, status, what, resumed_by, resumed_at, plan, step_count,
    /// failed_count`; moments as text, those who resumed and when joined by line breaks.
    ///
    /// # Errors
    /// [`table::Error::TooLong`] beyond 2 GiB of text.
    pub fn table(history: &[Self]) -> Result<Table, table::Error> {
        let texts = |of: &dyn Fn(&Self) -> String| -> Vec<String> { history.iter().map(of).collect() };
        let moments = |of: &dyn Fn(&Self) -> Option<Time>| -> Vec<Option<String>> {
            history.iter().map(|record| of(record).map(moment)).collect()
        };
        let joined = |of: &dyn Fn(&Resumption) -> String| {
            texts(&|record| record.resumed.iter().map(of).collect::<Vec<_>>().join("\n"))
        };
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let (began, ended) = (moments(&|record| record.began), moments(&|record| record.ended));
        let what = texts(&Self::what);
        let (by, at) = (joined(&|resumed| resumed.who.clone()), joined(&|resumed| moment(resumed.at)));
        Table::new(vec![
            Column::int64("run", history.iter().map(|record| i64::try_from(record.run.0).ok())),
            Column::utf8("kind", history.iter().map(|record| record.kind.name()))?,
            Column::utf8("who", history.iter().map(|record| record.who.as_str()))?,
            Column::utf8("began", began.iter().map(Option::as_deref))?,
            Column::utf8("ended", ended.iter().map(Option::as_deref))?,
            Column::utf8("status", history.iter().map(Self::outcome))?,
            Column::utf8("what", what.iter().map(String::as_str))?,
            Column::utf8("resumed_by", by.iter().map(String::as_str))?,
            Column::utf8("resumed_at", at.iter().map(String::as_str))?,
            Column::utf8("plan", history.iter().map(|record| record.plan.as_str()))?,
            Column::int64("step_count", history.iter().map(|record| count(record.step_count))),
            Column::int64("failed_count", history.iter().map(|record| count(record.failed_count))),
        ])
    }
}
