"""What a notebook shows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securebase._securebase.table import Table

ROWS_MAX = 50
"""More rows than a person reads."""
CELL_MAX = 200
"""Longer texts are cut."""


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value)
    return escape(text if len(text) <= CELL_MAX else text[: CELL_MAX - 1] + "…")


def table(table: Table) -> str:
    """A table, its first rows only."""
    kinds = list(table.schema.values())
    align = ["left" if kind in ("utf8", "bool") else "right" for kind in kinds]
    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    rows = []
    for number in range(min(len(table), ROWS_MAX)):
        cells = zip(align, table[number].values(), strict=True)
        line = "".join(f'<td style="text-align: {side}">{_cell(value)}</td>' for side, value in cells)
        rows.append(f"<tr>{line}</tr>")
    more = len(table) - len(rows)
    note = f"<p>{more} more rows</p>" if more else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{note}"
