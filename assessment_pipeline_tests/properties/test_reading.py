"""Reading, for all inputs: the fast path and the slow one agree, and the hash is the stdlib's."""

import json
from hashlib import sha256
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assessment_pipeline.core.diagnosis import diagnose
from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.reading import (
    SessionReader,
    SnapshotRecord,
    _is_common_instant,
    read_session,
)
from assessment_pipeline.core.rejections import ReaderLimits, Rejection
from assessment_pipeline_tests.deliveries import full_session, line_of, response, session

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ids = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._:@+=~-]{0,8}", fullmatch=True)
floats = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [1e-4, 0.99e-4, 1e16, 9999999999999998.0, -0.0, 5e-324, 1e22, 1e-7, 123456789.125]
)
integers = st.integers(-(2**63), 2**63 - 1)
values = st.one_of(st.none(), st.booleans(), integers, floats, texts, st.lists(texts, max_size=4))
times = st.datetimes().map(lambda time: time.isoformat() + "Z") | st.just("2016-12-31T23:59:60Z")
ratings: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "rater_id": ids,
        "criterion_id": ids,
        "level_id": ids,
        "kind": st.sampled_from(["human", "machine"]),
    },
    optional={"rated_at": times},
)
responses: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"item_id": ids, "value": values},
    optional={
        "state": st.sampled_from(
            ["answered", "omitted", "not_reached", "not_presented", "invalid"]
        ),
        "duration_ms": integers,
        "rubric": st.fixed_dictionaries({"assessment_id": ids, "version": ids}),
        "ratings": st.lists(ratings, max_size=2),
    },
)
sessions: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "session_id": ids,
        "candidate_id": ids,
        "assessment_id": ids,
        "submitted_at": times,
        "responses": st.lists(responses, max_size=5, unique_by=lambda one: str(one["item_id"])),
    },
    optional={
        "attempt": st.integers(1, 2**63 - 1),
        "status": st.sampled_from(["submitted", "timed_out", "voided", "in_progress"]),
        "started_at": times,
        "due_at": times,
        "supersedes": st.binary(min_size=32, max_size=32).map(lambda raw: "sha256:" + raw.hex()),
        "context": st.dictionaries(texts, texts, max_size=4),
        "nonce": st.text('0123456789é"\\', min_size=16, max_size=64),
    },
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Return a good line, in one of the ways that JSON may be written."""
    delivered: dict[str, Any] = draw(sessions)
    reordered = dict(draw(st.permutations(list(delivered.items()))))
    text = json.dumps(
        reordered,
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "\r: ")])),
    )
    if draw(st.booleans()):
        text = text.replace('"r', '"\\u0072')
    return text.encode()


FRAGMENTS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".", b"e9", b" ", b"\n", b"\r"),
    *(b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\x7f", b"\x1f"),
    *(rb"\u0000", rb"\u0022", rb"\ud83d", rb"\ude00", rb"\\", rb"\"", rb"\/", rb"\u00", rb"\n"),
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e400", b"1e-9", b"1e16", b"9223372036854775808"),
    *(b'"value":1,', b'"attempt":1,', b'"status":"voided",', b'"":"",', b'"x":{"a":[]},', b'""'),
    *(b'"item_id":"q01",', b'"context":{"a":"1","a":"2"},', rb'"v\u0061lue":"\"",', b"[[[[[[[["),
    *(b'"ratings":[],', b'"rubric":{},', b'"duration_ms":1.0,', b'"nonce":"0123456789abcdef",'),
]


@st.composite
def mutated_lines(draw: st.DrawFn) -> bytes:
    """Return a line that was good before some bytes in it were changed."""
    line = draw(lines() | st.just(line_of(full_session())) | st.just(line_of(session())))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(line)))
        end = start + draw(st.sampled_from([0, 0, 1, 2, 7]))
        fragment = draw(st.sampled_from(FRAGMENTS) | st.binary(max_size=3))
        line = line[:start] + fragment + line[end:]
    return line


def assert_paths_agree(line: bytes) -> None:
    slow = diagnose(line, ReaderLimits())
    read = read_session(line)
    if isinstance(slow, Rejection):
        assert read == slow
    else:
        assert isinstance(read, SnapshotRecord)
        assert read.canonical == canonical_json(slow)


@given(lines())
def test_a_generated_session_is_hashed_as_the_standard_library_would(line: bytes) -> None:
    text = json.dumps(
        json.loads(line), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()

    record = read_session(line)

    assert isinstance(record, SnapshotRecord)
    assert record.canonical == text
    assert record.response_snapshot_id == "sha256:" + sha256(text).hexdigest()


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(mutated_lines())
@example(
    line_of(session(responses=[response()])).replace(
        b'"B"', rb'"B","value":"%s"' % (rb"\u0022" * 4)
    )
)
@example(line_of(session(responses=[response()])).replace(b'"B"', b'1,"value":1'))
@example(line_of(session(context={})).replace(b"{}", b'{"a":"","a":""}'))
def test_the_fast_path_and_the_slow_one_agree_on_every_line(line: bytes) -> None:
    assert_paths_agree(line)


@given(st.binary(max_size=60) | st.lists(st.sampled_from(FRAGMENTS)).map(b"".join))
def test_the_two_paths_agree_on_what_is_no_record_at_all(line: bytes) -> None:
    assert_paths_agree(line)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), texts), max_size=6), st.booleans())
def test_a_key_that_comes_twice_is_always_seen(
    pairs: list[tuple[str, str]], ensure_ascii: bool
) -> None:
    context = ",".join(
        f'"{key}":{json.dumps(text, ensure_ascii=ensure_ascii)}' for key, text in pairs
    )
    line = line_of(session(context={})).replace(b"{}", b"{%s}" % context.encode())

    record = read_session(line)

    keys = [key for key, _ in pairs]
    if len(set(keys)) == len(keys):
        assert isinstance(record, SnapshotRecord)
    else:
        assert isinstance(record, Rejection)
        assert record.reason == "duplicate_key"


class FastReader(SessionReader):
    """A reader whose slow path is closed."""

    def _read_slowly(self, line: bytes) -> SnapshotRecord | Rejection:
        raise AssertionError(line)


@given(st.lists(texts | st.floats(1e-4, 1e15) | integers | st.just(0.0), max_size=5), st.booleans())
def test_common_deliveries_never_need_the_slow_path(
    given_values: list[Any], is_ascii: bool
) -> None:
    delivered = session(
        responses=[response(f"q{n}", value) for n, value in enumerate(given_values)]
    )
    line = json.dumps(delivered, ensure_ascii=False).encode()
    if is_ascii:
        line = json.dumps(delivered).encode()

    assert isinstance(FastReader().read(line), SnapshotRecord)


@given(
    st.from_regex(
        r"[0-9]{4}-[0-3][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]+)?"
        r"(Z|[+-][0-2][0-9]:[0-6][0-9])",
        fullmatch=True,
    )
)
@example("2026-02-29T00:00:00Z")
@example("2026-04-31T00:00:00+01:00")
def test_a_time_taken_for_common_is_a_time(text: str) -> None:
    if _is_common_instant(text):
        parse_instant(text)
