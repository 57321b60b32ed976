"""Every exception of this package, and every word its bindings add to the core's codes."""

import json
import pickle
import re
from pathlib import Path

import pytest
from conftest import ROOT

import securebase as sb

OWN = re.compile(r'Failure::one\(\s*(?:crate::error::)?Class::\w+,\s*"([a-z-]+)"')


def test_one_tree() -> None:
    errors = [value for value in vars(sb).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert len(errors) > 5
    for error in errors:
        assert issubclass(error, sb.SecureBaseError)
        made = error("text", code="some-code")
        assert (str(made), made.code, made.problems) == ("text", "some-code", [])
        again = pickle.loads(pickle.dumps(made))
        assert type(again) is error
        assert again.code == "some-code"


def test_every_own_code_is_explained() -> None:
    sources = [path.read_text() for path in Path(ROOT, "securebase-py/src").rglob("*.rs")]
    codes = {code for source in sources for code in OWN.findall(source)}
    assert {"file-unwritable", "aws-missing"} <= codes
    page = (ROOT / "docs/errors.md").read_text()
    missing = sorted(code for code in codes if f"`{code}`" not in page)
    assert missing == []


def test_a_problem_shows_where_and_how_to_mend(tmp_path: Path) -> None:
    file = tmp_path / "zone.toml"
    file.write_text("clients = 3\n")
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.load(file)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{file}:1:")
    assert problem.code == caught.value.code
    assert problem.message in str(caught.value)
    assert repr(problem).startswith(f'Problem("error", "{problem.code}", "clients", ')
    assert repr(problem).endswith(f"hint={json.dumps(problem.hint)}, line=1)")


def test_a_message_of_many_problems_is_cut_and_the_problems_are_not() -> None:
    clients = {f"tenant-{number}": {"tier": "gold", "prefix": f"t{number}"} for number in range(300)}
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.from_dict({"clients": clients})
    assert len(caught.value.problems) >= 300
    assert len(str(caught.value).splitlines()) < 100
    assert "all of them are in `problems`" in str(caught.value)


def test_an_exception_names_the_sources_of_its_error(ten: sb.LandingZone, tmp_path: Path) -> None:
    file = tmp_path / "a-file"
    file.write_text("not a directory")
    with pytest.raises(sb.StateError) as caught:
        ten.plan().apply(sb.SimulatedCloud(), state=file)
    assert caught.value.code == "state-io"
    assert re.fullmatch(r"cannot [a-z ]+ `.*a-file.*`: .+ \(os error \d+\)", str(caught.value))
    (problem,) = caught.value.problems
    assert (problem.message, problem.hint.split(",")[0]) == (str(caught.value), "check the path")


def test_errors_stand_before_warnings(ten: sb.LandingZone) -> None:
    document = ten.to_dict()
    assert {warning.code for warning in ten.warnings} == {"cidr-overlap", "email-root-is-contact"}
    document["clients"]["techstartup-std"]["tier"] = "standrad"
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.from_dict(document)
    severities = [problem.severity for problem in caught.value.problems]
    assert severities[0] == "error"
    assert severities == sorted(severities)
    assert str(caught.value).splitlines()[-1].startswith("1 error, ")


def test_acknowledged_warnings_are_counted_and_kept_as_data(ten: sb.LandingZone) -> None:
    document = ten.to_dict() | {"acknowledge": ["cidr-overlap", "email-root-is-contact"]}
    zone = sb.LandingZone.from_dict(document)
    assert zone.warnings == []
    assert {warning.code for warning in zone.acknowledged} == {"cidr-overlap", "email-root-is-contact"}
    assert sb.LandingZone.from_dict(zone.to_dict()) == zone
    assert pickle.loads(pickle.dumps(zone)).acknowledged == zone.acknowledged
    plan = zone.plan()
    count = len(plan.acknowledged)
    assert f"{count} warnings acknowledged" in str(plan)
    assert "cidr-overlap" not in str(plan)
    document["acknowledge"] = ["cidr-overlap-connected", "cidr-ovrelap"]
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.from_dict(document)
    refused, unknown, *_ = caught.value.problems
    assert (refused.code, refused.path) == ("acknowledge-invalid", "acknowledge[0]")
    assert "of an error" in refused.message
    assert unknown.hint == "did you mean `cidr-overlap`?"


def test_a_misspelt_attribute_is_one_error(ten: sb.LandingZone) -> None:
    document = ten.to_dict()
    client = document["clients"]["acme-finance"]
    client["contact_mail"] = client.pop("contact_email")
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.from_dict(document)
    errors = [problem for problem in caught.value.problems if problem.severity == "error"]
    assert [(problem.code, problem.hint) for problem in errors] == [("attribute-unknown", "did you mean `contact_email`?")]
