"""Addresses: pools, overlaps, subnets, connectivity."""

import ipaddress
import itertools
import json
import pickle
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import securebase as sb

TEN = {
    "acme-finance": ("fintech", "10.0.0.0/16"),
    "quantumbank-fintech": ("fintech", "10.1.0.0/16"),
    "metabank-fintech": ("fintech", "10.2.0.0/16"),
    "crossbank-fintech": ("fintech", "10.5.0.0/16"),
    "medicorp-health": ("healthcare", "10.1.0.0/16"),
    "guardian-health": ("healthcare", "10.3.0.0/16"),
    "techgov-federal": ("gov-federal", "10.4.0.0/16"),
    "statecorp-govfed": ("gov-federal", "10.4.0.0/16"),
    "startup-standard": ("standard", "10.1.0.0/16"),
    "techstartup-std": ("standard", "10.6.0.0/16"),
}


def codes(error: sb.SecureBaseError) -> list[str]:
    return [problem.code for problem in error.problems]


def nets(blocks: list[str]) -> list[ipaddress.IPv4Network]:
    return [ipaddress.IPv4Network(block) for block in blocks]


def test_first_block_and_keeping_it() -> None:
    pool = sb.AddressPool("10.0.0.0/8", strategy="unique")
    assert pool.allocate(16, "acme") == "10.0.0.0/16"
    assert pool.allocate(16, "beta") == "10.1.0.0/16"
    assert pool.allocate(16, "acme") == "10.0.0.0/16"
    assert pool.allocate(16, "acme", another=True) == "10.2.0.0/16"
    assert pool.blocks("acme") == ["10.0.0.0/16", "10.2.0.0/16"]
    before = pool.free()
    pool.allocate(20, "gamma")
    assert pool.release("gamma") == ["10.3.0.0/20"]
    assert pool.free() == before
    assert pool.allocate_hosts(251, "delta") == "10.3.0.0/24"


def test_exhaustion_says_what_is_free() -> None:
    pool = sb.AddressPool("10.0.0.0/15")
    pool.allocate(16, "a")
    pool.allocate(18, "b")
    with pytest.raises(sb.AddressError, match=r"10\.1\.128\.0/17.*would fit: 1 × /17, 1 × /18") as caught:
        pool.allocate(16, "c")
    assert caught.value.code == "pool-exhausted"
    assert "10.1.64.0/18" in caught.value.problems[0].hint
    pool.grow("10.2.0.0/15")
    assert pool.allocate(16, "c") == "10.2.0.0/16"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: sb.AddressPool("10.0.0.1/8"), "cidr-host-bits"),
        (lambda: sb.AddressPool("ten"), "cidr-invalid"),
        (lambda: sb.AddressPool([]), "pool-empty"),
        (lambda: sb.AddressPool("10.0.0.0/29"), "cidr-size"),
        (lambda: sb.AddressPool(["10.0.0.0/8", "10.1.0.0/16"]), "pool-range-overlap"),
        (lambda: sb.AddressPool("10.0.0.0/8", strategy="shared"), "word-unknown"),
        (lambda: sb.AddressPool("10.0.0.0/8").allocate(29, "a"), "cidr-size"),
        (lambda: sb.AddressPool("10.0.0.0/8").allocate(-1, "a"), "cidr-size"),
        (lambda: sb.AddressPool("10.0.0.0/8").allocate(1000, "a"), "cidr-size"),
        (lambda: sb.AddressPool("10.0.0.0/8").allocate(16, ""), "name-malformed"),
        (lambda: sb.AddressPool("10.0.0.0/8").allocate_hosts(70_000, "a"), "hosts-too-many"),
        (lambda: sb.AddressPool("10.0.0.0/8", "per-tier").allocate(16, "a"), "tier-missing"),
        (lambda: sb.AddressPool("10.0.0.0/8").release("a"), "owner-unknown"),
        (lambda: sb.AddressPool("10.0.0.0/8").reserve("11.0.0.0/16", "a"), "cidr-outside-pool"),
        (lambda: sb.AddressPool("10.0.0.0/8").allocate(16, "a", pool="prod"), "pool-unknown"),
        (lambda: sb.AddressPool.from_dict({"version": 9}), "attribute-missing"),
        (lambda: sb.subnets("10.0.0.0/28"), "layout-too-large"),
        (lambda: sb.subnets("10.0.0.0/8"), "cidr-size"),
        (lambda: sb.subnets("10.0.0.0/16", layout="sead"), "word-unknown"),
    ],
)
def test_refusals(call, code) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(sb.SecureBaseError) as caught:
        call()
    assert caught.value.code == code
    assert codes(caught.value) == [code]
    assert caught.value.problems[0].message
    assert caught.value.problems[0].hint


def test_reservations_and_exclusions() -> None:
    pool = sb.AddressPool(ipaddress.ip_network("172.16.0.0/12"))
    assert "172.17.0.0/16" in dict(pool.exclusions) and "172.31.0.0/16" in dict(pool.exclusions)
    pool.reserve("172.16.0.0/16", "on-premises")
    with pytest.raises(sb.AddressError, match="reserved for `on-premises`"):
        pool.reserve("172.16.8.0/24", "other")
    blocks = nets([pool.allocate(16, f"t{n}") for n in range(13)])
    assert not any(block.overlaps(ipaddress.ip_network(bad)) for block in blocks for bad in dict(pool.exclusions))
    with pytest.raises(sb.AddressError):
        pool.allocate(16, "one too many")


def test_strategies() -> None:
    tiers = sb.AddressPool("10.0.0.0/8", strategy="per-tier")
    for n, (owner, (tier, _)) in enumerate(TEN.items()):
        tiers.allocate(16 + n % 3, owner, tier=tier)
    every = nets([block for owner in TEN for block in tiers.blocks(owner)])
    assert not any(a.overlaps(b) for a, b in itertools.combinations(every, 2))
    ranges = {row["pool"]: row["ranges"] for row in tiers.pools() if row["pool"]}
    assert set(ranges) == {tier for tier, _ in TEN.values()}

    islands = sb.AddressPool("10.0.0.0/8", strategy="per-account")
    assert {islands.allocate(16, owner) for owner in TEN} == {"10.0.0.0/16"}

    own = sb.AddressPool("10.0.0.0/8", "per-tier", tiers={"fintech": "10.64.0.0/10", "standard": ["192.168.0.0/16"]})
    assert own.allocate(16, "a", tier="fintech") == "10.64.0.0/16"
    assert own.allocate(20, "b", tier="standard") == "192.168.0.0/20"


def test_quarantine() -> None:
    pool = sb.AddressPool("10.0.0.0/16", quarantine=2)
    pool.allocate(16, "a")
    pool.release("a")
    assert pool.free() == []
    with pytest.raises(sb.AddressError, match="serial 2"):
        pool.allocate(16, "b")
    pool.advance(2)
    assert pool.allocate(16, "b") == "10.0.0.0/16"


def test_documents_round_trip() -> None:
    pool = sb.AddressPool(["10.0.0.0/12", "192.168.0.0/16"], strategy="per-tier", quarantine=1)
    chance = random.Random(7)
    for n in range(60):
        pool.allocate(chance.randint(20, 28), f"t{n}", tier=f"tier{n % 4}")
        if n % 5 == 0:
            pool.release(f"t{chance.randint(0, n)}") if pool.blocks(f"t{n}") and chance.random() < 0.5 else None
        if n % 9 == 0:
            pool.advance(pool.serial + 1)
    pool.pin("10.0.0.0/16", "legacy")
    document = json.loads(json.dumps(pool.to_dict()))
    for other in (
        sb.AddressPool.from_dict(document),
        sb.AddressPool.from_ledger(json.loads(json.dumps(pool.ledger()))),
        pickle.loads(pickle.dumps(pool)),
    ):
        assert other == pool
        assert other.free() == pool.free()
        assert other.allocate(24, "next", tier="tier1") == pickle.loads(pickle.dumps(pool)).allocate(
            24, "next", tier="tier1"
        )
    assert pool != sb.AddressPool("10.0.0.0/8")
    document["allocations"][-1]["cidr"] = "11.0.0.0/24"
    document["ranges"].append("10.0.0.0/24")
    with pytest.raises(sb.InputError) as caught:
        sb.AddressPool.from_dict(document)
    assert len(caught.value.problems) >= 2


def test_tables_maps_and_exchange() -> None:
    pool = sb.AddressPool("10.0.0.0/8")
    pool.carve("prod", 12)
    assert pool.carve("prod/us-east-1", "10.4.0.0/14") == "10.4.0.0/14"
    pool.allocate(16, "acme", "fintech", pool="prod/us-east-1")
    pool.reserve("10.200.0.0/16", "on-premises")
    rows = pool.allocations().to_dicts()
    assert [row["cidr"] for row in rows] == ["10.4.0.0/16", "10.200.0.0/16"]
    assert rows[0]["tier"] == "fintech" and rows[0]["pool"] == "prod/us-east-1"
    assert [row["pool"] for row in pool.pools()] == [None, "prod", "prod/us-east-1"]
    assert pool.map_text().startswith("10.0.0.0/8")
    assert pool._repr_svg_().startswith("<svg")
    other = sb.AddressPool("10.0.0.0/8")
    other.carve("prod", 12)
    other.carve("prod/us-east-1", "10.4.0.0/14")
    other.import_csv(pool.to_csv())
    assert other == pool
    with pytest.raises(sb.InputError) as caught:
        other.import_csv("owner,cidr\na,10.0.0.1/16\nb,nonsense\n", file="x.csv")
    assert [(p.file, p.line) for p in caught.value.problems] == [("x.csv", 2), ("x.csv", 3)]
    shapes = pool.to_ipam()
    third = sb.AddressPool("10.0.0.0/8")
    third.import_ipam({"IpamPoolAllocations": shapes["IpamPoolAllocations"]})
    assert third.blocks("acme") == ["10.4.0.0/16"]


def test_overlaps_agree_with_comparing_all_pairs() -> None:
    chance = random.Random(3)
    entries = []
    for n in range(200):
        length = chance.randint(8, 32)
        net = ipaddress.ip_network((0x0A000000 + chance.randrange(1 << 12) * (1 << 8), length), strict=False)
        entries.append((f"o{n % 50}", str(net)))
    entries.append(("six", "2001:db8::/56"))
    entries.append(("six", "2001:db8::/64"))
    found = [(o.a, o.a_cidr, o.b, o.b_cidr) for o in sb.overlaps(entries)]
    expected = [
        (a, x, b, y)
        for (a, x), (b, y) in itertools.combinations(entries, 2)
        if ipaddress.ip_network(x).version == ipaddress.ip_network(y).version
        and ipaddress.ip_network(x).overlaps(ipaddress.ip_network(y))  # type: ignore[arg-type]
    ]
    assert found == expected
    assert sb.overlaps([]) == []
    assert sb.overlaps(iter([["a", "10.0.0.0/8"], ("b", ipaddress.ip_network("10.0.0.0/9"))]))[0].b == "b"  # type: ignore[list-item]
    with pytest.raises(sb.InputError) as caught:
        sb.overlaps([("a", "10.0.0.1/8"), ("b", "10.0.0.0/8"), ("c", "x")])
    assert [problem.path for problem in caught.value.problems] == ["entries[0]", "entries[2]"]


def test_the_ten_tenants() -> None:
    pairs = sb.overlaps([(owner, block) for owner, (_, block) in TEN.items()])
    assert {(pair.a_cidr, frozenset((pair.a, pair.b))) for pair in pairs} == {
        ("10.1.0.0/16", frozenset(("quantumbank-fintech", "medicorp-health"))),
        ("10.1.0.0/16", frozenset(("quantumbank-fintech", "startup-standard"))),
        ("10.1.0.0/16", frozenset(("medicorp-health", "startup-standard"))),
        ("10.4.0.0/16", frozenset(("techgov-federal", "statecorp-govfed"))),
    }
    members = [{"owner": owner, "tier": tier, "blocks": [block]} for owner, (tier, block) in TEN.items()]
    apart = sb.Network(members)
    assert [problem.severity for problem in apart.findings()] == ["warning", "warning"]
    joined = sb.Network(members, [{"name": "hub", "kind": "transit-gateway", "members": ["everyone"]}])
    assert [problem.severity for problem in joined.findings()] == ["error", "error"]
    assert sb.Network(members, [{"name": "hub", "kind": "transit-gateway", "joins": ["everyone"]}]) == joined
    assert joined.minimal_renumbering() == ["medicorp-health", "statecorp-govfed", "startup-standard"]
    moves = joined.propose(sb.AddressPool("10.0.0.0/8"))
    assert [move.after for move in moves] == ["10.7.0.0/16", "10.8.0.0/16", "10.9.0.0/16"]
    assert len(joined.conflicts()) == 4 and joined.conflicts()[0].links == ["hub"]
    for value in (joined, moves[0], joined.conflicts()[0], pairs[0]):
        assert pickle.loads(pickle.dumps(value)) == value
    assert len({*moves, *pickle.loads(pickle.dumps(moves))}) == 3
    with pytest.raises(sb.InputError):
        sb.Network(members, [{"name": "hub", "kind": "tunnel", "members": ["everyone"]}])
    with pytest.raises(sb.InputError) as caught:
        sb.Network(members, [{"name": "hub", "kind": "vpn", "members": [{"tier": "fintec"}]}])
    assert caught.value.problems[0].hint == "did you mean `fintech`?"


def test_subnets() -> None:
    public, first, second = sb.subnets("10.1.0.0/16", layout="seed")
    assert (public.cidr, public.role, public.zone) == ("10.1.0.0/24", "public", "us-east-1a")
    assert (first.cidr, first.role, first.zone) == ("10.1.1.0/24", "private", "us-east-1a")
    assert (second.cidr, second.role, second.zone) == ("10.1.2.0/24", "private", "us-east-1b")
    assert public.usable_addresses == 251 and public.public
    assert [s.name for s in sb.subnets("10.1.0.0/16", layout="three-zones")][-1] == "private-3"
    layout = {"name": "mine", "groups": [{"name": "app", "role": "private", "zones": ["a", "c"], "size": {"hosts": 500}}]}
    assert [(s.name, s.cidr, s.zone) for s in sb.subnets("10.1.0.0/20", layout=layout, region="eu-west-1")] == [
        ("app-1", "10.1.0.0/23", "eu-west-1a"),
        ("app-2", "10.1.2.0/23", "eu-west-1c"),
    ]
    assert pickle.loads(pickle.dumps(public)) == public
    for length in range(16, 27):
        vpc = ipaddress.ip_network(f"10.64.0.0/{length}")
        parts = nets([subnet.cidr for subnet in sb.subnets(str(vpc))])
        assert all(part.subnet_of(vpc) for part in parts)
        assert not any(a.overlaps(b) for a, b in itertools.combinations(parts, 2))


def test_rules() -> None:
    assert sb.check_vpc_block("10.0.0.0/16") == []
    assert [p.code for p in sb.check_vpc_block("172.31.0.0/16")] == ["cidr-discouraged"]
    assert [p.code for p in sb.check_vpc_block("127.0.0.0/8")] == ["cidr-size", "cidr-forbidden"]
    assert [p.code for p in sb.check_secondary_block("192.168.0.0/16", "10.1.0.0/16")] == ["secondary-range"]
    assert sb.check_secondary_block("100.64.0.0/16", ["10.1.0.0/16"], ["0.0.0.0/0"]) == []


def test_the_guide_runs() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "addresses.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", guide, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) > 10
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "addresses.md", "exec"), names)


def test_the_addresses_of_a_zone_follow_the_plan(ten: sb.LandingZone, tmp_path: Path) -> None:
    document = ten.to_dict()
    for client in document["clients"].values():
        client.pop("vpc_cidr", None)
    zone = sb.LandingZone.from_dict(document)
    plan = zone.plan()
    rows = list(plan.blocks())
    vpcs = {row["tenant"]: row["cidr"] for row in rows if row["kind"] == "vpc"}
    assert len(rows) == 40
    assert set(vpcs) == {tenant.key for tenant in zone.tenants}
    pool = zone.pool()
    assert {owner: pool.blocks(owner) for owner in vpcs} == {owner: [block] for owner, block in vpcs.items()}
    network = zone.network()
    assert network.findings() == []
    assert network.propose(pool) == []
    # Against a cloud, an existing VPC keeps its block, whatever the pool would choose now.
    cloud = sb.SimulatedCloud()
    assert plan.apply(cloud, state=tmp_path).status == "succeeded"
    document["clients"] = dict(reversed(document["clients"].items()))
    again = sb.LandingZone.from_dict(document)
    assert {row["tenant"]: row["cidr"] for row in again.plan(cloud).blocks() if row["kind"] == "vpc"} == vpcs
    assert all(again.pool(cloud).blocks(owner) == [block] for owner, block in vpcs.items())


@pytest.mark.parametrize(
    ("call", "path", "expected"),
    [
        (
            lambda: sb.Network([], [{"name": "hub", "kind": "tgw", "members": ["everyone"]}]),
            "links[0].kind",
            "invalid `links[0].kind` `tgw`: expected one of `peering`",
        ),
        (lambda: sb.Network([{"owner": "acme"}]), "members[0].blocks", "`members[0].blocks` is missing"),
        (
            lambda: sb.Network([{"owner": "acme", "blocks": ["10.0.0.1/16"]}]),
            "members[0].blocks[0]",
            "invalid `members[0].blocks[0]` `10.0.0.1/16`: `10.0.0.1/16` has host bits set",
        ),
        (
            lambda: sb.subnets("10.0.0.0/16", layout={"name": "x", "groups": [{"name": "a"}]}),
            "layout.groups[0].role",
            "`layout.groups[0].role` is missing",
        ),
        (
            lambda: sb.AddressPool("10.0.0.0/8").import_ipam({"Vpcs": [{"VpcId": 4}]}),
            "Vpcs[0].VpcId",
            "invalid `Vpcs[0].VpcId` `4`: expected a string",
        ),
    ],
)
def test_what_is_wrong_in_a_dict_is_named_by_its_path(call: Callable[[], object], path: str, expected: str) -> None:
    with pytest.raises(sb.InputError) as caught:
        call()
    (problem,) = caught.value.problems
    assert problem.path == path
    assert problem.message.startswith(expected)
    assert "line 1 column" not in str(caught.value)
