//! Real processes: this test binary runs itself, and the children do what they are told over a pipe.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use securebase_core::exec::{self, ApplyOptions};
use securebase_core::sim::SimulatedCloud;
use securebase_core::state::{
    DirectoryStore, Entry, Error, Fact, LEASE_TERM, Lease, RunId, RunJournal, RunStatus, State,
};
use securebase_core::time::Time;

use super::{HandClock, a_plan, begun, holder, intent};
use crate::support::{Scratch, now};

/// Tells a child where its state is; without it the test below has nothing to do.
const PLACE: &str = "SECUREBASE_TEST_STATE";
/// Begins the lines of a child that are meant for its parent.
const MARK: char = '@';

/// What the children run. It is a test only because that is what this binary can run.
#[test]
fn a_child_of_the_tests_below() {
    let Some(place) = std::env::var_os(PLACE) else { return };
    let clock = HandClock::new();
    let state = State::new(DirectoryStore::new(Path::new(&place))).clock(clock.clone());
    let mut actor = Actor { state, clock, lease: None, journal: None };
    for line in std::io::stdin().lines() {
        let reply = match actor.obey(&line.unwrap()) {
            Ok(said) => format!("ok {said}"),
            Err(error) => format!("{} {error}", error.code()),
        };
        writeln!(std::io::stdout(), "{MARK}{reply}").unwrap();
    }
}

struct Actor {
    state: State,
    clock: HandClock,
    lease: Option<Lease>,
    journal: Option<RunJournal>,
}

impl Actor {
    fn obey(&mut self, order: &str) -> Result<String, Error> {
        let mut words = order.split_whitespace();
        let mut word = || words.next().unwrap();
        match word() {
            "lock" => {
                let lease = now(self.state.acquire(&holder("child")))?;
                let token = lease.token();
                self.lease = Some(lease);
                Ok(token.to_string())
            }
            "begin" => {
                let journal = now(self.state.begin(self.lease.as_ref().unwrap(), &a_plan()))?;
                let run = journal.run().to_string();
                self.journal = Some(journal);
                Ok(run)
            }
            "append" => {
                let seq: u64 = word().parse().unwrap();
                let entry = if seq == 1 { begun(1) } else { intent(seq, word()) };
                now(self.journal.as_ref().unwrap().append(&[entry])).map(|()| String::new())
            }
            "fill" => {
                let mut seq = 1;
                while now(self.journal.as_ref().unwrap().append(&[begun(seq)])).is_ok() {
                    seq += 1;
                }
                let error = now(self.journal.as_ref().unwrap().append(&[begun(seq)])).unwrap_err();
                Ok(format!("{} {}", seq - 1, error.code()))
            }
            "advance" => {
                self.clock.advance(Duration::from_secs(word().parse().unwrap()));
                Ok(String::new())
            }
            "race" => self.race(word(), word().parse().unwrap()),
            "apply" => {
                let cloud = SimulatedCloud::new(0);
                match now(exec::apply(&a_plan(), &cloud, &self.state, ApplyOptions::new())) {
                    Ok(run) => Ok(run.applied.len().to_string()),
                    Err(exec::Error::State(error) | exec::Error::CutOff(error)) => Err(error),
                    Err(error) => panic!("{error}"),
                }
            }
            order => panic!("`{order}`?"),
        }
    }

    /// Takes the lease so many times, and with each writes a whole run.
    fn race(&mut self, who: &str, rounds: usize) -> Result<String, Error> {
        // Both look at the real time.
        let Some(place) = std::env::var_os(PLACE) else { panic!("no place") };
        let state = State::new(DirectoryStore::new(Path::new(&place)));
        let (mut done, mut refused) = (0, 0);
        while done < rounds {
            let lease = match now(state.acquire(&holder(who))) {
                Ok(lease) => lease,
                Err(Error::Leased { .. } | Error::Conflict { .. }) => {
                    refused += 1;
                    std::thread::yield_now();
                    continue;
                }
                Err(error) => return Err(error),
            };
            let journal = now(state.begin(&lease, &a_plan()))?;
            now(journal.append(&[begun_by(who)]))?;
            let ended = Fact::Ended { status: RunStatus::Succeeded };
            now(journal.append(&[Entry { seq: 2, at: Time::from_micros(2), fact: ended }]))?;
            now(lease.release())?;
            done += 1;
        }
        Ok(refused.to_string())
    }
}

fn begun_by(who: &str) -> Entry {
    let fact =
        Fact::Begun { format_version: 2, who: who.to_owned(), plan: "p".to_owned(), organization: None };
    Entry { seq: 1, at: Time::from_micros(1), fact }
}

/// A child and the pipes to it; it is killed when dropped.
struct Process {
    child: Child,
    orders: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Process {
    fn start(place: &Path) -> Self {
        Self::start_with(place, Command::new(std::env::current_exe().unwrap()))
    }

    /// In a process that may not make files longer than so many kilobytes.
    fn start_limited(place: &Path, kilobytes: usize) -> Self {
        let mut shell = Command::new("bash");
        // Without the trap the kernel kills whoever writes too much; a full disk does not.
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"")]);
        shell.arg(std::env::current_exe().unwrap());
        Self::start_with(place, shell)
    }

    fn start_with(place: &Path, mut command: Command) -> Self {
        let mut child = command
            .args(["--exact", "state::processes::a_child_of_the_tests_below", "--nocapture"])
            .env(PLACE, place)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (orders, replies) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, orders, replies: BufReader::new(replies) }
    }

    fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
        self.orders.flush().unwrap();
    }

    fn reply(&mut self) -> String {
        let mut line = String::new();
        while self.replies.read_line(&mut line).unwrap() > 0 {
            // The first reply may stand behind what the test runner says.
            if let Some((_, reply)) = line.split_once(MARK) {
                return reply.trim_end().to_owned();
            }
            line.clear();
        }
        panic!("the child ended");
    }

    fn ask(&mut self, order: &str) -> String {
        self.order(order);
        self.reply()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn two_processes_that_race_for_a_state_never_write_at_once() {
    const ROUNDS: usize = 15;
    let scratch = Scratch::new("race");
    let mut racers = [Process::start(scratch.path()), Process::start(scratch.path())];
    for (racer, who) in racers.iter_mut().zip(["ada", "grace"]) {
        racer.order(&format!("race {who} {ROUNDS}"));
    }
    for racer in &mut racers {
        let reply = racer.reply();
        assert!(reply.starts_with("ok"), "{reply}");
    }
    let state = State::new(DirectoryStore::new(scratch.path()));
    let history = now(state.history()).unwrap();
    let runs: Vec<u64> = history.iter().map(|record| record.run.0).collect();
    assert_eq!(runs, (1..=2 * ROUNDS as u64).collect::<Vec<_>>(), "a number twice, or left out");
    assert!(history.iter().all(|record| record.status == Some(RunStatus::Succeeded)));
    assert_eq!(history.iter().filter(|record| record.who == "ada").count(), ROUNDS);
    let lease = now(state.acquire(&holder("test"))).unwrap();
    assert_eq!(lease.token(), 2 * ROUNDS as u64 + 1, "every holder had a token of its own");
}

#[test]
fn a_process_that_applies_beside_another_is_told_whom_it_waits_for() {
    let scratch = Scratch::new("apply-race");
    let (mut first, mut second) = (Process::start(scratch.path()), Process::start(scratch.path()));
    assert_eq!(first.ask("lock"), "ok 1");
    let told = second.ask("apply");
    let process = format!("child on {} (process {})", holder("").host, first.child.id());
    assert!(told.starts_with("state-leased") && told.contains(&process), "{told}");
    assert_eq!(now(State::new(DirectoryStore::new(scratch.path())).history()).unwrap(), []);
    drop(first);
    assert_eq!(second.ask("apply"), format!("ok {}", a_plan().steps().len()));
    assert_eq!(now(State::new(DirectoryStore::new(scratch.path())).history()).unwrap().len(), 1);
}

#[test]
fn the_lease_of_a_process_that_was_killed_is_free_at_once() {
    let scratch = Scratch::new("killed");
    let clock = HandClock::new();
    let state = State::new(DirectoryStore::new(scratch.path())).clock(clock);
    let mut child = Process::start(scratch.path());
    assert_eq!(child.ask("lock"), "ok 1");
    assert_eq!(child.ask("begin"), "ok 000001");
    assert_eq!(child.ask("append 1"), "ok");
    let Err(Error::Leased { by }) = now(state.acquire(&holder("test"))) else { panic!("two at a time") };
    assert_eq!((by.holder.who.as_str(), by.holder.pid), ("child", child.child.id()));
    child.child.kill().unwrap();
    child.child.wait().unwrap();
    assert_eq!(now(state.lease_info()).unwrap(), None);
    let lease = now(state.acquire(&holder("test"))).unwrap();
    let last = now(state.last_run()).unwrap().unwrap();
    assert_eq!(last.replay.last_seq, 1);
    now(now(state.reopen(&lease, &last)).unwrap().append(&[intent(2, "tenant/a/vpc")])).unwrap();
    assert_eq!(now(state.entries(RunId(1))).unwrap().len(), 2);
}

#[test]
fn a_process_that_slept_through_its_lease_is_told_and_writes_nothing() {
    let scratch = Scratch::new("zombie");
    let clock = HandClock::new();
    let state = State::new(DirectoryStore::new(scratch.path())).clock(clock.clone());
    let mut zombie = Process::start(scratch.path());
    assert_eq!(zombie.ask("lock"), "ok 1");
    assert_eq!(zombie.ask("begin"), "ok 000001");
    assert_eq!(zombie.ask("append 1"), "ok");
    assert!(matches!(now(state.acquire(&holder("test"))), Err(Error::Leased { .. })));
    clock.advance(LEASE_TERM);
    // It lives, and has not renewed.
    let lease = now(state.acquire(&holder("test"))).unwrap();
    let last = now(state.last_run()).unwrap().unwrap();
    let journal = now(state.reopen(&lease, &last)).unwrap();
    // To the zombie no time has passed: it is the journal that shuts it out.
    let told = zombie.ask("append 2 tenant/zombie/vpc");
    assert!(told.starts_with("state-fenced") && told.contains("test"), "{told}");
    let told = zombie.ask("append 2 tenant/zombie/vpc");
    assert!(told.starts_with("state-broken"), "{told}");
    assert!(zombie.ask("begin").starts_with("state-fenced"));
    assert!(zombie.ask("lock").starts_with("state-leased"));
    now(journal.append(&[intent(2, "tenant/test/vpc")])).unwrap();
    let entries = now(state.entries(RunId(1))).unwrap();
    assert_eq!(entries, [begun(1), intent(2, "tenant/test/vpc")]);
    // And the other way round: the time has come for both, and the zombie is first.
    now(lease.release()).unwrap();
    assert_eq!(zombie.ask(&format!("advance {}", LEASE_TERM.as_secs())), "ok");
    assert_eq!(zombie.ask("lock"), "ok 3");
}

#[test]
fn a_file_that_may_not_grow_stops_the_journal_and_breaks_nothing() {
    let scratch = Scratch::new("limited");
    let kilobytes = a_plan().to_json().len() / 1024 + 8;
    let mut child = Process::start_limited(scratch.path(), kilobytes);
    assert_eq!(child.ask("lock"), "ok 1");
    assert_eq!(child.ask("begin"), "ok 000001");
    let reply = child.ask("fill");
    let Some(written) = reply.strip_prefix("ok ").and_then(|reply| reply.strip_suffix(" state-broken"))
    else {
        panic!("{reply}")
    };
    let written: u64 = written.parse().unwrap();
    drop(child);
    let length = std::fs::metadata(scratch.path().join("runs/000001/journal-0001")).unwrap().len();
    assert_eq!(length, kilobytes as u64 * 1024, "a part of the last line was written");
    let state = State::new(DirectoryStore::new(scratch.path()));
    let last = now(state.last_run()).unwrap().unwrap();
    assert!(written > 100);
    assert_eq!(last.replay.last_seq, written, "what was confirmed is there, and nothing else");
    let lease = now(state.acquire(&holder("test"))).unwrap();
    let journal = now(state.reopen(&lease, &last)).unwrap();
    now(journal.append(&[intent(written + 1, "tenant/a/vpc")])).unwrap();
    assert_eq!(now(state.last_run()).unwrap().unwrap().replay.last_seq, written + 1);
}

#[test]
fn a_plan_that_does_not_fit_is_refused_and_leaves_nothing() {
    let scratch = Scratch::new("limited-plan");
    let mut child = Process::start_limited(scratch.path(), 8);
    assert_eq!(child.ask("lock"), "ok 1");
    let told = child.ask("begin");
    assert!(told.starts_with("state-io") && told.contains("plan.json"), "{told}");
    drop(child);
    let state = State::new(DirectoryStore::new(scratch.path()));
    assert!(now(state.last_run()).unwrap().is_none());
    let lease = now(state.acquire(&holder("test"))).unwrap();
    now(state.begin(&lease, &a_plan())).unwrap();
}
