"""What the page of the project shows does what it says."""

import re

import pytest
from conftest import ROOT

PAGES = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").glob("*.md"))]
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_python_of_the_pages(page: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # Read from the root, as a reader would; a relative state must not stay behind there.
    work = tmp_path_factory.mktemp("page")
    (work / "examples").symlink_to(ROOT / "examples")
    (work / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(work)
    names: dict[str, object] = {}
    for snippet in SNIPPET.findall((ROOT / page).read_text()):
        exec(compile(snippet, page, "exec"), names)


def test_the_readme_has_python() -> None:
    assert SNIPPET.findall((ROOT / "README.md").read_text())
