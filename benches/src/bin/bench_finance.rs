//! Finance: many futures beside NumPy, a month of ten thousand tenants, a grid of ten thousand scenarios.

use std::io::Write as _;
use std::process::{Command, Stdio};

use securebase_benches::{median, record, timed};
use securebase_core::finance::{
    Age, Assumption, Assumptions, Distribution, Growth, Metric, Model, Uncertain,
};
use securebase_core::model::{NetworkFeatures, Tier};

const TRIALS: u64 = 1_000_000;
const MONTHS: u32 = 36;
/// The environment variable that makes this program a child that measures its own memory.
const CHILD: &str = "SECUREBASE_BENCH_SIMULATE";

type Failure = Box<dyn std::error::Error>;

fn model(counts: [u32; 4]) -> Result<Model, Failure> {
    let mix: Vec<(&str, u32)> = Tier::shipped().iter().map(|tier| tier.name.as_str()).zip(counts).collect();
    Ok(Model::of_mix(Tier::shipped(), &mix, Some(NetworkFeatures::default()), Assumptions::aws())?)
}

/// The shipped growth with as many uncertain factors as NumPy's program draws.
fn growth() -> Result<Growth, Failure> {
    let mut growth = Growth::shipped().clone();
    growth.uncertain = [
        ("new", Distribution::Lognormal(0.30)),
        ("churn", Distribution::Lognormal(0.40)),
        ("price", Distribution::Normal(0.03)),
        ("infrastructure", Distribution::Lognormal(0.25)),
        ("support", Distribution::Triangular(0.8, 1.0, 1.5)),
    ]
    .into_iter()
    .map(|(path, distribution)| Ok(Uncertain { assumption: path.parse()?, distribution }))
    .collect::<Result<_, Failure>>()?;
    Ok(growth)
}

/// The most memory this process has had, in MB.
fn peak_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

/// One simulation in a process of its own, so that its peak is its own.
fn child() -> Result<(), Failure> {
    let model = model([4, 2, 2, 2])?;
    let before = peak_mb().unwrap_or_default();
    let growth = growth()?;
    let (took, simulation) = timed(|| model.simulate(TRIALS, MONTHS, 1, 0, &growth));
    let simulation = simulation?;
    let profit = simulation.spread(MONTHS, Metric::Profit).map_or(f64::NAN, |spread| spread.mean);
    let memory = peak_mb().unwrap_or_default() - before;
    write!(std::io::stdout(), "{} {memory} {profit}", took.as_secs_f64())?;
    Ok(())
}

/// Seconds, MB and mean profit of the last month, from whoever prints them.
fn measured(command: &mut Command, input: &[u8]) -> Option<[f64; 3]> {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    process.stdin.take()?.write_all(input).ok()?;
    let output = process.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().ok()
}

fn simulation() -> Result<(), Failure> {
    let own = std::env::current_exe()?;
    let mut runs: Vec<[f64; 3]> =
        (0..3).filter_map(|_| measured(Command::new(&own).env(CHILD, "1"), b"")).collect();
    let mut seconds: Vec<f64> = runs.iter().map(|run| run[0]).collect();
    let Some([_, memory, profit]) = runs.pop() else { return Err("the simulation did not run".into()) };
    let seconds = median(&mut seconds);
    record("finance/simulate/1e6x36x4", seconds, "s", 3);
    record("finance/simulate/memory", memory, "MB", 1);
    let input = serde_json::json!({
        "trials": TRIALS,
        "months": MONTHS,
        "tenants": [4, 2, 2, 2],
        "model": model([4, 2, 2, 2])?.compiled(MONTHS, &growth()?)?,
        "sigma": {"new": 0.30, "churn": 0.40, "price": 0.03, "infrastructure": 0.25},
        "support": [0.8, 1.0, 1.5],
    });
    let input = serde_json::to_vec(&input)?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/finance_numpy.py");
    let reference = [concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv/bin/python"), "python3"]
        .into_iter()
        .find_map(|python| measured(Command::new(python).arg(script), &input));
    let Some([numpy_seconds, numpy_memory, numpy_profit]) = reference else {
        writeln!(std::io::stderr(), "no Python with NumPy: the reference was not measured")?;
        return Ok(());
    };
    record("finance/simulate/numpy", numpy_seconds, "s", 1);
    record("finance/simulate/numpy_memory", numpy_memory, "MB", 1);
    record("finance/simulate/times_faster_than_numpy", numpy_seconds / seconds, "times", 1);
    record("finance/simulate/memory_of_numpys", memory / numpy_memory, "fraction", 1);
    // Both must have simulated the same business: their means differ by sampling noise alone.
    let apart = (profit - numpy_profit).abs() / profit.abs();
    record("finance/simulate/mean_profit_apart_from_numpy", apart, "fraction", 1);
    if apart < 0.005 { Ok(()) } else { Err(format!("{profit} here, {numpy_profit} in NumPy").into()) }
}

fn main() -> Result<(), Failure> {
    if std::env::var_os(CHILD).is_some() {
        return child();
    }
    simulation()?;
    let many = model([4_000, 2_000, 2_000, 2_000])?;
    let mut months = Vec::new();
    for _ in 0..20 {
        let (took, month) = timed(|| many.month());
        month?;
        months.push(took.as_secs_f64() * 1e3);
    }
    record("finance/month/10000_tenants", median(&mut months), "ms", months.len());
    let month = many.month()?;
    let (took, table) = timed(|| month.tenants_table());
    table?;
    record("finance/per_tenant/10000_tenants", took.as_secs_f64() * 1e3, "ms", 1);
    let (took, cost) = timed(|| many.cost(Age::Steady));
    cost?;
    record("finance/cost/10000_tenants", took.as_secs_f64() * 1e3, "ms", 1);
    let steps =
        |from: f64, to: f64| (0..100).map(|step| from + (to - from) * f64::from(step) / 99.0).collect();
    let grid: Vec<(Assumption, Vec<f64>)> =
        vec![("price.gov-federal".parse()?, steps(10_000.0, 40_000.0)), ("churn".parse()?, steps(0.1, 5.0))];
    let ten = model([4, 2, 2, 2])?;
    let growth = growth()?;
    let (took, table) = timed(|| ten.sweep(&grid, MONTHS, &growth));
    table?;
    record("finance/sweep/100x100x36", took.as_secs_f64(), "s", 1);
    Ok(())
}
