"""Reading delivery lines: what is accepted, as which bytes, and every reason why a line is not."""

import json
import tracemalloc
from hashlib import sha256

import pytest

from assessment_pipeline.core.diagnosis import diagnose
from assessment_pipeline.core.reading import SessionReader, SnapshotRecord, read_session
from assessment_pipeline.core.rejections import ReaderLimits, Reason, Rejection
from assessment_pipeline.core.structure import FIELD_NAMES
from assessment_pipeline_tests.deliveries import full_session, line_of, response, session

PLAIN = line_of(session())
LONG_TEXT = ("é" * 32_769).encode()
CANARY = "Angharad.Ffoulkes+canary@example.org"


def stdlib_hash(delivered: object) -> str:
    text = json.dumps(delivered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + sha256(text.encode()).hexdigest()


def read(line: bytes) -> SnapshotRecord:
    record = read_session(line)
    assert isinstance(record, SnapshotRecord), record
    return record


def reject(line: bytes, limits: ReaderLimits | None = None) -> Rejection:
    rejection = read_session(line, limits)
    assert isinstance(rejection, Rejection)
    return rejection


def with_text(raw: bytes) -> bytes:
    """Put raw bytes where the value of the only response stands."""
    return PLAIN.replace(b'"B"', raw)


def with_rubric(assessment_id: str, version: str) -> bytes:
    rubric = {"assessment_id": assessment_id, "version": version}
    return line_of(session(responses=[response(rubric=rubric)]))


def with_rating(**fields: object) -> bytes:
    rating = {"rater_id": "r1", "criterion_id": "c1", "level_id": "2", "kind": "human", **fields}
    return line_of(session(responses=[response(ratings=[rating])]))


def nested(depth: int) -> bytes:
    return with_text(b"[" * (depth - 3) + b"]" * (depth - 3))


BAD_LINES: list[tuple[str, Reason, bytes]] = [
    ("over 1 MiB", Reason.RECORD_TOO_LARGE, PLAIN + b" " * (1 << 20)),
    ("nothing", Reason.EMPTY_LINE, b""),
    ("white space and CR", Reason.EMPTY_LINE, b" \t\r"),
    ("UTF-8 mark", Reason.BYTE_ORDER_MARK, b"\xef\xbb\xbf" + PLAIN),
    ("UTF-16", Reason.BYTE_ORDER_MARK, PLAIN.decode().encode("utf-16")),
    ("UTF-16 big-endian", Reason.BYTE_ORDER_MARK, b"\xfe\xff" + PLAIN.decode().encode("utf-16-be")),
    ("UTF-32", Reason.BYTE_ORDER_MARK, PLAIN.decode().encode("utf-32")),
    ("UTF-32 big-endian", Reason.BYTE_ORDER_MARK, b"\0\0\xfe\xff" + PLAIN),
    ("a raw NUL", Reason.NUL_CHARACTER, with_text(b'"a\x00b"')),
    ("an escaped NUL", Reason.NUL_CHARACTER, with_text(rb'"a\u0000b"')),
    ("an escaped NUL after a backslash", Reason.NUL_CHARACTER, with_text(rb'"a\\\u0000b"')),
    ("an escaped NUL in a key", Reason.NUL_CHARACTER, with_text(rb'{"\u0000":1}')),
    ("UTF-16 without a mark", Reason.NUL_CHARACTER, PLAIN.decode().encode("utf-16-le")),
    ("Latin-1", Reason.INVALID_UNICODE, with_text(b'"\xe9"')),
    ("an encoded surrogate", Reason.INVALID_UNICODE, with_text(b'"\xed\xa0\x80"')),
    ("an overlong encoding", Reason.INVALID_UNICODE, with_text(b'"\xc0\x80"')),
    ("half a pair, high", Reason.INVALID_UNICODE, with_text(rb'"\ud83d"')),
    ("half a pair, low", Reason.INVALID_UNICODE, with_text(rb'"\uDE00x"')),
    ("a pair swapped", Reason.INVALID_UNICODE, with_text(rb'"\ude00\ud83d"')),
    ("half a pair before another escape", Reason.INVALID_UNICODE, with_text(rb'"\ud83d\u0041"')),
    ("a pair parted by a backslash", Reason.INVALID_UNICODE, with_text(rb'"\ud83d\\ude00"')),
    ("32 containers", Reason.WRONG_TYPE, nested(32)),
    ("33 containers", Reason.TOO_DEEP, nested(33)),
    ("100,000 brackets", Reason.TOO_DEEP, b"[" * 100_000),
    ("100,000 objects", Reason.TOO_DEEP, b'{"a":' * 100_000),
    ("a cut-off object", Reason.MALFORMED_JSON, PLAIN[:-1]),
    ("two objects", Reason.MALFORMED_JSON, PLAIN + PLAIN),
    ("text", Reason.MALFORMED_JSON, b"session_id;item_id"),
    ("a raw tab in a text", Reason.MALFORMED_JSON, with_text(b'"a\tb"')),
    ("a leading zero", Reason.MALFORMED_JSON, with_text(b"01")),
    ("no digit after the point", Reason.MALFORMED_JSON, with_text(b"1.")),
    ("a plus sign", Reason.MALFORMED_JSON, with_text(b"+1")),
    ("single quotes", Reason.MALFORMED_JSON, with_text(b"'B'")),
    ("an unknown escape", Reason.MALFORMED_JSON, with_text(rb'"\x41"')),
    ("a trailing comma", Reason.MALFORMED_JSON, PLAIN[:-1] + b",}"),
    ("a separator of JavaScript", Reason.MALFORMED_JSON, PLAIN + "\u2028".encode()),
    ("a key twice", Reason.DUPLICATE_KEY, PLAIN[:-1] + b',"session_id":"s-000017"}'),
    ("a key twice below", Reason.DUPLICATE_KEY, with_text(b'"B","value":"B"')),
    ("a key twice, escaped", Reason.DUPLICATE_KEY, with_text(rb'"B","v\u0061lue":"\"B"')),
    (
        "a key twice, quotes even out",
        Reason.DUPLICATE_KEY,
        with_text(rb'"B","value":"%s"' % (rb"\u0022" * 4)),
    ),
    ("NaN", Reason.NUMBER_OUT_OF_RANGE, with_text(b"NaN")),
    ("minus infinity", Reason.NUMBER_OUT_OF_RANGE, with_text(b"-Infinity")),
    ("1e400", Reason.NUMBER_OUT_OF_RANGE, with_text(b"1e400")),
    ("2**63", Reason.NUMBER_OUT_OF_RANGE, with_text(b"9223372036854775808")),
    ("-2**63 - 1", Reason.NUMBER_OUT_OF_RANGE, with_text(b"-9223372036854775809")),
    ("100,000 digits", Reason.NUMBER_OUT_OF_RANGE, with_text(b"9" * 100_000)),
    (
        "a huge unknown field",
        Reason.NUMBER_OUT_OF_RANGE,
        PLAIN[:-1] + b',"x":18446744073709551616}',
    ),
    ("a list", Reason.WRONG_TYPE, b"[]"),
    ("a text alone", Reason.WRONG_TYPE, b'"s-000017"'),
    ("attempt 0", Reason.WRONG_TYPE, line_of(session(attempt=0))),
    ("attempt true", Reason.WRONG_TYPE, line_of(session(attempt=True))),
    ("attempt 1.0", Reason.WRONG_TYPE, line_of(session(attempt=1.0))),
    ("unknown status", Reason.WRONG_TYPE, line_of(session(status="done"))),
    ("status null", Reason.WRONG_TYPE, PLAIN[:-1] + b',"status":null}'),
    ("session_id a number", Reason.WRONG_TYPE, line_of(session(session_id=17))),
    ("time a number", Reason.WRONG_TYPE, line_of(session(due_at=1795000000))),
    ("supersedes a number", Reason.WRONG_TYPE, line_of(session(supersedes=1))),
    ("responses an object", Reason.WRONG_TYPE, line_of(session(responses={}))),
    ("a response a text", Reason.WRONG_TYPE, line_of(session(responses=["B"]))),
    ("value an object", Reason.WRONG_TYPE, line_of(session(responses=[response(value={})]))),
    ("numbers listed", Reason.WRONG_TYPE, line_of(session(responses=[response(value=[1])]))),
    ("a list in a list", Reason.WRONG_TYPE, line_of(session(responses=[response(value=[["A"]])]))),
    ("unknown state", Reason.WRONG_TYPE, line_of(session(responses=[response(state="absent")]))),
    ("duration 1.5", Reason.WRONG_TYPE, line_of(session(responses=[response(duration_ms=1.5)]))),
    ("rubric a text", Reason.WRONG_TYPE, line_of(session(responses=[response(rubric="3")]))),
    ("ratings an object", Reason.WRONG_TYPE, line_of(session(responses=[response(ratings={})]))),
    ("33 texts", Reason.WRONG_TYPE, line_of(session(context={f"k{n}": "" for n in range(33)}))),
    ("context a list", Reason.WRONG_TYPE, line_of(session(context=["north"]))),
    ("context a number", Reason.WRONG_TYPE, line_of(session(context={"site": 1}))),
    ("a long text", Reason.WRONG_TYPE, line_of(session(context={"site": "n" * 256}))),
    ("a long name", Reason.WRONG_TYPE, line_of(session(context={"n" * 256: "site"}))),
    ("a short nonce", Reason.WRONG_TYPE, line_of(session(nonce="0" * 15))),
    ("a long nonce", Reason.WRONG_TYPE, line_of(session(nonce="0" * 65))),
    ("a new field", Reason.UNKNOWN_FIELD, line_of(session(score=12))),
    ("a new response field", Reason.UNKNOWN_FIELD, line_of(session(responses=[response(score=1)]))),
    ("a field in capitals", Reason.UNKNOWN_FIELD, line_of(session(Status="submitted"))),
    ("no candidate", Reason.MISSING_FIELD, line_of(session(candidate_id=None))),
    ("no responses", Reason.MISSING_FIELD, line_of(session(responses=None))),
    ("no end", Reason.MISSING_FIELD, line_of(session(submitted_at=None))),
    ("no value", Reason.MISSING_FIELD, line_of(session(responses=[{"item_id": "q01"}]))),
    ("an empty id", Reason.INVALID_ID, line_of(session(session_id=""))),
    ("an id with a space", Reason.INVALID_ID, line_of(session(candidate_id="c 9"))),
    ("an id with a line end", Reason.INVALID_ID, line_of(session(session_id="s\n"))),
    ("an id that begins with =", Reason.INVALID_ID, line_of(session(session_id="=1+1"))),
    ("an id of other digits", Reason.INVALID_ID, line_of(session(assessment_id="٣"))),
    ("an id of 256", Reason.INVALID_ID, line_of(session(assessment_id="a" * 256))),
    ("an item id", Reason.INVALID_ID, line_of(session(responses=[response("q/1")]))),
    ("a rubric", Reason.INVALID_ID, with_rubric("literacy", "3 b")),
    ("a rubric's assessment", Reason.INVALID_ID, with_rubric("", "3")),
    ("a rater", Reason.INVALID_ID, with_rating(rater_id="A. Reader")),
    ("a criterion", Reason.INVALID_ID, with_rating(criterion_id="")),
    ("a level", Reason.INVALID_ID, with_rating(level_id="-1")),
    ("a rating's kind", Reason.WRONG_TYPE, with_rating(kind="robot")),
    ("a rating's unknown field", Reason.UNKNOWN_FIELD, with_rating(score=1)),
    ("a rating's time", Reason.INVALID_TIME, with_rating(rated_at="today")),
    ("short supersedes", Reason.INVALID_ID, line_of(session(supersedes="sha256:00"))),
    ("upper case", Reason.INVALID_ID, line_of(session(supersedes="sha256:" + "A" * 64))),
    ("no offset", Reason.INVALID_TIME, line_of(session(submitted_at="2026-11-20T09:41:07"))),
    ("no such day", Reason.INVALID_TIME, line_of(session(started_at="2026-02-29T09:41:07Z"))),
    ("a date", Reason.INVALID_TIME, line_of(session(due_at="2026-11-20"))),
    ("an item twice", Reason.DUPLICATE_ITEM, line_of(session(responses=[response(), response()]))),
    (
        "1,001 responses",
        Reason.TOO_MANY_RESPONSES,
        line_of(session(responses=[response(f"q{n}") for n in range(1_001)])),
    ),
    ("a long answer", Reason.RESPONSE_TOO_LARGE, with_text(b'"%s"' % (b"a" * 65_537))),
    ("bytes count", Reason.RESPONSE_TOO_LARGE, with_text(b'"%s"' % LONG_TEXT)),
    ("bytes count in a list", Reason.RESPONSE_TOO_LARGE, with_text(b'["%s"]' % LONG_TEXT)),
    ("a long list", Reason.RESPONSE_TOO_LARGE, with_text(b'["%s","ab"]' % (b"a" * 65_535))),
]


@pytest.mark.parametrize(
    ("reason", "line"),
    [pytest.param(reason, line, id=f"{reason}: {name}") for name, reason, line in BAD_LINES],
)
def test_a_bad_line_gets_its_reason(reason: Reason, line: bytes) -> None:
    assert reject(line).reason is reason


def test_every_reason_of_a_line_is_tried() -> None:
    elsewhere = {
        Reason.CONFLICTING_RESUBMISSION,
        Reason.NOT_A_REGULAR_FILE,
        Reason.BROKEN_STREAM,
        Reason.RATIO_TOO_HIGH,
    }
    assert {reason for _, reason, _ in BAD_LINES} == set(Reason) - elsewhere


GOOD_LINES = {
    "small": PLAIN,
    "every field": line_of(full_session()),
    "every field, not escaped": json.dumps(full_session(), ensure_ascii=False).encode(),
    "CR at its end": PLAIN + b"\r",
    "no responses": line_of(session(responses=[])),
    "in progress without an end": line_of(session(status="in_progress", submitted_at=None)),
    "1 MiB": PLAIN + b" " * ((1 << 20) - len(PLAIN)),
    "1,000 responses": line_of(session(responses=[response(f"q{n}") for n in range(1_000)])),
    "64 KiB": with_text(b'"%s"' % (b"a" * 65_536)),
    "64 KiB in a list": with_text(b'["%s","%s"]' % (b"a" * 32_768, b"b" * 32_768)),
    "brackets in a text": with_text(b'"' + b"[{" * 100 + b'"'),
    "quotes and brackets in a text": with_text(rb'"\"' + b"[{" * 100 + rb'\\"'),
    "a backslash before u0000": with_text(rb'"\\u0000"'),
    "a backslash before ud800": with_text(rb'"\\ud800"'),
    "an escaped quote": with_text(rb'"\u0022"'),
    "an escaped pair": with_text(rb'"\ud83d\uDE00"'),
    "a line end of JavaScript": with_text('"\u2028"'.encode()),
    "a byte order mark inside": with_text('"\ufeff"'.encode()),
    "a small float": with_text(b"0.00001"),
    "a great float": with_text(b"1e16"),
    "an exponent": with_text(b"1E5"),
    "a float beyond 64 bits": with_text(b"18446744073709551616.0"),
    "underflow": with_text(b"1e-400"),
    "32 texts": line_of(session(context={f"k{n}": "v" * 255 for n in range(32)})),
    "odd context keys": line_of(session(context={"\uffff": "1", "\U00010000": "2", '"': "3"})),
    "a leap second": line_of(session(submitted_at="2016-12-31T23:59:60Z")),
    "an id of every sign": line_of(session(session_id="_aZ0.-:@+=~" + "x" * 244)),
}


@pytest.mark.parametrize("line", GOOD_LINES.values(), ids=GOOD_LINES.keys())
def test_a_good_line_is_hashed_as_the_standard_library_would(line: bytes) -> None:
    record = read(line)

    assert record.response_snapshot_id == stdlib_hash(json.loads(line))
    assert record.response_snapshot_id == "sha256:" + sha256(record.canonical).hexdigest()


@pytest.mark.parametrize("line", GOOD_LINES.values(), ids=GOOD_LINES.keys())
def test_the_slow_path_takes_every_good_line_too(line: bytes) -> None:
    assert diagnose(line, ReaderLimits()) == json.loads(line)


def test_key_order_and_white_space_do_not_matter() -> None:
    reordered = json.dumps(dict(reversed(full_session().items())), indent=1).replace("\n", "\t")

    assert read(reordered.encode()) == read(line_of(full_session()))


def test_an_integer_and_a_float_are_different_deliveries() -> None:
    whole, point = read(with_text(b"1")), read(with_text(b"1.0"))

    assert whole.response_snapshot_id != point.response_snapshot_id


def test_what_was_not_delivered_is_not_added() -> None:
    record = read(PLAIN)

    assert (record.session.attempt_number, record.session.effective_status) == (1, "submitted")
    assert b"attempt" not in record.canonical
    assert b"status" not in record.canonical


def test_a_session_shows_what_was_delivered() -> None:
    delivered = read(line_of(full_session())).session

    assert (delivered.attempt_number, delivered.effective_status) == (2, "timed_out")
    assert delivered.superseded_id == "sha256:" + "0f" * 32
    assert delivered.responses[1].value == ("A", "", "C")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xef\xbb\xbf\x00", Reason.BYTE_ORDER_MARK),
        (b'{"a":1,"a":"\x00\xff"', Reason.NUL_CHARACTER),
        (b"[" * 50 + b"\xff", Reason.INVALID_UNICODE),
        (b"[" * 50 + b"x", Reason.TOO_DEEP),
        (b'{"a":1,"a":1e400', Reason.MALFORMED_JSON),
        (b'{"a":1,"a":1e400}', Reason.DUPLICATE_KEY),
        (b'{"a":1e400}', Reason.NUMBER_OUT_OF_RANGE),
        (b'{"session_id":1,"a":1}', Reason.WRONG_TYPE),
        (b'{"session_id":"","a":1}', Reason.UNKNOWN_FIELD),
        (b'{"session_id":""}', Reason.MISSING_FIELD),
        (line_of(session(session_id="", submitted_at="")), Reason.INVALID_ID),
        (
            line_of(session(submitted_at="", responses=[response(), response()])),
            Reason.INVALID_TIME,
        ),
        (line_of(session(responses=[response()] * 1_001)), Reason.DUPLICATE_ITEM),
    ],
)
def test_of_several_faults_the_first_in_the_list_is_named(line: bytes, reason: Reason) -> None:
    assert reject(line).reason is reason


def test_a_fault_is_named_with_its_place_and_what_is_expected() -> None:
    line = line_of(session(responses=[response(), response("q02", duration_ms="long")]))

    expected = "$.responses[1].duration_ms must be an integer, without decimal point or exponent"
    assert reject(line) == Rejection(Reason.WRONG_TYPE, expected)


def test_an_unknown_field_is_told_by_its_place_and_what_may_be_meant() -> None:
    detail = reject(line_of(session(sumbitted_at="2026-11-20T09:41:07Z"))).detail

    assert detail.startswith("field number 6 of $ is none of session_id, ")
    assert detail.endswith("; submitted_at may be meant")


@pytest.mark.parametrize(
    "line",
    [
        line_of(session(session_id=f"{CANARY} ")),
        line_of(session(candidate_id=f" {CANARY}")),
        line_of(session(status=CANARY)),
        line_of(session(submitted_at=CANARY)),
        line_of(session(supersedes=CANARY)),
        line_of(session(nonce=CANARY * 3)),
        line_of(session(context={CANARY: 1})),
        line_of(session(context={"site": CANARY * 9})),
        line_of(session(**{CANARY: 1})),
        line_of(session(responses=[response(CANARY), response(CANARY)])),
        line_of(session(responses=[response(value={CANARY: CANARY})])),
        line_of(session(responses=[response(state=CANARY)])),
        b'{"%s":1,"%s":2}' % ((CANARY.encode(),) * 2),
        b'{"session_id": "%s" x' % CANARY.encode(),
        b'{"session_id": "\\%s"}' % CANARY.encode(),
        CANARY.encode(),
    ],
)
def test_a_detail_never_repeats_what_the_record_says(line: bytes) -> None:
    detail = reject(line).detail

    assert CANARY not in detail
    assert "Angharad" not in detail


def test_a_key_that_came_twice_is_named_if_it_is_ours() -> None:
    assert "attempt" in FIELD_NAMES
    assert "the field attempt" in reject(b'{"attempt":1,"attempt":1}').detail
    assert "not known" in reject(b'{"attempt2":1,"attempt2":1}').detail


def test_limits_can_be_set() -> None:
    limits = ReaderLimits(record_bytes=4096, response_bytes=4, responses=2, depth=4, context=1)

    assert reject(b" " * 4097, limits).reason is Reason.RECORD_TOO_LARGE
    assert reject(with_text(b'"12345"'), limits).reason is Reason.RESPONSE_TOO_LARGE
    assert reject(nested(5), limits).reason is Reason.TOO_DEEP
    assert reject(line_of(session(context={"a": "", "b": ""})), limits).reason is Reason.WRONG_TYPE
    three = line_of(session(responses=[response(f"q{n}") for n in range(3)]))
    assert reject(three, limits).reason is Reason.TOO_MANY_RESPONSES


def test_a_reader_that_knows_an_id_still_refuses_a_bad_one() -> None:
    reader = SessionReader()
    assert isinstance(reader.read(PLAIN), SnapshotRecord)

    bad = reader.read(line_of(session(responses=[response(), response("q 2")])))

    assert isinstance(bad, Rejection)
    assert bad.reason is Reason.INVALID_ID


def test_a_line_of_100_mb_is_refused_without_being_parsed() -> None:
    line = b'"' + b"a" * 100_000_000 + b'"'
    tracemalloc.start()
    try:
        assert reject(line).reason is Reason.RECORD_TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_the_slow_path_refuses_a_line_that_is_too_large_before_parsing_it() -> None:
    assert diagnose(b"{" * 33, ReaderLimits(record_bytes=32)) == Rejection(
        Reason.RECORD_TOO_LARGE,
        "the line is longer than 32 bytes; deliver fewer responses in one",
    )


def test_a_reader_forgets_ids_rather_than_grow_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("assessment_pipeline.core.reading._MAX_KNOWN_IDS", 1)
    reader = SessionReader()

    ids = [reader.read(line_of(session(assessment_id=f"a{n}"))) for n in range(4)]

    assert all(isinstance(each, SnapshotRecord) for each in ids)
    assert len(reader._known_ids) <= 3
