"""Runs: applying, events, crashes, Ctrl-C, other threads, asyncio."""

import asyncio
import logging
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import small_zone

import securebase as sb


def test_applying_twice_changes_nothing(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    plan = zone.plan(cloud)
    run = plan.apply(cloud, state=str(tmp_path))
    assert run.status == "succeeded"
    assert sorted(run.applied) == sorted(step.address for step in plan.steps)
    assert run.failed == []
    assert run.run == 1
    assert run.duration_seconds > 0
    again = plan.apply(cloud, state=str(tmp_path))
    assert (again.status, again.applied, again.run) == ("succeeded", [], None)
    assert zone.plan(cloud).is_empty
    assert zone.plan(cloud).apply(cloud, state=tmp_path).applied == []
    assert pickle.loads(pickle.dumps(run)) == run


def test_events_are_told_in_order(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    told: list[sb.Event] = []
    run = zone.plan(cloud).apply(cloud, state=tmp_path, progress=told.append)
    assert told == run.events
    assert told[0].name == "begun"
    assert told[-1].name == "ended"
    times = [event.at_seconds for event in told]
    assert times == sorted(times)
    finished = [event.address for event in told if event.name == "finished"]
    assert finished == run.applied
    assert told[0].to_dict()["step_count"] == len(run.applied)
    assert pickle.loads(pickle.dumps(told)) == told


@pytest.mark.parametrize("calls", [1, 7, 10, 20, 40, 80, 120])
def test_a_crash_loses_nothing_and_doubles_nothing(zone: sb.LandingZone, tmp_path: Path, calls: int) -> None:
    cloud = sb.SimulatedCloud(seed=calls, faults=sb.Faults(crash_after_calls=calls))
    plan = zone.plan()
    try:
        run = plan.apply(cloud, state=tmp_path)
    except sb.RunInterrupted as interrupted:
        assert interrupted.code == "run-interrupted"
        assert interrupted.problems
        run = sb.resume(tmp_path, cloud)
    else:
        pytest.fail("it did not crash")
    assert run.status == "succeeded"
    assert len(cloud.snapshot()["account"]) == 2
    assert zone.plan(cloud).is_empty
    nothing = sb.resume(str(tmp_path), cloud)
    assert (nothing.status, nothing.applied) == ("succeeded", [])


def test_a_place_without_a_state_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(sb.StateError) as caught:
        sb.resume(tmp_path / "none", sb.SimulatedCloud())
    assert caught.value.code == "state-not-found"
    assert not (tmp_path / "none").exists()


def test_a_stale_plan_is_refused(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    plan = zone.plan(cloud)
    plan.apply(cloud, state=tmp_path / "one")
    with pytest.raises(sb.PlanError) as caught:
        plan.apply(cloud, state=tmp_path / "two")
    assert caught.value.code == "plan-stale"


def test_destruction_must_be_named(tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    zone = small_zone()
    zone.plan(cloud).apply(cloud, state=tmp_path)
    document = zone.to_dict() | {"enable_vpc": False}
    plan = sb.LandingZone.from_dict(document).plan(cloud)
    doomed = [step.address for step in plan.steps if step.is_destructive]
    if doomed:
        with pytest.raises(sb.PlanError) as caught:
            plan.apply(cloud, state=tmp_path)
        assert caught.value.code == "plan-destructive"
        assert plan.apply(cloud, state=tmp_path, destroy=doomed).status == "succeeded"


def test_what_a_callback_raises_stops_the_run(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()

    def refuse(event: sb.Event) -> None:
        if event.name == "finished":
            raise ZeroDivisionError(event.address)

    with pytest.raises(ZeroDivisionError):
        zone.plan(cloud).apply(cloud, state=tmp_path, progress=refuse)
    assert not zone.plan(cloud).is_empty
    assert sb.resume(tmp_path, cloud).status == "succeeded"
    assert zone.plan(cloud).is_empty


def test_other_threads_run_meanwhile(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    plan = zone.plan(cloud)
    applying, counted = threading.Event(), threading.Event()

    def progress(event: sb.Event) -> None:
        applying.set()
        # Returns only if the main thread gets to run while the run is under way.
        assert counted.wait(60)

    worker = threading.Thread(target=plan.apply, args=(cloud, tmp_path, progress))
    worker.start()
    assert applying.wait(60)
    counted.set()
    worker.join(60)
    assert not worker.is_alive()
    assert zone.plan(cloud).is_empty


def test_two_do_not_write_one_state(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    plan = zone.plan(cloud)
    refused: list[sb.StateError] = []
    holders: list[sb.LeaseInfo | None] = []

    def progress(event: sb.Event) -> None:
        if event.name == "begun":
            holders.append(sb.State(tmp_path).lease_info())
            try:
                plan.apply(sb.SimulatedCloud(), state=tmp_path)
            except sb.StateError as error:
                refused.append(error)

    plan.apply(cloud, state=tmp_path, progress=progress, who="ada")
    assert [error.code for error in refused] == ["state-leased"]
    (holder,) = holders
    assert holder is not None
    assert (holder.who, holder.pid) == ("ada", os.getpid())
    assert sb.State(tmp_path).lease_info() is None


def test_awaited(zone: sb.LandingZone, tmp_path: Path) -> None:
    async def main() -> list[sb.Run]:
        clouds = [sb.SimulatedCloud(seed) for seed in range(4)]
        runs = [zone.plan(cloud).apply_async(cloud, state=tmp_path / str(seed)) for seed, cloud in enumerate(clouds)]
        return list(await asyncio.gather(*runs))

    assert [run.status for run in asyncio.run(main())] == ["succeeded"] * 4


def test_a_run_may_wait_for_the_state(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    # Nobody has it, so nobody waits.
    zone.plan(cloud).apply(cloud, tmp_path, wait_for_lease=timedelta(minutes=2))
    assert sb.resume(tmp_path, cloud, wait_for_lease=0.5).status == "succeeded"
    with pytest.raises(sb.SecureBaseError) as caught:
        sb.resume(tmp_path, cloud, wait_for_lease=-1)
    assert caught.value.code == "duration-invalid"


def test_awaited_resume(zone: sb.LandingZone, tmp_path: Path) -> None:
    async def main() -> sb.Run:
        cloud = sb.SimulatedCloud(faults=sb.Faults(crash_after_calls=60))
        with pytest.raises(sb.RunInterrupted):
            await zone.plan().apply_async(cloud, state=tmp_path)
        return await sb.resume_async(tmp_path, cloud)

    assert asyncio.run(main()).status == "succeeded"


def test_a_cancelled_awaitable_lets_go(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    begun = threading.Event()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        run = asyncio.ensure_future(
            zone.plan(cloud).apply_async(cloud, state=tmp_path, progress=lambda event: begun.set())
        )
        await loop.run_in_executor(None, begun.wait, 60)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(main())
    # Whoever comes next gets the state and ends what was begun.
    for _ in range(600):
        if sb.State(tmp_path).lease_info() is None:
            break
        threading.Event().wait(0.05)
    assert sb.resume(tmp_path, cloud).status == "succeeded"
    assert zone.plan(cloud).is_empty


SLOW = """
import sys
import threading
import securebase as sb
sys.path.insert(0, sys.argv[1])
from conftest import small_zone

cloud = sb.SimulatedCloud()
zone = small_zone()
told = 0

def progress(event):
    global told
    told += 1
    if told == 1:
        print("begun", flush=True)
    threading.Event().wait(0.05)

try:
    zone.plan(cloud).apply(cloud, state=sys.argv[2], progress=progress)
except KeyboardInterrupt:
    assert sb.State(sys.argv[2]).lease_info() is None
    assert sb.resume(sys.argv[2], cloud).status == "succeeded"
    assert zone.plan(cloud).is_empty
    print("interrupted and resumed", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_ends_a_long_run(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(SLOW), str(Path(__file__).parent), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert said == "interrupted and resumed\n"
    assert process.returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_process_has_a_runtime_of_its_own(tmp_path: Path) -> None:
    script = f"""
        import os, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import securebase as sb
        from conftest import small_zone
        state = sb.State({str(tmp_path)!r})
        try:
            state.history()
            sys.exit("there is a state already")
        except sb.StateError as error:
            assert error.code == "state-not-found"
        child = os.fork()
        if child == 0:
            cloud = sb.SimulatedCloud()
            status = small_zone().plan(cloud).apply(cloud, state=state).status
            os._exit(0 if status == "succeeded" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert len(state.history()) == 1
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=120)


def test_runs_speak_through_logging(zone: sb.LandingZone, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        zone.plan().dry_run(sb.SimulatedCloud())
    told = [record for record in caplog.records if record.name.startswith("securebase_core")]
    assert any("tenant/" in record.getMessage() for record in told)
    assert all(record.levelno >= logging.INFO for record in told)


def test_a_paused_run_goes_on_once_it_is_resumed(zone: sb.LandingZone, tmp_path: Path) -> None:
    pause, paused = sb.Pause(), threading.Event()

    def progress(event: sb.Event) -> None:
        if event.name == "finished" and not paused.is_set():
            pause.pause()
            paused.set()

    def let_go() -> None:
        paused.wait()
        assert pause.is_paused
        pause.resume()

    thread = threading.Thread(target=let_go)
    thread.start()
    run = zone.plan().apply(sb.SimulatedCloud(), state=str(tmp_path), progress=progress, pause=pause)
    thread.join()
    assert (run.status, pause.is_paused) == ("succeeded", False)


def test_a_step_that_waits_for_time_is_pending_until_its_moment(tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud(limits={"accounts": 20, "account_closures": 1})
    assert small_zone(3).plan(cloud).apply(cloud, state=tmp_path).status == "succeeded"
    document = small_zone(3).to_dict()
    for key in ("tenant-0", "tenant-1"):
        document["clients"][key]["offboard"] = "close"
    zone = sb.LandingZone.from_dict(document)
    plan = zone.plan(cloud, tmp_path)
    run = plan.apply(cloud, state=tmp_path, destroy=plan.destructive)
    assert (run.status, run.failed, len(run.pending)) == ("pending", [], 1)
    assert [event.address for event in run.events if event.name == "deferred"] == [run.pending[0].address]
    (pending,) = zone.plan(cloud, tmp_path).pending
    assert pending == run.pending[0]
    assert hash(pending) == hash(run.pending[0])
    assert pickle.loads(pickle.dumps(pending)) == pending
    assert (pending.kind, pending.action, pending.waits_for) == ("account", "delete", "time")
    assert pending.probe == "organizations:CloseAccount"
    assert "thirty days" in pending.reason
    assert pending.not_before is not None
    assert pending.not_before > cloud.now
    assert str(pending) in str(run)
    assert zone.plan(cloud, tmp_path).is_empty
    cloud.advance(timedelta(days=31))
    plan = zone.plan(cloud, tmp_path)
    assert ([step.address for step in plan.steps], plan.pending) == ([pending.address], [])
    assert plan.apply(cloud, state=tmp_path, destroy=plan.destructive).status == "succeeded"
    assert zone.plan(cloud, tmp_path).is_empty


def test_a_step_that_waits_for_a_person_goes_on_after_the_act(tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    assert small_zone(1).plan(cloud).apply(cloud, state=tmp_path).status == "succeeded"
    assert cloud.set_payment_method(False)
    zone = small_zone(2)
    run = zone.plan(cloud, tmp_path).apply(cloud, state=tmp_path)
    (pending,) = run.pending
    assert (run.status, pending.waits_for, pending.not_before) == ("pending", "person", None)
    assert pending.address in run.blocked.values()
    cloud.advance(30 * 86_400)
    assert not zone.plan(cloud, tmp_path).is_empty
    assert cloud.set_payment_method(True)
    assert zone.plan(cloud, tmp_path).apply(cloud, state=tmp_path).status == "succeeded"


@pytest.mark.parametrize("duration", [-1, timedelta(seconds=-1), float("nan"), 1e300, "1", None])
def test_a_duration_that_cannot_be_is_refused_by_name(duration: object) -> None:
    with pytest.raises((sb.InputError, TypeError), match="duration"):
        sb.SimulatedCloud().advance(duration)  # type: ignore[arg-type]
