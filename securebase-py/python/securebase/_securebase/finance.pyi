from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, TypeAlias, TypedDict, Unpack, final

from securebase._securebase.model import LandingZone
from securebase._securebase.problem import Problem
from securebase._securebase.table import Table

_Exact: TypeAlias = Decimal | int | str
_Path: TypeAlias = str | PathLike[str]
_ByTier: TypeAlias = _Exact | Mapping[str, _Exact]
_Metric: TypeAlias = Literal["tenants", "revenue", "profit", "infrastructure_margin", "gross_margin", "operating_margin"]
_Figure: TypeAlias = Literal[
    "revenue",
    "infrastructure",
    "support",
    "sales",
    "other",
    "total_cost",
    "profit",
    "infrastructure_margin",
    "gross_margin",
    "operating_margin",
]
_Distribution: TypeAlias = float | tuple[str, float] | tuple[str, float, float] | tuple[str, float, float, float]

class _Changes(TypedDict, total=False):
    new: _ByTier
    churn: _ByTier
    expansion: _ByTier
    contraction: _ByTier
    acquisition_cost: _Exact
    price_change_yearly: _Exact
    cost_inflation_yearly: _Exact
    discount: _Exact
    discount_months: int
    ramp_months: int
    uncertain: Mapping[str, _Distribution]
    correlations: Sequence[tuple[str, str, float]]
    path: Sequence[tuple[int, Mapping[str, int]]]

@final
class PriceBook:
    """What AWS charges, dated and sourced."""

    def __new__(cls, prices: PriceBook | Mapping[str, Any] | _Path | None = None) -> PriceBook: ...
    @staticmethod
    def regions() -> list[str]:
        """The regions that have prices of their own."""
    @staticmethod
    def for_region(region: str, /) -> PriceBook:
        """The shipped prices for a region. The column `region` of the table names the region of each price, and `warning` counts
        the prices that are borrowed from another region. A model or plan of a zone prices each tenant in its own region,
        regardless of the region of the book."""
    @property
    def warning(self) -> str | None:
        """The number of prices borrowed from another region, as one line; `None` if there are none."""
    @property
    def as_of(self) -> str:
        """The day the prices were collected."""
    @property
    def region(self) -> str:
        """The region they hold in."""
    @property
    def currency(self) -> str:
        """The currency they are in."""
    def replace(self, prices: Mapping[str, Any] | _Path, /) -> PriceBook:
        """The same with what a dict of the file's shape or a file names replaced."""
    def with_offer(self, path: _Path, /, *, region: str = "us-east-1") -> tuple[PriceBook, Table]:
        """The same with the prices of an AWS price-list offer file, and what became of each product."""
    def to_arrow(self) -> Table:
        """The prices as a table, one row a step of a price."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Assumptions:
    """What a month costs, as a set of assumptions."""

    @staticmethod
    def seed(document: str, /) -> Assumptions:
        """What one of the reports of January 2026 assumes; `documents()` lists them."""
    @staticmethod
    def aws(
        *,
        prices: PriceBook | Mapping[str, Any] | _Path | None = None,
        usage: Mapping[str, Any] | _Path | None = None,
    ) -> Assumptions:
        """AWS's list prices for what the zone contains."""
    @staticmethod
    def documents() -> list[str]:
        """The documents `seed` knows."""
    @property
    def name(self) -> str:
        """The name of the document, or `aws`."""
    @property
    def title(self) -> str:
        """What a person reads."""
    def replace(
        self,
        *,
        allocation: Literal["equal", "revenue", "usage", "tier"] | None = None,
        support: _Exact | None = None,
        sales: _Exact | None = None,
        other: _Exact | None = None,
        support_per_tenant: _Exact | None = None,
        sales_per_tenant: _Exact | None = None,
        other_per_tenant: _Exact | None = None,
    ) -> Assumptions:
        """The same with another allocation rule, or with the caller's support, sales or other costs: amounts a month, or for each
        tenant a month, in whole cents."""
    def with_lead_time(self, *, months: _Exact, tenants_a_month: _Exact) -> Assumptions:
        """The same with people hired `months` before they are needed: staffing covers the current tenants plus
        `months` × `tenants_a_month` more. Both are numbers of zero or more. The reports' assumptions hire by the reports'
        bands and do not change."""
    def staffing(self, tenants: Sequence[int] | None = None, /) -> Table:
        """Staffing and effort for numbers of tenants, as the report behind the assumptions sees them."""
    def to_arrow(self) -> Table:
        """The assumed lines of cost as a table."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Growth:
    """What is won, lost, charged and spent as months go by."""

    def __new__(cls, **changes: Unpack[_Changes]) -> Growth: ...
    @staticmethod
    def none() -> Growth:
        """Nothing won, lost, changed or uncertain."""
    def replace(self, **changes: Unpack[_Changes]) -> Growth:
        """The same with the given values replaced; others stay unchanged, including the other tiers of a figure."""
    def __eq__(self, other: object, /) -> bool: ...

class _BreakEven(TypedDict):
    lasting: int | None
    first: int | None
    lost_again_at: list[int]

@final
class Model:
    """What a landing zone earns and costs under a set of assumptions."""

    def __new__(cls, zone: LandingZone, assumptions: Assumptions) -> Model: ...
    @classmethod
    def of_mix(
        cls,
        tenants: Mapping[str, int],
        assumptions: Assumptions,
        zone: LandingZone | None = None,
        networked: bool = True,
    ) -> Model:
        """A model with a number of tenants of each tier; the tiers are those of `zone`, or the shipped ones."""
    @classmethod
    def from_frame(
        cls, frame: Any, assumptions: Assumptions, zone: LandingZone | None = None, networked: bool = True
    ) -> Model:
        """The tenants of a data frame with the columns `tenant` (or `key`, as in `zone.to_arrow()`), `tier` and perhaps
        `monthly_price`.
        """
    def with_tenants(self, tenants: Mapping[str, int], /) -> Model:
        """The same with other numbers of tenants, by tier; omitted tiers have none."""
    @property
    def tenants(self) -> dict[str, int]:
        """How many tenants each tier has."""
    @property
    def warnings(self) -> list[Problem]:
        """One warning for each region whose prices are borrowed from another one, wholly or in part."""
    @property
    def currency(self) -> str:
        """The currency of every amount."""
    def month(self, *, age: int | None = None) -> Month:
        """A month's profit and loss, with stored logs at their retention or at an age in months."""
    def forecast(self, *, months: int = 12, growth: Growth | None = None) -> Table:
        """Months ahead, one row each. Raises for a correlation of uncertain numbers that a forecast does not count."""
    def cohorts(self, *, months: int = 12, growth: Growth | None = None) -> Table:
        """The cohorts behind a forecast: one row for each tier, month of start and month."""
    def break_even_month(self, *, months: int = 60, growth: Growth | None = None) -> int | None:
        """The first month by whose end profits have made up for losses."""
    def break_even_tenants(self, tier: str, /) -> int | None:
        """The number of tenants of a tier, alone in the organization, from which profit lasts; `None` if a thousand tenants make
        a loss."""
    def break_even(self, tier: str, /) -> _BreakEven:
        """The numbers of tenants at which a tier, alone in the organization, breaks even: `lasting`, the number from which profit
        lasts; `first`, the first number that makes no loss; `lost_again_at`, the numbers at which a step in cost makes a loss
        again."""
    def simulate(
        self,
        *,
        trials: int = 10_000,
        months: int = 12,
        seed: int = 0,
        first_trial: int = 0,
        growth: Growth | None = None,
    ) -> Simulation:
        """A Monte Carlo simulation: percentiles by month and metric; `samples()` has a row for each trial. `first_trial` is at most
        2^63 - 1 - 10,000,000, so that the number of every trial fits its column."""
    def assumptions(self, *, growth: Growth | None = None) -> Table:
        """Every number of the assumptions that has a path, for `Growth(uncertain=…)`: `path, value`."""
    def tornado(self, *, metric: _Metric = "operating_margin", months: int = 12, growth: Growth | None = None) -> Table:
        """The uncertain assumptions in order of their effect on a metric of the last month."""
    def goal_seek(
        self,
        lever: str,
        *,
        target: float,
        between: tuple[float, float],
        metric: _Metric = "operating_margin",
        confidence: float = 0.95,
        months: int = 12,
        trials: int = 2_000,
        seed: int = 0,
        growth: Growth | None = None,
    ) -> float:
        """The value of a lever, any path of `assumptions`, at which a metric reaches a target in a share of the trials."""
    def sweep(
        self, grid: Mapping[str, Iterable[float]], *, months: int = 12, growth: Growth | None = None
    ) -> Table:
        """Expected figures of the last month for every combination of lever values, levers as for `goal_seek`."""
    def capacity_plan(
        self,
        targets: Sequence[int] | None = None,
        *,
        growth: Growth | None = None,
        months: int = 120,
        prefix_len: int | None = None,
        rehearsals: int = 11,
        seed: int = 0,
        minutes: Mapping[int, float] | None = None,
    ) -> CapacityPlan:
        """The scaling path in one table: accounts, quotas and when, addresses, people, minutes, cost, margins."""
    def compiled(self, *, months: int = 12, growth: Growth | None = None) -> dict[str, Any]:
        """The numbers a simulation works with, as plain values."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Month:
    """A month's profit and loss."""

    @property
    def tenants(self) -> int:
        """How many tenants there are."""
    @property
    def revenue(self) -> Decimal:
        """What tenants pay."""
    @property
    def infrastructure(self) -> Decimal:
        """What AWS is paid."""
    @property
    def support(self) -> Decimal:
        """What the people cost who keep tenants running."""
    @property
    def sales(self) -> Decimal:
        """What winning tenants costs."""
    @property
    def other(self) -> Decimal:
        """Everything else."""
    @property
    def contingent(self) -> Decimal:
        """The part of all costs that a month may or may not bring."""
    @property
    def total_cost(self) -> Decimal:
        """All costs."""
    @property
    def profit(self) -> Decimal:
        """Revenue less all costs."""
    @property
    def infrastructure_margin(self) -> Decimal | None:
        """(revenue - infrastructure) / revenue, unrounded; `None` without revenue."""
    @property
    def gross_margin(self) -> Decimal | None:
        """(revenue - infrastructure - support) / revenue, unrounded; `None` without revenue."""
    @property
    def operating_margin(self) -> Decimal | None:
        """(revenue - all costs) / revenue, unrounded; `None` without revenue."""
    @property
    def operating_margin_before_contingency(self) -> Decimal | None:
        """The operating margin without the contingency."""
    @property
    def revenue_per_infrastructure_dollar(self) -> Decimal | None:
        """Revenue over infrastructure; `None` where infrastructure is free."""
    @property
    def currency(self) -> str:
        """The currency of every amount."""
    def per_tenant(self) -> Table:
        """Each tenant's month; the columns add up to this month's figures exactly."""
    def per_tier(self) -> Table:
        """Each tier's month."""
    def explain(self, figure: _Figure = "total_cost") -> Table:
        """The lines of a figure: in every row quantity × unit price + rounding = amount, and the amounts add up to the figure."""
    def bridge(self, before: Month, figure: _Figure = "infrastructure") -> Bridge:
        """A price-volume-mix bridge from a figure of another month to that of this month, line by line."""
    def since(self, before: Month, /) -> Table:
        """How every figure differs from another month's."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Bridge(Table):
    """A price-volume-mix bridge from a figure of one month to that of another: a table with a row for each line, the largest
    difference first."""

    @property
    def figure(self) -> str:
        """The name of the figure."""
    @property
    def before(self) -> Decimal:
        """Its value before: money, or for a margin a fraction with ten decimals."""
    @property
    def after(self) -> Decimal:
        """Its value after."""
    @property
    def difference(self) -> Decimal:
        """After less before."""
    @property
    def currency(self) -> str:
        """The currency of the amounts behind it."""

@final
class Scenarios(Table):
    """A comparison of scenarios: a table with a row for each figure, and a table of the assumptions that differ."""

    @property
    def drivers(self) -> Table:
        """The assumptions with a path that differ from the first scenario: `scenario, path, before, after, difference`."""

def scenarios(
    scenarios: Mapping[str, Model | tuple[Model, Growth]],
    /,
    *,
    months: int | None = None,
    growth: Growth | None = None,
) -> Scenarios:
    """Compares named models with the first of them, figure by figure: in a month, or in the last month of a forecast."""

@final
class Simulation(Table):
    """The result of a simulation: percentiles by month and metric, as a table, and the last month of each trial."""

    def samples(self) -> Table:
        """Each trial's last month, one row a trial in the order of their numbers."""
    @property
    def trials(self) -> int:
        """How many trials were run."""

@final
class CapacityPlan(Table):
    """What numbers of tenants take and bring: a table with a row for each, and one of quotas."""

    @property
    def quotas(self) -> Table:
        """Every quota that tenants count against, when it is reached, and what to ask for."""
