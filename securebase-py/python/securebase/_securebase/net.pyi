from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Literal, TypeAlias, final

from securebase._securebase.problem import Problem
from securebase._securebase.table import Table

_Block: TypeAlias = str | IPv4Network
_Blocks: TypeAlias = _Block | Iterable[_Block]

@final
class AddressPool:
    """Ranges of addresses and who has what of them.

    A block once given stays with its owner until released. `strategy` is `"unique"` (no two owners overlap),
    `"per-tier"` (every tier has a part of the pool to itself) or `"per-account"` (every owner has the whole pool to
    itself, so owners overlap). Ranges AWS refuses or advises against are left out; `exclusions` says which and why.
    """

    def __new__(
        cls,
        ranges: _Blocks,
        strategy: Literal["unique", "per-tier", "per-account"] = "unique",
        *,
        quarantine: int = 0,
        tier_prefix_len: int | None = None,
        tiers: Mapping[str, _Blocks] | None = None,
    ) -> AddressPool: ...
    @property
    def strategy(self) -> Literal["unique", "per-tier", "per-account"]:
        """How blocks are shared between owners."""
    @property
    def ranges(self) -> list[str]:
        """The ranges of the whole pool."""
    @property
    def exclusions(self) -> list[tuple[str, str]]:
        """The ranges that are left out, each with its reason."""
    @property
    def serial(self) -> int:
        """The serial reached; quarantines end at one."""
    def allocate(
        self, prefix_len: int, owner: str, tier: str | None = None, *, pool: str | None = None, another: bool = False
    ) -> str:
        """A block of this length for an owner: the smallest free place that holds it, the lowest among equals.

        An owner that has one of this length keeps it, unless `another`. `AddressError` where there is none, with what is
        free and what would fit.
        """
    def allocate_hosts(
        self, hosts: int, owner: str, tier: str | None = None, *, pool: str | None = None, another: bool = False
    ) -> str:
        """The smallest block whose one subnet has so many addresses beside the five AWS keeps."""
    def reserve(self, cidr: _Block, owner: str) -> None:
        """Sets exactly this block aside for an owner alone."""
    def pin(self, cidr: _Block, owner: str) -> None:
        """Records that an owner has this block, inside the pool or not, free or not."""
    def release(self, owner: str, *, until: int | None = None) -> list[str]:
        """Takes back all blocks of an owner; they rest for the pool's quarantine, or until this serial."""
    def advance(self, serial: int) -> None:
        """Moves the serial on: quarantines that end there end."""
    def grow(self, cidr: _Block, pool: str = "") -> None:
        """Adds a range to the pool, or to a sub-pool from its parent's free addresses."""
    def carve(self, path: str, range: _Block | int) -> str:
        """Makes a sub-pool of a range, or of a length where it fits best; `prod/us-east-1` lies in `prod`."""
    def exclude(self, cidr: _Block, reason: str) -> None:
        """Leaves a range out from now on."""
    def include(self, cidr: _Block) -> None:
        """Ends an exclusion."""
    def free(self, pool: str | None = None, *, owner: str | None = None) -> list[str]:
        """What nobody has, as the fewest blocks in order: everywhere, in one sub-pool, or to one owner."""
    def blocks(self, owner: str) -> list[str]:
        """The blocks of an owner."""
    def allocations(self) -> Table:
        """One row for every block somebody has or that rests."""
    def pools(self) -> Table:
        """One row for every pool and sub-pool, with the addresses of each use."""
    def history(self) -> list[dict[str, Any]]:
        """What was decided since the pool was made or loaded."""
    def to_dict(self) -> dict[str, Any]:
        """The pool as a versioned document of plain values."""
    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> AddressPool:
        """The pool of a document; every entry that does not hold is reported."""
    def ledger(self) -> dict[str, Any]:
        """Where the pool started and everything decided since, as a versioned document."""
    @classmethod
    def from_ledger(cls, document: dict[str, Any]) -> AddressPool:
        """The pool that a ledger replays to."""
    def to_csv(self) -> str:
        """Sub-pools and allocations as comma-separated values: an empty pool of the same ranges and strategy reads them back. A
        cell that a spreadsheet would calculate with begins with an apostrophe, which reading takes off."""
    def import_csv(self, text: str, *, file: str | None = None) -> None:
        """Records the rows of a CSV with columns `owner` and `cidr`, and if wanted `kind`, `tier`, `pool`: all or none."""
    def to_ipam(self) -> dict[str, Any]:
        """The pool in the shapes of AWS's address manager, without pins. What AWS has no member for stands in `Tags`."""
    def import_ipam(self, document: dict[str, Any]) -> None:
        """Takes over allocations of AWS's address manager, and VPCs as `describe-vpcs` lists them."""
    def map_text(self) -> str:
        """A map of the pool as text."""
    def map_svg(self) -> str:
        """A map of the pool as SVG; notebooks show it."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Overlap:
    """Two entries that share addresses."""

    @property
    def a(self) -> str:
        """The owner that stood first."""
    @property
    def b(self) -> str:
        """The other owner."""
    @property
    def a_cidr(self) -> str:
        """The first's block."""
    @property
    def b_cidr(self) -> str:
        """The other's block."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Subnet:
    """A subnet of a VPC."""

    @property
    def name(self) -> str:
        """Unique in the VPC, for example `private-2`."""
    @property
    def role(self) -> Literal["public", "private"]:
        """Whether it has a route from the internet."""
    @property
    def public(self) -> bool:
        """Whether its role is `public`."""
    @property
    def cidr(self) -> str:
        """Its block."""
    @property
    def zone(self) -> str:
        """The label of its availability zone, for example `us-east-1a` for the first zone. AWS may call that zone otherwise."""
    @property
    def zone_suffix(self) -> str:
        """The zone's label: `a` for the first zone that an account can use, `b` for the second."""
    @property
    def usable_addresses(self) -> int:
        """How many addresses AWS leaves for use."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Conflict:
    """Two whose addresses overlap, and the links between them."""

    @property
    def a(self) -> str:
        """The first, in the order of members."""
    @property
    def b(self) -> str:
        """The second: a member, or the far side of a link."""
    @property
    def a_cidr(self) -> str:
        """The first's block."""
    @property
    def b_cidr(self) -> str:
        """The second's block."""
    @property
    def links(self) -> list[str]:
        """The links that join the two; none where the overlap breaks nothing yet."""
    @property
    def lasting(self) -> bool:
        """Whether only building one of the two anew helps, as both blocks are primary."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Move:
    """A block to exchange for another."""

    @property
    def owner(self) -> str:
        """Whose."""
    @property
    def before(self) -> str:
        """The block it has."""
    @property
    def after(self) -> str:
        """The block it should get."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Network:
    """Members with addresses, and the links that join them now or later.

    A member is `{"owner", "blocks"}` with, if wanted, `tier`, `groups` and `fixed`. A link is `{"name", "kind", "members"}`
    with, if wanted, `ranges`, the addresses on its far side; `kind` is `peering`, `transit-gateway`, `vpn`,
    `shared-services` or `on-premises`, and `members` lists `"everyone"`, `{"owner": …}`, `{"tier": …}` or `{"group": …}`.
    `joins`, the earlier name of `members`, is read as well.
    """

    def __new__(
        cls, members: Sequence[Mapping[str, Any]], links: Sequence[Mapping[str, Any]] | None = None
    ) -> Network: ...
    @property
    def members(self) -> list[dict[str, Any]]:
        """The members, as given."""
    @property
    def links(self) -> list[dict[str, Any]]:
        """The links, as given."""
    def findings(self) -> list[Problem]:
        """Errors for overlaps inside a link, warnings for those that only foreclose one; grouped by block."""
    def conflicts(self) -> list[Conflict]:
        """Every overlapping pair."""
    def minimal_renumbering(self, owners: Sequence[str] | None = None) -> list[str]:
        """The fewest of the owners (all, if none are named) to renumber so that they can be connected."""
    def propose(self, pool: AddressPool, owners: Sequence[str] | None = None) -> list[Move]:
        """New blocks for them, of the same sizes, from what is free in the pool."""
    def __eq__(self, other: object, /) -> bool: ...

def overlaps(entries: Iterable[tuple[str, str | IPv4Network | IPv6Network]]) -> list[Overlap]:
    """Every overlapping pair of `(owner, block)`, each once, in the order of the input."""

def subnets(cidr: _Block, layout: str | Mapping[str, Any] | None = None, *, region: str = "us-east-1") -> list[Subnet]:
    """The subnets of a VPC. `layout` is `"seed"` (as without), `"two-zones"`, `"three-zones"`, or a layout as data."""

def check_vpc_block(cidr: _Block) -> list[Problem]:
    """What AWS refuses, or advises against, about a block as the primary block of a VPC."""

def check_secondary_block(
    cidr: _Block, vpc_blocks: _Blocks, destinations: _Blocks | None = None, *, blocks_max: int = 5
) -> list[Problem]:
    """What AWS refuses about adding a block to a VPC that has others (the primary first) and routes to destinations."""
