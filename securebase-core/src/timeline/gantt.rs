//! A timeline as a picture: a row for the organization and one for each tenant.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::{Interval, Timeline};
use crate::kinds::facts;
use crate::kinds::info::Phase;

/// A text row has so many cells.
const CELLS: usize = 60;
/// Where the bars of the SVG begin, how wide they are in all, and how high a row is.
const LEFT: f64 = 220.0;
const WIDTH: f64 = 760.0;
const ROW: f64 = 18.0;

impl Phase {
    fn sign(self) -> char {
        match self {
            Self::Guardrails => 'g',
            Self::Account => 'a',
            Self::Readiness => 'r',
            Self::Network => 'n',
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Guardrails => "units and guardrails",
            Self::Account => "account made and placed",
            Self::Readiness => "account becomes usable",
            Self::Network => "network",
        }
    }

    /// Colours that stay apart for the colour-blind (Okabe and Ito 2008).
    fn colour(self) -> &'static str {
        match self {
            Self::Guardrails => "#cc79a7",
            Self::Account => "#0072b2",
            Self::Readiness => "#e69f00",
            Self::Network => "#009e73",
        }
    }
}

/// From when until when a row is in a phase.
struct Bar {
    phase: Phase,
    start: Duration,
    end: Duration,
    steps: usize,
}

impl Timeline {
    /// The bars by row, the row that begins first at the top.
    fn rows(&self) -> Vec<(&str, Vec<Bar>)> {
        let mut rows: BTreeMap<&str, BTreeMap<Phase, Bar>> = BTreeMap::new();
        for Interval { address, kind, start, end, .. } in &self.intervals {
            let phase = facts(*kind).phase;
            let bar = rows
                .entry(address.tenant_key().unwrap_or("organization"))
                .or_default()
                .entry(phase)
                .or_insert(Bar { phase, start: *start, end: *end, steps: 0 });
            bar.start = bar.start.min(*start);
            bar.end = bar.end.max(*end);
            bar.steps += 1;
        }
        let mut rows: Vec<(&str, Vec<Bar>)> =
            rows.into_iter().map(|(name, bars)| (name, bars.into_values().collect())).collect();
        rows.sort_by_key(|(name, bars)| (bars.iter().map(|bar| bar.start).min(), *name));
        rows
    }

    /// A Gantt chart for a terminal: a row for the organization and one for each tenant, with a legend.
    pub fn gantt_text(&self) -> String {
        let rows = self.rows();
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let total = self.makespan.as_secs_f64().max(1e-6);
        let mut text = String::new();
        for (name, bars) in rows {
            let mut cells = [' '; CELLS];
            for bar in bars {
                let (from, to) = (cell(bar.start, total), cell(bar.end, total));
                cells[from..=to].fill(bar.phase.sign());
            }
            let line: String = cells.iter().collect();
            let _ = writeln!(text, "{name:<width$} |{line}|");
        }
        let legend: Vec<String> =
            Phase::ALL.iter().map(|phase| format!("{} {}", phase.sign(), phase.name())).collect();
        let cell_seconds = total / CELLS as f64;
        let _ = writeln!(text, "each sign {cell_seconds:.0} s: {}", legend.join(", "));
        text
    }

    /// The same as SVG. Pointing at a bar names its times.
    pub fn gantt_svg(&self) -> String {
        let rows = self.rows();
        let total = self.makespan.as_secs_f64().max(1e-6);
        let x = |at: Duration| LEFT + WIDTH * at.as_secs_f64() / total;
        let height = ROW * (rows.len() as f64 + 3.0);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {full} {height}\" width=\"{full}\" \
             font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>Timeline</title>\n",
            full = LEFT + WIDTH + 20.0
        );
        for (index, phase) in Phase::ALL.into_iter().enumerate() {
            let left = LEFT + 180.0 * index as f64;
            let _ = writeln!(
                svg,
                "<rect x=\"{left}\" y=\"4\" width=\"12\" height=\"12\" fill=\"{}\"/><text x=\"{}\" y=\"14\">{}</text>",
                phase.colour(),
                left + 16.0,
                phase.name()
            );
        }
        for (index, (name, bars)) in rows.iter().enumerate() {
            let top = ROW * (index as f64 + 1.5);
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                top + 12.0,
                escaped(name)
            );
            for Bar { phase, start, end, steps } in bars {
                let (left, right) = (x(*start), x(*end));
                let _ = writeln!(
                    svg,
                    "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"><title>{}: {}, {:.0} s to {:.0} s, steps: {steps}</title></rect>",
                    top + 2.0,
                    (right - left).max(0.5),
                    ROW - 4.0,
                    phase.colour(),
                    escaped(name),
                    phase.name(),
                    start.as_secs_f64(),
                    end.as_secs_f64()
                );
            }
        }
        let bottom = height - ROW * 0.5;
        for quarter in 0..=4_u32 {
            let at = self.makespan * quarter / 4;
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{bottom:.1}\" text-anchor=\"middle\">{:.1} min</text>",
                x(at),
                at.as_secs_f64() / 60.0
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn cell(at: Duration, total: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the cells there are"
    )]
    let cell = (at.as_secs_f64() / total * CELLS as f64) as usize;
    cell.min(CELLS - 1)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
