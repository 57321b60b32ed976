from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from os import PathLike
from typing import Any, Literal, final

from securebase._securebase.cloud import AwsCloud, SimulatedCloud
from securebase._securebase.finance import PriceBook
from securebase._securebase.policy import CoverageReport, Difference, Guardrail, PolicyDocument
from securebase._securebase.problem import Problem
from securebase._securebase.run import Event, Pause, Run
from securebase._securebase.state import State
from securebase._securebase.table import Table

@final
class Pending:
    """A step that waits for time or for a person: neither done nor failed."""

    @property
    def address(self) -> str:
        """The resource."""
    @property
    def kind(self) -> str:
        """Its kind, in snake_case."""
    @property
    def action(self) -> str:
        """What the step does to the resource: `create`, `delete` and so on."""
    @property
    def waits_for(self) -> Literal["time", "person"]:
        """What the step waits for: `"time"` or `"person"`."""
    @property
    def not_before(self) -> float | None:
        """The earliest moment at which a call may succeed, in seconds by the clock of the cloud: virtual in a simulated cloud, else
        since 1970. `None` where the step waits for a person.
        """
    @property
    def reason(self) -> str:
        """Why the step waits."""
    @property
    def probe(self) -> str:
        """The call (`service:Operation`) whose reply shows whether the step can go on."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Step:
    """One step: one resource, one action."""

    @property
    def address(self) -> str:
        """The resource."""
    @property
    def kind(self) -> str:
        """Its kind, in snake_case."""
    @property
    def action(self) -> str:
        """What is done to it: `create`, `update`, `move`, `adopt`, `verify` or `delete`."""
    @property
    def depends_on(self) -> list[str]:
        """The addresses of the steps it waits for."""
    @property
    def waits_because(self) -> dict[str, str]:
        """Why it waits, by the address of the step it waits for."""
    @property
    def tenant(self) -> str | None:
        """The key of the tenant it belongs to; `None` for the organization's own."""
    @property
    def id(self) -> str | None:
        """The id of the resource, where it exists already."""
    @property
    def changes(self) -> list[tuple[str, str | None, str | None]]:
        """What differs, for an update: `(field, from, to)`."""
    @property
    def monthly_cost(self) -> Decimal | None:
        """How much more (or, negative, less) is paid every month because of it, at AWS's list prices."""
    @property
    def one_time_cost(self) -> Decimal | None:
        """What is paid once for carrying it out, at AWS's list prices."""
    @property
    def minutes(self) -> float | None:
        """How long it usually takes by itself, in minutes."""
    @property
    def is_destructive(self) -> bool:
        """Whether something is lost for good: such a step is carried out only when named."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Timeline:
    """How long a plan takes, and why: the executor itself, in virtual time."""

    @property
    def makespan_seconds(self) -> float:
        """From the first call to the end."""
    @property
    def lower_bound_seconds(self) -> float:
        """No schedule can be shorter."""
    @property
    def bound_by(self) -> str:
        """What makes the lower bound: steps that wait for each other, or the name of a quota."""
    @property
    def critical_path(self) -> list[str]:
        """The addresses of the steps that ended last, each having waited for the one before."""
    @property
    def intervals(self) -> Table:
        """When each step is carried out: `address, kind, action, tenant, start_seconds, end_seconds`."""
    def to_arrow(self) -> Table:
        """The intervals, as `intervals`."""
    @property
    def bounds(self) -> list[tuple[str, float]]:
        """What no schedule can beat, the tightest first: what makes the bound, and seconds."""
    @property
    def unguarded_seconds(self) -> dict[str, float]:
        """For how many seconds each new account stood outside its organizational unit, by address."""
    def gantt(self) -> str:
        """A Gantt chart as text: a row for the organization and one for each tenant."""
    def to_svg(self) -> str:
        """The same as SVG."""
    def _repr_html_(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Spread:
    """How long a plan takes over many seeds."""

    @property
    def makespan_seconds(self) -> list[float]:
        """Every makespan in seconds, the shortest first."""
    @property
    def bound_by(self) -> str:
        """What bounds the makespan most often."""
    def percentile(self, p: float) -> float:
        """The seconds that a share `p` of the seeds, from 0 to 1, does not exceed: 0.9 is the ninetieth percentile."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Cost:
    """The monthly bill once a plan is applied."""

    @property
    def total(self) -> Decimal:
        """The total monthly bill: `planned + assumed + promised`."""
    @property
    def planned(self) -> Decimal:
        """The part that the plan's resources cause and whose quantities they determine."""
    @property
    def assumed(self) -> Decimal:
        """The part that the plan's resources cause in quantities of the usage profile."""
    @property
    def promised(self) -> Decimal:
        """The part that tiers and core accounts cause and no resource of the zone does."""
    @property
    def first_month(self) -> Decimal:
        """The cost of the first month: thirty-day trials are free, and stored logs have not yet accumulated to their retention."""
    @property
    def shared(self) -> Decimal:
        """The part that no tenant causes alone."""
    @property
    def currency(self) -> str:
        """The currency of every amount."""
    @property
    def infrastructure_margin(self) -> Decimal | None:
        """What tenants pay less infrastructure, over what they pay; `None` without revenue."""
    @property
    def margin(self) -> Decimal | None:
        """Another name of `infrastructure_margin`."""
    @property
    def difference(self) -> CostChange:
        """What the plan changes about the bill: the bill after less the bill before."""
    def promised_by_tier(self) -> Table:
        """The change in the promised part, a row for each tier in which it changes: `tier, monthly`. The row without a tier is
        the organization's own."""
    def ensure_margin(self, floor: Decimal | int | str, /) -> None:
        """Raises a `FinanceError` with the numbers where the infrastructure margin is below a fraction such as `"0.95"`."""
    def steps(self) -> Table:
        """The steps with what each brings: `monthly_cost`, `one_time_cost` and `minutes` at these prices."""
    def per_tenant(self, allocation: Literal["equal", "revenue", "usage", "tier"] = "equal") -> Table:
        """What each tenant costs and pays; `allocation` says how shared costs are shared."""
    def lines(self) -> Table:
        """Every line, with price, quantity, basis (`planned`, `assumed`, `promised`) and source."""
    def to_arrow(self) -> Table:
        """The lines, as `lines()`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class CostChange:
    """What a plan changes about the bill."""

    @property
    def before(self) -> Decimal:
        """The monthly bill before the plan is applied: existing resources on their current terms."""
    @property
    def after(self) -> Decimal:
        """The monthly bill once the plan is applied."""
    @property
    def monthly(self) -> Decimal:
        """The change in the monthly cost of infrastructure: `planned + assumed + promised`."""
    @property
    def planned(self) -> Decimal:
        """The planned part of the difference. The steps add up to the planned and assumed parts."""
    @property
    def assumed(self) -> Decimal:
        """The assumed part of the difference."""
    @property
    def promised(self) -> Decimal:
        """The promised part of the difference, which is on no step: `Cost.promised_by_tier` breaks it down."""
    @property
    def one_time(self) -> Decimal:
        """What is paid once for carrying the plan out."""
    @property
    def shield_advanced(self) -> Decimal:
        """How much of the monthly difference is the organization's one fee for Shield Advanced."""
    @property
    def margin_before(self) -> Decimal | None:
        """The infrastructure margin before the plan is applied, a fraction; `None` without revenue."""
    @property
    def margin_after(self) -> Decimal | None:
        """The infrastructure margin once the plan is applied."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class GuardrailEffect:
    """What a plan's guardrail steps mean for the accounts at one place."""

    @property
    def unit(self) -> str:
        """The path of the organizational unit that accounts are in afterwards."""
    @property
    def moved_from(self) -> str | None:
        """Where they were before, if they move; the root is the empty path."""
    @property
    def accounts(self) -> int:
        """How many accounts are concerned."""
    @property
    def tenants(self) -> list[str]:
        """The tenants that move; empty where the unit's own policies change."""
    @property
    def steps(self) -> list[str]:
        """The addresses of the steps that bring it."""
    @property
    def difference(self) -> Difference:
        """Which requests become denied or allowed; `summary()` is short."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class TenantPolicy:
    """Everything that applies to one tenant along the path of its organizational units."""

    @property
    def tenant(self) -> str:
        """Its key."""
    @property
    def unit(self) -> str:
        """The path of its organizational unit."""
    @property
    def framework(self) -> str:
        """The framework of its tier."""
    @property
    def levels(self) -> list[tuple[str, list[tuple[str, PolicyDocument]]]]:
        """The levels from the root to the account, each with the names and documents attached there."""
    @property
    def denies(self) -> PolicyDocument:
        """All denies of all levels, joined."""
    @property
    def guardrails(self) -> list[Guardrail]:
        """The guardrails of its tier, with the controls of its own framework and of no other."""
    @property
    def coverage(self) -> CoverageReport:
        """What serves each control of its framework."""
    def to_arrow(self) -> Table:
        """Every statement along the path: `level, policy, statement, effect, actions, resources, conditions`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Plan:
    """A plan: every step, and what each waits for."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
    def counts(self) -> dict[str, dict[str, int]]:
        """How many steps there are: action → kind → number."""
    @property
    def steps(self) -> list[Step]:
        """The steps, each after all it waits for."""
    @property
    def destructive(self) -> list[str]:
        """The addresses of what is lost for good when the plan is applied: `apply` wants each named in `destroy`."""
    def drift(self) -> Table:
        """What changed in the cloud since it was last applied: `address, attribute, applied, observed, wanted`.

        Of `exists`, `observed` is `no` where a resource is gone and `unknown` where its account could not be looked into.
        Without rows where nothing did, and where no state says what was applied (`drift_known`).
        """
    @property
    def drift_known(self) -> bool:
        """Whether drift is told from change: the plan was made with a state."""
    def offboardings(self) -> list[dict[str, Any]]:
        """What each tenant that leaves has, and what becomes of it: one dict a tenant, to be kept."""
    @property
    def warnings(self) -> list[Problem]:
        """Warnings for the operator before applying."""
    @property
    def pending(self) -> list[Pending]:
        """The steps that wait for time or for a person, and those that wait for such a step: none of them is among the steps."""
    @property
    def acknowledged(self) -> list[Problem]:
        """The warnings that the file acknowledges."""
    def blocks(self) -> Table:
        """The VPCs and subnets in use once the plan is applied: `tenant, tier, region, address, kind, cidr, address_count, zone,
        action, id`.
        """
    @property
    def fingerprint(self) -> str:
        """The same for plans that do the same."""
    def to_dot(self) -> str:
        """The graph in Graphviz's DOT language."""
    def to_mermaid(self) -> str:
        """The graph as a Mermaid flowchart."""
    def to_json(self) -> str:
        """The plan as JSON, the same text for the same plan."""
    @staticmethod
    def from_json(text: str) -> Plan:
        """The plan from what `to_json` gave."""
    def to_arrow(self) -> Table:
        """The steps as a table, with what each brings at AWS's list prices."""
    def save(self, path: str | PathLike[str]) -> None:
        """Writes the plan to a file, for `load`."""
    @staticmethod
    def load(path: str | PathLike[str]) -> Plan:
        """Reads a plan that `save` wrote. One that was changed since is refused."""
    def timeline(
        self,
        seed: int = 0,
        *,
        usual: bool = False,
        limits: Mapping[str, float] | None = None,
        latencies: Mapping[str, float | tuple[float, float, float]] | None = None,
    ) -> Timeline:
        """How long the plan takes: the executor itself, in virtual time.

        `usual`: every latency is the usual one. `limits`: quotas and rates by name. `latencies`: seconds by name, one number
        or minimum, usual value and maximum.
        """
    def spread(
        self,
        count: int = 20,
        seed: int = 0,
        *,
        usual: bool = False,
        limits: Mapping[str, float] | None = None,
        latencies: Mapping[str, float | tuple[float, float, float]] | None = None,
    ) -> Spread:
        """How long the plan takes over `count` seeds."""
    def what_if(
        self, cases: Mapping[str, Mapping[str, Any]], count: int = 20, seed: int = 0
    ) -> dict[str, Spread]:
        """How long the plan takes under other circumstances: each is a dict of `usual`, `limits` and `latencies`."""
    def only(self, targets: Sequence[str]) -> Plan:
        """The part of the plan at and below these addresses, with every step they wait for."""
    def dry_run(
        self,
        cloud: SimulatedCloud | AwsCloud,
        progress: Callable[[Event], object] | None = None,
        *,
        destroy: Sequence[str] = ...,
    ) -> Run:
        """Carries the plan out in a simulated cloud that begins as `cloud` is now: nothing is changed or written down."""
    def cost(
        self,
        prices: PriceBook | str | PathLike[str] | Mapping[str, Any] | None = None,
        usage: str | PathLike[str] | Mapping[str, Any] | None = None,
    ) -> Cost:
        """What the resources cost a month, what the plan changes about it, and which step brings how much.

        `prices`: a `PriceBook`, a file or a dict of prices that differ from AWS's list prices; `usage`: a file or a dict of
        usage that differs from the shipped.
        """
    def guardrail_effects(self) -> list[GuardrailEffect]:
        """What the guardrail steps mean for accounts that exist: which requests become denied or allowed."""
    def effective_policy(self, tenant: str, /) -> TenantPolicy:
        """Everything that applies to a tenant once the plan is applied."""
    def apply(
        self,
        cloud: SimulatedCloud | AwsCloud,
        state: State | str | PathLike[str] | None = None,
        progress: Callable[[Event], object] | None = None,
        *,
        who: str | None = None,
        destroy: Sequence[str] = ...,
        margin_floor: Decimal | int | str | None = None,
        pause: Pause | None = None,
        wait_for_lease: timedelta | float | None = None,
    ) -> Run:
        """Carries the plan out. A run that could not go on raises `RunInterrupted`; `resume` continues it.

        The state is `.securebase` in the working directory where none is named. `progress` is called with every `Event`;
        what it raises stops the run. `destroy` names what may be destroyed. Ctrl-C stops the run. Where somebody else has the
        state, `wait_for_lease`, a `timedelta` or seconds, says how long to wait.
        """
    def apply_async(
        self,
        cloud: SimulatedCloud | AwsCloud,
        state: State | str | PathLike[str] | None = None,
        progress: Callable[[Event], object] | None = None,
        *,
        who: str | None = None,
        destroy: Sequence[str] = ...,
        margin_floor: Decimal | int | str | None = None,
        pause: Pause | None = None,
        wait_for_lease: timedelta | float | None = None,
    ) -> Awaitable[Run]:
        """As `apply`, to be awaited. `progress` is called in another thread."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
