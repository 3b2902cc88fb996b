"""Parquet: each exported table as a typed, compressed file that needs no dictionary beside it."""

import io
from typing import TYPE_CHECKING, Final

from assessment_pipeline.core.data_package import Described
from assessment_pipeline.services.export_formats.arrow_tables import record_batches, table_schema
from assessment_pipeline.services.export_formats.outbox import Outbox, OutgoingFile
from assessment_pipeline.services.exported_day import ExportedDay

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MEDIA_TYPE: Final = "application/vnd.apache.parquet"


def write_parquet(exported: ExportedDay, outbox: Outbox) -> None:
    """Write a Parquet file for each exported table, the same bytes for the same day."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - a quarter of a second, for Parquet alone

    for name in exported.index.files:
        stem = name.removesuffix(".csv")
        described = Described(f"{stem.capitalize()}, as Parquet", "parquet", MEDIA_TYPE)
        file = outbox.add(f"{stem}.parquet", described)
        schema = table_schema(name, content_hash=exported.index.content_hash)
        with pq.ParquetWriter(_Stream(file), schema, compression="zstd") as writer:
            for batch in record_batches(name, schema, exported.rows(name)):
                writer.write_batch(batch)
                file.rows += batch.num_rows


class _Stream(io.RawIOBase):
    """An outgoing file as pyarrow writes to one."""

    def __init__(self, file: OutgoingFile) -> None:
        self._file = file
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, content: "ReadableBuffer", /) -> int:
        # A copy: pyarrow uses the memory again.
        written = bytes(content)
        self._file.write(written)
        self._position += len(written)
        return len(written)
