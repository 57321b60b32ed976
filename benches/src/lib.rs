//! Measuring: times, medians, exponents, and one line of JSON a result.
//!
//! A benchmark is a program `src/bin/bench_*.rs`; `make bench` runs them all and joins their lines. Every figure stands
//! beside a reference measured in the same run, as machines differ.

pub mod timed_store;
pub mod zone;

use std::time::{Duration, Instant};

use serde::Serialize;

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    value: f64,
    unit: &'a str,
    n: usize,
}

/// Prints one result: `n` is how many times it was measured.
#[expect(clippy::print_stdout, reason = "results go to standard output, where the runner reads them")]
pub fn record(name: &str, value: f64, unit: &str, n: usize) {
    let entry = Entry { name, value: rounded(value), unit, n };
    if let Ok(line) = serde_json::to_string(&entry) {
        println!("{line}");
    }
}

/// Four significant digits: more would be noise.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// How long `work` takes, and what it gives.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// How long a future takes from when it is first asked until it is done, and what it gives.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the wall clock")]
pub async fn timed_future<F: Future>(future: F) -> (Duration, F::Output) {
    let start = Instant::now();
    let result = future.await;
    (start.elapsed(), result)
}

/// Nanoseconds per call: the median over batches of `batch` calls, so that reading the clock does not count, and the
/// number of batches.
pub fn nanoseconds_per_call(calls: usize, batch: usize, mut call: impl FnMut(usize)) -> (f64, usize) {
    let mut samples = Vec::new();
    let mut next = 0;
    while next < calls {
        let end = (next + batch).min(calls);
        let (took, ()) = timed(|| (next..end).for_each(&mut call));
        samples.push(took.as_secs_f64() * 1e9 / (end - next) as f64);
        next = end;
    }
    (median(&mut samples), samples.len())
}

/// The median; 0 of nothing.
pub fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

/// The exponent of growth: the slope of a line through the logarithms of `(size, cost)`.
pub fn exponent(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let mean_x = logs.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = logs.iter().map(|(_, y)| y).sum::<f64>() / n;
    let above: f64 = logs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let below: f64 = logs.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    above / below
}

/// The memory of this process in bytes, as far as the system says.
pub fn resident_bytes() -> Option<f64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_of_a_power_is_found() {
        let points: Vec<(f64, f64)> = (1..6).map(|n| (f64::from(n), 3.0 * f64::from(n).powf(1.5))).collect();
        assert!((exponent(&points) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert!((median(&mut [9.0, 1.0, 5.0]) - 5.0).abs() < 1e-12);
    }
}
