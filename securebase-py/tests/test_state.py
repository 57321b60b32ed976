"""The state: resources, history, damage."""

import copy
import pickle
from datetime import datetime
from pathlib import Path

import boto3
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
    sb.resume(tmp_path, cloud, who="grace")
    (record,) = sb.State(tmp_path).history()
    assert [resumed.who for resumed in record.resumed] == ["grace"]
    assert record.when is not None
    assert record.ended is not None
    assert record.when < record.resumed[0].when < record.ended
    assert "resumed by grace" in record.what
    table = sb.State(tmp_path).history_table().to_pandas()
    assert list(table["resumed_by"]) == ["grace"]
    assert pickle.loads(pickle.dumps(record)) == record


def test_nothing_is_there_before_the_first_run(tmp_path: Path) -> None:
    place = tmp_path / "new"
    state = sb.State(place)
    cloud = sb.SimulatedCloud()
    for ask in (state.resources, state.history, state.lease_info, state.export, lambda: sb.resume(state, cloud)):
        with pytest.raises(sb.StateError) as caught:
            ask()
        assert caught.value.code == "state-not-found"
        assert str(place) in str(caught.value)
    assert not place.exists()
    assert cloud.calls == []


def test_a_plan_says_that_its_state_is_not_there(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    plan = zone.plan(cloud, tmp_path / "mistyped")
    (warning,) = [warning for warning in plan.warnings if warning.code == "state-not-found"]
    assert str(tmp_path / "mistyped") in warning.message
    assert str(plan).count("state-not-found") == 1
    assert plan.counts() == zone.plan(cloud).counts()


def test_a_state_of_another_organization(zone: sb.LandingZone) -> None:
    rehearsal, real, state = sb.SimulatedCloud(seed=0), sb.SimulatedCloud(seed=1), sb.State("memory://")
    zone.plan(rehearsal, state).apply(rehearsal, state)
    for refused in (lambda: zone.plan(real, state), lambda: zone.plan(real).apply(real, state)):
        with pytest.raises(sb.SecureBaseError) as caught:
            refused()
        (problem,) = caught.value.problems
        assert problem.code == "state-of-another-organization"
        for cloud in (rehearsal, real):
            assert cloud.snapshot()["organization"][0]["id"] in problem.message


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


@pytest.mark.parametrize(
    "url", ["", "ftp://host/state", "s3:/bucket/x", "memory:", "memory://x", "file:x", "S3://bucket/x"]
)
def test_what_is_no_place(url: str) -> None:
    with pytest.raises(sb.StateError) as caught:
        sb.State(url)
    assert caught.value.code == "state-url"


def test_a_password_in_a_url_is_not_repeated() -> None:
    for url in ("s3://AKID:wJalrXUtnFEMI@bucket/x", "https://user:wJalrXUtnFEMI@example.com/x"):
        with pytest.raises(sb.StateError) as caught:
            sb.State(url)
        assert caught.value.code == "state-url"
        assert "wJalrXUtnFEMI" not in str(caught.value)


def test_a_state_goes_by_text_path_or_state() -> None:
    with pytest.raises(TypeError):
        sb.State(7)  # type: ignore[arg-type]


def test_a_state_moves_house(applied: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = sb.State(applied).export()
    moved = sb.State(tmp_path_factory.mktemp("copy"))
    moved.import_(data, who="grace")
    assert moved.resources() == sb.State(applied).resources()
    assert moved.history() == sb.State(applied).history()
    with pytest.raises(sb.StateError) as caught:
        moved.import_(data)
    assert caught.value.code == "state-not-empty"
    with pytest.raises(sb.StateError) as caught:
        sb.State("memory://").import_(data[:-1])
    assert caught.value.code == "state-corrupt"


def test_nothing_is_no_export(tmp_path: Path) -> None:
    for place, url in (("nowhere", tmp_path / "nowhere"), ("memory", "memory://")):
        with pytest.raises(sb.StateError) as caught:
            sb.State(url).export()
        assert caught.value.code == "state-not-found"
        assert place in str(caught.value)
    assert not (tmp_path / "nowhere").exists()


def test_a_state_that_was_lost_is_rebuilt(zone: sb.LandingZone) -> None:
    cloud = sb.SimulatedCloud()
    lost, rebuilt = sb.State("memory://"), sb.State("memory://")
    zone.plan(cloud).apply(cloud, state=lost)
    assert rebuilt.rebuild(zone, cloud, who="ada") == 1
    assert rebuilt.resources() == lost.resources()
    (record,) = rebuilt.history()
    assert (record.kind, record.who, record.step_count) == ("rebuild", "ada", len(rebuilt.resources()))
    assert "found in the cloud" in record.what


def test_the_history_counts(applied: Path, zone: sb.LandingZone) -> None:
    (record,) = sb.State(applied).history()
    planned = {action: kinds for action, kinds in zone.plan().counts().items() if kinds}
    assert record.counts == planned
    assert (record.kind, record.failed_count) == ("apply", 0)


def test_a_store_that_fails_under_way_interrupts_the_run(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()

    def take_away(event: sb.Event) -> None:
        # Somebody else writes to the journal.
        for journal in tmp_path.glob("runs/*/journal-*"):
            if event.name == "finished" and event.address == "tenant/tenant-0/account":
                with journal.open("ab") as file:
                    file.write(b"~\n")

    with pytest.raises(sb.RunInterrupted) as caught:
        zone.plan(cloud).apply(cloud, state=tmp_path, progress=take_away)
    assert caught.value.code == "state-conflict"
    assert "resume" in str(caught.value)


def test_the_lock_names_its_holder_while_a_run_goes_on(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    state = sb.State(tmp_path)
    holders: list[str] = []

    def look(event: sb.Event) -> None:
        if event.name == "begun":
            lease = state.lease_info()
            assert lease is not None and state.lock_info() == lease
            assert lease.expires > lease.since
            assert lease.token == 1
            holders.append(lease.who)

    zone.plan(cloud).apply(cloud, state=state, progress=look, who="ada")
    assert holders == ["ada"]
    assert state.lease_info() is None


def test_a_place_that_cannot_be_written_to(zone: sb.LandingZone, tmp_path: Path) -> None:
    place = tmp_path / "a-file"
    place.write_text("not a directory")
    cloud = sb.SimulatedCloud()
    with pytest.raises(sb.StateError) as caught:
        zone.plan().apply(cloud, state=place)
    assert caught.value.code == "state-io"
    assert str(place) in str(caught.value)
    assert place.read_text() == "not a directory"
    assert cloud.calls == []


def has_s3() -> bool:
    """Whether this build keeps states in S3."""
    try:
        sb.State("s3://bucket/state")
    except sb.StateError:
        return False
    return True


@pytest.mark.skipif(not has_s3(), reason="this build keeps no states in S3")
def test_a_state_in_s3(moto: str, zone: sb.LandingZone, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "aws_endpoint": moto,
        "aws_region": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name.upper(), value)
    boto3.client("s3", endpoint_url=moto).create_bucket(Bucket="states")
    cloud = sb.SimulatedCloud(faults=sb.Faults(crash_after_calls=60))
    with pytest.raises(sb.RunInterrupted):
        zone.plan().apply(cloud, state="s3://states/small")
    # The dead give nothing back: whoever comes now is told how long to wait.
    with pytest.raises(sb.StateError) as caught:
        sb.resume("s3://states/small", cloud)
    assert caught.value.code == "state-leased"
    state = sb.State("s3://states/other", settings)
    assert repr(state) == 'State("s3://states/other")'
    with pytest.raises(TypeError, match="settings"):
        pickle.dumps(state)
    assert copy.copy(state) == copy.deepcopy(state) == state
    healthy = sb.SimulatedCloud()
    zone.plan().apply(healthy, state=state, who="grace")
    assert [record.who for record in sb.State("s3://states/other").history()] == ["grace"]
    assert sb.resume(state, healthy).applied == []
    with pytest.raises(sb.StateError) as caught:
        sb.State("s3://nowhere/state").history()
    assert caught.value.code == "state-io"
