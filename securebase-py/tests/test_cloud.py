"""Clouds: the simulated one from Python, and AWS's side where this build has it."""

import pickle
from pathlib import Path

import pytest

import securebase as sb


def test_an_applied_zone_exists(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud(seed=5)
    assert cloud.calls == []
    run = zone.plan(cloud).apply(cloud, state=tmp_path)
    assert run.status == "succeeded"
    snapshot = cloud.snapshot()
    assert len(snapshot["account"]) == 2
    for kind, rows in snapshot.items():
        for row in rows:
            assert {"id", "account_id", "region", "tags"} <= row.keys(), kind
    assert {"name", "email", "ou_id"} <= snapshot["account"][0].keys()
    service, operation, account_id, seconds, outcome = cloud.calls[0]
    assert (service, operation) == ("organizations", "DescribeOrganization")
    assert len(account_id) == 12
    assert isinstance(seconds, float)
    assert outcome == "ok"
    assert cloud.now >= cloud.calls[-1][3]


def test_the_same_seed_gives_the_same_world(zone: sb.LandingZone, tmp_path: Path) -> None:
    def world(seed: int, state: str) -> tuple[object, object]:
        cloud = sb.SimulatedCloud(seed)
        zone.plan(cloud).apply(cloud, state=tmp_path / state)
        return cloud.calls, cloud.snapshot()

    assert world(1, "a") == world(1, "b")
    assert world(1, "c") != world(2, "d")


def test_drift_is_seen_and_mended(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    zone.plan(cloud).apply(cloud, state=tmp_path)
    assert zone.plan(cloud).is_empty
    subnet = cloud.snapshot()["subnet"][0]
    assert cloud.set_tag(str(subnet["id"]), "Customer", "somebody else")
    assert cloud.remove(str(cloud.snapshot()["nat_gateway"][0]["id"])) > 0
    assert not cloud.set_tag("subnet-none", "a", "b")
    assert cloud.remove("nat-none") == 0
    plan = zone.plan(cloud)
    assert plan.counts()["create"]["nat_gateway"] == 1
    plan.apply(cloud, state=tmp_path)
    assert zone.plan(cloud).is_empty


def test_gateway_endpoints_come_and_go(zone: sb.LandingZone, tmp_path: Path) -> None:
    def with_endpoints(written: object) -> sb.LandingZone:
        return sb.LandingZone.from_dict({**zone.to_dict(), "vpc_config": {"gateway_endpoints": written}})

    cloud = sb.SimulatedCloud()
    zone.plan(cloud).apply(cloud, state=tmp_path)
    assert cloud.snapshot()["vpc_endpoint"] == []
    plan = with_endpoints(True).plan(cloud)
    assert plan.counts()["create"] == {"vpc_endpoint": 4}
    assert plan.apply(cloud, state=tmp_path).status == "succeeded"
    services = {str(row["service"]).rsplit(".", 1)[1] for row in cloud.snapshot()["vpc_endpoint"]}
    assert services == {"s3", "dynamodb"}
    assert with_endpoints(["dynamodb", "s3"]).plan(cloud).is_empty
    assert with_endpoints(["s3"]).plan(cloud).counts()["delete"] == {"vpc_endpoint": 2}
    plan = zone.plan(cloud)
    assert plan.destructive == []
    plan.apply(cloud, state=tmp_path)
    assert cloud.snapshot()["vpc_endpoint"] == []
    with pytest.raises(sb.InputError, match="gateway_endpoints"):
        with_endpoints(["s3", "sqs"])


def test_a_quota_stops_only_what_needs_it(zone: sb.LandingZone, tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud(limits={"accounts": 2})
    run = zone.plan(cloud).apply(cloud, state=tmp_path)
    assert run.status == "failed"
    (failed,) = run.failed
    assert failed.endswith("/account")
    assert list(run.errors) == [failed]
    assert all(address.startswith(failed.rsplit("/", 1)[0]) for address in run.blocked)
    assert len(cloud.snapshot()["account"]) == 1


def test_limits_have_names() -> None:
    limits = sb.SimulatedCloud.default_limits()
    assert limits["accounts"] == 10
    with pytest.raises(sb.InputError) as caught:
        sb.SimulatedCloud(limits={"acounts": 10, "nonsense_of_mine": 1})
    assert {problem.code for problem in caught.value.problems} == {"limit-unknown"}
    assert len(caught.value.problems) == 2
    assert any("accounts" in problem.hint for problem in caught.value.problems)


def test_faults() -> None:
    faults = sb.Faults(throttle=0.05, lost_reply=0.02, not_yet_visible=0.1, crash_after_calls=None)
    assert faults.throttle == 0.05
    assert faults.crash_after_calls is None
    assert pickle.loads(pickle.dumps(faults)) == faults
    assert hash(pickle.loads(pickle.dumps(faults))) == hash(faults)
    assert repr(faults) == "Faults(throttle=0.05, lost_reply=0.02, not_yet_visible=0.1)"
    assert eval(repr(faults), {"Faults": sb.Faults}) == faults
    with pytest.raises(sb.InputError) as caught:
        sb.Faults(throttle=1.5, lost_reply=-1, crash_after_calls=0)
    assert [problem.path for problem in caught.value.problems] == ["throttle", "lost_reply", "crash_after_calls"]
    with pytest.raises(TypeError):
        sb.Faults(0.5)  # type: ignore[misc]


def test_faults_are_weathered(zone: sb.LandingZone, tmp_path: Path) -> None:
    faults = sb.Faults(throttle=0.05, lost_reply=0.05, lost_request=0.02, not_yet_visible=0.1, service_error=0.02)
    cloud = sb.SimulatedCloud(seed=11, faults=faults)
    run = zone.plan(cloud).apply(cloud, state=tmp_path)
    assert run.status == "succeeded"
    assert {"retrying", "reading_back"} <= {event.name for event in run.events}
    assert len(cloud.snapshot()["account"]) == 2
    assert zone.plan(cloud).is_empty


def test_only_clouds_are_clouds(zone: sb.LandingZone) -> None:
    with pytest.raises(TypeError):
        zone.plan("cloud")  # type: ignore[arg-type]


def in_zurich(*, network: bool = True) -> sb.LandingZone:
    """A zone of one tenant in a region that new accounts do not have."""
    return sb.LandingZone.from_dict(
        {
            "org_name": "zurich",
            "target_region": "eu-central-2",
            "enable_vpc": network,
            "clients": {
                "acme": {
                    "tier": "healthcare",
                    "framework": "hipaa",
                    "prefix": "acme",
                    "contact_email": "cloud@acme.example.com",
                }
            },
        }
    )


@pytest.fixture
def account(tmp_path: Path, zone: sb.LandingZone) -> tuple[sb.SimulatedCloud, str]:
    """A cloud, and the id of an account in it that is old enough to answer: another zone was built meanwhile."""
    cloud = sb.SimulatedCloud()
    in_zurich(network=False).plan(cloud).apply(cloud, state=tmp_path / "zurich")
    account_id = str(cloud.snapshot()["account"][0]["id"])
    zone.plan(cloud).apply(cloud, state=tmp_path / "small")
    return cloud, account_id


def test_regions_are_enabled_account_by_account(account: tuple[sb.SimulatedCloud, str], tmp_path: Path) -> None:
    cloud, account_id = account
    state = tmp_path / "zurich"
    with pytest.raises(sb.PlanError) as caught:
        in_zurich().plan(cloud)
    assert caught.value.problems[0].code == "region-not-enabled"
    assert cloud.enable_region(account_id, "eu-central-2")
    assert not cloud.enable_region("000000000000", "eu-central-2")
    assert in_zurich().plan(cloud).apply(cloud, state=state).status == "succeeded"
    assert "eu-central-2" in {vpc["region"] for vpc in cloud.snapshot()["vpc"]}
    assert cloud.disable_region(account_id, "eu-central-2")
    assert not cloud.disable_region(account_id, "eu-central-2")
    with pytest.raises(sb.PlanError):
        in_zurich().plan(cloud, state=state)


def test_zones_are_set_account_by_account(account: tuple[sb.SimulatedCloud, str], tmp_path: Path) -> None:
    cloud, account_id = account
    assert cloud.enable_region(account_id, "eu-central-2")
    assert cloud.set_zones(account_id, "eu-central-2", ["eu-central-2a"])
    assert not cloud.set_zones("000000000000", "eu-central-2", [])
    with pytest.raises(sb.PlanError) as caught:
        in_zurich().plan(cloud)
    assert caught.value.problems[0].code == "zones-too-few"
    assert cloud.set_zones(account_id, "eu-central-2", (f"eu-central-2{letter}" for letter in "ca"))
    in_zurich().plan(cloud).apply(cloud, state=tmp_path / "zurich")
    zones = {str(subnet["zone"]) for subnet in cloud.snapshot()["subnet"]}
    assert {zone for zone in zones if zone.startswith("eu-")} == {"eu-central-2a", "eu-central-2c"}


@pytest.mark.parametrize(
    ("account_id", "region", "code"),
    [("1234", "eu-central-2", "account-id-invalid"), ("000000000000", "eu-wst-1", "region-unknown")],
)
def test_accounts_and_regions_have_names(account_id: str, region: str, code: str) -> None:
    cloud = sb.SimulatedCloud()
    for call in (cloud.enable_region, cloud.disable_region, lambda *place: cloud.set_zones(*place, [])):
        with pytest.raises(sb.InputError) as caught:
            call(account_id, region)
        assert caught.value.code == code
        assert caught.value.problems[0].hint
    with pytest.raises(TypeError):
        cloud.set_zones("000000000000", "eu-west-1", "eu-west-1a")
