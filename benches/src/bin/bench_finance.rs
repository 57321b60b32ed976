//! Finance: many futures beside NumPy and Numba, a month of ten thousand tenants, a grid of ten thousand scenarios.

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

/// Seconds that the processors have spent on this process so far: user and system time, in hundredths.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some((fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?) / 100.0)
}

/// One simulation in a process of its own, so that its peak is its own.
fn child() -> Result<(), Failure> {
    let model = model([4, 2, 2, 2])?;
    let (before, cpu) = (peak_mb().unwrap_or_default(), cpu_seconds().unwrap_or_default());
    let growth = growth()?;
    let (took, simulation) = timed(|| model.simulate(TRIALS, MONTHS, 1, 0, &growth));
    let simulation = simulation?;
    let cpu = cpu_seconds().unwrap_or_default() - cpu;
    let profit = simulation.spread(MONTHS, Metric::Profit).map_or(f64::NAN, |spread| spread.mean);
    let memory = peak_mb().unwrap_or_default() - before;
    write!(std::io::stdout(), "{} {cpu} {memory} {profit}", took.as_secs_f64())?;
    Ok(())
}

/// What a program of the simulation prints: wall seconds, CPU seconds, MB above the start, mean profit of the last month.
type Run = [f64; 4];

fn measured(command: &mut Command) -> Option<Run> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().ok()
}

/// The programs of the same model in Python that analysts would write, and what each needs.
const PEERS: [(&str, &str); 2] =
    [("numpy", "Python 3 with NumPy"), ("numba", "Python 3 with NumPy and Numba")];

/// The peer's command where it runs: the repository's own Python first.
fn peer(name: &str, input: &std::path::Path, threads: usize) -> Option<Command> {
    let script = format!("{}/finance_{name}.py", env!("CARGO_MANIFEST_DIR"));
    let imports = format!("import {name}");
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../.venv/bin/python");
    let python = [own, "python3"].into_iter().find(|python| {
        let mut probe = Command::new(python);
        probe.args(["-c", &imports]).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })?;
    let mut command = Command::new(python);
    command.arg(script).arg(input).arg(threads.to_string());
    Some(command)
}

/// How often each program is measured, one after the other, so that what else the machine does meets all of them.
const ROUNDS: usize = 3;

fn simulation() -> Result<(), Failure> {
    let threads = std::thread::available_parallelism()?.get();
    let input = serde_json::json!({
        "trials": TRIALS,
        "months": MONTHS,
        "tenants": [4, 2, 2, 2],
        "model": model([4, 2, 2, 2])?.compiled(MONTHS, &growth()?)?,
        "sigma": {"new": 0.30, "churn": 0.40, "price": 0.03, "infrastructure": 0.25},
        "support": [0.8, 1.0, 1.5],
    });
    let path = std::env::temp_dir().join(format!("securebase-finance-{}.json", std::process::id()));
    std::fs::write(&path, serde_json::to_vec(&input)?)?;
    let mut own = Command::new(std::env::current_exe()?);
    own.env(CHILD, "1");
    let mut programs = vec![("securebase", own)];
    for (name, needs) in PEERS {
        match peer(name, &path, threads) {
            Some(command) => programs.push((name, command)),
            None => writeln!(std::io::stderr(), "{name}: left out, there is no {needs}")?,
        }
    }
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); programs.len()];
    for _ in 0..ROUNDS {
        for ((name, command), runs) in programs.iter_mut().zip(&mut runs) {
            runs.push(measured(command).ok_or_else(|| format!("{name} did not run"))?);
        }
    }
    std::fs::remove_file(&path)?;
    let typical =
        |runs: &[Run], place: usize| median(&mut runs.iter().map(|run| run[place]).collect::<Vec<f64>>());
    let [seconds, cpu, memory, profit] = [0, 1, 2, 3].map(|place| typical(&runs[0], place));
    record("finance/simulation/threads", threads as f64, "threads", 1);
    for ((name, _), runs) in programs.iter().zip(&runs) {
        let [wall, spent, peak, mean] = [0, 1, 2, 3].map(|place| typical(runs, place));
        record(&format!("finance/simulation/1e6x36x4/{name}"), wall, "s", ROUNDS);
        record(&format!("finance/simulation/cpu/{name}"), spent, "s", ROUNDS);
        record(&format!("finance/simulation/memory/{name}"), peak, "MB", ROUNDS);
        if *name == "securebase" {
            continue;
        }
        record(&format!("finance/simulation/wall_of/{name}"), seconds / wall, "fraction", ROUNDS);
        record(&format!("finance/simulation/cpu_of/{name}"), cpu / spent, "fraction", ROUNDS);
        record(&format!("finance/simulation/memory_of/{name}"), memory / peak, "fraction", ROUNDS);
        // All must have simulated the same business: their means differ by sampling noise alone.
        let apart = (profit - mean).abs() / profit.abs();
        record(&format!("finance/simulation/mean_profit_apart_from/{name}"), apart, "fraction", ROUNDS);
        if apart >= 0.002 {
            return Err(format!("{profit} here, {mean} in {name}").into());
        }
    }
    Ok(())
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
