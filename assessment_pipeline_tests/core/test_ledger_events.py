import pytest
from pydantic import ValidationError

from assessment_pipeline.core.hashing import canonical_json, content_hash
from assessment_pipeline.core.ledger_decisions import SnapshotErased
from assessment_pipeline.core.ledger_events import (
    DeliveryCaptured,
    Event,
    LedgerCreated,
    RubricPublished,
    SnapshotConflict,
    session_subject,
)
from assessment_pipeline.core.ledger_registry import PAYLOAD_MODELS
from assessment_pipeline_tests.core.ledger_builders import delivery, one_of_each, score_run, sha


def test_every_kind_of_event_is_registered_and_tried_here() -> None:
    assert {event.event_type for event in one_of_each()} == set(PAYLOAD_MODELS)


@pytest.mark.parametrize("event", one_of_each(), ids=lambda event: event.event_type)
def test_a_payload_reads_back_from_its_canonical_json(event: Event) -> None:
    model = PAYLOAD_MODELS[event.event_type]
    read = model.model_validate_json(event.payload.canonical())
    assert read == event.payload
    assert event.payload.canonical() == canonical_json(event.payload.model_dump(mode="json"))


@pytest.mark.parametrize("event", one_of_each(), ids=lambda event: event.event_type)
def test_a_key_begins_with_its_event_type_and_a_colon(event: Event) -> None:
    assert event.dedup_key.startswith(f"{event.event_type}:")


@pytest.mark.parametrize("event", one_of_each(), ids=lambda event: event.event_type)
def test_a_payload_knows_its_own_subject_and_no_other(event: Event) -> None:
    assert event.payload.is_subject(event.subject)
    assert not event.payload.is_subject("s-000017")


def test_a_session_is_known_by_the_content_hash_of_its_id_and_attempt() -> None:
    expected = content_hash({"session_id": "s-000017", "attempt": 2})
    assert session_subject("s-000017", 2) == expected


def test_a_session_id_in_plain_text_is_refused_as_a_subject() -> None:
    payload = one_of_each()[3].payload
    assert isinstance(payload, SnapshotConflict)
    with pytest.raises(ValueError, match="session_subject") as refusal:
        payload.event("s-000017")
    assert "s-000017" not in str(refusal.value)


def test_a_score_run_with_another_output_keeps_its_key() -> None:
    assert score_run(1).dedup_key == score_run(1, output="other").dedup_key


def test_a_changed_rubric_keeps_the_key_of_its_version() -> None:
    first, changed = (
        RubricPublished(
            assessment_id="numeracy",
            version="3",
            content_hash=sha(content),
            structure_hash=sha("structure"),
        )
        for content in ("as published", "as changed")
    )
    assert first.dedup_key == changed.dedup_key


def test_one_file_with_other_counts_has_another_key() -> None:
    # Its duplicates depend on the day's other files.
    assert (
        delivery(accepted=9, duplicates=1).dedup_key != delivery(accepted=8, duplicates=2).dedup_key
    )


def test_a_pair_of_snapshots_that_meets_on_other_days_has_another_key() -> None:
    pair = tuple(sorted((sha("a"), sha("b"))))
    monday, tuesday = (
        SnapshotConflict(response_snapshot_ids=pair, delivery_dates=("2026-11-20", other))
        for other in ("2026-11-23", "2026-11-24")
    )
    assert monday.dedup_key != tuesday.dedup_key


def test_a_second_time_zone_has_the_key_of_the_first() -> None:
    assert LedgerCreated(timezone="UTC").dedup_key == LedgerCreated(timezone="Asia/Tokyo").dedup_key


@pytest.mark.parametrize(
    "change",
    [
        {"lines_read": 13},
        {"reasons": {"empty_line": 1}},
        {"reasons": {"empty_line": 2, "malformed_json": 0}},
        {"reasons": {"Anna Schmidt": 2}},
        {"delivery_date": "20261120"},
        {"delivery_date": "2026-02-30"},
        {"sha256": "anna.schmidt@example.org"},
        {"bytes": -1},
        {"accepted": 9.0},
        {"reader_version": "version one"},
        {"file": "anna.jsonl"},
    ],
    ids=str,
)
def test_a_delivery_that_does_not_add_up_or_says_too_much_is_refused(
    change: dict[str, object],
) -> None:
    fields = {**delivery().model_dump(), **change}
    with pytest.raises(ValidationError) as refusal:
        DeliveryCaptured.model_validate(fields)
    assert "anna.schmidt" not in str(refusal.value)


@pytest.mark.parametrize("order", [("b", "a"), ("a", "a")], ids=str)
def test_a_pair_that_is_not_sorted_or_not_two_is_refused(order: tuple[str, str]) -> None:
    low, high = sorted((sha("a"), sha("b")))
    pair = tuple({"a": low, "b": high}[letter] for letter in order)
    with pytest.raises(ValidationError, match="not sorted"):
        SnapshotConflict(response_snapshot_ids=pair, delivery_dates=("2026-11-20", "2026-11-21"))


def test_one_request_is_recorded_once_and_another_of_the_same_anew() -> None:
    erased = next(e.payload for e in one_of_each() if isinstance(e.payload, SnapshotErased))
    again = erased.model_copy()
    other = erased.model_copy(update={"request_id": "ticket-8"})
    assert again.dedup_key == erased.dedup_key != other.dedup_key


@pytest.mark.parametrize("request_id", ["", "a b", "a/b", "ticket-7:", "-7", "x" * 65])
def test_a_request_id_is_a_short_name_of_plain_characters(request_id: str) -> None:
    erased = next(e.payload for e in one_of_each() if isinstance(e.payload, SnapshotErased))
    with pytest.raises(ValidationError):
        SnapshotErased.model_validate({**erased.model_dump(), "request_id": request_id})
