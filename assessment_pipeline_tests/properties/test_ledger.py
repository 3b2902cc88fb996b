import json
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.hashing import canonical_json, hash_bytes
from assessment_pipeline.core.ledger import EMPTY, Head, build_entries, verify_chain
from assessment_pipeline.core.ledger_events import DeliveryCaptured, Event, RubricPublished
from assessment_pipeline_tests.core.ledger_builders import (
    RECORDED_AT,
    chain,
    one_of_each,
    score_run,
)

_ANY_EVENT = st.sampled_from([*one_of_each(), *map(score_run, range(1, 20))])
_EVENTS = st.lists(_ANY_EVENT, unique_by=lambda event: event.dedup_key, max_size=12)
_COUNTS = st.integers(min_value=0, max_value=2**40)
_PRINTABLE = st.text(min_size=1).filter(str.isprintable)


@st.composite
def _deliveries(draw: st.DrawFn) -> DeliveryCaptured:
    codes = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
    reasons = draw(st.dictionaries(codes, st.integers(1, 2**20), max_size=5))
    accepted, duplicates, quarantined = draw(_COUNTS), draw(_COUNTS), sum(reasons.values())
    return DeliveryCaptured(
        delivery_date=draw(st.dates()).isoformat(),
        sha256=hash_bytes(draw(st.binary(max_size=4))),
        bytes=draw(_COUNTS),
        lines_read=accepted + duplicates + quarantined,
        accepted=accepted,
        duplicates=duplicates,
        quarantined=quarantined,
        reasons=reasons,
        reader_version="1",
    )


@st.composite
def _rubrics(draw: st.DrawFn) -> RubricPublished:
    version = st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"),
        min_size=1,
        max_size=255,
    )
    return RubricPublished(
        assessment_id="numeracy",
        version=draw(version),
        content_hash=hash_bytes(draw(st.binary(max_size=4))),
        structure_hash=hash_bytes(draw(st.binary(max_size=4))),
    )


@given(
    st.lists(st.one_of(_deliveries(), _rubrics()), max_size=5),
    _PRINTABLE,
    st.none() | _PRINTABLE,
)
def test_every_body_is_canonical_json_by_the_standard_definition(
    payloads: list[DeliveryCaptured | RubricPublished], actor: str, run_id: str | None
) -> None:
    entries = build_entries(
        EMPTY,
        [payload.event() for payload in payloads],
        recorded_at=RECORDED_AT,
        run_id=run_id,
        actor=actor,
    )
    for entry, payload in zip(entries, payloads, strict=True):
        assert entry.body == canonical_json(
            {
                "v": 1,
                "seq": entry.seq,
                "event_type": payload.event_type,
                "subject": entry.subject,
                "dedup_key": payload.dedup_key,
                "recorded_at": RECORDED_AT,
                "run_id": run_id,
                "actor": actor,
                "payload": payload.model_dump(mode="json"),
            }
        )


@given(_deliveries(), _deliveries())
def test_deliveries_have_the_same_key_if_and_only_if_they_are_the_same(
    one: DeliveryCaptured, other: DeliveryCaptured
) -> None:
    assert (one.dedup_key == other.dedup_key) == (one == other)


@given(_EVENTS, st.data())
def test_how_events_are_batched_does_not_change_the_chain(
    events: list[Event], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(events)))
    first = chain(events[:cut])
    head = Head(first[-1].seq, first[-1].entry_hash) if first else EMPTY
    rest = build_entries(head, events[cut:], recorded_at=RECORDED_AT, run_id=None, actor="tests")
    assert [*first, *rest] == chain(events)


@given(_EVENTS)
def test_every_chain_that_is_built_verifies(events: list[Event]) -> None:
    assert list(verify_chain(chain(events))) == []


@given(_EVENTS.filter(lambda events: len(events) > 1), st.data())
def test_leaving_out_any_entry_but_the_last_shows(events: list[Event], data: st.DataObject) -> None:
    entries = chain(events)
    del entries[data.draw(st.integers(0, len(entries) - 2))]
    assert list(verify_chain(entries))


@given(_EVENTS.filter(lambda events: len(events) > 1), st.randoms())
def test_any_other_order_shows(events: list[Event], random: Random) -> None:
    entries = chain(events)
    shuffled = entries.copy()
    random.shuffle(shuffled)
    assert bool(list(verify_chain(shuffled))) == (shuffled != entries)


@given(
    st.binary(max_size=64)
    | st.text().map(str.encode)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_body_makes_verification_fail(body: bytes) -> None:
    (entry,) = chain(one_of_each()[:1])
    assert list(verify_chain([entry._replace(body=body)]))
