"""The quarantine file: every rejected record, with where it stood, why, and its bytes."""

import base64
import gzip
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from assessment_pipeline.services.indexes import SNAPSHOTS
from assessment_pipeline_tests.builders import DAY, Bench, answers
from assessment_pipeline_tests.deliveries import line_of


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


def files(bench: Bench) -> list[Path]:
    return sorted((bench.home.quarantine / DAY).glob("*"))


def records(bench: Bench) -> list[dict[str, Any]]:
    (path,) = files(bench)
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_a_record_says_where_the_line_stood_why_and_what_it_was(bench: Bench) -> None:
    good = line_of(answers("s1"))
    bad = b'{"session_id": 7}\r'
    bench.deliver(good, bad)
    bench.run()

    (record,) = records(bench)

    assert record["source"] == "a.jsonl"
    assert record["line"] == 2
    assert record["byte_offset"] == len(good) + 1
    assert record["raw_sha256"] == f"sha256:{sha256(bad).hexdigest()}"
    assert record["reason"] == "wrong_type"
    assert "session_id" in record["detail"]
    assert base64.b64decode(record["raw_base64"]) == bad


def test_records_stand_in_the_order_of_files_and_lines(bench: Bench) -> None:
    bench.deliver(b"", answers("s1"), b"x", name="b")
    bench.deliver(b"y", answers("s1", "C"), name="a")
    bench.run()

    found = [(each["source"], each["line"], each["reason"]) for each in records(bench)]

    assert found == [
        ("a.jsonl", 1, "malformed_json"),
        ("b.jsonl", 1, "empty_line"),
        ("b.jsonl", 2, "conflicting_resubmission"),
        ("b.jsonl", 3, "malformed_json"),
    ]


def test_a_conflicting_record_keeps_its_raw_bytes(bench: Bench) -> None:
    other = b'{ "attempt" : 1,' + line_of(answers("s1", "C"))[1:]
    bench.deliver(answers("s1") | {"attempt": 1}, other)
    bench.run()

    (record,) = records(bench)

    assert record["reason"] == "conflicting_resubmission"
    assert base64.b64decode(record["raw_base64"]) == other
    assert record["raw_sha256"] == f"sha256:{sha256(other).hexdigest()}"


def test_offsets_count_decompressed_bytes(bench: Bench) -> None:
    folder = bench.home.delivery_folder(DAY)
    folder.mkdir(parents=True)
    good = line_of(answers("s1"))
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(good + b"\nbad\n"))
    bench.run()

    (record,) = records(bench)

    assert (record["line"], record["byte_offset"]) == (2, len(good) + 1)


def test_lines_before_a_break_in_a_stream_count(bench: Bench) -> None:
    folder = bench.home.delivery_folder(DAY)
    folder.mkdir(parents=True)
    noise = b"".join(
        line_of(answers(f"s{n}", nonce=os.urandom(24).hex())) + b"\n" for n in range(99)
    )
    content = gzip.compress(noise)
    (folder / "a.jsonl.gz").write_bytes(content[: len(content) // 2])

    result = bench.run()[SNAPSHOTS]

    (record,) = records(bench)
    assert (record["line"], record["reason"]) == (0, "broken_stream")
    assert result.counts["accepted"] > 10
    assert result.counts["lines_read"] == result.counts["accepted"] + 1


def test_a_line_that_is_too_large_is_kept_by_its_hash_alone(bench: Bench) -> None:
    large = b'{"a":"' + b"x" * (1 << 20) + b'"}'
    bench.deliver(large, answers("s1"))
    bench.run()

    (record,) = records(bench)

    assert record["reason"] == "record_too_large"
    assert record["raw_sha256"] == f"sha256:{sha256(large).hexdigest()}"
    assert "raw_base64" not in record


def test_a_link_is_one_record_with_line_0(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    (bench.home.delivery_folder(DAY) / "b.jsonl").symlink_to("/etc/passwd")
    bench.run()

    (record,) = records(bench)

    assert (record["source"], record["line"], record["reason"]) == (
        "b.jsonl",
        0,
        "not_a_regular_file",
    )
    assert b"root" not in base64.b64decode(record.get("raw_base64", ""))


def test_a_day_without_bad_records_has_no_file(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    bench.run()

    assert files(bench) == []


def test_an_earlier_file_is_never_lost(bench: Bench) -> None:
    bench.deliver(b"bad", name="a")
    bench.run()
    (first,) = files(bench)
    content = first.read_bytes()
    bench.deliver(b"worse", name="b")

    bench.run()

    assert len(files(bench)) == 2
    assert first.read_bytes() == content


def test_a_file_that_is_gone_or_altered_is_written_again(bench: Bench) -> None:
    bench.deliver(b"bad")
    bench.run()
    content = bench.content()
    (path,) = files(bench)

    for damage in (path.unlink, lambda: bench.flip_byte(path)):
        damage()
        assert not bench.run()[SNAPSHOTS].was_skipped
        assert bench.content() == content


def test_bad_bytes_stand_in_the_quarantine_and_nowhere_else(bench: Bench) -> None:
    bench.deliver(b'{"canary-1": 1}', answers("s1") | {"canary-2": 1}, b"\xffcanary-3")
    bench.run()

    found = {name for name, content in bench.content().items() if b"canary" in content}
    encoded = [base64.b64decode(record["raw_base64"]) for record in records(bench)]

    assert found == set()
    assert sum(b"canary" in raw for raw in encoded) == 3
    assert not any("canary" in record["detail"] for record in records(bench))


def test_the_file_is_the_same_in_another_home(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "elsewhere" / "home")
    for each in (bench, other):
        each.deliver(b"bad", answers("s1"))
        each.run()

    assert files(bench)[0].name == files(other)[0].name
    assert files(bench)[0].read_bytes() == files(other)[0].read_bytes()
