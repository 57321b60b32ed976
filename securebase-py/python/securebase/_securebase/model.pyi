from collections.abc import Mapping
from decimal import Decimal
from os import PathLike
from typing import Any, final

from securebase._securebase.cloud import AwsCloud, SimulatedCloud
from securebase._securebase.net import AddressPool, Network
from securebase._securebase.plan import Plan, TenantPolicy
from securebase._securebase.problem import Problem
from securebase._securebase.state import State
from securebase._securebase.table import Table

@final
class Tier:
    """What a tenant buys: a price, a framework, an organizational unit."""

    @property
    def name(self) -> str:
        """The name tenants refer to it by."""
    @property
    def title(self) -> str:
        """The name a person reads."""
    @property
    def ou_name(self) -> str:
        """The name of its organizational unit, directly under the root."""
    @property
    def framework(self) -> str:
        """The framework it promises, in its short form."""
    @property
    def monthly_price(self) -> Decimal:
        """What a tenant pays a month."""
    @property
    def currency(self) -> str:
        """The currency of the price."""
    @property
    def log_retention_days(self) -> int:
        """How long flow logs are kept, in days."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Tenant:
    """A tenant of a zone."""

    @property
    def key(self) -> str:
        """Its key in the `clients` map."""
    @property
    def tier(self) -> str:
        """The name of the tier it buys."""
    @property
    def framework(self) -> str:
        """The framework of that tier, in its short form."""
    @property
    def prefix(self) -> str:
        """A short name, unique in the zone."""
    @property
    def account_name(self) -> str:
        """The name of its account."""
    @property
    def contact_email(self) -> str:
        """Whom the provider writes to."""
    @property
    def account_email(self) -> str:
        """The address of the account's root user."""
    @property
    def account_id(self) -> str | None:
        """An existing account to adopt, never one to create."""
    @property
    def renamed_from(self) -> str | None:
        """The key it had before; `None` where it was not renamed."""
    @property
    def offboard(self) -> str | None:
        """How it leaves: `suspend` or `close`; `None` where it stays."""
    @property
    def vpc_id(self) -> str | None:
        """An existing VPC to adopt, never one to create."""
    @property
    def vpc_cidr(self) -> str | None:
        """The block of its VPC as written; `None` lets the planner allocate one."""
    @property
    def vpce_id(self) -> str | None:
        """The VPC endpoint through which it reaches shared services."""
    @property
    def audit_bucket(self) -> str | None:
        """The bucket its audit logs are copied to."""
    @property
    def region(self) -> str:
        """The region of its network."""
    @property
    def vertical(self) -> str | None:
        """Its industry."""
    @property
    def ou_path(self) -> str:
        """The organizational units its account lives under, outermost first, joined by `/`."""
    @property
    def monthly_price(self) -> Decimal:
        """What it pays a month."""
    @property
    def currency(self) -> str:
        """The currency of the price."""
    @property
    def tags(self) -> dict[str, str]:
        """The tags of its account, the zone's included."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class LandingZone:
    """The desired state of an organization, valid by construction."""

    @staticmethod
    def load(path: str | PathLike[str]) -> LandingZone:
        """Reads a file; its suffix says the format: `.tfvars`, `.toml`, `.yaml`, `.yml` or `.json`."""
    @staticmethod
    def from_dict(document: Mapping[str, Any], /) -> LandingZone:
        """A zone from a dict of the same shape as the files."""
    def to_dict(self) -> dict[str, Any]:
        """The zone as a dict of the same shape as the files: what was written."""
    @property
    def name(self) -> str:
        """The name of the zone."""
    @property
    def environment(self) -> str:
        """`dev`, `prod` …"""
    @property
    def region(self) -> str:
        """The region of every tenant that names none."""
    @property
    def tenants(self) -> list[Tenant]:
        """The tenants, in the order of the file."""
    @property
    def tiers(self) -> list[Tier]:
        """The tiers, in the order of the file or of the shipped data."""
    @property
    def warnings(self) -> list[Problem]:
        """What the input deserves a warning for and does not acknowledge."""
    @property
    def acknowledged(self) -> list[Problem]:
        """The warnings that the input acknowledges."""
    def find(self, text: str) -> list[Tenant]:
        """The tenants whose key, name, prefix, e-mail, e-mail domain or account id contains `text`, exact matches first."""
    def to_arrow(self) -> Table:
        """The tenants as a table."""
    def plan(
        self,
        cloud: SimulatedCloud | AwsCloud | None = None,
        state: State | str | PathLike[str] | None = None,
        *,
        margin_floor: Decimal | int | str | None = None,
    ) -> Plan:
        """What to do so that the cloud is as the zone says. Without a cloud: against an empty organization.

        A state, if given, must be readable. A plan that leaves less than `margin_floor`, a fraction of revenue, at AWS's
        list prices is refused.
        """
    def pool(
        self,
        cloud: SimulatedCloud | AwsCloud | None = None,
        state: State | str | PathLike[str] | None = None,
    ) -> AddressPool:
        """The pool that the plan takes blocks from, with the block of every tenant in it. `cloud` and `state` as for `plan`."""
    def network(
        self,
        cloud: SimulatedCloud | AwsCloud | None = None,
        state: State | str | PathLike[str] | None = None,
    ) -> Network:
        """The tenants with their blocks, and the links of the file between them. `cloud` and `state` as for `plan`."""
    def effective_policy(
        self,
        tenant: str,
        /,
        cloud: SimulatedCloud | AwsCloud | None = None,
        state: State | str | PathLike[str] | None = None,
    ) -> TenantPolicy:
        """Everything that applies to a tenant along the path of its organizational units, once the zone is as it says."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
