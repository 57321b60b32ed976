//! The loop of every run: entries are kept before the calls that they announce leave.
//!
//! A run on AWS, a run in a simulated cloud and a rehearsal take the same way through [`carry_out`]. They differ in how calls
//! travel ([`InFlight`](crate::cloud::InFlight)), in where entries go ([`Record`]), and in one rule: entries must be durable
//! before a call leaves that outlives this process.

use std::collections::VecDeque;

use super::in_flight::{Overlapping, at_least_a_moment};
use super::record::{Durability, Record};
use crate::cloud::Cloud;
use crate::exec::engine::machine::Machine;
use crate::exec::engine::output::{Dispatch, Output};
use crate::exec::{CallReport, Error, Event, Interruption, Pause, Stop};
use crate::time::Elapsing;

/// How many calls are under way at a time; the rest wait in line. Far above what AWS's rates let through.
const CALLS_AT_ONCE: usize = 64;

/// What those who watch a run learn of it, in the order of events.
pub(crate) struct Told<'a> {
    pub(crate) events: Vec<Event>,
    /// The calls whose replies were taken up.
    pub(crate) reports: Vec<CallReport>,
    /// The calls that are about to leave.
    pub(crate) calls: &'a [Dispatch],
}

/// The handles by which a caller ends or pauses a run.
#[derive(Clone, Copy)]
pub(crate) struct Handles<'a> {
    pub(crate) stop: &'a Stop,
    pub(crate) pause: &'a Pause,
}

/// Lets a machine call and write down until its run has ended. `clock` is the clock of the run.
///
/// # Errors
/// [`Error::Interrupted`] where the run was stopped, is stuck, or its process died in a simulated cloud; [`Error::CutOff`] where
/// the record fails.
pub(crate) async fn carry_out(
    machine: &mut Machine<'_>,
    cloud: &dyn Cloud,
    record: &impl Record,
    clock: &Elapsing,
    Handles { stop, pause }: Handles<'_>,
    mut tell: impl FnMut(Told<'_>) + Send,
) -> Result<(), Error> {
    let runtime = cloud.runtime();
    let now = || clock.at(runtime.steady());
    let discrete = cloud.discrete();
    let ends_with_process = discrete.is_some();
    let mut flights = discrete.unwrap_or_else(|| Box::new(Overlapping::new(cloud)));
    let mut in_line: VecDeque<Dispatch> = VecDeque::new();
    let mut stopping = false;
    loop {
        if stop.is_asked() && !stopping {
            stopping = true;
            machine.handle_stop();
        }
        let paused = pause.is_paused();
        machine.handle_pause(paused);
        let Output { entries, calls, events, reports, wake, ended, stopped } = machine.poll(now());
        // What outlives this process outlives every call that it has made.
        let goes_on = ended.is_none() && !stopped;
        let durability =
            if ends_with_process && goes_on { Durability::OfProcess } else { Durability::Durable };
        record.write(&entries, durability).await?;
        tell(Told { events, reports, calls: &calls });
        if ended.is_some() {
            return Ok(());
        }
        if stopped {
            return Err(Error::Interrupted { reason: Interruption::Stopped });
        }
        in_line.extend(calls);
        while flights.count() < CALLS_AT_ONCE
            && let Some(Dispatch { ticket, call, .. }) = in_line.pop_front()
        {
            record.may_leave(&call).await?;
            flights.send(ticket, call).map_err(|_| Error::crashed())?;
        }
        if flights.count() == 0 && wake.is_none() && !paused && !stopping {
            return Err(Error::Interrupted { reason: Interruption::Stuck });
        }
        let arrivals = flights.next(wake.map(|wake| clock.steady_at(wake)));
        tokio::select! {
            // In this order, as in virtual time everything is ready at once: time passes only while no reply is there.
            biased;
            () = stop.asked(), if !stopping => {}
            arrived = arrivals => {
                // Replies that came at the same time are written down together.
                let now = now();
                for (ticket, result) in arrived {
                    machine.handle_reply(now, ticket, result);
                }
            }
            () = pause.becomes(!paused) => {}
            // However quiet the run is, the lease must not run out. Virtual time says nothing about it.
            () = runtime.sleep(at_least_a_moment(record.renew_in())), if !ends_with_process => record.renew().await?,
        }
    }
}
