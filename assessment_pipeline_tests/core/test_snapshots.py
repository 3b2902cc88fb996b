"""Response snapshots: the model that people and tests hold."""

import json
import re
from typing import Any

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.reading import SnapshotRecord, read_session
from assessment_pipeline.core.snapshots import ItemResponseSnapshot, ResponseSnapshot
from assessment_pipeline.errors import IntegrityError, UsageError
from assessment_pipeline_tests.deliveries import full_session, line_of, response, session


def test_a_snapshot_gives_back_exactly_what_was_delivered() -> None:
    assert ResponseSnapshot.from_json(full_session()).to_json() == full_session()
    assert ResponseSnapshot.from_json(line_of(session())).to_json() == session()


@pytest.mark.parametrize("value", [1, 1.0, True, "1", -0.0, 1e22, 1e-9, 2**63 - 1, None, ["1", ""]])
def test_a_value_keeps_its_type_and_its_digits(value: object) -> None:
    delivered = session(responses=[response(value=value)])

    assert json.dumps(ResponseSnapshot.from_json(delivered).to_json()) == json.dumps(delivered)


@pytest.mark.parametrize("delivered", [session(), full_session()])
def test_the_content_hash_is_the_readers_snapshot_id(delivered: dict[str, Any]) -> None:
    record = read_session(line_of(delivered))

    assert isinstance(record, SnapshotRecord)
    assert ResponseSnapshot.from_json(delivered).content_hash() == record.response_snapshot_id


def test_a_default_that_was_delivered_is_part_of_the_hash() -> None:
    without, delivered = (
        ResponseSnapshot.from_json(session()),
        ResponseSnapshot.from_json(session(attempt=1)),
    )

    assert without.attempt == delivered.attempt == 1
    assert without.content_hash() != delivered.content_hash()


def test_verify_takes_its_own_hash_and_names_both_when_another_is_given() -> None:
    snapshot = ResponseSnapshot.from_json(session())
    own, other = snapshot.content_hash(), "sha256:" + "0" * 64

    snapshot.verify(own)
    with pytest.raises(IntegrityError, match=f"{other}.*{own}"):
        snapshot.verify(other)


def test_a_snapshot_cannot_be_changed() -> None:
    snapshot = ResponseSnapshot.from_json(session())

    with pytest.raises(ValidationError):
        snapshot.attempt = 2
    assert isinstance(snapshot.responses, tuple)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**64, "\0", "\ud800"])
def test_what_a_reader_would_refuse_is_no_snapshot(value: object) -> None:
    with pytest.raises(UsageError):
        ResponseSnapshot.from_json(session(responses=[response(value=value)]))


def test_a_snapshot_that_is_built_keeps_the_readers_rules() -> None:
    with pytest.raises(ValidationError, match="invalid_id"):
        ResponseSnapshot(
            session_id="s 1",
            candidate_id="c-1",
            assessment_id="numeracy",
            submitted_at="2026-11-20T09:41:07Z",
            responses=(ItemResponseSnapshot(item_id="q01", value="B"),),
        )


def test_no_number_that_is_not_finite_can_be_built_in() -> None:
    with pytest.raises(ValidationError):
        ItemResponseSnapshot(item_id="q01", value=float("nan"))


def test_errors_do_not_repeat_what_was_delivered() -> None:
    with pytest.raises(UsageError) as refusal:
        ResponseSnapshot.from_json(session(candidate_id="Angharad Ffoulkes"))
    assert not re.search("Angharad|Ffoulkes", str(refusal.value))
    with pytest.raises(ValidationError) as invalid:
        ItemResponseSnapshot(item_id="q01", value={"Angharad": 1})  # type: ignore[arg-type]
    assert "Angharad" not in str(invalid.value)


@pytest.mark.parametrize("delivered", [{"a": object()}, {"a": {1, 2}}])
def test_what_is_not_json_is_refused(delivered: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no JSON object"):
        ResponseSnapshot.from_json(delivered)
