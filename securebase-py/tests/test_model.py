"""Input and model: files, dicts, tenants, tiers, findings."""

import pickle
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pyarrow
import pytest
from conftest import TEN_TENANTS, small_zone

import securebase as sb


def test_every_attribute_of_a_tenant(ten: sb.LandingZone) -> None:
    acme = ten.tenants[0]
    assert acme.key == "acme-finance"
    assert acme.tier == "fintech"
    assert acme.framework == "soc2"
    assert acme.prefix == "acme"
    assert acme.contact_email == "john@acmefinance.com"
    assert acme.account_id is None
    assert acme.vpc_cidr == "10.0.0.0/16"
    assert acme.monthly_price == Decimal(8000)
    assert isinstance(acme.monthly_price, Decimal)
    assert acme.ou_path == "Customers-Fintech"
    assert acme.tags["Customer"] == "ACME Finance Inc"
    assert acme.region == "us-east-1"
    assert len(ten.tenants) == len(ten) == 10


def test_tiers(ten: sb.LandingZone) -> None:
    names = [tier.name for tier in ten.tiers]
    assert names == ["fintech", "healthcare", "gov-federal", "standard"]
    federal = ten.tiers[2]
    assert federal.ou_name == "Customers-Government-Federal"
    assert federal.framework == "fedramp"
    assert federal.monthly_price == Decimal(25000)
    assert federal.currency == "USD"


def test_find(ten: sb.LandingZone) -> None:
    for text in ("acme-finance", "ACME", "john@acmefinance.com", "acmefinance.com"):
        assert [tenant.key for tenant in ten.find(text)][:1] == ["acme-finance"], text
    assert ten.find("nobody") == []
    assert ten.find("") == []


def test_every_format_says_the_same(ten: sb.LandingZone) -> None:
    files = sorted(TEN_TENANTS.parent.glob("ten-tenants*"))
    for file in files:
        assert sb.LandingZone.load(str(file)).tenants == ten.tenants, file


def test_a_dict_round_trips(ten: sb.LandingZone) -> None:
    document = ten.to_dict()
    again = sb.LandingZone.from_dict(document)
    assert again == ten
    assert again.to_dict() == document
    assert again.tenants == ten.tenants


def test_plain_values_of_every_kind_are_taken() -> None:
    document = small_zone().to_dict()
    document["tiers"] = {"fintech": {"monthly_price": Decimal("8000.50")}}
    zone = sb.LandingZone.from_dict(MappingProxyType(document))
    assert zone.tiers[0].monthly_price == Decimal("8000.50")


def test_as_a_table(ten: sb.LandingZone) -> None:
    arrow = pyarrow.table(ten.to_arrow())
    assert arrow.num_rows == 10
    assert arrow["monthly_price"].to_pylist() == [tenant.monthly_price for tenant in ten.tenants]
    assert arrow["key"].to_pylist() == [tenant.key for tenant in ten.tenants]


def test_every_problem_at_once_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.client.auto.tfvars"
    file.write_text(
        'clients = {\n  acme = {\n    tier = "gold"\n    prefix = "acme"\n    framework = "soc2"\n'
        '    contact_email = "acme@731184206915.aws-internal"\n    vpc_cidr = "10.0.0.1/16"\n  }\n}\n'
    )
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.load(file)
    problems = caught.value.problems
    assert {"tier-unknown", "email-undeliverable", "cidr-host-bits"} <= {problem.code for problem in problems}
    for problem in problems:
        assert problem.file == str(file)
        assert problem.line is not None
        assert problem.column is not None
        assert problem.message
        assert problem.hint
        assert problem.severity in ("error", "warning")
    tier = next(problem for problem in problems if problem.code == "tier-unknown")
    assert tier.line == 3
    assert "acme" in tier.path
    assert isinstance(caught.value, ValueError)


def test_what_no_document_holds_is_named_with_its_path() -> None:
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.from_dict({"clients": {"a": {"tier": {1, 2}, 7: "x", "price": float("nan")}}})
    assert caught.value.code == "type-mismatch"
    assert [problem.path for problem in caught.value.problems] == ["clients.a.tier", "clients.a", "clients.a.price"]


def test_a_document_that_contains_itself_is_refused() -> None:
    document: dict[str, object] = {}
    document["clients"] = document
    with pytest.raises(sb.InputError):
        sb.LandingZone.from_dict(document)


@pytest.mark.parametrize("document", [[], "text", None, 1, {"clients": None}, {"clients": []}])
def test_what_is_no_zone_is_refused(document: object) -> None:
    with pytest.raises(sb.InputError):
        sb.LandingZone.from_dict(document)  # type: ignore[arg-type]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.load(tmp_path / "none.toml")
    assert caught.value.code == "file-unreadable"
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.load(tmp_path / "zone.txt")
    assert caught.value.code == "file-format"


def test_values_pickle_and_compare(ten: sb.LandingZone) -> None:
    for value in (ten, ten.tenants[3], ten.tiers[1], ten.warnings[0]):
        again = pickle.loads(pickle.dumps(value))
        assert again == value
        assert hash(again) == hash(value)
        assert repr(again) == repr(value)
    assert ten != small_zone()
    assert ten.tenants[0] != ten.tenants[1]
    assert ten != "ten"


def test_errors_pickle() -> None:
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.from_dict({})
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.code == caught.value.code
    assert again.problems == caught.value.problems


def test_values_cannot_be_changed(ten: sb.LandingZone) -> None:
    with pytest.raises(AttributeError):
        ten.tenants[0].key = "other"  # type: ignore[misc]
