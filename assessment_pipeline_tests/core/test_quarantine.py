"""Quarantine records: what is kept of what was not taken."""

from base64 import b64decode
from hashlib import sha256

import pytest

from assessment_pipeline.core.quarantine import MAX_RAW_BYTES, quarantine_record
from assessment_pipeline.core.rejections import Reason


def test_a_record_names_the_line_and_keeps_its_raw_bytes() -> None:
    raw = b'{"a":\xff}\r'

    record = quarantine_record(
        source="a.jsonl",
        line=3,
        byte_offset=41,
        raw=raw,
        reason=Reason.INVALID_UNICODE,
        detail="not UTF-8 at byte 6 of the line",
    )

    assert record == {
        "source": "a.jsonl",
        "line": 3,
        "byte_offset": 41,
        "raw_sha256": "sha256:" + sha256(raw).hexdigest(),
        "reason": "invalid_unicode",
        "detail": "not UTF-8 at byte 6 of the line",
        "raw_base64": record["raw_base64"],
    }
    assert b64decode(str(record["raw_base64"])) == raw


@pytest.mark.parametrize(("size", "is_kept"), [(MAX_RAW_BYTES, True), (MAX_RAW_BYTES + 1, False)])
def test_raw_bytes_above_1_mib_are_left_out(size: int, is_kept: bool) -> None:
    record = quarantine_record(
        source="a.jsonl",
        line=1,
        byte_offset=0,
        raw=b" " * size,
        reason=Reason.RECORD_TOO_LARGE,
        detail="",
    )

    assert ("raw_base64" in record) is is_kept
    assert record["raw_sha256"] == "sha256:" + sha256(b" " * size).hexdigest()


def test_a_line_that_was_not_kept_is_known_by_its_hash() -> None:
    record = quarantine_record(
        source="a.jsonl",
        line=1,
        byte_offset=0,
        raw=None,
        raw_sha256="sha256:00",
        reason=Reason.RECORD_TOO_LARGE,
        detail="",
    )

    assert record["raw_sha256"] == "sha256:00"
    assert "raw_base64" not in record
    with pytest.raises(ValueError, match="raw bytes or their sha256"):
        quarantine_record(
            source="a.jsonl",
            line=1,
            byte_offset=0,
            raw=None,
            reason=Reason.RECORD_TOO_LARGE,
            detail="",
        )
