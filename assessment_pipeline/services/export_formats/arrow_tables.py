"""Exported tables as Arrow has them, for Parquet files and for notebooks.

Integers are int64, dates date32, points and percents decimal128 with 6 places (all that an export
ever writes), everything else is text, exactly as exported: an empty cell is null. pyarrow is
imported when a table is made, and nowhere else.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from assessment_pipeline.core.columns import TABLES
from assessment_pipeline.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_A_BATCH: Final = 65_536
_DIGITS, _PLACES = 38, 6


def table_schema(name: str, *, content_hash: str | None = None) -> "pa.Schema":
    """Return the Arrow schema of one of our CSV files, with what each column means."""
    import pyarrow as pa  # noqa: PLC0415 - a quarter of a second, for who asks for Arrow alone

    types: dict[str, pa.DataType] = {
        "date": pa.date32(),
        "datetime": pa.string(),
        "integer": pa.int64(),
        "number": pa.decimal128(_DIGITS, _PLACES),
        "string": pa.string(),
    }
    columns = TABLES[name]
    fields = [
        pa.field(
            column.name,
            types[column.type],
            nullable=not column.is_required,
            metadata={"description": column.meaning},
        )
        for column in columns
    ]
    meanings = {column.name: column.meaning for column in columns}
    metadata = {"columns": json.dumps(meanings, ensure_ascii=False)}
    if content_hash is not None:
        metadata["content_hash"] = content_hash
    return pa.schema(fields, metadata=metadata)


def record_batches(
    name: str, schema: "pa.Schema", rows: Iterable[Sequence[str]]
) -> Iterator["pa.RecordBatch"]:
    """Yield the rows of one of our CSV files in batches that are the same however they are read.

    UsageError if a number has too many digits for Arrow.
    """
    import pyarrow as pa  # noqa: PLC0415 - see above

    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS_A_BATCH)):
        arrays: list[pa.Array[pa.Scalar[pa.DataType]]] = []
        for field, cells in zip(schema, zip(*batch, strict=True), strict=True):
            texts = pa.array([cell or None for cell in cells], pa.string())
            try:
                arrays.append(texts.cast(field.type))
            except pa.ArrowInvalid:
                raise UsageError(
                    f"A number in {name}, column {field.name}, has more than "
                    f"{_DIGITS - _PLACES} digits before the point, which Arrow and Parquet cannot "
                    "hold; use --format csv."
                ) from None
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
