"""Finance: the contract's calls, exact money, shards, frames."""

import pickle
from decimal import Decimal
from pathlib import Path

import pandas
import polars
import pyarrow
import pytest

import securebase as sb

ROOT = Path(__file__).resolve().parents[2]
TIERS = ["fintech", "healthcare", "gov-federal", "standard"]


@pytest.fixture(scope="module")
def zone() -> sb.LandingZone:
    return sb.LandingZone.load(ROOT / "examples" / "ten-tenants.client.auto.tfvars")


@pytest.fixture(scope="module")
def model(zone: sb.LandingZone) -> sb.finance.Model:
    return sb.finance.Model(zone, sb.finance.Assumptions.aws())


def test_ten_tenants_as_their_report_has_them(zone: sb.LandingZone) -> None:
    month = sb.finance.Model(zone, sb.finance.Assumptions.seed("ten-customers-vpc")).month()
    assert month.revenue == Decimal("116000")
    assert month.infrastructure == Decimal("374")
    assert month.support == Decimal("11000")
    assert month.sales == 0
    assert month.other == Decimal("2500")
    assert month.total_cost == Decimal("13874")
    assert month.profit == Decimal("102126")
    assert month.infrastructure_margin is not None and round(month.infrastructure_margin, 4) == Decimal("0.9968")
    assert month.operating_margin is not None and round(month.operating_margin, 4) == Decimal("0.8804")
    assert isinstance(month.revenue, Decimal)


def test_aws_costs_what_the_plan_contains(zone: sb.LandingZone, model: sb.finance.Model) -> None:
    month = model.month()
    assert month.infrastructure == zone.plan().cost().total
    lines = month.explain("infrastructure").to_dicts()
    assert {"item", "quantity", "unit_price", "amount", "source"} <= set(lines[0])
    assert sum(line["amount"] for line in lines) == month.infrastructure
    steps = [line for line in lines if line["item"].startswith("CloudWatch alarms")]
    assert [(line["quantity"], line["unit_price"]) for line in steps] == [(10, 0), (55, Decimal("0.1"))]
    shield = next(line for line in lines if line["item"] == "Shield Advanced")
    assert shield["amount"] == 3000


FIGURES = ["revenue", "infrastructure", "support", "sales", "other", "total_cost", "profit"]
MARGINS = ["infrastructure_margin", "gross_margin", "operating_margin"]


@pytest.mark.parametrize("figure", FIGURES + MARGINS)
def test_every_figure_is_the_sum_of_its_lines(model: sb.finance.Model, figure: str) -> None:
    month = model.month()
    lines = month.explain(figure).to_dicts()
    for line in lines:
        assert line["quantity"] * line["unit_price"] + line["rounding"] == line["amount"], line
        assert not any(str(value).strip("-0.") == "" and str(value).startswith("-") for value in line.values())
    assert abs(sum(line["amount"] for line in lines) - getattr(month, figure)) < Decimal("1e-10")


def test_a_bridge_says_why(zone: sb.LandingZone, model: sb.finance.Model) -> None:
    claimed = sb.finance.Model(zone, sb.finance.Assumptions.seed("ten-customers-vpc")).month()
    real = model.month()
    bridge = real.bridge(claimed)
    assert str(bridge).startswith("374.00 → 3,852.63: Shield Advanced + 3,000.00, ")
    assert (bridge.before, bridge.after, bridge.figure) == (claimed.infrastructure, real.infrastructure, "infrastructure")
    frame = bridge.to_pandas()
    assert sum(frame["difference"]) == bridge.difference == Decimal("3478.63")
    assert (frame["volume_effect"] + frame["price_effect"] + frame["mix_effect"] == frame["difference"]).all()
    assert frame["difference"].abs().is_monotonic_decreasing
    assert isinstance(bridge, sb.Table) and pickle.loads(pickle.dumps(bridge)) == bridge
    assert str(pickle.loads(pickle.dumps(bridge))) == str(bridge)
    for figure in FIGURES + MARGINS:
        other = real.bridge(claimed, figure)
        assert abs(sum(other["difference"]) - (getattr(real, figure) - getattr(claimed, figure))) < Decimal("1e-9")
    with pytest.raises(sb.FinanceError, match="weather"):
        real.bridge(claimed, "weather")  # type: ignore[arg-type]


def test_scenarios_side_by_side(model: sb.finance.Model) -> None:
    aws = sb.finance.Assumptions.aws()
    cheap = {"price": [{"id": "nat_gateway_hour", "price": "0.040"}]}
    mix = model.tenants
    base = sb.finance.Model.of_mix(mix, aws)
    cheaper = sb.finance.Model.of_mix(mix, sb.finance.Assumptions.aws(prices=cheap))
    faster = sb.finance.Growth(new="1")
    table = sb.finance.scenarios({"base": base, "cheap gateways": cheaper, "faster": (base, faster)}, months=12)
    assert isinstance(table, sb.finance.Scenarios)
    assert table.columns == [
        "figure", "base", "cheap gateways", "cheap gateways_difference", "faster", "faster_difference",
    ]
    rows = {row["figure"]: row for row in table}
    assert list(rows) == ["tenants", *FIGURES, *MARGINS]
    last = base.forecast(months=12, growth=faster)[11]
    assert (rows["revenue"]["faster"], rows["profit"]["faster"]) == (last["mrr"], last["profit"])
    for row in table:
        assert row["faster"] - row["base"] == pytest.approx(row["faster_difference"])
    drivers = table.drivers.to_dicts()
    cheap_drivers = [row for row in drivers if row["scenario"] == "cheap gateways"]
    assert [(row["path"], row["before"], row["after"]) for row in cheap_drivers] == [
        ("prices.nat_gateway_hour", Decimal("0.045"), Decimal("0.040"))
    ]
    assert {row["path"].split(".")[0] for row in drivers if row["scenario"] == "faster"} == {"new"}
    again = pickle.loads(pickle.dumps(table))
    assert again == table and again.drivers == table.drivers
    today = sb.finance.scenarios({"base": base})
    assert {row["figure"]: row["base"] for row in today}["infrastructure"] == base.month().infrastructure
    with pytest.raises(sb.FinanceError) as caught:
        sb.finance.scenarios({"base": base, "": base, "figure": base})
    assert len(caught.value.problems) == 2
    with pytest.raises(sb.FinanceError, match="scenario `a`") as caught:
        sb.finance.scenarios({"a": 5, "b": base.month()})  # type: ignore[dict-item]
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("document", ["onboarding", "single-vs-multi", "second-customer", "five-customers"])
def test_every_document_has_a_month(zone: sb.LandingZone, document: str) -> None:
    month = sb.finance.Model(zone, sb.finance.Assumptions.seed(document)).month()
    assert month.infrastructure == 180
    assert month.profit == month.revenue - month.total_cost


def test_tenants_and_tiers_add_up(model: sb.finance.Model) -> None:
    month = model.month()
    for table in (month.per_tenant(), month.per_tier()):
        frame = table.to_polars()
        for figure in ("revenue", "infrastructure", "support", "sales", "other", "total_cost", "profit"):
            assert frame[figure].sum() == getattr(month, figure), figure
    assert month.per_tenant().shape[0] == 10
    assert month.per_tenant().to_pandas()["revenue"].map(type).eq(Decimal).all()


def test_unknown_names_say_what_there_is(model: sb.finance.Model) -> None:
    with pytest.raises(sb.SecureBaseError, match="five-customers"):
        sb.finance.Assumptions.seed("six-customers")
    with pytest.raises(sb.SecureBaseError, match="`weather`") as error:
        model.month().explain("weather")
    assert error.value.code == "finance-unknown"
    assert error.value.problems


def test_money_is_never_a_float() -> None:
    for call in (
        lambda: sb.finance.Assumptions.aws().replace(support=0.1),  # type: ignore[arg-type]
        lambda: sb.finance.Growth(churn={"fintech": 0.01}),  # type: ignore[dict-item]
    ):
        with pytest.raises(sb.FinanceError, match="expected an exact number") as caught:
            call()
        assert caught.value.code == "number-invalid" and "in quotes" in caught.value.problems[0].hint


LONG = ["7999.9999999999999999999999999999999", Decimal("0." + 40 * "9")]


@pytest.mark.parametrize("value", [*LONG, "nan", "1e40", 10**40, Decimal("NaN"), "ten", float("nan"), True, [1]])
def test_what_is_no_number_is_named(zone: sb.LandingZone, value: object) -> None:
    for what, call in (
        ("support", lambda: sb.finance.Assumptions.aws().replace(support=value)),
        ("floor", lambda: zone.plan().cost().ensure_margin(value)),
    ):
        with pytest.raises(sb.SecureBaseError, match=f"invalid `{what}` `") as caught:
            call()
        assert caught.value.problems[0].hint


def test_amounts_are_whole_cents_or_refused(zone: sb.LandingZone) -> None:
    aws = sb.finance.Assumptions.aws()
    with pytest.raises(sb.FinanceError) as caught:
        aws.replace(support="5000.005", sales="-1", other_per_tenant="0.001", support_per_tenant="1.5000")
    found = [(problem.path, problem.hint) for problem in caught.value.problems]
    assert found == [
        ("lines.support.support.price", "round it to cents: `5000.00`"),
        ("lines.sales.sales.price", "use zero or more"),
        ("lines.other.other_per_tenant.price", "round it to cents: `0.00`"),
    ]
    assert "`5000.005`" in caught.value.problems[0].message
    rows = [{"tenant": "a", "tier": "standard", "monthly_price": 0.1 + 0.2}]
    with pytest.raises(sb.FinanceError, match="0.30000000000000004") as caught:
        sb.finance.Model.from_frame(rows, aws)
    assert caught.value.problems[0].path == "row 0, column monthly_price"
    document = zone.to_dict()
    document["tiers"] = {"standard": {"monthly_price": "5000.005"}}
    with pytest.raises(sb.SecureBaseError, match="5000.005"):
        sb.LandingZone.from_dict(document)


COUNTS = {
    "forecast months": lambda m, n: m.forecast(months=n),
    "cohorts months": lambda m, n: m.cohorts(months=n),
    "break-even months": lambda m, n: m.break_even_month(months=n),
    "simulate months": lambda m, n: m.simulate(trials=2, months=n),
    "simulate trials": lambda m, n: m.simulate(trials=n, months=2),
    "simulate seed": lambda m, n: m.simulate(trials=2, months=2, seed=n),
    "simulate first_trial": lambda m, n: m.simulate(trials=2, months=2, first_trial=n),
    "month age": lambda m, n: m.month(age=n),
    "tornado months": lambda m, n: m.tornado(months=n),
    "sweep months": lambda m, n: m.sweep({"churn": [1.0]}, months=n),
    "compiled months": lambda m, n: m.compiled(months=n),
    "goal_seek months": lambda m, n: m.goal_seek("price", target=0.5, between=(0.5, 2), months=n),
    "goal_seek trials": lambda m, n: m.goal_seek("price", target=0.5, between=(0.5, 2), trials=n),
    "goal_seek seed": lambda m, n: m.goal_seek("price", target=0.5, between=(0.5, 2), seed=n),
    "capacity_plan targets": lambda m, n: m.capacity_plan([n], rehearsals=1),
    "capacity_plan months": lambda m, n: m.capacity_plan([1], rehearsals=1, months=n),
    "capacity_plan rehearsals": lambda m, n: m.capacity_plan([1], rehearsals=n),
    "capacity_plan prefix_len": lambda m, n: m.capacity_plan([1], rehearsals=1, prefix_len=n),
    "capacity_plan minutes": lambda m, n: m.capacity_plan([1], minutes={n: 5.0}),
    "with_tenants": lambda m, n: m.with_tenants({"fintech": n}),
    "of_mix": lambda m, n: sb.finance.Model.of_mix({"fintech": n}, sb.finance.Assumptions.aws()),
    "staffing": lambda m, n: sb.finance.Assumptions.aws().staffing([n]),
    "scenarios months": lambda m, n: sb.finance.scenarios({"base": m}, months=n),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_outside_their_range_are_errors_of_this_package(model: sb.finance.Model, name: str) -> None:
    for value in (-1, 2**64, 10**5_000, 2.0, "3", True):
        with pytest.raises(sb.FinanceError, match="invalid `[^`]+` `[^`]+`: expected a whole number from") as caught:
            COUNTS[name](model, value)
        assert caught.value.code == "finance-range"
        assert caught.value.problems[0].hint.startswith("use ")
        assert len(str(caught.value)) < 250


def test_every_count_that_is_wrong_is_named() -> None:
    with pytest.raises(sb.FinanceError) as caught:
        sb.finance.Model.of_mix({"fintech": -1, "standard": 10**9, "healthcare": 1}, sb.finance.Assumptions.aws())
    paths = [problem.path for problem in caught.value.problems]
    assert paths == ['tenants["fintech"]', 'tenants["standard"]']
    assert "`-1`: expected a whole number from 0 to 100,000" in caught.value.problems[0].message


def test_own_costs(zone: sb.LandingZone) -> None:
    own = sb.finance.Assumptions.aws().replace(support="5000", sales_per_tenant=Decimal("12.50"), other=0)
    month = sb.finance.Model(zone, own).month()
    assert (month.support, month.sales, month.other) == (5000, 125, 0)


def test_prices_of_ones_own(zone: sb.LandingZone, tmp_path: Path) -> None:
    before = sb.finance.Model(zone, sb.finance.Assumptions.aws()).month().infrastructure
    prices = {"price": [{"id": "nat_gateway_hour", "price": "0.055"}]}
    after = sb.finance.Model(zone, sb.finance.Assumptions.aws(prices=prices)).month().infrastructure
    assert after - before == Decimal("73.00")
    offer = tmp_path / "index.csv"
    offer.write_text(
        "SKU,OfferTermCode,TermType,EffectiveDate,StartingRange,EndingRange,PricePerUnit,Currency,Location,"
        "usageType,operation,Region Code\n"
        "NAT,T,OnDemand,2026-10-01,0,Inf,0.055,USD,US East (N. Virginia),NatGateway-Hours,NatGateway,us-east-1\n"
        "ODD,T,OnDemand,2026-10-01,0,Inf,1,USD,US East (N. Virginia),Odd-Hours,,us-east-1\n"
    )
    book, report = sb.finance.PriceBook().with_offer(offer)
    assert sb.finance.Model(zone, sb.finance.Assumptions.aws(prices=book)).month().infrastructure == after
    assert [row["price_id"] for row in report] == ["nat_gateway_hour", None]
    with pytest.raises(sb.SecureBaseError, match="nat_gateway_day"):
        sb.finance.PriceBook({"price": [{"id": "nat_gateway_day", "price": "1"}]})


def test_forecast(model: sb.finance.Model) -> None:
    table = model.forecast(months=24)
    assert len(table) == 24
    row = table[0]
    bridge = row["mrr_opening"] + row["mrr_new"] + row["mrr_expansion"] - row["mrr_contraction"] - row["mrr_churned"]
    assert row["mrr"] == bridge
    steady = model.forecast(months=3, growth=sb.finance.Growth.none())
    assert steady["revenue"] == [Decimal("116000.00")] * 3
    assert model.break_even_month() == 1
    assert model.cohorts(months=2).shape[0] > 0


def test_a_path_of_tenants() -> None:
    model = sb.finance.Model.of_mix({"fintech": 1}, sb.finance.Assumptions.aws())
    path = [(1, {"fintech": 1}), (2, {"fintech": 1, "healthcare": 1}), (3, dict(zip(TIERS, [2, 1, 1, 1], strict=True)))]
    table = model.forecast(months=3, growth=sb.finance.Growth.none().replace(path=path))
    assert table["revenue"] == [8000, 23000, 58000]
    with pytest.raises(sb.SecureBaseError, match="platinum"):
        model.forecast(months=1, growth=sb.finance.Growth.none().replace(path=[(1, {"platinum": 1})]))


def test_simulation_is_a_table_with_samples(model: sb.finance.Model) -> None:
    simulation = model.simulate(trials=500, months=6, seed=3)
    assert isinstance(simulation, sb.Table)
    frame = simulation.to_pandas()
    assert set(frame["month"]) == set(range(1, 7))
    assert (frame["p5"] <= frame["p95"]).all()
    samples = simulation.samples().to_polars()
    assert samples["trial"].to_list() == list(range(500))
    assert simulation == model.simulate(trials=500, months=6, seed=3)
    assert simulation != model.simulate(trials=500, months=6, seed=4)


def test_shards_join_to_the_whole(model: sb.finance.Model) -> None:
    def samples(trials: int, first_trial: int) -> polars.DataFrame:
        return model.simulate(trials=trials, months=3, seed=9, first_trial=first_trial).samples().to_polars()

    whole = samples(5_000, 0)
    assert polars.concat([samples(1_234, 0), samples(3_766, 1_234)]).equals(whole)


def test_shards_on_dask_workers_join_to_the_whole(model: sb.finance.Model) -> None:
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        shards = client.map(_samples, [model] * 3, [(0, 700), (700, 800), (1_500, 500)])
        frames = client.gather(shards)
    whole = _samples(model, (0, 2_000))
    pandas.testing.assert_frame_equal(pandas.concat(frames, ignore_index=True), whole, check_exact=True)


def _samples(model: sb.finance.Model, part: tuple[int, int]) -> pandas.DataFrame:
    first_trial, trials = part
    return model.simulate(trials=trials, months=3, seed=9, first_trial=first_trial).samples().to_pandas()


def test_uncertainty_and_correlation(model: sb.finance.Model) -> None:
    growth = sb.finance.Growth(
        uncertain={"new": ("uniform", 0.5, 1.5), "churn": ("uniform", 0.5, 1.5)}, correlations=[("new", "churn", 1.0)]
    )
    samples = model.simulate(trials=200, months=1, growth=growth).samples().to_polars()
    assert (samples["factor_new"] - samples["factor_churn"]).abs().max() < 1e-9
    with pytest.raises(sb.SecureBaseError, match="distribution"):
        sb.finance.Growth(uncertain={"new": ("zipf", 1.0)})
    with pytest.raises(sb.SecureBaseError, match="invalid tier `fintec`"):
        model.forecast(growth=sb.finance.Growth(new={"fintec": 1}))
    with pytest.raises(sb.SecureBaseError, match="no `chrun`"):
        sb.finance.Growth(chrun="0.1")  # type: ignore[call-arg]


def test_questions_of_an_analyst(model: sb.finance.Model) -> None:
    tornado = model.tornado(months=6)
    assert tornado["swing"] == sorted(tornado["swing"], reverse=True)
    price = model.goal_seek("price.gov-federal", target=0.85, between=(1_000, 100_000), months=3, trials=200)
    assert 1_000 < price < 100_000
    grid = model.sweep({"price.fintech": [8_000, 9_000], "churn": [1, 2]}, months=6)
    assert grid.shape[0] == 4
    assert model.break_even_tenants("gov-federal") == 1


def test_tenants_from_data_frames() -> None:
    rows = {"tenant": ["a", "b"], "tier": ["fintech", "standard"], "monthly_price": [None, "1500.50"]}
    assumptions = sb.finance.Assumptions.aws()
    for frame in (pandas.DataFrame(rows), polars.DataFrame(rows), pyarrow.table(rows)):
        assert sb.finance.Model.from_frame(frame, assumptions).month().revenue == Decimal("9500.50")
    with pytest.raises(sb.FinanceError, match="invalid column `montly_price`"):
        sb.finance.Model.from_frame(pandas.DataFrame(rows).rename(columns={"monthly_price": "montly_price"}), assumptions)
    with pytest.raises(sb.FinanceError, match="missing column `tier`"):
        sb.finance.Model.from_frame([{"tenant": "a"}], assumptions)
    wrong = pandas.DataFrame({"tenant": ["a", "a"], "tier": ["fintec", "standard"]})
    with pytest.raises(sb.SecureBaseError) as error:
        sb.finance.Model.from_frame(wrong, assumptions)
    assert [problem.path for problem in error.value.problems] == ["row 0, column tier", "row 1, column tenant"]


def test_values_survive_a_pickle(model: sb.finance.Model) -> None:
    growth = sb.finance.Growth(churn="0.02").replace(discount="0.1", discount_months=2)
    assumptions = sb.finance.Assumptions.aws().replace(allocation="revenue")
    for value in (growth, assumptions, sb.finance.PriceBook(), sb.finance.Assumptions.seed("onboarding")):
        assert pickle.loads(pickle.dumps(value)) == value
    again = pickle.loads(pickle.dumps(model))
    assert again == model and again.month() == model.month()
    assert again != model.with_tenants({"fintech": 1}) and model.month() != model.month(age=1)
    month = pickle.loads(pickle.dumps(model.month(age=1)))
    assert month.infrastructure == model.month(age=1).infrastructure < model.month().infrastructure
    simulation = model.simulate(trials=50, months=2, growth=growth)
    assert pickle.loads(pickle.dumps(simulation)) == simulation
    assert pickle.loads(pickle.dumps(model.with_tenants({"fintech": 3}))).tenants["fintech"] == 3


def test_every_number_can_be_uncertain(model: sb.finance.Model) -> None:
    table = model.assumptions().to_pandas()
    paths = list(table["path"])
    assert "usage.fintech.nat_gb" in paths and "prices.nat_gateway_hour" in paths and len(paths) > 100
    growth = sb.finance.Growth(uncertain={path: ("uniform", 0.9, 1.1) for path in paths})
    assert len(model.tornado(months=3, growth=growth).to_pandas()) == len(paths)
    samples = model.simulate(trials=50, months=3, growth=growth).samples().to_pandas()
    assert samples["factor_usage.fintech.nat_gb"].between(0.9, 1.1).all()
    with pytest.raises(sb.FinanceError):
        model.simulate(trials=5, growth=sb.finance.Growth(uncertain={"price.platinum": 1.0}))


def test_the_scaling_path_in_one_call(model: sb.finance.Model) -> None:
    path = model.capacity_plan()
    assert isinstance(path, sb.Table)
    assert path["tenants"] == [1, 2, 5, 10, 25, 50, 100]
    minutes = [value for value in path["deployment_minutes"] if isinstance(value, float)]
    assert len(minutes) == 7 and minutes == sorted(minutes)
    assert 3 < minutes[0] < 12 and 45 < minutes[-1] < 75
    assert path["quotas_to_raise"][-1] == "accounts 10 to 103"
    quotas = path.quotas.to_pandas().set_index("quota")
    assert quotas.loc["accounts", "reached_at_tenants"] == 8
    assert quotas.loc["address_pool", "granted"] == 256
    assert path["revenue"][-1] == Decimal("1160000.00")


def test_a_scaling_path_of_ones_own(model: sb.finance.Model, zone: sb.LandingZone) -> None:
    path = model.capacity_plan([10, 12], minutes={10: 17.5}, rehearsals=1)
    assert path["deployment_minutes"][0] == 17.5 and path["bound_by"][0] is None
    assert path["month"][0] == 0, "they are there already"
    assert path == model.capacity_plan([10, 12], minutes={10: 17.5}, rehearsals=1)
    again = pickle.loads(pickle.dumps(path))
    assert again == path and again.quotas == path.quotas
    granted = zone.to_dict() | {"limits": {"accounts": 50}}
    raised = sb.finance.Model(sb.LandingZone.from_dict(granted), sb.finance.Assumptions.aws())
    assert raised.capacity_plan([20], rehearsals=1)["quotas_to_raise"] == [""]
    with pytest.raises(sb.FinanceError, match="invalid number of tenants `1000000`") as caught:
        model.capacity_plan([0, 1_000_000], minutes={10: float("nan")}, rehearsals=0)
    assert len(caught.value.problems) == 4, "everything out of range at once"
    with pytest.raises(sb.FinanceError, match="prefix"):
        model.capacity_plan([1], prefix_len=30, rehearsals=1)


def test_any_assumption_can_be_searched_and_swept(model: sb.finance.Model) -> None:
    path = "lines.support.people"
    values = dict(zip(model.assumptions()["path"], model.assumptions()["value"], strict=True))
    assert values[path] == 8000  # of one person
    most = model.goal_seek(path, target=0.85, between=(1_000, 400_000), months=3, trials=50)
    assert 1_000 < most < 400_000
    grid = model.sweep({path: [40_000, 80_000], "usage.fintech.nat_gb": [100, 5_000]}, months=3)
    support, infrastructure = grid["support"], grid["infrastructure"]
    assert support[2] == pytest.approx(2 * support[0]) and infrastructure[1] > infrastructure[0]
    with pytest.raises(sb.FinanceError, match="did you mean `usage.fintech.nat_gb`"):
        model.goal_seek("usage.fintech.nat_bg", target=0.85, between=(1, 2))
    with pytest.raises(sb.FinanceError, match="churn.fintech = 2"):
        model.sweep({"churn.fintech": [0.01, 2]})


def test_staffing_in_both_versions() -> None:
    five = sb.finance.Assumptions.seed("five-customers").staffing([5, 20, 50, 100])
    ten = sb.finance.Assumptions.aws().staffing([5, 20, 50, 100])
    assert five["staffing_band"] == ["1 part-time", "1 full-time", "2", "3 or more"]
    assert ten["staffing_band"] == ["1 part-time", "2", "3", "5 or more"]
    assert ten["support_people"] == [1, 2, 3, 5] and ten["people_by_hours"] == [1, 1, 3, 5]
    assert five["onboarding_minutes"][0] == 103 and ten["onboarding_minutes"][0] is None


def test_growth_keeps_what_replace_does_not_name() -> None:
    model = sb.finance.Model.of_mix({"fintech": 2, "standard": 10}, sb.finance.Assumptions.aws())
    none = sb.finance.Growth.none()
    for growth, won, lost in [
        (none.replace(new={"fintech": 1}), 1, 0),
        (none.replace(churn={"standard": "0.1"}), 0, 1),
        (none.replace(new={"fintech": 1}).replace(churn={"standard": "0.1"}), 1, 1),
        (none.replace(new=2).replace(new={"default": 0, "fintech": 1, "standard": 0}), 1, 0),
    ]:
        row = next(iter(model.forecast(months=1, growth=growth)))
        assert (row["tenants_new"], row["tenants_churned"]) == (won, lost)
        again = pickle.loads(pickle.dumps(growth))
        assert again == growth and model.forecast(growth=again) == model.forecast(growth=growth)
    path = none.replace(path=[(2, {"fintech": 5})])
    assert [row["tenants"] for row in model.forecast(months=2, growth=path.replace(discount="0.1"))] == [12, 5]
    for changes in ({"discount_months": -1}, {"ramp_months": 2**40}, {"path": [(-1, {})]}, {"path": [(3, {"fintech": -1})]}):
        with pytest.raises(sb.FinanceError):
            none.replace(**changes)


def test_profit_that_lasts() -> None:
    model = sb.finance.Model.of_mix({"standard": 1}, sb.finance.Assumptions.aws())
    found = model.break_even("standard")
    assert model.break_even_tenants("standard") == found["lasting"] and found["first"] <= found["lasting"]
    for tenants in range(1, found["lasting"] + 20):
        profit = model.with_tenants({"standard": tenants}).month().profit
        if tenants >= found["lasting"]:
            assert profit >= 0, tenants
        elif tenants in found["lost_again_at"] or tenants < found["first"]:
            assert profit < 0, tenants


def test_prices_of_a_region() -> None:
    here, there = sb.finance.PriceBook(), sb.finance.PriceBook.for_region("eu-central-1")
    assert here.warning is None and there.warning is not None and "eu-central-1" in there.warning
    assert set(there.to_arrow()["region"]) == {"us-east-1"}
    assert "eu-west-1" in sb.finance.PriceBook.regions()
    assert pickle.loads(pickle.dumps(there)) == there
    with pytest.raises(sb.FinanceError):
        sb.finance.PriceBook.for_region("Europe!")
    tenant = {"tier": "fintech", "framework": "soc2", "prefix": "acme", "contact_email": "a@acme.example"}
    spec = {"account_email": "aws+{prefix}@example.com", "target_region": "eu-west-1", "clients": {"acme": tenant}}
    zone = sb.LandingZone.from_dict(spec)
    plan = zone.plan()
    assert [warning.code for warning in plan.warnings].count("prices-of-another-region") == 1
    lines = {row["price_id"]: row for row in plan.cost().lines()}
    assert lines["nat_gateway_hour"]["price_region"] == "eu-west-1"
    assert lines["nat_gateway_hour"]["amount"] == Decimal("35.04"), "730 hours at 0.048"
    assert lines["config_item"]["price_region"] == "us-east-1"
    assert sb.finance.Model(zone, sb.finance.Assumptions.aws()).month().infrastructure == plan.cost().total


def test_people_are_hired_one_at_a_time_and_ahead() -> None:
    aws = sb.finance.Assumptions.aws()
    ahead = aws.with_lead_time(months=4, tenants_a_month=2)

    def support(tenants: int, assumptions: sb.finance.Assumptions) -> Decimal:
        return sb.finance.Model.of_mix({"fintech": tenants}, assumptions).month().support

    assert [support(tenants, aws) for tenants in (50, 51, 75, 76, 100)] == [24_000, 32_000, 32_000, 40_000, 40_000]
    assert support(43, ahead) == support(51, aws) and support(42, ahead) == support(50, aws)
    assert pickle.loads(pickle.dumps(ahead)) == ahead != aws


def test_a_table_of_tenants_is_a_frame(ten: sb.LandingZone) -> None:
    assumptions = sb.finance.Assumptions.aws()
    model = sb.finance.Model.from_frame(ten.to_arrow(), assumptions)
    assert model.month().revenue == sb.finance.Model(ten, assumptions).month().revenue


def test_prices_are_written_short(ten: sb.LandingZone) -> None:
    plan = ten.plan()
    short = plan.cost(prices={"nat_gateway_hour": "0.041"})
    long = plan.cost(prices={"price": [{"id": "nat_gateway_hour", "price": "0.041"}]})
    assert short.total == long.total < plan.cost().total
    with pytest.raises(sb.FinanceError, match="did you mean `nat_gateway_hour`"):
        plan.cost(prices={"nat_gateway_hou": "0.041"})
    with pytest.raises(sb.FinanceError) as caught:
        plan.cost(prices={"price": [{"id": "nat_gateway_hour", "steps": 5}]})
    assert caught.value.problems[0].path == "price[0].steps"
