import json
from hashlib import sha256
from typing import Any

import pytest

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.ledger import (
    EMPTY,
    GENESIS,
    ChainVerifier,
    Entry,
    Head,
    build_entries,
    entry_hash,
    verify_chain,
)
from assessment_pipeline.errors import LedgerError
from assessment_pipeline_tests.core.ledger_builders import (
    ACTOR,
    RECORDED_AT,
    chain,
    one_of_each,
    score_run,
    sha,
)


def _ledger() -> list[Entry]:
    return chain([*one_of_each(), *map(score_run, range(1, 6))])


def _rebuilt(entry: Entry, fields: dict[str, Any]) -> Entry:
    """Return an entry whose body says something else, its hash and columns made to fit."""
    body = canonical_json({**json.loads(entry.body), **fields})
    columns = {key: fields[key] for key in ("seq", "dedup_key", "event_type") if key in fields}
    return entry._replace(body=body, entry_hash=entry_hash(entry.prev_hash, body))._replace(
        **columns
    )


def _messages(entries: list[Entry]) -> list[str]:
    return [str(problem) for problem in verify_chain(entries)]


def test_a_chain_as_it_was_built_has_no_problem() -> None:
    assert _messages(_ledger()) == []


def test_a_chain_can_be_checked_with_the_standard_library_alone() -> None:
    previous = bytes(32)
    for number, entry in enumerate(_ledger(), start=1):
        fields = json.loads(entry.body)
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert entry.body == text.encode()
        domain = b"assessment-pipeline/ledger/v1\0"
        assert entry.entry_hash == sha256(domain + previous + entry.body).digest()
        assert entry.prev_hash == previous
        assert fields["seq"] == entry.seq == number
        previous = entry.entry_hash


def test_a_body_says_what_was_recorded_when_and_by_whom() -> None:
    event = score_run(1)
    (entry,) = build_entries(
        EMPTY, [event], recorded_at=RECORDED_AT, run_id="run-1", actor="nightly"
    )
    assert json.loads(entry.body) == {
        "v": 1,
        "seq": 1,
        "event_type": "SCORING_RUN_CREATED",
        "subject": event.subject,
        "dedup_key": event.dedup_key,
        "recorded_at": RECORDED_AT,
        "run_id": "run-1",
        "actor": "nightly",
        "payload": event.payload.model_dump(mode="json"),
    }


def test_the_hash_of_a_known_entry_never_changes() -> None:
    (entry,) = chain(one_of_each()[:1])
    assert entry.prev_hash == GENESIS
    assert entry.entry_hash.hex() == (
        "6413a48fcc079372d98f304ba00b6e8f8fc5038ca7a3cf8ffe33c3bbe13e2cc4"
    )


def test_building_in_two_parts_gives_the_same_chain() -> None:
    events = one_of_each()
    first = chain(events[:4])
    head = Head(first[-1].seq, first[-1].entry_hash)
    rest = build_entries(head, events[4:], recorded_at=RECORDED_AT, run_id=None, actor=ACTOR)
    assert [*first, *rest] == chain(events)


def test_a_chain_can_be_verified_from_a_head_that_is_known() -> None:
    entries = _ledger()
    verifier = ChainVerifier(Head(4, entries[3].entry_hash))
    assert [problem for entry in entries[4:] for problem in verifier.check(entry)] == []


def test_an_anchor_is_the_size_the_last_hash_and_the_root() -> None:
    last = _ledger()[-1]
    anchor = Head(last.seq, last.entry_hash).anchor(bytes(32))
    assert anchor.model_dump() == {
        "size": last.seq,
        "head": f"sha256:{last.entry_hash.hex()}",
        "root": f"sha256:{'0' * 64}",
    }
    assert anchor.head_hash == last.entry_hash


def test_an_anchor_of_the_head_alone_has_no_root() -> None:
    assert EMPTY.anchor().model_dump(exclude_none=True) == {
        "size": 0,
        "head": f"sha256:{'0' * 64}",
    }


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seq", 99),
        ("prev_hash", bytes(32)),
        ("prev_hash", "text"),
        ("entry_hash", bytes(32)),
        ("entry_hash", None),
        ("dedup_key", "SCORING_RUN_CREATED:other"),
        ("event_type", "CSV_EXPORTED"),
        ("subject", sha("other")),
        ("subject", "\udcff"),
        ("body", b"{}"),
        ("body", "text"),
        ("body", None),
        ("body", b"\xff"),
        ("body", b"[" * 100_000),
    ],
)
def test_a_changed_column_is_named_with_its_entry(column: str, value: object) -> None:
    entries = _ledger()
    change: dict[str, Any] = {column: value}
    entries[5] = entries[5]._replace(**change)
    problems = list(verify_chain(entries))
    assert problems
    assert problems[0].seq == entries[5].seq


@pytest.mark.parametrize("position", [0, 5, 14])
def test_every_changed_bit_of_a_body_is_found_in_its_entry(position: int) -> None:
    entries = _ledger()
    entry = entries[position]
    for bit in range(8 * len(entry.body)):
        body = bytearray(entry.body)
        body[bit // 8] ^= 1 << bit % 8
        entries[position] = entry._replace(body=bytes(body))
        assert {problem.seq for problem in verify_chain(entries)} == {entry.seq}


def test_an_entry_rewritten_with_its_hash_breaks_the_chain_after_it() -> None:
    entries = _ledger()
    entries[5] = _rebuilt(entries[5], {"actor": "nobody"})
    assert _messages(entries) == [
        "ledger entry 7: prev_hash is not the hash of the entry before",
    ]


def test_a_deleted_entry_is_noticed_at_the_next_one() -> None:
    entries = _ledger()
    del entries[5]
    assert _messages(entries) == [
        "ledger entry 7: follows entry 5; entries are missing or renumbered",
        "ledger entry 7: prev_hash is not the hash of the entry before",
    ]


def test_a_deleted_entry_is_noticed_when_the_rest_is_renumbered() -> None:
    entries = _ledger()
    del entries[5]
    entries = [entry._replace(seq=seq) for seq, entry in enumerate(entries, start=1)]
    problems = _messages(entries)
    assert problems[0] == "ledger entry 6: prev_hash is not the hash of the entry before"
    assert "ledger entry 14: column seq is not what the body says" in problems


def test_two_entries_that_changed_places_are_named() -> None:
    entries = _ledger()
    entries[5], entries[6] = entries[6]._replace(seq=6), entries[5]._replace(seq=7)
    named = {problem.seq for problem in verify_chain(entries)}
    assert named == {6, 7, 8}


def test_every_problem_is_reported_not_the_first_alone() -> None:
    entries = _ledger()
    for position in (2, 9, 12):
        entries[position] = entries[position]._replace(subject="other")
    assert [problem.seq for problem in verify_chain(entries)] == [3, 10, 13]


def test_the_same_key_twice_is_a_problem_in_a_chain_that_holds() -> None:
    entries = chain([*one_of_each(), score_run(1), score_run(1)])
    (problem,) = verify_chain(entries)
    assert problem.seq == len(one_of_each()) + 2
    assert "is there already" in problem.message


def test_a_body_with_white_space_is_no_canonical_body() -> None:
    (entry,) = chain(one_of_each()[:1])
    body = json.dumps(json.loads(entry.body), sort_keys=True).encode()
    spaced = entry._replace(body=body, entry_hash=entry_hash(entry.prev_hash, body))
    assert _messages([spaced]) == ["ledger entry 1: body is not canonical JSON"]


def test_a_body_with_a_key_twice_is_no_canonical_body() -> None:
    (entry,) = chain(one_of_each()[:1])
    body = entry.body.replace(b'{"actor"', b'{"actor":"nobody","actor"')
    doubled = entry._replace(body=body, entry_hash=entry_hash(entry.prev_hash, body))
    assert _messages([doubled]) == ["ledger entry 1: body is not canonical JSON"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"event_type": "MADE_UP"}, "which this release does not know"),
        ({"payload": {"timezone": "UTC", "name": "Anna"}}, "is no LEDGER_CREATED: name"),
        ({"payload": {}}, "is no LEDGER_CREATED: timezone"),
        ({"dedup_key": "LEDGER_CREATED:2"}, "dedup_key or subject is not that of its payload"),
        ({"v": 2}, "is no ledger body"),
        ({"score": 12}, "is no ledger body"),
    ],
    ids=str,
)
def test_a_chain_that_holds_but_says_what_cannot_be_recorded_is_named(
    fields: dict[str, object], message: str
) -> None:
    (entry,) = chain(one_of_each()[:1])
    (problem,) = verify_chain([_rebuilt(entry, fields)])
    assert message in problem.message
    assert "Anna" not in problem.message


def test_a_payload_that_does_not_add_up_says_so() -> None:
    entry = chain(one_of_each()[:2])[1]
    payload = {**json.loads(entry.body)["payload"], "lines_read": 1}
    with pytest.raises(LedgerError, match="lines_read is not accepted"):
        _rebuilt(entry, {"payload": payload}).read_body().read_payload()


@pytest.mark.parametrize(
    "origin",
    [
        {"recorded_at": "2026-11-21 02:00"},
        {"recorded_at": "2026-11-21T02:00:00+00:00"},
        {"actor": ""},
        {"actor": "a\nb"},
        {"run_id": "\udcff"},
    ],
    ids=ascii,
)
def test_an_origin_that_is_not_fit_to_be_kept_is_refused(origin: dict[str, str]) -> None:
    kept: dict[str, str | None] = {"recorded_at": RECORDED_AT, "run_id": None, "actor": ACTOR}
    kept.update(origin)
    with pytest.raises(ValueError, match=next(iter(origin))):
        build_entries(EMPTY, [score_run(1)], **kept)  # type: ignore[arg-type]
