"""The state: resources, history, damage."""

import pickle
from datetime import datetime
from pathlib import Path

import pytest

import securebase as sb


@pytest.fixture
def applied(zone: sb.LandingZone, tmp_path: Path) -> Path:
    cloud = sb.SimulatedCloud()
    zone.plan(cloud).apply(cloud, state=tmp_path, who="grace")
    return tmp_path


def test_resources(applied: Path) -> None:
    resources = sb.State(applied).resources()
    kinds = {resource.kind for resource in resources}
    assert {"account", "vpc", "organizational_unit"} <= kinds
    account = next(resource for resource in resources if resource.kind == "account")
    assert account.address == f"tenant/{account.tenant}/account"
    assert len(account.id) == 12


def test_history(applied: Path) -> None:
    (record,) = sb.State(str(applied)).history()
    assert record.who == "grace"
    assert isinstance(record.when, datetime)
    assert record.when.tzinfo is not None
    assert record.ended is not None
    assert record.ended >= record.when
    assert record.status == "succeeded"
    assert record.step_count > 0
    assert "succeeded" in record.what
    assert record.run == 1


def test_a_run_that_was_cut_off_is_in_the_history(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud(faults=sb.Faults(crash_after_calls=60))
    with pytest.raises(sb.RunInterrupted):
        zone.plan().apply(cloud, state=tmp_path)
    (record,) = sb.State(tmp_path).history()
    assert record.status == "interrupted"
    assert record.ended is None


def test_nothing_is_there_before_the_first_run(tmp_path: Path) -> None:
    place = tmp_path / "new"
    state = sb.State(place)
    assert state.resources() == []
    assert state.history() == []
    assert state.lock_info() is None
    assert not place.exists()


def test_values_pickle(applied: Path) -> None:
    state = sb.State(applied)
    for value in (state, state.resources(), state.history()):
        assert pickle.loads(pickle.dumps(value)) == value


def test_a_damaged_journal_is_named_and_left_alone(applied: Path) -> None:
    journal = next(applied.glob("runs/*/journal-*"))
    lines = journal.read_text().splitlines(keepends=True)
    damaged = "".join([lines[0], lines[1].replace("{", "[", 1), *lines[2:]])
    journal.write_text(damaged)
    with pytest.raises(sb.StateError) as caught:
        sb.State(applied).history()
    assert caught.value.code == "state-corrupt"
    assert "journal-" in str(caught.value)
    assert journal.read_text() == damaged


@pytest.mark.parametrize("url", ["", "ftp://host/state"])
def test_what_is_no_place(url: str) -> None:
    with pytest.raises(sb.StateError) as caught:
        sb.State(url)
    assert caught.value.code == "state-url"


def test_a_state_goes_by_text_path_or_state() -> None:
    with pytest.raises(TypeError):
        sb.State(7)  # type: ignore[arg-type]
