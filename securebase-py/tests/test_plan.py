"""Plans: steps, drawings, files, time, cost."""

import json
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from conftest import small_zone

import securebase as sb


@pytest.fixture(scope="module")
def plan() -> sb.Plan:
    return small_zone().plan()


def test_counts(ten: sb.LandingZone) -> None:
    counts = ten.plan().counts()
    assert counts["create"]["account"] == 10
    assert counts["create"]["vpc"] == 10
    assert counts["create"]["organizational_unit"] == 4
    assert counts["update"] == {}
    assert counts["delete"] == {}


def test_steps_come_after_what_they_wait_for(plan: sb.Plan) -> None:
    seen: set[str] = set()
    assert len(plan.steps) == len(plan) > 0
    for step in plan.steps:
        assert set(step.depends_on) <= seen
        assert step.waits_because.keys() == set(step.depends_on)
        seen.add(step.address)
        assert step.tenant is None or step.address.startswith(f"tenant/{step.tenant}/")
        assert step.kind
        assert step.action in ("create", "update", "move", "adopt", "verify", "delete")
        assert step.id is None
        assert not step.is_destructive
    assert not plan.is_empty
    assert plan


def test_drawings(plan: sb.Plan) -> None:
    assert plan.to_dot().startswith("digraph")
    assert plan.to_mermaid().startswith("flowchart")
    for step in plan.steps:
        assert step.address in plan.to_dot()


def test_json_is_the_same_for_the_same_plan(plan: sb.Plan) -> None:
    assert json.loads(plan.to_json())["format_version"] >= 1
    assert small_zone().plan().to_json() == plan.to_json()
    assert small_zone().plan().fingerprint == plan.fingerprint
    assert sb.Plan.from_json(plan.to_json()) == plan


def test_saved_and_loaded(plan: sb.Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan.save(path)
    assert sb.Plan.load(path) == plan
    assert sb.Plan.load(str(path)).steps == plan.steps
    path.write_text(path.read_text().replace("tenant-1.example.com", "tenant-1.example.org"))
    with pytest.raises(sb.PlanError) as caught:
        sb.Plan.load(path)
    assert caught.value.code == "plan-fingerprint"
    with pytest.raises(sb.PlanError) as caught:
        sb.Plan.from_json("{}")
    assert caught.value.code == "plan-malformed"
    with pytest.raises(sb.InputError) as missing:
        sb.Plan.load(tmp_path / "none")
    assert missing.value.code == "file-unreadable"
    with pytest.raises(sb.InputError) as unwritable:
        plan.save(tmp_path / "no" / "such")
    assert unwritable.value.code == "file-unwritable"


def test_pickles(plan: sb.Plan) -> None:
    again = pickle.loads(pickle.dumps((plan, plan.steps[-1], plan.timeline(), plan.cost())))
    assert again == (plan, plan.steps[-1], plan.timeline(), plan.cost())
    assert hash(again[0]) == hash(plan)


def test_text(plan: sb.Plan) -> None:
    assert "small" in str(plan)
    assert "tenant-1" in str(plan)
    assert repr(plan) == f'<Plan of {len(plan)} steps for zone "small">'


def test_timeline(plan: sb.Plan) -> None:
    timeline = plan.timeline(seed=3)
    assert timeline == plan.timeline(3)
    assert timeline.makespan_seconds >= timeline.lower_bound_seconds > 0
    addresses = {step.address for step in plan.steps}
    assert set(timeline.critical_path) <= addresses
    intervals = timeline.intervals
    assert set(intervals["address"]) == addresses
    ends = dict(zip(intervals["address"], intervals["end_seconds"], strict=True))
    starts = dict(zip(intervals["address"], intervals["start_seconds"], strict=True))
    assert max(ends.values()) <= timeline.makespan_seconds  # type: ignore[type-var, operator]
    for step in plan.steps:
        assert all(ends[other] <= starts[step.address] for other in step.depends_on)  # type: ignore[operator]
    assert pyarrow.table(timeline.to_arrow()).num_rows == len(plan)


def test_timeline_under_other_circumstances(plan: sb.Plan) -> None:
    usual = plan.timeline(usual=True)
    assert plan.timeline(seed=1, usual=True).makespan_seconds == pytest.approx(usual.makespan_seconds, rel=0.05)
    slow = plan.timeline(usual=True, latencies={"nat_gateway_available": 500.0, "read": (0.1, 0.1, 0.2)})
    assert slow.makespan_seconds > usual.makespan_seconds + 300
    assert max(seconds for _, seconds in usual.bounds) == usual.lower_bound_seconds
    assert set(usual.unguarded_seconds) == {"tenant/tenant-0/account", "tenant/tenant-1/account"}
    assert "tenant-1" in usual.gantt()
    assert usual.to_svg().startswith("<svg")
    spread = plan.spread(5)
    assert len(spread.makespan_seconds) == 5
    assert spread == plan.spread(5) == pickle.loads(pickle.dumps(spread))
    assert spread.percentile(0.1) <= spread.percentile(0.5) <= spread.percentile(0.9)
    for share in (90, -1, float("nan"), float("inf")):
        with pytest.raises(sb.SecureBaseError, match="invalid share `.+`: expected a number from 0 to 1") as caught:
            spread.percentile(share)
        assert caught.value.code == "spread-share" and "0.9" in caught.value.problems[0].hint
    for count in (0, -1, 10**12):
        with pytest.raises(sb.SecureBaseError, match="invalid `count` `.+`: expected a whole number from 1 to 10,000"):
            plan.spread(count)
    cases = plan.what_if({"as it is": {}, "one at a time": {"limits": {"accounts_in_creation": 1}}}, count=5)
    assert cases["as it is"] == spread
    assert cases["one at a time"].percentile(0.5) > spread.percentile(0.5)
    with pytest.raises(sb.InputError) as caught:
        plan.timeline(limits={"acounts": 1, "vpcs": -1}, latencies={"nat": 1, "read": (3, 2, 1)})
    assert {(problem.code, problem.path) for problem in caught.value.problems} == {
        ("limit-unknown", "limits.acounts"),
        ("number-invalid", "limits.vpcs"),
        ("latency-unknown", "latencies.nat"),
        ("number-invalid", "latencies.read"),
    }
    assert all(problem.hint for problem in caught.value.problems)
    with pytest.raises(sb.InputError) as caught:
        plan.what_if({"a": {"limit": {}}})
    assert caught.value.code == "circumstance-unknown"


def test_part_of_a_plan(plan: sb.Plan) -> None:
    part = plan.only(["tenant/tenant-0"])
    assert 0 < len(part) < len(plan)
    assert {step.tenant for step in part.steps} == {None, "tenant-0"}
    with pytest.raises(sb.PlanError) as caught:
        plan.only(["tenant/nobody"])
    assert caught.value.code == "plan-unknown-targets"


def test_dry_run(plan: sb.Plan) -> None:
    cloud = sb.SimulatedCloud()
    before = cloud.snapshot()
    run = plan.dry_run(cloud)
    assert len(run.applied) == len(plan)
    assert str(run).startswith("dry run succeeded, nothing was changed: ")
    assert repr(run).startswith("<Dry run succeeded: ")
    assert cloud.snapshot() == before
    assert run.calls["organizations:CreateAccount"][0] == 2
    assert run.calls["ec2:CreateVpc"][0] >= 2
    # A new account refuses calls until it is ready, and nothing else went wrong.
    assert run.failed_calls.keys() <= {
        "AccessDenied",
        "OptInRequired",
        "PendingVerification",
        "UnauthorizedOperation",
    }


def test_cost(plan: sb.Plan) -> None:
    cost = plan.cost()
    assert isinstance(cost.total, Decimal)
    per_tenant = cost.per_tenant()
    assert sum(per_tenant["total"]) == cost.total  # type: ignore[arg-type]
    assert sum(cost.lines()["amount"]) == cost.total  # type: ignore[arg-type]
    assert set(per_tenant["tenant"]) == {"tenant-0", "tenant-1"}
    assert cost.currency == "USD"
    assert sum(cost.per_tenant("revenue")["total"]) == cost.total  # type: ignore[arg-type]
    with pytest.raises(sb.FinanceError) as caught:
        cost.per_tenant("fair")  # type: ignore[arg-type]
    assert caught.value.code == "finance-unknown" and "`revenue`" in str(caught.value)


def test_prices_can_be_replaced(plan: sb.Plan, tmp_path: Path) -> None:
    line = next(row for row in plan.cost().lines() if row["resource"] == "nat_gateway" and row["amount"])
    prices = {"price": [{"id": line["price_id"], "price": "0"}]}
    cheaper = plan.cost(prices)
    assert cheaper.total < plan.cost().total
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(prices))
    assert plan.cost(file) == cheaper
    assert pickle.loads(pickle.dumps(cheaper)) == cheaper
    with pytest.raises(sb.FinanceError) as caught:
        plan.cost({"price": [{"id": "unicorns", "price": "1"}]})
    assert caught.value.problems


def test_a_plan_for_more_accounts_than_granted_says_so() -> None:
    warnings = small_zone(12).plan().warnings
    warning = next(problem for problem in warnings if problem.code == "quota-request")
    assert warning.severity == "warning"
    assert "accounts" in warning.message
    assert warning.hint


def test_a_readable_state_may_be_named(tmp_path: Path) -> None:
    cloud = sb.SimulatedCloud()
    zone = small_zone()
    zone.plan(cloud, state=tmp_path).apply(cloud, state=tmp_path)
    assert zone.plan(cloud, state=str(tmp_path)).is_empty
    with pytest.raises(sb.StateError) as caught:
        zone.plan(cloud, state="ftp://somewhere")
    assert caught.value.code == "state-url"


def test_every_step_carries_its_cost(plan: sb.Plan) -> None:
    cost = plan.cost()
    monthly = [step.monthly_cost for step in plan.steps]
    assert all(isinstance(amount, Decimal) for amount in monthly)
    difference = cost.difference
    assert difference.monthly == difference.after - difference.before
    assert difference.monthly == difference.planned + difference.assumed + difference.promised
    assert sum(monthly) == difference.planned + difference.assumed
    assert sum(row["monthly"] for row in cost.promised_by_tier()) == difference.promised
    assert pickle.loads(pickle.dumps(difference)) == difference
    gateway = next(step for step in plan.steps if step.kind == "nat_gateway")
    assert gateway.monthly_cost == Decimal("37.35")
    assert gateway.one_time_cost == 0
    assert gateway.minutes == pytest.approx(106 / 60)
    assert pickle.loads(pickle.dumps(gateway)).monthly_cost == gateway.monthly_cost
    table = pyarrow.table(plan.to_arrow())
    assert table.schema.field("monthly_cost").type == pyarrow.decimal128(38, 2)
    assert table.column("monthly_cost").to_pylist() == monthly
    dear = plan.cost({"price": [{"id": "nat_gateway_hour", "price": "0.09", "source": "a test"}]})
    assert pyarrow.table(dear.steps()).column("monthly_cost").to_pylist() != monthly
    assert pickle.loads(pickle.dumps(dear)) == dear
    assert str(cost.difference).startswith("+ $") and "a month, infrastructure margin" in str(cost.difference)
    assert cost.difference.margin_before is None and cost.difference.margin_after == cost.infrastructure_margin == cost.margin


def test_a_plan_below_the_margin_floor_is_refused(ten: sb.LandingZone, tmp_path: Path) -> None:
    assert ten.plan(margin_floor="0.96")
    with pytest.raises(sb.PlanError) as refused:
        ten.plan(margin_floor="0.97")
    assert refused.value.code == "margin-below-floor"
    assert "96.68 %, below 97.00 %" in str(refused.value)
    assert "372.63 USD" in refused.value.problems[0].hint
    cloud = sb.SimulatedCloud()
    with pytest.raises(sb.PlanError):
        ten.plan(cloud).apply(cloud, tmp_path, margin_floor=Decimal("0.99"))
    with pytest.raises(sb.FinanceError):
        ten.plan().cost().ensure_margin(1)
    with pytest.raises(sb.FinanceError) as inexact:
        ten.plan(margin_floor=0.9)  # type: ignore[arg-type]
    assert inexact.value.code == "number-invalid"


def changed(document: dict[str, Any], key: str, **more: object) -> sb.LandingZone:
    clients = document["clients"]
    return sb.LandingZone.from_dict({**document, "clients": {**clients, key: {**clients[key], **more}}})


def test_drift_is_told_from_change(ten: sb.LandingZone, tmp_path: Path) -> None:
    zone = ten
    cloud, state = sb.SimulatedCloud(), str(tmp_path / "state")
    zone.plan(cloud, state).apply(cloud, state)
    account = next(found for found in cloud.snapshot()["account"] if found["name"] == zone.tenants[0].key)
    cloud.set_tag(str(account["id"]), "Environment", "test")
    plan = zone.plan(cloud, state)
    assert plan.drift_known
    [row] = plan.drift().to_pandas().to_dict("records")
    assert (row["attribute"], row["applied"], row["observed"]) == ("tags.Environment", "dev", "test")
    blind = zone.plan(cloud)
    assert not blind.drift_known
    assert len(blind.drift().to_pandas()) == 0


def test_a_tenant_that_leaves_is_named_recorded_and_suspended(ten: sb.LandingZone, tmp_path: Path) -> None:
    zone = ten
    key = zone.tenants[0].key
    cloud, state = sb.SimulatedCloud(), str(tmp_path / "state")
    zone.plan(cloud, state).apply(cloud, state)
    leaving = changed(zone.to_dict(), key, offboard="suspend")
    assert leaving.tenants[0].offboard == "suspend"
    plan = leaving.plan(cloud, state)
    [record] = plan.offboardings()
    assert record["tenant"] == key
    assert f"tenant/{key}/vpc" in plan.destructive
    with pytest.raises(sb.PlanError):
        plan.apply(cloud, state)
    assert plan.apply(cloud, state, destroy=plan.destructive).status == "succeeded"
    assert leaving.plan(cloud, state).is_empty


def test_another_root_address_takes_a_mailed_code(ten: sb.LandingZone, tmp_path: Path) -> None:
    zone = ten
    key = zone.tenants[0].key
    cloud, state = sb.SimulatedCloud(), str(tmp_path / "state")
    zone.plan(cloud, state).apply(cloud, state)
    email = "root@changed.example.com"
    moved = changed(zone.to_dict(), key, account_email=email)
    with pytest.raises(sb.PlanError) as refused:
        moved.plan(cloud, state)
    assert refused.value.problems[0].code == "account-email-differs"
    account = next(str(found["id"]) for found in cloud.snapshot()["account"] if found["name"] == key)
    sb.start_root_email_change(cloud, account, email)
    with pytest.raises(sb.CloudError):
        sb.finish_root_email_change(cloud, account, email, "wrong")
    code = cloud.mailed_code(email)
    assert code is not None
    sb.finish_root_email_change(cloud, account, email, code)
    assert moved.plan(cloud, state).is_empty
