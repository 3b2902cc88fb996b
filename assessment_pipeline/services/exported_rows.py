"""Exported rows: those of one session in an export, with their line numbers.

Reading alone, once, from the first to the last byte, so that the file's hash comes with it. A row
ends at the LF where all quotes are closed; what a response holds can never pass for a row.
"""

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.storage.files import StoredBytes, naming


class ExportedRows(NamedTuple):
    """Rows that stand in a file, the line on which each begins, and what the file is."""

    lines: tuple[int, ...]
    content: bytes
    stored: StoredBytes


def rows_starting_with(path: Path, prefix: bytes) -> ExportedRows:
    """Return the rows of a CSV file that start with these cells."""
    digest, size = sha256(), 0
    lines, content = list[int](), list[bytes]()
    is_open = is_wanted = False
    with naming(path, "read"), path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            digest.update(line)
            size += len(line)
            if not is_open:
                is_wanted = line.startswith(prefix)
                if is_wanted:
                    lines.append(number)
            if is_wanted:
                content.append(line)
            is_open ^= line.count(b'"') % 2 == 1
    stored = StoredBytes(HASH_PREFIX + digest.hexdigest(), size)
    return ExportedRows(tuple(lines), b"".join(content), stored)
