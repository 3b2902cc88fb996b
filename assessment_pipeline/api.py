"""The results of a home for notebooks and scripts: tables of pandas or Arrow, checked when read.

    from assessment_pipeline.api import open_home

    home = open_home("assessment_home")
    home.scorecards("2026-11-01", "2026-11-30").to_pandas()

Reading alone: nothing here writes, scores or needs Dagster. Every file is held against the hash
that it was exported with; one that was altered is an IntegrityError, never a table. pandas and
pyarrow are imported when a table is asked for. docs/python-api.md shows it at work; what is not
named in `__all__` may change with any release.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from assessment_pipeline.core.columns import EVIDENCE, SCORECARDS, SUBSCORES, TABLES, Column
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.services.export_formats.arrow_tables import record_batches, table_schema
from assessment_pipeline.services.exported_day import exported_day
from assessment_pipeline.storage.home import Home, parse_day

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["OpenedHome", "Table", "open_home"]

_MICROSECOND_DIGITS = 6


def open_home(path: str | Path) -> "OpenedHome":
    """Return the results of a home folder; NothingThereError if there is no such folder."""
    home = Home(Path(path))
    if not home.folder.is_dir():
        raise NothingThereError(f"There is no home folder {home.folder}; check its name.")
    return OpenedHome(home)


@dataclass(frozen=True)
class OpenedHome:
    """The results of one installation."""

    home: Home

    def days(self) -> tuple[str, ...]:
        """Return the delivery days that have results, in order, as YYYY-MM-DD."""
        return tuple(self.home.scored_days())

    def scorecards(self, from_: str | None = None, to: str | None = None) -> "Table":
        """Return a row a session, of all days or of those from `from_` to `to`, both included."""
        return self._table(SCORECARDS, from_, to)

    def subscores(self, from_: str | None = None, to: str | None = None) -> "Table":
        """Return a row a session and dimension."""
        return self._table(SUBSCORES, from_, to)

    def evidence(self, from_: str | None = None, to: str | None = None) -> "Table":
        """Return a row a session and item: response, points, and why."""
        return self._table(EVIDENCE, from_, to)

    def _table(self, name: str, from_: str | None, to: str | None) -> "Table":
        first = None if from_ is None else parse_day(from_)
        last = None if to is None else parse_day(to)
        if first is not None and last is not None and first > last:
            raise UsageError(f"from_ {first} is after to {last}: swap them.")
        days = (
            day
            for day in self.days()
            if (first is None or first <= day) and (last is None or day <= last)
        )
        return Table(self.home, name, tuple(days))


@dataclass(frozen=True)
class Table:
    """One table over some days; its rows are read, and checked, each time they are asked for."""

    home: Home
    name: str
    days: tuple[str, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns: name, type and what they mean."""
        return TABLES[self.name]

    def to_arrow(self) -> "pa.Table":
        """Return an Arrow table with every text exactly as exported.

        Integers are int64, dates date32, points and percents decimal128(38, 6), all else string;
        what is empty is null.
        """
        import pyarrow as pa  # noqa: PLC0415 - a quarter of a second, for who asks for rows alone

        schema = table_schema(self.name)
        return pa.Table.from_batches(list(self._batches(schema)), schema)

    def to_pandas(self, points: Literal["decimal", "float"] = "decimal") -> "pd.DataFrame":
        """Return a data frame.

        Texts are `str`; `attempt` is int64, `duration_ms` the nullable Int64; `delivery_date` is
        datetime64[us], `submitted_at` datetime64[us, UTC], its instant whatever offset it was
        delivered with. Points and percents are `decimal.Decimal` objects, or float64 on request:
        what `float` makes of the exported text.
        """
        import pandas as pd  # noqa: PLC0415 - half a second, for who asks for a data frame alone

        if points not in {"decimal", "float"}:
            raise UsageError(f'Points are "decimal" or "float", not {points!r}.')
        table = self.to_arrow()
        return pd.DataFrame(
            {
                column.name: _series(column, table.column(column.name), points)
                for column in self.columns
            }
        )

    def _batches(self, schema: "pa.Schema") -> Iterator["pa.RecordBatch"]:
        for day in self.days:
            yield from record_batches(
                self.name, schema, exported_day(self.home, day).rows(self.name)
            )


def _series(
    column: Column, values: "pa.ChunkedArray", points: Literal["decimal", "float"]
) -> "pd.Series[Any]":
    import pandas as pd  # noqa: PLC0415 - see to_pandas
    import pyarrow as pa  # noqa: PLC0415 - the same

    match column.type:
        case "date":
            values = values.cast(pa.timestamp("us"))
        case "datetime":
            instants = [None if text is None else _utc(text) for text in values.to_pylist()]
            values = pa.chunked_array([pa.array(instants, pa.timestamp("us", "UTC"))])
        case "number" if points == "float":
            # By way of the text: Arrow's own way from decimals to floats misses by a last digit.
            values = values.cast(pa.string()).cast(pa.float64())
        case "integer" if not column.is_required:
            return pd.Series(values.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get))
        case _:
            pass
    return pd.Series(values.to_pandas())


def _utc(text: str) -> datetime:
    """Return the moment a time means, cut to microseconds; a leap second is the one after it."""
    instant = parse_instant(text)
    digits = instant.fraction_digits[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    return instant.second + timedelta(seconds=instant.is_leap, microseconds=int(digits))
