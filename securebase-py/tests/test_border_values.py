"""At the border: values that mean nothing are refused by the name of their argument, before they are used and as early as can be."""

import math
import pickle
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import small_zone

import securebase as sb

F = sb.finance
FULL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
REQUEST = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b", "account": "111122223333", "context": {}}
AWS = F.Assumptions.aws()
TWO = {"churn": ("lognormal", 0.1), "new": ("lognormal", 0.1)}
GROUP = {"name": "a", "role": "private", "zones": ["a"], "size": {"hosts": 10}}


def _pool(**changes: object) -> dict[str, Any]:
    return sb.AddressPool("10.0.0.0/16").to_dict() | changes


def _member(**changes: object) -> dict[str, Any]:
    return {"owner": "a", "blocks": ["10.0.0.0/16"], **changes}


def _model() -> F.Model:
    return F.Model(small_zone(), AWS)


def _path(month: object, tier: object = "fintech") -> F.Growth:
    path: Any = [(month, {tier: 5})]
    return F.Growth(path=path)


LISTS_FOR_MAPS: dict[str, Callable[[], object]] = {
    "pools[0]": lambda: sb.AddressPool.from_dict(_pool(pools=[["a", ["10.0.16.0/20"]]])),
    "exclusions[0]": lambda: sb.AddressPool.from_dict(_pool(exclusions=[["10.0.128.0/24", "x"]])),
    "allocations[0]": lambda: sb.AddressPool.from_dict(_pool(allocations=[["a", "10.0.0.0/24", "pinned"]])),
    "settings": lambda: sb.AddressPool.from_dict(_pool(settings=["unique"])),
    "base": lambda: sb.AddressPool.from_ledger({"version": 1, "base": [1], "entries": []}),
    "entries[0]": lambda: sb.AddressPool.from_ledger({"version": 1, "base": _pool(), "entries": [[0, "advanced", 1]]}),
    "IpamPools[0]": lambda: sb.AddressPool("10.0.0.0/16").import_ipam({"IpamPools": [["a", "a"]]}),
    "IpamPoolCidrs[0]": lambda: sb.AddressPool("10.0.0.0/16").import_ipam({"IpamPoolCidrs": [["10.0.0.0/24"]]}),
    "Vpcs[0]": lambda: sb.AddressPool("10.0.0.0/16").import_ipam({"Vpcs": [["vpc-1", "1", "10.0.0.0/24"]]}),
    "members[0]": lambda: sb.Network([["a", ["10.0.0.0/16"]]]),  # type: ignore[list-item]
    "links[0]": lambda: sb.Network([], [["hub", "vpn", ["everyone"]]]),  # type: ignore[list-item]
    "layout": lambda: sb.subnets("10.0.0.0/16", ["x", [GROUP]]),  # type: ignore[arg-type]
    "layout.groups[0]": lambda: sb.subnets("10.0.0.0/16", {"name": "x", "groups": [list(GROUP.values())]}),
    "price[0]": lambda: F.PriceBook({"price": [["nat_gateway_hour"]]}),
}


@pytest.mark.parametrize("place", LISTS_FOR_MAPS)
def test_a_list_is_no_map_of_attributes(place: str) -> None:
    with pytest.raises(sb.SecureBaseError, match="expected a map of attributes|expected a map") as caught:
        LISTS_FOR_MAPS[place]()
    assert caught.value.problems[0].path.startswith(place)
    assert f"invalid `{place}" in caught.value.problems[0].message


NAMES: dict[str, Callable[[str], object]] = {
    "pool": lambda name: sb.AddressPool.from_dict(_pool(pools=[{"path": name, "ranges": ["10.0.16.0/20"]}])),
    "owner": lambda name: sb.Network([_member(owner=name)]),
    "tier": lambda name: sb.Network([_member(tier=name)]),
    "group": lambda name: sb.Network([_member(groups=[name])]),
    "link": lambda name: sb.Network([], [{"name": name, "kind": "vpn", "members": []}]),
    "group of subnets": lambda name: sb.subnets("10.0.0.0/16", {"name": "x", "groups": [GROUP | {"name": name}]}),
    "layout": lambda name: sb.subnets("10.0.0.0/16", {"name": name, "groups": [GROUP]}),
    "tier of an owner": lambda name: sb.AddressPool("10.0.0.0/16").allocate(24, "a", name),
}


@pytest.mark.parametrize("what", NAMES)
def test_a_name_is_checked_wherever_it_comes_from(what: str) -> None:
    for name in ("", "a\nb", "\0", " a", "x" * 257):
        with pytest.raises(sb.SecureBaseError) as caught:
            NAMES[what](name)
        assert f"is no name for {what.split(' of ')[0]}" in str(caught.value)
    assert NAMES[what]("acme finance") is not None


MEANINGLESS: dict[str, Callable[[], object]] = {
    "correlation `churn, new, NaN`": lambda: F.Growth(uncertain=TWO, correlations=[("churn", "new", math.nan)]),
    "correlation `churn, new, inf`": lambda: F.Growth(uncertain=TWO, correlations=[("churn", "new", math.inf)]),
    "correlation `churn, new, 5`": lambda: F.Growth(uncertain=TWO, correlations=[("churn", "new", 5)]),
    "positive semidefinite": lambda: F.Growth(
        uncertain={**TWO, "price": ("normal", 0.1)},
        correlations=[("churn", "new", 0.9), ("new", "price", 0.9), ("churn", "price", -0.9)],
    ),
    "from 0 to a quadrillion": lambda: F.Growth(uncertain={"churn": 10**21}),
    '`uncertain["churn"]` `True`': lambda: F.Growth(uncertain={"churn": True}),
    '`uncertain["new"]` `()`': lambda: F.Growth(uncertain={"new": ()}),
    "`minutes`: expected one of the targets": lambda: _model().capacity_plan([5], rehearsals=1, minutes={7: 1}),
    "`1e308`: expected minutes": lambda: _model().capacity_plan([5], rehearsals=1, minutes={5: 1e308}),
    "`tenant` `<function": lambda: F.Model.from_frame([{"tenant": lambda: 1, "tier": "fintech"}], AWS),
    "`tenant` `True`": lambda: F.Model.from_frame([{"tenant": True, "tier": "fintech"}], AWS),
    "`tier` `(3+4j)`": lambda: F.Model.from_frame([{"tenant": "a", "tier": 3 + 4j}], AWS),
    "account `0.5`": lambda: sb.evaluate([[FULL]], {**REQUEST, "account": 0.5}),
    "account `nonsense`": lambda: sb.evaluate([[FULL]], {**REQUEST, "account": "nonsense"}),
    "principal ``": lambda: sb.evaluate([[FULL]], {**REQUEST, "principal": ""}),
    "IpamPoolCidrs[0].Cidr": lambda: sb.AddressPool("10.0.0.0/16").import_ipam(
        {"IpamPoolCidrs": [{"Cidr": "nonsense", "State": "nonsense"}]}
    ),
    "Vpcs[0].VpcId": lambda: sb.AddressPool("10.0.0.0/16").import_ipam({"Vpcs": [{"CidrBlock": "10.0.0.0/24"}]}),
    "`serial`": lambda: sb.AddressPool("10.0.0.0/16").advance(2**64 - 1),
    "settings are for a bucket": lambda: sb.State("memory://", {"aws_region": "eu-west-1"}),
    "name one as `s3://": lambda: sb.State("a/directory", {"aws_region": "eu-west-1"}),
    "is not a tier name": lambda: _path(6, "a tier of no zone at all, as its name says"),
    '`grid["price"][0]` `True`': lambda: _model().sweep({"price": [True]}),
    "`throttle`": lambda: sb.Faults(throttle=np.complex128(0.5 + 3j)),
}


@pytest.mark.parametrize("said", MEANINGLESS)
def test_what_means_nothing_is_refused(said: str) -> None:
    with pytest.raises((sb.SecureBaseError, TypeError)) as caught:
        MEANINGLESS[said]()
    assert said in str(caught.value)


@pytest.mark.parametrize("principal", [0.5, [[]], {"AWS": 5}, None])
def test_a_principal_is_text_or_lists_of_texts(principal: object) -> None:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Principal": principal}
    with pytest.raises(sb.InputError, match=r"Statement\.Principal|expected"):
        sb.PolicyDocument.from_dict({"Version": "2012-10-17", "Statement": statement})
    for good in ("*", {"AWS": ["arn:aws:iam::111122223333:root"]}):
        statement["Principal"] = good
        document = sb.PolicyDocument.from_dict({"Version": "2012-10-17", "Statement": statement})
        assert document.to_dict()["Statement"]["Principal"] == good


def test_an_unknown_tier_of_a_path_is_named_by_the_first_call_that_knows_the_tiers() -> None:
    growth = _path(6, "platinum")
    for call in (_model().forecast, _model().simulate, _model().assumptions, _model().capacity_plan):
        with pytest.raises(sb.FinanceError, match=r"`path`: invalid tier `platinum`"):
            call(growth=growth)


def test_a_growth_keeps_no_object_of_the_caller() -> None:
    class Number(int):
        def __repr__(self) -> str:
            raise RuntimeError

    class Index:
        def __index__(self) -> int:
            return 3

    odd: dict[str, Any] = {"churn": np.float64(0.5), "ramp_months": Index(), "discount_months": Number(2)}
    for name, value in odd.items():
        if name == "churn":
            with pytest.raises(sb.FinanceError, match="`churn` `0.5`: expected an exact number"):
                F.Growth(churn=value)
            continue
        growth = F.Growth(**{name: value})
        plain = F.Growth(**{name: int(value.__index__())})
        assert growth == plain == pickle.loads(pickle.dumps(growth))
        assert repr(growth) == repr(plain)
    with pytest.raises(TypeError, match="invalid `new` `<object object"):
        F.Growth(new=object())  # type: ignore[arg-type]


def test_a_number_of_another_library_is_a_number() -> None:
    assert F.Growth(new=np.int64(2)) == F.Growth(new=2)
    assert _model().forecast(months=np.int64(3)).shape[0] == 3
    rows = [{"tenant": np.int64(1), "tier": np.str_("fintech"), "monthly_price": np.float32(0.5)}]
    assert F.Model.from_frame(rows, AWS).tenants["fintech"] == 1


def test_a_lazy_frame_is_refused_and_not_collected() -> None:
    lazy = pl.DataFrame({"tenant": ["a"], "tier": ["fintech"]}).lazy()
    with pytest.raises(TypeError, match=r"invalid `frame` .*: expected a data frame that is there: call its `collect`"):
        F.Model.from_frame(lazy, AWS)  # type: ignore[arg-type]
    assert F.Model.from_frame(lazy.collect(), AWS).tenants["fintech"] == 1


def test_a_frame_of_millions_of_rows_is_refused_before_it_is_converted() -> None:
    frame = pd.DataFrame({"tenant": np.arange(3_000_000), "tier": "fintech"})
    begun = time.monotonic()
    with pytest.raises(sb.FinanceError, match="invalid `frame`: expected at most 200,000 rows"):
        F.Model.from_frame(frame, AWS)
    assert time.monotonic() - begun < 2


def test_what_differs_from_an_array_is_a_matter_of_the_array() -> None:
    zone = small_zone()
    plan = zone.plan()
    state, pool = sb.State("memory://"), sb.AddressPool("10.0.0.0/16")
    for thing in (zone, zone.tenants[0], plan, plan.steps[0], state, pool, AWS, plan.cost(), plan.timeline()):
        assert np.all(np.asarray(thing != np.zeros((2, 2))))
        assert not np.any(np.asarray(thing == np.zeros((2, 2))))
        assert thing != 5
        assert (thing == object()) is False
    assert zone == small_zone() and zone != small_zone(3)
    assert plan.steps[0] == small_zone().plan().steps[0] != plan.steps[1]
    assert zone.tenants[0] == small_zone(3).tenants[0] != zone.tenants[1]


def test_a_hundred_thousand_wrong_values_are_refused_soon_and_counted() -> None:
    model = _model()
    wrong: list[Any] = [["x"] * 99_000, [-1] * 99_000, [0] * 99_000, [10**9] * 99_000]
    for targets in wrong:
        begun = time.monotonic()
        with pytest.raises(sb.FinanceError, match="targets") as caught:
            model.capacity_plan(targets)
        assert time.monotonic() - begun < 5
        assert 20 <= len(caught.value.problems) <= 1_000


def test_the_way_out_of_a_low_margin_is_in_the_message() -> None:
    zone = small_zone()
    calls: list[Callable[[], object]] = [
        lambda: zone.plan(margin_floor="0.999"),
        lambda: zone.plan().cost().ensure_margin("0.999"),
        lambda: zone.plan().apply(sb.SimulatedCloud(), "memory://", margin_floor=Decimal("0.999")),
    ]
    for call in calls:
        with pytest.raises(sb.SecureBaseError, match=r"a month less, charge .* a month more, or lower the floor$") as caught:
            call()
        assert caught.value.code == "margin-below-floor"


NAMED: dict[str, Callable[[], object]] = {
    "cidr": lambda: sb.check_vpc_block("x"),
    "ranges": lambda: sb.AddressPool("x"),
    "ranges[1]": lambda: sb.AddressPool(["10.0.0.0/16", "x"]),
    "vpc_blocks[1]": lambda: sb.check_secondary_block("10.1.0.0/16", ["10.0.0.0/16", "x"]),
    "destinations": lambda: sb.check_secondary_block("10.1.0.0/16", ["10.0.0.0/16"], "x"),
    "tiers.a": lambda: sb.AddressPool("10.0.0.0/8", "per-tier", tiers={"a": "x"}),
    "range": lambda: sb.AddressPool("10.0.0.0/8").carve("prod", 99),
    "tier_prefix_len": lambda: sb.AddressPool("10.0.0.0/8", "per-tier", tier_prefix_len="x"),  # type: ignore[arg-type]
    "strategy": lambda: sb.AddressPool("10.0.0.0/8", "x"),  # type: ignore[arg-type]
    "region": lambda: sb.subnets("10.0.0.0/16", region="x"),
    "account_id": lambda: sb.start_root_email_change(sb.SimulatedCloud(), "x", "a@example.com"),
    "email": lambda: sb.start_root_email_change(sb.SimulatedCloud(), "111122223333", "x"),
    "requests[1]": lambda: sb.Requests([REQUEST, 5]),  # type: ignore[list-item]
    "before[0][0]": lambda: sb.difference([[5]], [[FULL]]),  # type: ignore[list-item]
    "after[0][1]": lambda: sb.difference([[FULL]], [[FULL, "{"]]),
    "documents[0]": lambda: sb.pack(["{"]),
    'cases["a"].usual': lambda: small_zone().plan().what_if({"a": {"usual": 5}}),  # type: ignore[dict-item]
    'cases["a"].limits': lambda: small_zone().plan().what_if({"a": {"limits": 5}}),  # type: ignore[dict-item]
    "document": lambda: sb.AddressPool.from_dict([]),  # type: ignore[arg-type]
    "lever": lambda: _model().goal_seek("x", target=0.5, between=(1, 2)),
    "metric": lambda: _model().tornado(metric="x"),
    "figure": lambda: _model().month().explain("x"),
    "framework": lambda: sb.coverage("x"),
    "text": lambda: sb.Plan.from_json("x"),
    "targets": lambda: small_zone().plan().only(["x"]),
    "destroy": lambda: small_zone().plan().dry_run(sb.SimulatedCloud(), destroy=["x"]),
    "months": lambda: _model().forecast(months=np.inf),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", NAMED)
def test_an_error_names_its_argument_and_the_item(name: str) -> None:
    with pytest.raises((sb.SecureBaseError, TypeError)) as caught:
        NAMED[name]()
    problems = getattr(caught.value, "problems", [])
    assert f"`{name}`" in str(caught.value) or any(name in (p.path, f"`{p.path}`") for p in problems), str(caught.value)


def test_no_message_speaks_of_the_types_of_rust() -> None:
    calls: list[Callable[[], object]] = [
        lambda: F.Assumptions.aws(usage={"profile": [{"tier": "fintech", "nat_gb": [[]]}]}),
        lambda: F.PriceBook({"price": [{"id": "nat_gateway_hour", "price": {}}]}),
        lambda: sb.start_root_email_change(sb.SimulatedCloud(), "x", "a@example.com"),
    ]
    for call in calls:
        with pytest.raises(sb.SecureBaseError) as caught:
            call()
        text = str(caught.value)
        assert "untagged" not in text and "variant" not in text and "is not a account" not in text
