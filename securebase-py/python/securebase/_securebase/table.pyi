from collections.abc import Iterator
from decimal import Decimal
from typing import Literal, TypeAlias, overload

import pandas
import polars
from typing_extensions import disjoint_base

_Value: TypeAlias = str | int | float | bool | Decimal | None
_Decimals: TypeAlias = Literal["decimal", "float"]

@disjoint_base
class Table:
    """A table: named, typed columns of equal length. It offers the Arrow PyCapsule interface."""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
    @property
    def schema(self) -> dict[str, str]:
        """The type of each column, by name."""
    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __iter__(self) -> Iterator[dict[str, _Value]]: ...
    @overload
    def __getitem__(self, key: str, /) -> list[_Value]: ...
    @overload
    def __getitem__(self, key: int, /) -> dict[str, _Value]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def to_dicts(self) -> list[dict[str, _Value]]:
        """The rows, as dicts."""
    def to_pandas(self, *, decimals: _Decimals = "decimal") -> pandas.DataFrame:
        """The table as a pandas data frame. Exact decimals stay `decimal.Decimal`, which pandas neither plots nor multiplies with
        floats; with `decimals="float"` they become `float64` columns:
        `table.to_pandas(decimals="float").plot(x="month", y="mrr")`."""
    def to_polars(self, *, decimals: _Decimals = "decimal") -> polars.DataFrame:
        """The table as a polars data frame. Exact decimals stay exact; with `decimals="float"` they become `Float64` columns."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
