"""The short cut of verification against the judge: it must never find right what is wrong."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.ledger import EMPTY, Entry, build_entries, wrong_in_body
from assessment_pipeline.core.ledger_events import ScoringRunCreated
from assessment_pipeline.core.ledger_plain_entries import is_plain_score_run
from assessment_pipeline_tests.core.ledger_builders import (
    ACTOR,
    RECORDED_AT,
    chain,
    one_of_each,
    score_run,
    sha,
)

# What may mean something to JSON, to a pattern of a field, or to UTF-8.
_BYTES = b'"\\{}[],:/ .+-019aAfFgz_\n\x00\x1f\x7f\x80\xc3\xff'
_PIECES = st.sampled_from(
    [
        *(bytes([byte]) for byte in _BYTES),
        b"null",
        b'""',
        b"\\u0041",
        b'\\"',
        b"00",
        b'"x":1,',
        b',"sha256:' + b"0" * 64 + b'"',
        "é".encode(),
    ]
)
_TEXTS: list[object] = ["", "nightly", "é", 'a"b', "a\\b", "\x7f", "a\nb", "\u2028", "1" * 65]


def is_plain(entry: Entry) -> bool:
    """Whether an entry takes the short cut."""
    return is_plain_score_run(
        entry.seq, entry.dedup_key, entry.event_type, entry.subject, entry.body
    )


def assert_never_wider(entry: Entry) -> None:
    if is_plain(entry):
        assert wrong_in_body(entry) == []


@pytest.mark.parametrize("run_id", [None, "9381d0ec-0000-4000-8000-123456789012"])
def test_what_score_records_takes_the_short_cut(run_id: str | None) -> None:
    entries = build_entries(
        EMPTY,
        map(score_run, range(12)),
        recorded_at="2026-11-21T02:00:00.123456Z",
        run_id=run_id,
        actor="assessment-pipeline",
    )
    assert all(map(is_plain, entries))


def test_no_other_kind_of_entry_takes_it() -> None:
    assert [entry.event_type for entry in chain(one_of_each()) if is_plain(entry)] == [
        ScoringRunCreated.event_type
    ]


def test_no_byte_put_in_the_place_of_another_makes_it_wider() -> None:
    (entry,) = chain([score_run(1)])
    for position in range(len(entry.body)):
        for byte in _BYTES:
            body = entry.body[:position] + bytes([byte]) + entry.body[position + 1 :]
            assert_never_wider(entry._replace(body=body))


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), _PIECES), min_size=1, max_size=3)
)
def test_nothing_put_in_or_taken_out_makes_it_wider(changes: list[tuple[int, int, bytes]]) -> None:
    (entry,) = chain([score_run(1)])
    body = entry.body
    for start, length, piece in changes:
        body = body[:start] + piece + body[start + length % 70 :]
    assert_never_wider(entry._replace(body=body))


_HASHES = sorted((sha("a"), sha("b")))
_FIELDS: dict[str, list[object]] = {
    "actor": _TEXTS,
    "recorded_at": _TEXTS,
    "run_id": [*_TEXTS, None, 1],
    "seq": [0, -1, 2, 1.0, True, "1", 10**17, 2**65],
    "subject": [sha("other"), "s-1", "", sha("x") + "\n"],
    "dedup_key": ["SCORING_RUN_CREATED:", sha("x"), "x"],
    "event_type": ["SESSION_RESCORED", "", "SCORING_RUN_CREATED "],
    "v": [0, 2, "1", True],
    "more": [None],
}
_PAYLOAD_FIELDS: dict[str, list[object]] = {
    "rubrics": [[], ["x"], _HASHES, _HASHES[::-1], _HASHES[:1] * 2, [*_HASHES, "x"], None],
    "engine_version": _TEXTS,
    "feature_version": [*_TEXTS, 1],
    "score_run_id": [sha("other"), sha("other").upper()],
    "response_snapshot_id": [sha("other").upper(), sha("other")[:-1], sha("other") + "0", None],
    "output_hash": [sha("other")[:-1], sha("other") + "0", ""],
    "more": [None],
}


@pytest.mark.parametrize("do_columns_follow", [False, True])
@pytest.mark.parametrize(
    ("fields", "payload"),
    [
        *(({name: value}, {}) for name, values in _FIELDS.items() for value in values),
        *(({}, {name: value}) for name, values in _PAYLOAD_FIELDS.items() for value in values),
    ],
    ids=ascii,
)
def test_no_field_that_says_something_else_makes_it_wider(
    fields: dict[str, Any], payload: dict[str, Any], do_columns_follow: bool
) -> None:
    (entry,) = chain([score_run(1)])
    body: dict[str, Any] = {
        "actor": ACTOR,
        "dedup_key": entry.dedup_key,
        "event_type": entry.event_type,
        "payload": {**score_run(1).payload.model_dump(mode="json"), **payload},
        "recorded_at": RECORDED_AT,
        "run_id": None,
        "seq": 1,
        "subject": entry.subject,
        "v": 1,
        **fields,
    }
    changed = entry._replace(body=canonical_json(body))
    if do_columns_follow:
        columns = ("seq", "dedup_key", "event_type", "subject")
        changed = changed._replace(**{name: body[name] for name in columns})
    assert_never_wider(changed)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seq", 2),
        ("seq", "1"),
        ("seq", None),
        ("dedup_key", f"SCORING_RUN_CREATED:{sha('other')}"),
        ("dedup_key", b"SCORING_RUN_CREATED:"),
        ("event_type", "SESSION_RESCORED"),
        ("subject", sha("other")),
        ("subject", "\udcff"),
        ("subject", 7),
    ],
)
def test_a_column_that_says_something_else_does_not_pass(column: str, value: object) -> None:
    (entry,) = chain([score_run(1)])
    change: dict[str, Any] = {column: value}
    assert is_plain(entry)
    assert not is_plain(entry._replace(**change))
