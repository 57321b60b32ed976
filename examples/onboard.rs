//! The main job: read a file of tenants, plan, apply to a simulated organization, plan again and find nothing to do.
//!
//! ```console
//! cargo run --release --example onboard                       # the ten tenants that ship beside this file
//! cargo run --release --example onboard -- my.client.auto.tfvars
//! cargo run --release --example onboard -- --crash-after 200  # dies after 200 calls; the next run goes on
//! ```
//!
//! Exit status: 0 done; 1 the input is wrong, with the reason on standard error; 2 some step failed; 3 interrupted, run it
//! again to go on.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use securebase_core::exec::{self, ApplyOptions, Event, EventKind, Run, Stop};
use securebase_core::finance::{PriceBook, Usage};
use securebase_core::input::Format;
use securebase_core::model::LandingZone;
use securebase_core::observe::{self, Observed, Scope};
use securebase_core::plan::{Plan, Planner};
use securebase_core::sim::{Faults, SimulatedCloud};
use securebase_core::state::{RunStatus, State};
use securebase_core::time::Time;

const TEN_TENANTS: &str = include_str!("ten-tenants.client.auto.tfvars");

struct Arguments {
    file: Option<PathBuf>,
    crash_after: Option<u64>,
    quiet: bool,
}

const USAGE: &str = "usage: onboard [--crash-after CALLS] [--quiet] [FILE]";

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments { file: None, crash_after: None, quiet: false };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--crash-after" => {
                let count = given.next().and_then(|count| count.parse().ok());
                arguments.crash_after = Some(count.ok_or("--crash-after takes a number of calls")?);
            }
            "--quiet" => arguments.quiet = true,
            "--help" | "-h" => return Err(USAGE.to_owned()),
            flag if flag.starts_with('-') => return Err(format!("there is no flag `{flag}`\n{USAGE}")),
            _ if arguments.file.is_some() => return Err(format!("one file at a time\n{USAGE}")),
            file => arguments.file = Some(file.into()),
        }
    }
    Ok(arguments)
}

/// Why the job ended early.
enum Failure {
    /// The input is wrong, or does not fit what exists.
    Input(String),
    /// Steps failed.
    Steps(String),
    /// It was interrupted; the next run goes on.
    Interrupted(String),
}

impl From<exec::Error> for Failure {
    fn from(error: exec::Error) -> Self {
        match error {
            exec::Error::Interrupted { .. } => Self::Interrupted(error.message()),
            error => Self::Input(error.message()),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(1);
        }
    };
    let stop = Stop::new();
    tokio::spawn({
        let stop = stop.clone();
        async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.ask();
            }
        }
    });
    match onboard(&arguments, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(message)) => {
            eprintln!("{message}");
            ExitCode::from(1)
        }
        Err(Failure::Steps(message)) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
        Err(Failure::Interrupted(message)) => {
            eprintln!("{message}");
            ExitCode::from(3)
        }
    }
}

async fn onboard(arguments: &Arguments, stop: Stop) -> Result<(), Failure> {
    let zone = match &arguments.file {
        Some(file) => LandingZone::load(file),
        None => LandingZone::parse(TEN_TENANTS, Format::Tfvars, Some("ten-tenants.client.auto.tfvars")),
    }
    .map_err(|problems| Failure::Input(problems.to_string()))?;

    let home = home_of(arguments.file.as_deref());
    let state = State::open(&home.join("state").to_string_lossy())
        .map_err(|error| Failure::Input(error.message()))?;
    let world = home.join("simulated-cloud.json");
    let cloud = open_cloud(&world, arguments)?;
    let options = || ApplyOptions::new().stop(stop.clone());

    if cloud.was_interrupted {
        println!("The last run was interrupted; going on where it stopped.\n");
        let run = exec::resume(&cloud.cloud, &state, options()).await;
        let run = finish(run, &cloud.cloud, &world)?;
        println!("{run}\n");
    }

    let observed = observe::survey(&cloud.cloud, &Scope::of(&zone)).await.map_err(exec::Error::from)?;
    let plan =
        Planner::new(&zone).observed(&observed).plan().map_err(|error| Failure::Input(error.message()))?;
    if !arguments.quiet {
        println!("{plan}");
    }
    if !plan.is_empty() {
        match securebase_core::timeline::timeline(&plan, 0) {
            Ok(timeline) => println!("Time: {timeline}"),
            Err(error) => println!("Time: {}", error.message()),
        }
    }
    print_cost(&plan)?;

    let bar = progress_bar(&plan);
    let run = exec::apply(&plan, &cloud.cloud, &state, options().progress(watch(&bar))).await;
    bar.finish_and_clear();
    let run = finish(run, &cloud.cloud, &world)?;
    println!("\nApplied to the simulated organization: {run}");

    let observed = observe::survey(&cloud.cloud, &Scope::of(&zone)).await.map_err(exec::Error::from)?;
    let again =
        Planner::new(&zone).observed(&observed).plan().map_err(|error| Failure::Input(error.message()))?;
    // The world of this example lives only as long as a run needs it.
    drop(std::fs::remove_dir_all(&home));
    drop(home.parent().map(std::fs::remove_dir));
    if again.is_empty() {
        println!("Planned again: no changes.");
        Ok(())
    } else {
        Err(Failure::Steps(format!("planned again, and something is left to do:\n{again}")))
    }
}

/// Where a run that is interrupted leaves its state and the simulated cloud, so that the next one can go on.
fn home_of(file: Option<&Path>) -> PathBuf {
    let name =
        file.and_then(Path::file_name).map_or_else(|| "ten-tenants".into(), |name| name.to_string_lossy());
    Path::new(".securebase").join(&*name)
}

struct OpenCloud {
    cloud: SimulatedCloud,
    was_interrupted: bool,
}

fn open_cloud(world: &Path, arguments: &Arguments) -> Result<OpenCloud, Failure> {
    if let Ok(saved) = std::fs::read_to_string(world) {
        let (now, observed): (Time, Observed) = serde_json::from_str(&saved).map_err(|error| {
            Failure::Input(format!(
                "`{}` is damaged ({error}): delete its directory to start afresh",
                world.display()
            ))
        })?;
        let cloud = SimulatedCloud::builder(1).observed(&observed).build();
        cloud.advance_to(now);
        return Ok(OpenCloud { cloud, was_interrupted: true });
    }
    let faults = Faults { crash_after_calls: arguments.crash_after, ..Faults::default() };
    Ok(OpenCloud { cloud: SimulatedCloud::builder(0).faults(faults).build(), was_interrupted: false })
}

/// Keeps the simulated cloud where a run was interrupted, as a real cloud keeps itself: what AWS was about to do is done
/// by the time somebody comes back.
fn save(cloud: &SimulatedCloud, world: &Path) -> std::io::Result<()> {
    cloud.advance_to(cloud.now() + Duration::from_secs(900));
    if let Some(home) = world.parent() {
        std::fs::create_dir_all(home)?;
    }
    std::fs::write(world, serde_json::to_vec(&(cloud.now(), cloud.observe()))?)
}

/// Takes the end of a run for what it is.
fn finish(run: Result<Run, exec::Error>, cloud: &SimulatedCloud, world: &Path) -> Result<Run, Failure> {
    if let Err(exec::Error::Interrupted { .. }) = &run {
        save(cloud, world)
            .map_err(|error| Failure::Input(format!("cannot write `{}`: {error}", world.display())))?;
    }
    let run = run?;
    match run.status {
        // What waits for time or for a person is printed with the run; a later plan takes it up.
        RunStatus::Succeeded | RunStatus::Pending => Ok(run),
        RunStatus::Failed => Err(Failure::Steps(run.to_string())),
    }
}

fn print_cost(plan: &Plan) -> Result<(), Failure> {
    let report =
        plan.cost(PriceBook::shipped(), Usage::shipped()).map_err(|error| Failure::Input(error.message()))?;
    println!("{report}");
    Ok(())
}

/// A bar on a terminal, plain lines elsewhere.
fn progress_bar(plan: &Plan) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(plan.steps().len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

fn watch(bar: &ProgressBar) -> impl Fn(&Event) + Send + Sync + 'static {
    let bar = Arc::new(bar.clone());
    move |event| match &event.kind {
        EventKind::Finished { address, .. } if bar.is_hidden() => {
            println!("{:>9} {address}", format!("{}", event.at));
        }
        EventKind::Finished { address, .. } => {
            bar.set_message(address.to_string());
            bar.inc(1);
        }
        EventKind::Failed { .. } | EventKind::ReadingBack { .. } => {
            bar.suspend(|| eprintln!("{event}"));
        }
        _ => {}
    }
}
