"""At the border: objects whose own methods raise, lie or go on for ever."""

import pickle
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Never

import pytest
from conftest import small_zone

import securebase as sb

F = sb.finance
FULL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
REQUEST = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b", "account": "111122223333", "context": {}}
AWS = F.Assumptions.aws()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is a path where a call takes one: what is written, is written elsewhere."""
    monkeypatch.chdir(tmp_path)


class Foreign(Exception):
    """What no call may let through by itself."""


def _objects(raised: type[BaseException]) -> dict[str, Callable[[], Any]]:
    """Objects of which a method raises that."""

    def fails(*_: object) -> Never:
        raise raised

    def made(base: type, *arguments: object, **methods: Any) -> Callable[[], Any]:
        return lambda: type("Odd", (base,), methods)(*arguments)

    def failing() -> Iterator[object]:
        yield "10.0.0.0/16"
        raise raised

    class Map(Mapping[str, object]):
        def __getitem__(self, key: str) -> object:
            raise raised

        def __iter__(self) -> Iterator[str]:
            return iter(["a"])

        def __len__(self) -> int:
            return 1

    return {
        "str": made(object, __str__=fails),
        "repr": made(object, __repr__=fails),
        "index": made(object, __index__=fails),
        "float": made(object, __float__=fails),
        "fspath": made(object, __fspath__=fails),
        "iter": made(object, __iter__=fails),
        "generator": failing,
        "list": made(list, [1], __iter__=fails),
        "items": made(dict, {"a": 1}, items=fails),
        "mapping": Map,
        "getattribute": made(object, __getattribute__=fails),
        "class": made(object, __class__=property(fails)),
        "text": made(str, "fintech", __str__=fails, __repr__=fails, __len__=fails, __getitem__=fails),
        "number": made(int, 3, __repr__=fails, __str__=fails),
        "decimal": made(Decimal, "1", __str__=fails),
        "list of odd": lambda: [made(object, __repr__=fails)()],
        "dict of odd": lambda: {"a": made(object, __repr__=fails)()},
    }


def _things() -> tuple[sb.LandingZone, sb.Plan, F.Model]:
    zone = small_zone()
    return zone, zone.plan(), F.Model(zone, AWS)


def _calls() -> Iterator[tuple[str, Callable[[Any], object]]]:
    zone, plan, model = _things()
    path = sb.PolicyPath([[FULL]])

    def pool() -> sb.AddressPool:
        return sb.AddressPool("10.0.0.0/16")

    yield "zone", sb.LandingZone.from_dict
    yield "clients", lambda v: sb.LandingZone.from_dict({"clients": v})
    yield "load", sb.LandingZone.load
    yield "floor", lambda v: zone.plan(margin_floor=v)
    yield "state", lambda v: plan.apply(sb.SimulatedCloud(), v)
    yield "cloud", plan.dry_run
    yield "destroy", lambda v: plan.dry_run(sb.SimulatedCloud(), destroy=v)
    yield "wait", lambda v: plan.apply(sb.SimulatedCloud(), "memory://", wait_for_lease=v)
    yield "limits", lambda v: plan.timeline(limits=v)
    yield "limit", lambda v: plan.timeline(limits={"accounts": v})
    yield "latency", lambda v: plan.timeline(latencies={"read": v})
    yield "cases", lambda v: plan.what_if(v, 1)
    yield "case", lambda v: plan.what_if({"a": v}, 1)
    yield "seed", lambda v: plan.timeline(v)
    yield "prices", lambda v: plan.cost(v)
    yield "price", lambda v: F.PriceBook({"price": [{"id": "nat_gateway_hour", "price": v}]})
    yield "growth", lambda v: F.Growth(new=v)
    yield "uncertain", lambda v: F.Growth(uncertain={"churn": v})
    yield "path", lambda v: F.Growth(path=v)
    yield "month", lambda v: F.Growth(path=[(v, {"fintech": 1})])
    yield "correlations", lambda v: F.Growth(correlations=v)
    yield "frame", lambda v: F.Model.from_frame(v, AWS)
    yield "cell", lambda v: F.Model.from_frame([{"tenant": "a", "tier": v}], AWS)
    yield "mix", lambda v: F.Model.of_mix(v, AWS)
    yield "sweep", lambda v: model.sweep({"price": v}, months=1)
    yield "between", lambda v: model.goal_seek("price", target=0.5, between=v)
    yield "targets", lambda v: model.capacity_plan(v, rehearsals=1)
    yield "minutes", lambda v: model.capacity_plan([1], rehearsals=1, minutes=v)
    yield "scenarios", lambda v: F.scenarios({"a": v})
    yield "block", sb.check_vpc_block
    yield "ranges", lambda v: sb.AddressPool(v)
    yield "entries", sb.overlaps
    yield "entry", lambda v: sb.overlaps([("a", v)])
    yield "pool", sb.AddressPool.from_dict
    yield "ipam", lambda v: pool().import_ipam(v)
    yield "network", sb.Network
    yield "layout", lambda v: sb.subnets("10.0.0.0/16", v)
    yield "levels", lambda v: sb.evaluate(v, REQUEST)
    yield "document", lambda v: sb.evaluate([[v]], REQUEST)
    yield "request", path.evaluate
    yield "context", lambda v: path.evaluate({**REQUEST, "context": {"aws:RequestedRegion": v}})
    yield "requests", lambda v: sb.Requests(v)
    yield "progress", lambda v: plan.dry_run(sb.SimulatedCloud(), v)
    yield "settings", lambda v: sb.State("s3://bucket", v)
    yield "bytes", lambda v: sb.State("memory://").import_(v)
    yield "throttle", lambda v: sb.Faults(throttle=v)


@pytest.mark.parametrize("kind", _objects(Foreign))
def test_what_an_object_raises_is_the_cause_of_an_error_of_this_package(kind: str) -> None:
    bad = []
    for name, call in _calls():
        try:
            call(_objects(Foreign)[kind]())
        except sb.SecureBaseError as error:
            assert error.problems
        except TypeError as error:
            assert isinstance(error.__cause__, Foreign | None)
            if not str(error).startswith("invalid `") and not getattr(error, "__notes__", []):
                bad.append((name, str(error)))
        except BaseException as error:
            bad.append((name, repr(error)))
    assert bad == []


def test_the_cause_is_kept() -> None:
    with pytest.raises(TypeError, match=r"invalid `requests` .* reading it raised `Foreign`") as caught:
        sb.Requests(_objects(Foreign)["generator"]())
    assert isinstance(caught.value.__cause__, Foreign)
    odd: Any = type("Odd", (dict,), {"items": lambda _: 5})(a=1)
    with pytest.raises(TypeError, match="invalid `value` .*: expected a dict"):
        sb.PolicyDocument.from_dict(odd)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, MemoryError])
@pytest.mark.parametrize("kind", _objects(Foreign))
def test_what_says_nothing_about_a_value_passes_while_it_is_read_and_while_it_is_worded(
    kind: str, raised: type[BaseException]
) -> None:
    met = []

    class Raised(raised):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            met.append(self)

    for name, call in _calls():
        met.clear()
        try:
            call(_objects(Raised)[kind]())
        except raised:
            continue
        except BaseException as error:
            assert not met, (name, repr(error))
        else:
            assert not met, name


def test_a_lie_about_the_class_is_not_believed_and_not_asked_for() -> None:
    asked = []

    class Liar:
        @property  # type: ignore[misc]
        def __class__(self) -> type:
            asked.append(self)
            return dict

    for name, call in _calls():
        if name not in {"progress", "frame"}:
            with pytest.raises((sb.SecureBaseError, TypeError)):
                call(Liar())
    assert asked == []


def _long() -> str:
    return "x\n" * 500_000


LONG: dict[str, Callable[[], object]] = {
    "price book": lambda: F.PriceBook(_long()),
    "prices": lambda: small_zone().plan().cost(_long()),
    "plan": lambda: sb.Plan.load(_long()),
    "state": lambda: sb.State(_long()).history(),
    "zone": lambda: sb.LandingZone.load(_long()),
    "block": lambda: sb.check_vpc_block(_long()),
    "owner": lambda: sb.AddressPool("10.0.0.0/16").release(_long()),
    "limit": lambda: sb.SimulatedCloud(limits={_long(): 1}),
    "cases": lambda: small_zone().plan().what_if({"a": {_long(): 1}}),
    "key": lambda: sb.LandingZone.from_dict({_long(): 1}),
    "tier": lambda: F.Growth(new={_long(): 1}),
    "request": lambda: sb.evaluate([[FULL]], {**REQUEST, "action": _long()}),
    "document": lambda: sb.PolicyDocument.parse(_long()),
}


@pytest.mark.parametrize("name", LONG)
def test_a_message_of_a_megabyte_of_lines_is_cut_in_length_and_in_number(name: str) -> None:
    with pytest.raises(sb.SecureBaseError) as caught:
        LONG[name]()
    assert len(str(caught.value)) < 20_000
    assert len(str(caught.value).splitlines()) <= 102
    for problem in caught.value.problems:
        assert len(str(problem)) < 20_000 and len(repr(problem)) < 20_000


def test_the_repr_of_what_holds_a_megabyte_is_short() -> None:
    long = "x" * 1_000_000
    denied = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {long: "x"}}}
    verdict = sb.evaluate([[FULL, {**FULL, "Statement": denied}]], {**REQUEST, "context": {long: "x"}})
    overlap = sb.overlaps([(long, "10.0.0.0/8"), ("b", "10.0.0.0/8")])[0]
    for thing in (verdict, *verdict.causes, overlap, F.Growth(path=[(n, {"fintech": n}) for n in range(1, 600)])):
        assert len(repr(thing)) <= 4_001
        assert pickle.loads(pickle.dumps(thing)) == thing


def test_a_key_of_a_table_is_named_and_a_ctrl_c_in_it_passes() -> None:
    table = small_zone().to_arrow()
    for key in (1.5, None, _objects(Foreign)["index"](), object()):
        with pytest.raises(TypeError, match="invalid `key` .*: expected the name of a column or the number of a row"):
            table[key]
    with pytest.raises(KeyboardInterrupt):
        table[_objects(KeyboardInterrupt)["index"]()]
    for number in (2**70, -(2**70), 99):
        with pytest.raises(IndexError):
            table[number]
    with pytest.raises(KeyError):
        table["no column"]
    assert table[0] == table[-2]
