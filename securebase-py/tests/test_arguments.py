"""Arguments: converted before anything is locked, copied where they are kept, read only as far as they may go."""

import contextlib
import itertools
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import small_zone

import securebase as sb

F = sb.finance
FULL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
REQUEST = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b", "account": "111122223333", "context": {}}
AWS = F.Assumptions.aws()


def _model() -> F.Model:
    return F.Model(small_zone(), AWS)


def _ends(script: str, seconds: float = 60) -> str:
    """What a script prints; one that hangs or is killed fails the test."""
    command = [sys.executable, "-c", script]
    folder = Path(__file__).parent
    done = subprocess.run(command, timeout=seconds, capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout


def test_two_threads_and_networks_as_arguments_do_not_wait_for_each_other() -> None:
    script = """
import ipaddress, sys, threading
import securebase as sb
sys.setswitchinterval(1e-6)
pool = sb.AddressPool("10.0.0.0/8")
def work(first):
    for n in range(first, 2000, 2):
        pool.pin(ipaddress.IPv4Network((10 << 24 | n << 12, 20)), f"o{n}")
        pool.free(), pool.serial, repr(pool), pool.blocks("o1")
threads = [threading.Thread(target=work, args=(first,)) for first in (0, 1)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(repr(pool))
"""
    assert "2000 pinned" in _ends(script)


@pytest.mark.parametrize(
    "call",
    [
        "pool.reserve(block('10.1.0.0/16'), 'a')",
        "pool.pin(block('10.1.0.0/16'), 'a')",
        "pool.exclude(block('10.1.0.0/16'), 'why')",
        "(pool.exclude('10.1.0.0/16', 'why'), pool.include(block('10.1.0.0/16')))",
        "pool.grow(block('11.0.0.0/16'))",
        "pool.carve('prod', block('10.1.0.0/16'))",
        "pool.import_ipam(Items(other.to_ipam()))",
        "sb.Network([{'owner': 'a', 'blocks': ['10.0.0.0/16']}]).propose(pool, (pool.allocate(24, o) and o for o in 'a'))",
    ],
)
def test_an_argument_may_use_the_pool_that_it_is_an_argument_of(call: str) -> None:
    script = f"""
import ipaddress
import securebase as sb
pool, other = sb.AddressPool("10.0.0.0/8"), sb.AddressPool("10.0.0.0/8")
class block(ipaddress.IPv4Network):
    def __str__(self):
        pool.allocate(24, "inner", another=True)
        return super().__str__()
class Items(dict):
    def items(self):
        pool.allocate(24, "inner", another=True)
        return super().items()
{call}
print("ended")
"""
    assert _ends(script, 20) == "ended\n"


def test_a_thread_reads_a_simulated_cloud_while_a_plan_is_applied_to_it() -> None:
    script = """
import logging, threading
from conftest import small_zone
import securebase as sb
logging.basicConfig(level=1, stream=open("/dev/null", "w"))
cloud, done = sb.SimulatedCloud(1), []
def read():
    while not done:
        cloud.now, len(cloud.calls), cloud.snapshot(), repr(cloud)
thread = threading.Thread(target=read)
thread.start()
print(small_zone().plan().apply(cloud, "memory://", lambda event: cloud.now).status)
done.append(True)
thread.join()
"""
    assert _ends(script) == "succeeded\n"


def test_a_rehearsal_in_which_steps_fail_has_no_duration() -> None:
    plan = small_zone().plan()
    few: dict[str, Any] = {"limits": {"accounts": 1}}
    calls: list[Callable[[], object]] = [
        lambda: plan.timeline(**few),
        lambda: plan.timeline(limits={"vpcs": 0}),
        lambda: plan.spread(3, **few),
        lambda: plan.what_if({"as usual": {}, "few": few}, 2),
    ]
    for call in calls:
        with pytest.raises(sb.PlanError, match="the rehearsal.* fails at ") as caught:
            call()
        assert caught.value.code == "rehearsal-failed"
        steps = {step.address for step in plan.steps}
        assert {problem.path for problem in caught.value.problems} <= steps
        assert all("fails: " in problem.message for problem in caught.value.problems)
    assert "of `few`" in str(caught.value)
    assert plan.timeline(limits={"accounts": 10}).makespan_seconds > 300


def _prices() -> dict[str, Any]:
    return {"price": [{"id": "nat_gateway_hour", "price": "0.055"}]}


def _usage() -> dict[str, Any]:
    return {"profile": [{"tier": "fintech", "nat_gb": "77"}]}


def _spoil(document: Any) -> None:
    """Changes everything in a document that can be changed."""
    if isinstance(document, dict):
        for value in list(document.values()):
            _spoil(value)
        document["spoilt"] = "99"
    elif isinstance(document, list):
        for value in document:
            _spoil(value)
        document.append(99)


KEPT: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "aws prices": (_prices, lambda d: F.Assumptions.aws(prices=d)),
    "aws usage": (_usage, lambda d: F.Assumptions.aws(usage=d)),
    "cost prices": (_prices, lambda d: small_zone().plan().cost(d)),
    "cost usage": (_usage, lambda d: small_zone().plan().cost(usage=d)),
    "price book": (_prices, F.PriceBook),
    "growth new": (lambda: {"fintech": 3}, lambda d: F.Growth(new=d)),
    "growth uncertain": (lambda: {"churn": ["lognormal", 0.3]}, lambda d: F.Growth(uncertain=d)),
    "growth path": (lambda: [[6, {"fintech": 5}]], lambda d: F.Growth(path=d)),
    "of_mix": (lambda: {"fintech": 3}, lambda d: F.Model.of_mix(d, AWS)),
    "with_tenants": (lambda: {"fintech": 3}, lambda d: _model().with_tenants(d)),
    "from_frame": (lambda: [{"tenant": "a", "tier": "fintech"}], lambda d: F.Model.from_frame(d, AWS)),
    "levels": (lambda: [[json.loads(json.dumps(FULL))]], sb.PolicyPath),
    "requests": (lambda: [json.loads(json.dumps(REQUEST))], sb.Requests),
    "network": (lambda: [{"owner": "a", "blocks": ["10.0.0.0/16"]}], lambda d: sb.Network(d).members),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_made_does_not_follow_later_changes_of_the_argument(name: str) -> None:
    make, use = KEPT[name]
    document = make()
    made, same = use(document), use(make())
    before = repr(made)
    _spoil(document)
    assert made == same == pickle.loads(pickle.dumps(made))
    assert repr(made) == before


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_a_pickle_holds_what_a_file_said_and_reads_no_file(suffix: str, tmp_path: Path) -> None:
    prices, usage = tmp_path / f"prices.{suffix}", tmp_path / f"usage.{suffix}"
    if suffix == "json":
        prices.write_text(json.dumps(_prices()))
        usage.write_text(json.dumps(_usage()))
    else:
        prices.write_text('[[price]]\nid = "nat_gateway_hour"\nprice = "0.055"\n')
        usage.write_text('[[profile]]\ntier = "fintech"\nnat_gb = "77"\n')
    made = [F.Assumptions.aws(prices=prices, usage=str(usage)), small_zone().plan().cost(str(prices), usage)]
    same = [F.Assumptions.aws(prices=_prices(), usage=_usage()), small_zone().plan().cost(_prices(), _usage())]
    assert made == same
    assert made[0] != AWS
    prices.unlink()
    usage.write_text("no longer usage")
    assert pickle.loads(pickle.dumps(made)) == made


def test_a_growth_reads_an_iterator_once_and_keeps_what_it_gave() -> None:
    growth = F.Growth(path=iter([(6, {"fintech": 5})]))
    assert growth == F.Growth(path=[(6, {"fintech": 5})]) == pickle.loads(pickle.dumps(growth))
    assert repr(growth) == "Growth(path=[(6, {'fintech': 5})])"
    assert _model().forecast(months=6, growth=growth)["tenants"][-1] == 5


def test_a_model_does_not_follow_a_frame() -> None:
    frame = pd.DataFrame({"tenant": ["a", "b"], "tier": ["fintech", "standard"], "monthly_price": [1.5, None]})
    model = F.Model.from_frame(frame, AWS)
    same = F.Model.from_frame(frame, AWS)
    frame.loc[0, "tier"] = "standard"
    assert model == same == pickle.loads(pickle.dumps(model))


class Long:
    """Something that says it has more items than any memory holds."""

    def __init__(self, *items: object) -> None:
        self.items_ = items

    def __len__(self) -> int:
        return 2**62

    def __getitem__(self, place: int) -> object:
        return self.items_[place]


def _lists() -> Iterator[tuple[str, Callable[[Any], object]]]:
    plan, model = small_zone().plan(), _model()
    pool = _pool()
    path, requests = sb.PolicyPath([[FULL]]), sb.Requests([REQUEST])
    cloud = sb.SimulatedCloud()
    yield "minimal_renumbering", lambda v: sb.Network([]).minimal_renumbering(v)
    yield "propose", lambda v: sb.Network([]).propose(pool, v)
    yield "evaluate_many", lambda v: sb.evaluate_many(v, requests)
    yield "evaluate", lambda v: path.evaluate(REQUEST) and sb.evaluate(v, REQUEST)
    yield "evaluate level", lambda v: sb.evaluate([v], REQUEST)
    yield "difference", lambda v: sb.difference(v, [[FULL]])
    yield "pack", lambda v: sb.pack(v)
    yield "requests", lambda v: sb.Requests(v)
    yield "_from_columns", lambda v: sb.Table._from_columns(v)
    yield "only", lambda v: plan.only(v)
    yield "destroy", lambda v: plan.dry_run(sb.SimulatedCloud(), destroy=v)
    yield "set_zones", lambda v: cloud.set_zones("111122223333", "us-east-1", v)
    yield "staffing", lambda v: AWS.staffing(v)
    yield "capacity_plan", lambda v: model.capacity_plan(v)
    yield "sweep", lambda v: model.sweep({"price.fintech": v})
    yield "between", lambda v: model.goal_seek("price", target=0.5, between=v)
    yield "growth path", lambda v: F.Growth(path=v)
    yield "correlations", lambda v: F.Growth(correlations=v)
    yield "ranges", lambda v: sb.AddressPool(v)
    yield "overlaps", lambda v: sb.overlaps(v)
    yield "vpc_blocks", lambda v: sb.check_secondary_block("10.1.0.0/16", v)
    yield "from_frame", lambda v: F.Model.from_frame(v, AWS)


def _pool() -> sb.AddressPool:
    return sb.AddressPool("10.0.0.0/16")


ENDLESS: dict[str, Callable[[], Any]] = {
    "range": lambda: range(10**9),
    "numbers": itertools.count,
    "texts": lambda: itertools.repeat("x"),
    "lists": lambda: itertools.repeat([]),
    "one of 2**62": lambda: Long("x", "y"),
    "none of 2**62": Long,
}


@pytest.mark.parametrize("value", ENDLESS)
def test_a_list_without_end_is_refused_and_none_is_reserved_by_its_length(value: str) -> None:
    bad = []
    for name, call in _lists():
        try:
            call(ENDLESS[value]())
        except (sb.SecureBaseError, TypeError) as error:
            if len(str(error)) > 20_000:
                bad.append((name, "long"))
        except BaseException as error:
            bad.append((name, repr(error)[:200]))
    assert bad == []


@pytest.mark.parametrize("value", ["", "abc", b"", b"abc", bytearray(b"x"), {}, {"a": 1}, None, 5, True])
def test_what_is_no_list_is_none_and_the_argument_is_named(value: Any) -> None:
    may_be_left_out = {"minimal_renumbering", "propose", "staffing", "capacity_plan", "growth path", "correlations"}
    for name, call in _lists():
        if (value is None and name in may_be_left_out) or name in {"ranges", "vpc_blocks"}:
            continue
        with pytest.raises((TypeError, sb.SecureBaseError), match="^(invalid|cell|missing)"):
            call(value)


def test_a_list_that_is_too_long_says_how_long_it_may_be() -> None:
    plan = small_zone().plan()
    with pytest.raises(sb.InputError, match=r"invalid `targets`: expected at most 2,000,000 items") as caught:
        plan.only(itertools.repeat("tenant/tenant-0"))
    assert caught.value.code == "items-too-many"
    with pytest.raises(sb.FinanceError, match="`tenants`: expected at most 100,000 items"):
        AWS.staffing(range(10**9))
    with pytest.raises(sb.InputError, match=r"invalid `x\[0\]`"):
        sb.Table._from_columns([("x", "utf8", range(10**9))])
    with pytest.raises(sb.FinanceError, match="at most 1,000,000 items"):
        _model().sweep({"price.fintech": range(10**9)})


def test_only_an_empty_list_is_no_organization() -> None:
    assert sb.evaluate([], REQUEST).allowed
    for levels in ("", b"", {}, None):
        with pytest.raises(TypeError, match="invalid `levels`"):
            sb.evaluate(levels, REQUEST)  # type: ignore[arg-type]


LONE = "\ud800"


def test_a_lone_surrogate_is_refused_by_the_name_of_the_argument() -> None:
    zone, model = small_zone(), _model()
    plan, pool, cloud, state = zone.plan(), _pool(), sb.SimulatedCloud(), sb.State("memory://")
    calls: dict[str, Callable[[], object]] = {
        "tenant": lambda: zone.effective_policy(LONE),
        "path": lambda: sb.LandingZone.load(LONE),
        "targets[0]": lambda: plan.only([LONE]),
        "destroy[0]": lambda: plan.dry_run(cloud, destroy=[LONE]),
        "who": lambda: plan.apply(cloud, state, who=LONE),
        "url": lambda: sb.State(LONE),
        "state": lambda: zone.plan(state=LONE),
        "limits": lambda: plan.timeline(limits={LONE: 1}),
        "cases": lambda: plan.what_if({LONE: {}}),
        "prices": lambda: plan.cost(LONE),
        "usage": lambda: F.Assumptions.aws(usage=LONE),
        "document": lambda: F.Assumptions.seed(LONE),
        "allocation": lambda: AWS.replace(allocation=LONE),
        "lever": lambda: model.goal_seek(LONE, target=0.5, between=(1, 2)),
        "tier": lambda: model.break_even(LONE),
        "figure": lambda: model.month().explain(LONE),
        "new": lambda: F.Growth(new={LONE: 1}),
        "scenarios": lambda: F.scenarios({LONE: model}),
        "owner": lambda: pool.allocate(20, LONE),
        "pool": lambda: pool.free(LONE),
        "reason": lambda: pool.exclude("10.0.0.0/20", LONE),
        "owners[0]": lambda: sb.Network([]).minimal_renumbering([LONE]),
        "entries[0]": lambda: sb.overlaps([(LONE, "10.0.0.0/16")]),
        "tiers": lambda: sb.AddressPool("10.0.0.0/8", "per-tier", tiers={LONE: "10.0.0.0/16"}),
        "kind": lambda: sb.PolicyPath([[FULL]], kind=LONE),  # type: ignore[arg-type]
        "text": lambda: sb.PolicyDocument.parse(LONE),
        "framework": lambda: sb.coverage(LONE),
        "zones[0]": lambda: cloud.set_zones("111122223333", "us-east-1", [LONE]),
        "region": lambda: F.PriceBook.for_region(LONE),
        "code": lambda: sb.finish_root_email_change(cloud, "111122223333", "a@example.com", LONE),
        "settings": lambda: sb.State("memory://", {LONE: "x"}),
        "profile": lambda: sb.AwsCloud(profile=LONE),
    }
    for name, call in calls.items():
        with pytest.raises(sb.SecureBaseError) as caught:
            call()
        assert f"`{name}`" in str(caught.value), (name, str(caught.value))


def test_numbers_that_no_float_holds_are_refused_by_name() -> None:
    plan, model = small_zone().plan(), _model()
    numbers: list[Any] = [10**400, Decimal("sNaN")]
    for number in numbers:
        calls: dict[str, Callable[[], object]] = {
            "throttle": lambda n=number: sb.Faults(throttle=n),
            "target": lambda n=number: model.goal_seek("price", target=n, between=(1.0, 2.0)),
            "between": lambda n=number: model.goal_seek("price", target=0.5, between=(1.0, n)),
            "confidence": lambda n=number: model.goal_seek("price", target=0.5, between=(1.0, 2.0), confidence=n),
            "p": lambda n=number: plan.spread(1).percentile(n),
            "limits.accounts": lambda n=number: plan.timeline(limits={"accounts": n}),
            "latencies.read": lambda n=number: plan.timeline(latencies={"read": (1, n, 2)}),
            'grid["price"][0]': lambda n=number: model.sweep({"price": [n]}),
            'uncertain["churn"]': lambda n=number: F.Growth(uncertain={"churn": ("lognormal", n)}),
            "correlations[0]": lambda n=number: F.Growth(
                uncertain={"churn": ("normal", 0.1), "new": ("normal", 0.1)}, correlations=[("churn", "new", n)]
            ),
            "wait_for_lease": lambda n=number: plan.apply(sb.SimulatedCloud(), "memory://", wait_for_lease=n),
            "minutes": lambda n=number: model.capacity_plan([1], minutes={1: n}),
        }
        for name, call in calls.items():
            with pytest.raises((sb.InputError, sb.FinanceError), match="invalid") as caught:
                call()
            assert f"`{name}`" in str(caught.value), (name, str(caught.value))


def test_pairs_of_another_length_are_refused() -> None:
    model = _model()
    for between in ((1.0,), (), (1.0, 2.0, 3.0)):
        with pytest.raises(sb.FinanceError, match="invalid `between`.* a pair of numbers"):
            model.goal_seek("price", target=0.5, between=between)  # type: ignore[arg-type]
    bad_path: list[Any] = [(), (6,), (6, {}, 1)]
    for target in bad_path:
        with pytest.raises(sb.FinanceError, match=r"invalid `path\[0\]`"):
            F.Growth(path=[target])
    with pytest.raises(sb.FinanceError, match="correlations"):
        F.Growth(uncertain={"churn": ("normal", 0.1)}, correlations=[("churn", "new")])
    with pytest.raises(sb.InputError, match=r"invalid `latencies.read`"):
        small_zone().plan().timeline(latencies={"read": (1, 2)})  # type: ignore[dict-item]


def test_cells_that_are_no_text_and_no_number_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    cells: list[Any] = [Decimal("sNaN"), 10**5000, deep, pd.DataFrame({"a": [1, 2]}), {"a": 1}, LONE]
    for column in ("tenant", "tier", "monthly_price"):
        for value in cells:
            row = {"tenant": "a", "tier": "fintech", "monthly_price": 5} | {column: value}
            with pytest.raises((sb.FinanceError, sb.InputError), match=f"invalid `{column}`"):
                F.Model.from_frame([row], AWS)
    absent = [{"tenant": "a", "tier": "fintech", "monthly_price": value} for value in (None, float("nan"), pd.NA)]
    for row in absent:
        assert F.Model.from_frame([row], AWS) == F.Model.from_frame([{"tenant": "a", "tier": "fintech"}], AWS)


def test_a_state_imports_bytes_and_a_table_has_columns_of_their_type() -> None:
    for data in ([300], [0], "x", 5, None):
        with pytest.raises(TypeError, match="invalid `data`"):
            sb.State("memory://").import_(data)  # type: ignore[arg-type]
    for kind, value in (("int64", 2**70), ("float64", 10**400), ("bool", 1), ("utf8", 1), ("utf8", LONE)):
        with pytest.raises(sb.InputError, match=r"invalid `x\[0\]`"):
            sb.Table._from_columns([("x", kind, [value])])


def test_a_negative_duration_is_called_one() -> None:
    for wait in (timedelta(-1), timedelta(seconds=-1), -1, -0.5):
        with pytest.raises(sb.InputError, match="invalid `wait_for_lease`.* negative") as caught:
            small_zone().plan().apply(sb.SimulatedCloud(), "memory://", wait_for_lease=wait)
        assert caught.value.code == "duration-invalid"


def _soon(call: Callable[[], object], seconds: float = 5) -> None:
    """Runs a call that must be over soon; whether it answers or refuses is not asked."""
    begun = time.monotonic()
    with contextlib.suppress(sb.SecureBaseError, TypeError):
        call()
    assert time.monotonic() - begun < seconds


def test_a_name_of_millions_of_characters_is_refused_soon() -> None:
    long = "a" * 2_000_000
    zone, model = small_zone(), _model()
    plan, pool = zone.plan(), _pool()
    calls: list[Callable[[], object]] = [
        lambda: AWS.staffing(long),  # type: ignore[arg-type]
        lambda: AWS.replace(allocation=long),
        lambda: model.goal_seek(long, target=0.5, between=(1, 2)),
        lambda: model.tornado(metric=long),
        lambda: model.break_even(long),
        lambda: F.Growth(uncertain={long: 1}),
        lambda: F.Model.from_frame(pd.DataFrame({long: []}), AWS),
        lambda: F.PriceBook({long: "1"}),
        lambda: plan.timeline(limits={long: 1}),
        lambda: plan.timeline(latencies={long: 1}),
        lambda: plan.only([long]),
        lambda: pool.release(long),
        lambda: pool.free(long),
        lambda: sb.coverage(long),
        lambda: sb.LandingZone.from_dict({long: 1}),
    ]
    for call in calls:
        _soon(call)
        try:
            call()
        except (sb.SecureBaseError, TypeError) as error:
            assert len(str(error)) < 20_000
        else:
            pytest.fail("an unknown name was accepted")


def test_maps_and_lists_far_too_long_are_refused_soon_and_shortly() -> None:
    model, plan = _model(), small_zone().plan()
    many = {f"s{number}": 1 for number in range(300_000)}
    calls: list[Callable[[], object]] = [
        lambda: F.scenarios(dict.fromkeys(many, model)),
        lambda: F.scenarios(many),  # type: ignore[arg-type]
        lambda: F.Model.of_mix(many, AWS),
        lambda: model.with_tenants(many),
        lambda: AWS.staffing(["x"] * 300_000),  # type: ignore[list-item]
        lambda: AWS.staffing(["x"] * 99_000),  # type: ignore[list-item]
        lambda: model.capacity_plan(["x"] * 99_000),  # type: ignore[list-item]
        lambda: plan.only(["x"] * 3_000_000),
        lambda: plan.only(["x"] * 1_000_000),
        lambda: model.sweep({"price.fintech": range(10**9)}),
        lambda: sb.overlaps([("a", "x")] * 100_000),
    ]
    for call in calls:
        begun = time.monotonic()
        with pytest.raises(sb.SecureBaseError) as caught:
            call()
        assert time.monotonic() - begun < 10
        assert len(str(caught.value)) < 20_000
        assert len(caught.value.problems) <= 1_000


def test_of_many_wrong_values_the_first_are_shown_and_the_others_counted() -> None:
    with pytest.raises(sb.FinanceError) as caught:
        AWS.staffing([-1] * 30)
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 10 more; all of them are in `problems`"
    assert len(caught.value.problems) == 30
    with pytest.raises(sb.FinanceError, match="and 4980 more; the first 1000 are in `problems`"):
        AWS.staffing([-1] * 5_000)


def test_more_pairs_of_blocks_than_a_list_holds_are_counted() -> None:
    same = [(f"o{number}", "10.0.0.0/16") for number in range(5_000)]
    with pytest.raises(sb.InputError, match="12497500 pairs of blocks overlap") as caught:
        sb.overlaps(same)
    assert caught.value.code == "overlaps-too-many"
    network = sb.Network([{"owner": owner, "blocks": [block]} for owner, block in same])
    with pytest.raises(sb.InputError, match="12497500 pairs"):
        network.conflicts()
    assert len(network.findings()) == 1
    assert len(sb.overlaps(same[:300])) == 300 * 299 / 2


def test_an_error_names_the_argument() -> None:
    plan, pool = small_zone().plan(), _pool()
    calls: list[tuple[str, Callable[[], object]]] = [
        ("prices", lambda: plan.cost(True)),  # type: ignore[arg-type]
        ("prices", lambda: plan.cost(b"")),  # type: ignore[arg-type]
        ("usage", lambda: plan.cost(usage=5)),  # type: ignore[arg-type]
        ("tiers", lambda: sb.AddressPool("10.0.0.0/8", tiers={1: 2})),  # type: ignore[dict-item]
        ("tiers", lambda: sb.AddressPool("10.0.0.0/8", tiers=5)),  # type: ignore[arg-type]
        ("cases", lambda: plan.what_if({1: 2})),  # type: ignore[dict-item]
        ('cases["a"]', lambda: plan.what_if({"a": {"x": 2}})),
        ("levels", lambda: sb.evaluate(None, REQUEST)),  # type: ignore[arg-type]
        ("entries", lambda: sb.overlaps(None)),  # type: ignore[arg-type]
        ("documents", lambda: sb.pack(None)),  # type: ignore[arg-type]
        ("requests", lambda: sb.Requests(None)),  # type: ignore[arg-type]
        ("before", lambda: sb.difference(None, [[FULL]])),  # type: ignore[arg-type]
        ("cidr", lambda: pool.reserve(None, "a")),  # type: ignore[arg-type]
        ("cloud", lambda: plan.dry_run(None)),  # type: ignore[arg-type]
        ("grid", lambda: _model().sweep(5)),  # type: ignore[arg-type]
        ("scenarios", lambda: F.scenarios(5)),  # type: ignore[arg-type]
        ("tenants", lambda: F.Model.of_mix([1], AWS)),  # type: ignore[arg-type]
        ("owner", lambda: pool.allocate(20, 5)),  # type: ignore[arg-type]
    ]
    for name, call in calls:
        with pytest.raises((sb.SecureBaseError, TypeError), match="^invalid ") as caught:
            call()
        assert f"`{name}`" in str(caught.value), (name, str(caught.value))


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    zone, plan = small_zone(), small_zone().plan()
    cloud, pool = sb.SimulatedCloud(), _pool()
    document = pool.to_dict()
    allocation = {"owner": "a", "cidr": "10.0.16.0/20", "kind": "allocated"}
    assert sb.AddressPool.from_dict(document | {"allocations": [allocation]}).blocks("a") == ["10.0.16.0/20"]
    ledger = pool.ledger()
    entry = {"serial": 0, "event": "pinned", "cidr": "10.0.16.0/20"}
    state = sb.State(tmp_path / "state")
    calls: dict[str, Callable[[], object]] = {
        "destroy": lambda: plan.apply(cloud, state, destroy=["typo"]),
        "destroy of a dry run": lambda: plan.dry_run(cloud, destroy=["typo"]),
        "no owner": lambda: sb.AddressPool.from_dict(document | {"allocations": [allocation | {"owner": ""}]}),
        "long owner": lambda: sb.AddressPool.from_dict(
            document | {"allocations": [allocation | {"owner": "x" * 257}]}
        ),
        "ledger": lambda: sb.AddressPool.from_ledger(ledger | {"entries": [entry | {"owner": ""}]}),
        "tier of length 0": lambda: sb.AddressPool("10.0.0.0/8", "per-tier", tier_prefix_len=0),
        "tier in a dict": lambda: sb.AddressPool.from_dict(
            document | {"settings": {"strategy": "per-tier", "tier_prefix_len": 0}}
        ),
        "half an account": lambda: sb.SimulatedCloud(limits={"accounts": 0.5}),
        "half an account in a timeline": lambda: plan.timeline(limits={"accounts": 10.5}),
        "half an account in a zone": lambda: sb.LandingZone.from_dict(zone.to_dict() | {"limits": {"accounts": 0.5}}),
        "tag": lambda: sb.guardrails("soc2", required_tag="x" * 129),
        "spaces": lambda: sb.guardrails("soc2", required_tag=" "),
        "region": lambda: sb.guardrails("soc2", regions=["x"]),
        "region of documents": lambda: sb.tier_documents("soc2", regions=["us-east-99"]),
        "region of subnets": lambda: sb.subnets("10.0.0.0/16", region=""),
        "ipam": lambda: pool.import_ipam({"x": None}),
        "frame": lambda: F.Model.from_frame(pd.DataFrame({"foo": []}), AWS),
        "zones": lambda: cloud.set_zones("111122223333", "us-east-1", ["nonsense"]),
        "key of a tag": lambda: cloud.set_tag("111122223333", "", ""),
        "value of a tag": lambda: cloud.set_tag("111122223333", "key", "*"),
    }
    for name, call in calls.items():
        with pytest.raises(sb.SecureBaseError) as caught:
            call()
        assert caught.value.problems, name
    with pytest.raises(TypeError):
        AWS.staffing(b"x")
    assert not (tmp_path / "state").exists()
    assert plan.timeline(limits={"create_account_rate": 0.5}).makespan_seconds > 0
    assert cloud.set_zones("111122223333", "us-east-1", ["us-east-1a"]) is False
    assert len(sb.guardrails("soc2", required_tag="Cost Center", regions=["eu-central-1"])) > 10
    assert F.Model.from_frame(pd.DataFrame({"key": ["a"], "tier": ["fintech"]}), AWS).tenants["fintech"] == 1


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, MemoryError])
def test_what_says_nothing_about_a_value_passes_through(raised: type[BaseException]) -> None:
    class Text:
        def __str__(self) -> str:
            raise raised

    class Number:
        def __index__(self) -> int:
            raise raised

    calls: list[Callable[[], object]] = [
        lambda: sb.check_vpc_block(Text()),  # type: ignore[arg-type]
        lambda: _model().forecast(months=Number()),  # type: ignore[arg-type]
        lambda: sb.PolicyDocument.from_dict({**FULL, "Id": Number()}),
        lambda: sb.overlaps([("a", Text())]),  # type: ignore[list-item]
    ]
    for call in calls:
        with pytest.raises(raised):
            call()


def test_a_floor_that_no_margin_reaches_is_out_of_range() -> None:
    cost = small_zone().plan().cost()
    for floor in (7, 10**27, "1e27", Decimal("1e28")):
        with pytest.raises(sb.SecureBaseError) as caught:
            cost.ensure_margin(floor)
        assert "margin floor" in str(caught.value) or "floor" in str(caught.value)
