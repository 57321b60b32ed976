"""The notebooks among the examples run from top to bottom, and show what they show.

`UPDATE_NOTEBOOKS=1` runs them and writes what they show.
"""

import ast
import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

import securebase as sb

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def shown(source: str, names: dict[str, object]) -> object:
    """Runs a cell and answers what its last line shows."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "notebook", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "notebook", "eval"), names)


def output(value: object, count: int) -> list[dict[str, Any]]:
    """A cell's output; only what this library shows itself, since others' tables look otherwise in every version."""
    if value is None or "pandas" in type(value).__module__:
        return []
    data = {"text/plain": (repr(value) if not isinstance(value, sb.Table) else str(value)).splitlines(keepends=True)}
    if isinstance(value, sb.Table):
        data["text/html"] = [value._repr_html_()]
    return [{"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": data}]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebook(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    notebook = json.loads(path.read_text())
    names: dict[str, object] = {}
    count = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        cell["outputs"] = output(shown("".join(cell["source"]), names), count)
    text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_NOTEBOOKS"):
        path.write_text(text)
    assert path.read_text() == text, "run with UPDATE_NOTEBOOKS=1 and read the difference"


def test_there_is_one() -> None:
    assert NOTEBOOKS
