"""At the border: whatever is passed, a call answers, or raises an error of this package or a `TypeError`; soon, and shortly."""

import functools
import math
import pickle
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from conftest import small_zone

import securebase as sb

FULL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
REQUEST = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b", "account": "111122223333", "context": {}}


class Odd:
    """Something that nothing takes, and that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError


def _deep() -> list[Any]:
    return functools.reduce(lambda inner, _: [inner], range(5_000), [])


def _twice() -> object:
    return functools.reduce(lambda one, _: [one, one], range(60), 1)


VALUES: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "True": lambda: True,
    "-1": lambda: -1,
    "0": lambda: 0,
    "2**31": lambda: 2**31,
    "2**32": lambda: 2**32,
    "2**63": lambda: 2**63,
    "2**64": lambda: 2**64,
    "-2**64": lambda: -(2**64),
    "10**400": lambda: 10**400,
    "10**5000": lambda: 10**5000,
    "0.5": lambda: 0.5,
    "1e308": lambda: 1e308,
    "-1e-300": lambda: -1e-300,
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "Decimal nan": lambda: Decimal("nan"),
    "Decimal 1e400": lambda: Decimal("1e400"),
    "empty": lambda: "",
    "NUL": lambda: "\0",
    "surrogate": lambda: "\ud800",
    "lines": lambda: "a\nb\x1b[31m",
    "megabyte": lambda: "x" * 1_000_000,
    "bytes": lambda: b"x",
    "list": list,
    "pair": lambda: (1, 2),
    "deep": _deep,
    "dict": dict,
    "dict of odd keys": lambda: {None: 1, 2: "\ud800"},
    "set": lambda: {1},
    "generator": lambda: iter([1]),
    "callback that raises": lambda: _raise,
    "odd": Odd,
    "class": lambda: int,
}


def _raise(*_: object) -> None:
    raise ValueError


@functools.cache
def _things() -> dict[str, Any]:
    zone = small_zone()
    assumptions = sb.finance.Assumptions.aws()
    return {
        "zone": zone,
        "plan": zone.plan(),
        "aws": assumptions,
        "model": sb.finance.Model(zone, assumptions),
        "spread": zone.plan().spread(2),
    }


def _calls() -> Iterator[tuple[str, Callable[[Any], object]]]:
    plan, aws, model = (_things()[name] for name in ("plan", "aws", "model"))
    pool = functools.partial(sb.AddressPool, "10.0.0.0/16")
    for name in ("months", "trials", "seed", "first_trial"):
        few: dict[str, Any] = {"trials": 10, "months": 2}
        yield f"simulate {name}", lambda v, n=name, few=few: model.simulate(**{**few, n: v})
    yield "forecast", lambda v: model.forecast(months=v)
    yield "capacity_plan", lambda v: model.capacity_plan([v], rehearsals=1)
    yield "of_mix", lambda v: sb.finance.Model.of_mix({"fintech": v}, aws)
    yield "staffing", lambda v: aws.staffing([v])
    yield "goal_seek", lambda v: model.goal_seek(v, target=0.5, between=(0.5, 2.0), trials=10)
    yield "tornado", lambda v: model.tornado(metric=v)
    yield "margin_floor", lambda v: plan.cost().ensure_margin(v)
    yield "explain", lambda v: model.month().explain(v)
    yield "growth", lambda v: sb.finance.Growth(churn=v)
    yield "spread", lambda v: plan.spread(v) if v not in (0.5, 2**31) else None
    yield "spread seed", lambda v: plan.spread(1, v)
    yield "timeline", lambda v: plan.timeline(v)
    yield "only", lambda v: plan.only(v)
    yield "effective_policy", lambda v: plan.effective_policy(v)
    yield "from_json", lambda v: sb.Plan.from_json(v)
    yield "dry_run progress", lambda v: plan.dry_run(sb.SimulatedCloud(), v)
    yield "from_dict", lambda v: sb.LandingZone.from_dict(v)
    yield "from_dict clients", lambda v: sb.LandingZone.from_dict({"clients": v})
    yield "from_dict limits", lambda v: sb.LandingZone.from_dict({"limits": {"create_account_rate": v}})
    yield "seed", lambda v: sb.SimulatedCloud(v)
    yield "faults", lambda v: sb.Faults(crash_after_calls=v)
    yield "pool", lambda v: sb.AddressPool(v)
    yield "quarantine", lambda v: pool(quarantine=v)
    yield "strategy", lambda v: pool(v)
    yield "allocate", lambda v: pool().allocate(v, "a")
    yield "allocate owner", lambda v: pool().allocate(20, v)
    yield "allocate_hosts", lambda v: pool().allocate_hosts(v, "a")
    yield "reserve", lambda v: pool().reserve(v, "a")
    yield "carve", lambda v: pool().carve("prod", v)
    yield "advance", lambda v: pool().advance(v)
    yield "import_csv", lambda v: pool().import_csv(v)
    yield "pool from_dict", lambda v: sb.AddressPool.from_dict({"ranges": v})
    yield "network", lambda v: sb.Network(v)
    yield "subnets", lambda v: sb.subnets("10.0.0.0/16", v)
    yield "coverage", lambda v: sb.coverage(v)
    yield "pack", lambda v: sb.pack([FULL], max_size=v)
    yield "evaluate", lambda v: sb.evaluate([[FULL]], v)


@pytest.mark.parametrize("value", VALUES)
def test_whatever_is_passed_is_answered_or_refused_in_the_words_of_this_package(value: str) -> None:
    bad = []
    for name, call in _calls():
        try:
            call(VALUES[value]())
        except sb.SecureBaseError as error:
            if len(str(error)) > 20_000 or any(len(str(problem)) > 20_000 for problem in error.problems):
                bad.append((name, "long"))
        except TypeError as error:
            if len(str(error)) > 20_000:
                bad.append((name, "long"))
        except BaseException as error:
            # What a callback of the caller raises is the caller's.
            if not (value == "callback that raises" and isinstance(error, ValueError)):
                bad.append((name, repr(error)[:200]))
    assert bad == []


def test_what_was_made_ready_for_many_requests_comes_back_from_a_pickle() -> None:
    path, requests = sb.PolicyPath([[FULL], [("mine", FULL)]]), sb.Requests([REQUEST] * 3)
    again = pickle.loads(pickle.dumps((path, requests)))
    assert again == (path, requests)
    assert sb.evaluate_many([again[0]], again[1]) == sb.evaluate_many([path], requests)
    assert path != sb.PolicyPath([[FULL]])
    assert requests != sb.Requests([REQUEST])


def test_a_run_does_not_begin_with_a_progress_that_cannot_be_called() -> None:
    state = sb.State("memory://")
    with pytest.raises(sb.InputError, match="progress"):
        small_zone().plan().apply(sb.SimulatedCloud(), state, 5)  # type: ignore[arg-type]
    with pytest.raises(sb.StateError) as caught:
        state.history()
    assert caught.value.code == "state-not-found"


def test_a_list_that_holds_one_list_twice_sixty_deep_is_refused() -> None:
    with pytest.raises(sb.InputError, match="2,000,000 values"):
        sb.LandingZone.from_dict({"clients": _twice()})


def test_a_text_that_aliases_repeat_is_refused_before_it_fills_the_memory(tmp_path: Any) -> None:
    file = tmp_path / "zone.yaml"
    file.write_text("x: &a " + "y" * 1_000_000 + "\nclients: [" + ",".join(["*a"] * 20_000) + "]\n")
    with pytest.raises(sb.InputError, match="64 MiB"):
        sb.LandingZone.load(file)


@pytest.mark.parametrize("strategy", ["unique", "per-tier", "per-account"])
def test_what_a_pool_writes_another_reads(strategy: Any) -> None:
    one = sb.AddressPool("10.0.0.0/8", strategy)
    block = one.allocate(20, "acme", tier="fintech")
    csv, aws = sb.AddressPool("10.0.0.0/8", strategy), sb.AddressPool("10.0.0.0/8", strategy)
    csv.import_csv(one.to_csv())
    aws.import_ipam(one.to_ipam())
    assert one == csv == aws
    assert csv.allocate(20, "acme", tier="fintech") == block
