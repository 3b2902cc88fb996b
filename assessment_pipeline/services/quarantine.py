"""The quarantine of a day: every rejected record with its reason, in one file.

The file is named by its content, so an earlier one is never lost. It alone holds the raw bytes of
what was refused; they are read again from the delivery files, so that no artifact has them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from assessment_pipeline.core.hashing import HASH_PREFIX, canonical_json
from assessment_pipeline.core.quarantine import quarantine_record
from assessment_pipeline.core.rejections import Reason
from assessment_pipeline.services.indexes import QuarantineFile, RejectedLine, SnapshotsIndex
from assessment_pipeline.sources.lines import DeliveryFile
from assessment_pipeline.storage.files import DurableFile, hash_file
from assessment_pipeline.storage.home import Home

_NAME_HEX_DIGITS = 16


class RejectedFile(NamedTuple):
    """A delivery file and its rejected lines, in order."""

    path: Path
    rejected: Sequence[RejectedLine]


def write_quarantine(
    home: Home, partition: str, files: Sequence[RejectedFile]
) -> QuarantineFile | None:
    """Write the rejected records of a day; nothing if there are none."""
    if not any(file.rejected for file in files):
        return None
    folder = home.quarantine / partition
    with DurableFile(folder) as output:
        for line in quarantine_lines(files):
            output.write(line)
        stored = output.stored
        name = quarantine_name(stored.sha256)
        output.publish(folder / name)
    return QuarantineFile(name, stored.sha256)


def quarantine_name(sha256: str) -> str:
    """Return the name of a quarantine file with bytes of this hash."""
    return f"rejected-{sha256.removeprefix(HASH_PREFIX)[:_NAME_HEX_DIGITS]}.jsonl"


def quarantine_lines(files: Sequence[RejectedFile]) -> Iterator[bytes]:
    """Yield the quarantine records of a day as lines of canonical JSON, in the order of reading."""
    for path, rejected in files:
        rows = {row.line: row for row in rejected}
        if not rows:
            continue
        for line in DeliveryFile(path).lines():
            row = rows.get(line.number)
            if row is not None:
                record = quarantine_record(
                    source=path.name,
                    line=row.line,
                    byte_offset=row.byte_offset,
                    raw=line.content,
                    raw_sha256=line.raw_sha256,
                    reason=Reason(row.reason),
                    detail=row.detail,
                )
                yield canonical_json(record) + b"\n"


def is_quarantined(home: Home, partition: str, index: SnapshotsIndex) -> bool:
    """Whether the quarantine file of a captured day is there as it was written."""
    if index.quarantine is None:
        return True
    path = home.quarantine / partition / index.quarantine.name
    return path.is_file() and hash_file(path).sha256 == index.quarantine.sha256
