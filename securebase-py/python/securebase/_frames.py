"""Tables as data frames. pandas, polars and pyarrow are imported only where asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas
    import polars

    from securebase._securebase.table import Table


def _need(module: str) -> ModuleType:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        error.add_note("install the extras: pip install 'securebase[notebook]'")
        raise


def to_pandas(table: Table) -> pandas.DataFrame:
    """The table as a pandas data frame."""
    _need("pandas")
    frame: pandas.DataFrame = _need("pyarrow").table(table).to_pandas()
    return frame


def to_polars(table: Table) -> polars.DataFrame:
    """The table as a polars data frame."""
    frame: polars.DataFrame = _need("polars").DataFrame(table)
    return frame
