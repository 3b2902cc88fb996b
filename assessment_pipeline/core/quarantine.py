"""Quarantine records: what is kept of everything that was read and not taken.

Holds the record's form alone; writing it is the capture service's. The raw bytes are in it, so it
belongs in the quarantine store and nowhere else.
"""

from base64 import b64encode
from typing import Final

from assessment_pipeline.core.hashing import Json, hash_bytes
from assessment_pipeline.core.rejections import Reason

MAX_RAW_BYTES: Final = 1 << 20


def quarantine_record(
    *,
    source: str,
    line: int,
    byte_offset: int,
    raw: bytes | None,
    reason: Reason,
    detail: str,
    raw_sha256: str | None = None,
) -> dict[str, Json]:
    """Return the quarantine record of one line, or with line 0 of a file or of a stream's break.

    `byte_offset` counts decompressed bytes. `raw` is the line without its LF, None where it was
    too large to keep: then `raw_sha256` is needed, else it is taken from `raw`.
    """
    if raw_sha256 is None:
        if raw is None:
            raise ValueError("a quarantine record needs the raw bytes or their sha256")
        raw_sha256 = hash_bytes(raw)
    record: dict[str, Json] = {
        "source": source,
        "line": line,
        "byte_offset": byte_offset,
        "raw_sha256": raw_sha256,
        "reason": reason.value,
        "detail": detail,
    }
    if raw is not None and len(raw) <= MAX_RAW_BYTES:
        record["raw_base64"] = b64encode(raw).decode("ascii")
    return record
