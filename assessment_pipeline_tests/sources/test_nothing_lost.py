"""Nothing read is lost: bad lines of twenty kinds among good ones, each counted exactly once."""

import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from assessment_pipeline.core.reading import SessionReader, SnapshotRecord
from assessment_pipeline.core.rejections import ReaderLimits, Reason, reject_too_large
from assessment_pipeline.core.resubmissions import Outcome, Submission, resolve
from assessment_pipeline.sources.lines import DeliveryFile, Line
from assessment_pipeline_tests.deliveries import response, session

# The promise is 10,000, which `make test-faults` takes; the counts below hold at any size.
IS_FULL_SIZE: Final = os.environ.get("ASSESSMENT_PIPELINE_TESTS_SIZE") == "full"
BAD_LINES: Final = 10_000 if IS_FULL_SIZE else 1_000
LIMITS: Final = ReaderLimits(record_bytes=20_000, response_bytes=9_000, responses=100)


def with_value(delivered: dict[str, Any], raw: bytes) -> bytes:
    return json.dumps(delivered).encode().replace(b'"B"', raw, 1)


def changed(delivered: dict[str, Any], **fields: object) -> bytes:
    return json.dumps(delivered | fields).encode()


def without(delivered: dict[str, Any], field: str) -> bytes:
    return json.dumps({name: value for name, value in delivered.items() if name != field}).encode()


Spoil = Callable[[dict[str, Any], random.Random], bytes]
KINDS: Final[list[tuple[Reason, Spoil]]] = [
    (Reason.MALFORMED_JSON, lambda s, r: json.dumps(s).encode()[: r.randrange(1, 150)]),
    (Reason.MALFORMED_JSON, lambda _, r: b"session_id,item_id,%d" % r.randrange(9)),
    (Reason.DUPLICATE_KEY, lambda s, _: with_value(s, b'"B","value":"C"')),
    (Reason.NUMBER_OUT_OF_RANGE, lambda s, r: with_value(s, r.choice([b"NaN", b"1e999"]))),
    (Reason.NUMBER_OUT_OF_RANGE, lambda s, r: with_value(s, b"9" * r.randrange(20, 9_000))),
    (Reason.INVALID_UNICODE, lambda s, r: with_value(s, b'"%c"' % r.randrange(0x80, 0x100))),
    (Reason.INVALID_UNICODE, lambda s, r: with_value(s, b'"\\ud8%02x"' % r.randrange(256))),
    (Reason.BYTE_ORDER_MARK, lambda s, _: b"\xef\xbb\xbf" + json.dumps(s).encode()),
    (Reason.NUL_CHARACTER, lambda s, r: with_value(s, r.choice([b'"\0"', rb'"\u0000"']))),
    (Reason.TOO_DEEP, lambda s, r: with_value(s, b"[" * r.randrange(31, 9_000))),
    (Reason.RECORD_TOO_LARGE, lambda s, _: json.dumps(s).encode() + b" " * 20_000),
    (Reason.RESPONSE_TOO_LARGE, lambda s, _: with_value(s, b'"%s"' % (b"a" * 9_001))),
    (Reason.UNKNOWN_FIELD, lambda s, r: changed(s, **{f"field_{r.randrange(99)}": 1})),
    (Reason.WRONG_TYPE, lambda s, r: changed(s, attempt=r.choice([0, -1, "1", None, 1.5]))),
    (Reason.MISSING_FIELD, lambda s, r: without(s, r.choice(["candidate_id", "submitted_at"]))),
    (Reason.INVALID_ID, lambda s, r: changed(s, candidate_id=r.choice(["", "a b", "é", "=1"]))),
    (Reason.INVALID_TIME, lambda s, r: changed(s, submitted_at=f"2026-11-{r.randrange(31, 99)}")),
    (Reason.DUPLICATE_ITEM, lambda s, _: changed(s, responses=s["responses"] * 2)),
    (
        Reason.TOO_MANY_RESPONSES,
        lambda s, _: changed(s, responses=[response(f"q{n}") for n in range(101)]),
    ),
    (Reason.EMPTY_LINE, lambda _, r: b" " * r.randrange(9)),
]


def test_there_are_twenty_kinds() -> None:
    assert len(KINDS) == 20


@pytest.mark.parametrize("seed", range(2))
def test_bad_lines_among_good_ones_harm_nothing_and_the_counts_add_up(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    expected: Counter[str] = Counter()
    good: list[bytes] = []
    lines: list[bytes] = []
    for number in range(BAD_LINES):
        delivered = session(session_id=f"s-{number}", responses=[response(value="B")])
        line = json.dumps(delivered).encode()
        good.append(line)
        reason, spoil = KINDS[number % len(KINDS)]
        spoilt = spoil(delivered | {"session_id": f"bad-{number}"}, chance)
        expected[reason] += 1
        lines += [line, spoilt]
        if number % 10 == 0:
            lines.append(line)
            expected["duplicate"] += 1
        if number % 25 == 0:
            lines.append(json.dumps(delivered | {"candidate_id": "c-other"}).encode())
            expected[Reason.CONFLICTING_RESUBMISSION] += 1
    half = len(lines) // 2
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines[:half]) + b"\n")
    # Broken at its end, which is one more line to account for.
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines[half:]) + b"\n")[:-4])
    expected[Reason.BROKEN_STREAM] += 1

    counted, accepted = _capture([tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"])

    assert counted == expected
    assert accepted == good
    assert counted.total() + len(accepted) == len(lines) + 1


def _capture(paths: list[Path]) -> tuple[Counter[str], list[bytes]]:
    """Return how many lines came to which end, and the raw lines that stand."""
    counted: Counter[str] = Counter()
    reader = SessionReader(LIMITS)
    taken: list[tuple[bytes, Submission]] = []
    for path in paths:
        for line in DeliveryFile(path, LIMITS).lines():
            if not isinstance(line, Line):
                counted[line.reason] += 1
                continue
            if line.content is None:
                counted[reject_too_large(LIMITS).reason] += 1
                continue
            record = reader.read(line.content)
            if isinstance(record, SnapshotRecord):
                one = record.session
                submission = Submission(
                    one.session_id,
                    one.attempt_number,
                    record.response_snapshot_id,
                    one.effective_status,
                    one.superseded_id,
                )
                taken.append((line.content, submission))
            else:
                counted[record.reason] += 1
    outcomes = resolve([submission for _, submission in taken])
    counted["duplicate"] += outcomes.count(Outcome.DUPLICATE)
    counted[Reason.CONFLICTING_RESUBMISSION] += outcomes.count(Outcome.CONFLICTING)
    standing = [
        raw for (raw, _), outcome in zip(taken, outcomes, strict=True) if outcome == "standing"
    ]
    return counted, standing
