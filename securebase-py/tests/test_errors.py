"""Every exception of this package, and every word its bindings add to the core's codes."""

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
    assert repr(problem).startswith("Problem(")


def test_a_message_of_many_problems_is_cut_and_the_problems_are_not() -> None:
    clients = {f"tenant-{number}": {"tier": "gold", "prefix": f"t{number}"} for number in range(300)}
    with pytest.raises(sb.InputError) as caught:
        sb.LandingZone.from_dict({"clients": clients})
    assert len(caught.value.problems) >= 300
    assert len(str(caught.value).splitlines()) < 100
    assert "all of them are in `problems`" in str(caught.value)
