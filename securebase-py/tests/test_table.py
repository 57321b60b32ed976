"""Tables: Arrow, pandas, polars, rows."""

import pickle
from decimal import Decimal
from xml.etree.ElementTree import fromstring

import pandas
import polars
import pyarrow
import pytest

import securebase as sb

COLUMNS = [
    ("name", "utf8", ["a", None, "ü"]),
    ("count", "int64", [1, 2, -3]),
    ("ratio", "float64", [0.5, None, 1e300]),
    ("known", "bool", [True, False, None]),
    ("usd", "decimal128(38, 2)", [Decimal("3853.69"), None, Decimal("-0.01")]),
]


@pytest.fixture
def table() -> sb.Table:
    return sb.Table._from_columns(COLUMNS)


def test_looks_like_its_columns(table: sb.Table) -> None:
    assert table.columns == [name for name, _, _ in COLUMNS]
    assert table.schema == {name: kind for name, kind, _ in COLUMNS}
    assert table.shape == (3, 5)
    assert len(table) == 3
    assert table
    for name, _, values in COLUMNS:
        assert table[name] == values


def test_rows(table: sb.Table) -> None:
    rows = list(table)
    assert rows == table.to_dicts()
    assert rows[0] == {"name": "a", "count": 1, "ratio": 0.5, "known": True, "usd": Decimal("3853.69")}
    assert table[-1] == rows[2]
    for missing in (3, -4, 10**30):
        with pytest.raises((IndexError, TypeError)):
            table[missing]
    with pytest.raises(KeyError):
        table["nothing"]


def test_arrow_keeps_types_and_absent_values(table: sb.Table) -> None:
    arrow = pyarrow.table(table)
    assert arrow.schema.field("usd").type == pyarrow.decimal128(38, 2)
    assert arrow.to_pydict() == {name: values for name, _, values in COLUMNS}
    assert arrow.validate(full=True) is None
    assert pyarrow.schema(table) == arrow.schema


def test_arrow_reads_the_tables_own_memory(table: sb.Table) -> None:
    first, second = pyarrow.table(table), pyarrow.table(table)
    for name, kind, _ in COLUMNS:
        data = [arrow[name].chunk(0).buffers()[1:] for arrow in (first, second)]
        addresses = [[buffer.address for buffer in buffers] for buffers in data]
        assert (addresses[0] == addresses[1]) == (kind != "bool"), f"{name} is lent, bits are not"
    polars_series = polars.from_arrow(second["count"])
    assert isinstance(polars_series, polars.Series) and polars_series.to_list() == [1, 2, -3]


def test_data_frames(table: sb.Table) -> None:
    frame = table.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["usd"][0] == Decimal("3853.69")
    lazy = table.to_polars()
    assert isinstance(lazy, polars.DataFrame)
    assert lazy["usd"].to_list() == [Decimal("3853.69"), None, Decimal("-0.01")]


def test_decimals_as_floats_on_request(table: sb.Table) -> None:
    frame = table.to_pandas(decimals="float")
    assert frame["usd"].dtype == "float64" and frame["usd"][0] == 3853.69 and pandas.isna(frame["usd"][1])
    assert (frame["usd"] * 1.1)[2] == pytest.approx(-0.011)
    assert frame["count"].dtype == "int64", "other columns stay as they are"
    lazy = table.to_polars(decimals="float")
    assert lazy["usd"].dtype == polars.Float64 and lazy["usd"].to_list() == [3853.69, None, -0.01]
    assert table.to_pandas(decimals="decimal")["usd"][0] == table.to_pandas()["usd"][0] == Decimal("3853.69")
    for make in (table.to_pandas, table.to_polars):
        with pytest.raises(sb.SecureBaseError, match="invalid `decimals` `double`: expected `decimal` or `float`") as caught:
            make(decimals="double")  # type: ignore[arg-type]
        assert caught.value.code == "option-unknown" and caught.value.problems[0].hint


def test_text_has_no_spare_zeros() -> None:
    columns = [("d", "decimal128(38, 10)", [Decimal("7300"), Decimal("0.045")])]
    assert str(sb.Table._from_columns(columns)).splitlines()[2:] == ["7300.000", "   0.045"]


def test_zero_has_no_sign() -> None:
    columns = [("d", "decimal128(38, 2)", [Decimal("-0.00"), Decimal("-0.001")]), ("f", "float64", [-0.0, 0.0])]
    table = sb.Table._from_columns(columns)
    assert [str(value) for name in ("d", "f") for value in table[name]] == ["0.00", "0.00", "0.0", "0.0"]


def test_the_table_outlives_what_was_read_from_it() -> None:
    arrow = pyarrow.table(sb.Table._from_columns(COLUMNS))
    assert arrow["name"].to_pylist() == ["a", None, "ü"]


def test_pickles_and_compares(table: sb.Table) -> None:
    assert pickle.loads(pickle.dumps(table)) == table
    assert table != sb.Table._from_columns(COLUMNS[:1])
    assert table != "table"


def test_shows_itself_with_caps() -> None:
    table = sb.Table._from_columns([("text", "utf8", ["<b>" + "x" * 1000] * 1000)])
    html = table._repr_html_()
    assert "<b>" not in html
    assert "950 more rows" in html
    assert len(html) < 20_000
    assert str(table).startswith("text")
    assert repr(table) == "<Table of 1000 rows: text: utf8>"


def test_empty() -> None:
    table = sb.Table._from_columns([("n", "int64", [])])
    assert not table
    assert list(table) == []
    assert pyarrow.table(table).num_rows == 0
    assert pyarrow.table(sb.Table._from_columns([])).num_columns == 0


HOSTILE = """<script>alert("1")</script> & 'x' <b a="y">"""


def test_what_a_notebook_shows_escapes_every_name(ten: sb.LandingZone) -> None:
    pool = sb.AddressPool("10.0.0.0/8")
    pool.reserve("10.0.0.0/16", HOSTILE)
    shown = [
        pool.allocations()._repr_html_(),
        pool._repr_svg_(),
        ten.plan().timeline()._repr_html_(),
        ten.to_arrow()._repr_html_(),
    ]
    for text in shown:
        assert "<script" not in text
        # What parses has no name that ends an attribute or an element.
        fromstring(f"<div>{text}</div>")
    assert "&lt;script&gt;" in shown[0]
    assert "&amp;" in shown[0]
