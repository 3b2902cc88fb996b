import json
from collections import Counter, defaultdict
from fractions import Fraction
from typing import Any

import pytest

from assessment_pipeline.core.captured import decode_session, decode_value
from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.reading import Reason, Rejection, SnapshotRecord, read_session
from assessment_pipeline.core.responses import ItemResponse, effective_state
from assessment_pipeline.core.resubmissions import Outcome, Submission, resolve
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricFile
from assessment_pipeline.core.rubrics.models import Rubric
from assessment_pipeline.core.rules import RULE_NAMES
from assessment_pipeline.core.scoring import ItemScore, SessionTotal, score_item, total_score
from assessment_pipeline.samples import (
    lsat6_delivery,
    lsat6_pattern_counts,
    sample_deliveries,
    sample_rubrics,
)

DAYS = ("2026-11-18", "2026-11-19", "2026-11-20")
Scored = tuple[SessionTotal, dict[str, ItemScore]]


def catalogue() -> RubricCatalogue:
    return RubricCatalogue(
        RubricFile(each.assessment_id, f"{each.version}.yaml", each.content)
        for each in sample_rubrics()
    )


def read_records() -> dict[str, list[SnapshotRecord | Rejection]]:
    """Return what capture reads of the written samples, by day."""
    by_day: dict[str, list[SnapshotRecord | Rejection]] = defaultdict(list)
    for day, name, content in sample_deliveries():
        if name != "lsat6.jsonl":
            by_day[day] += [read_session(line) for line in content.removesuffix(b"\n").split(b"\n")]
    return by_day


def outcomes() -> dict[str, list[tuple[SnapshotRecord, Outcome]]]:
    by_day = {}
    for day, records in read_records().items():
        good = [record for record in records if isinstance(record, SnapshotRecord)]
        submissions = [
            Submission(
                record.session.session_id,
                record.session.attempt_number,
                record.response_snapshot_id,
                record.session.effective_status,
                record.session.superseded_id,
            )
            for record in good
        ]
        by_day[day] = list(zip(good, resolve(submissions), strict=True))
    return by_day


def standing() -> list[SnapshotRecord]:
    return [
        record
        for pairs in outcomes().values()
        for record, outcome in pairs
        if outcome is Outcome.STANDING
    ]


def score(record: SnapshotRecord, versions: RubricCatalogue) -> Scored:
    """Score one session, item by item."""
    session = decode_session(record.canonical)
    assert session.submitted_at is not None
    own = versions.select(session.assessment_id, parse_instant(session.submitted_at))
    assert own is not None
    scores = {}
    for response in session.responses:
        named = response.rubric
        rubric = own if named is None else versions.named(named.assessment_id, named.version)
        value = bytes(response.value)
        answer = ItemResponse(
            response.item_id,
            decode_value(value),
            effective_state(decode_value(value), response.state),
        )
        scores[response.item_id] = score_item(
            response.item_id,
            own=own,
            rubric=rubric,
            response=answer,
            is_named=named is not None,
        )
    for item_id in own.rubric.items:
        if item_id not in scores:
            scores[item_id] = score_item(item_id, own=own, rubric=own, response=None)
    status: Any = session.status
    return total_score(own.rubric, scores.values(), status), scores


@pytest.fixture(scope="module")
def results() -> dict[tuple[str, int], Scored]:
    versions = catalogue()
    return {
        (record.session.session_id, record.session.attempt_number): score(record, versions)
        for record in standing()
    }


def test_lsat6_has_the_published_distribution_of_totals() -> None:
    totals = Counter(
        sum(response["value"] == "1" for response in json.loads(line)["responses"])
        for line in lsat6_delivery().splitlines()
    )
    assert totals == {0: 3, 1: 20, 2: 85, 3: 237, 4: 357, 5: 298}


def test_lsat6_has_the_published_numbers_of_right_answers() -> None:
    # Bock and Lieberman (1970): 924, 709, 553, 763 and 870 of 1,000.
    right = Counter(
        response["item_id"]
        for line in lsat6_delivery().splitlines()
        for response in json.loads(line)["responses"]
        if response["value"] == "1"
    )
    assert right == {"q1": 924, "q2": 709, "q3": 553, "q4": 763, "q5": 870}


def test_lsat6_is_a_thousand_sessions_that_capture_takes() -> None:
    records = [read_session(line) for line in lsat6_delivery().splitlines()]
    taken = {each.session.session_id for each in records if isinstance(each, SnapshotRecord)}
    assert len(records) == len(taken) == 1_000
    assert min(taken) == "lsat6-0001"
    assert max(taken) == "lsat6-1000"


def test_lsat6_is_the_same_bytes_for_ever() -> None:
    assert sum(count for _, count in lsat6_pattern_counts()) == 1_000
    assert hash_bytes(lsat6_delivery()) == hash_bytes(lsat6_delivery())
    assert (
        hash_bytes(lsat6_delivery())
        == "sha256:d531a3fed99216269828fb5a6b135fbe50c1049d4f1b8765308478eea0e53d84"
    )


def test_every_sample_rubric_loads_with_its_examples() -> None:
    versions = catalogue()
    assert versions.problems == ()
    assert [version.label for version in versions.versions] == [
        "harbour/1",
        "harbour/2",
        "lsat6/1",
        "seamanship/1",
    ]


def test_the_rubrics_show_every_rule_that_scores_without_stored_features_or_ratings() -> None:
    shown = {
        item.rule
        for version in catalogue().versions
        for item in [*version.rubric.items.values(), version.rubric.default_item]
        if item is not None
    }
    assert shown == set(RULE_NAMES) & {
        "match_correct", "map_response", "numeric", "multi_select", "text", "keywords",
        "constant", "full_credit", "void",
    }  # fmt: skip


def test_the_second_version_takes_over_between_the_delivery_dates() -> None:
    chain = catalogue().chain("harbour")
    assert [validity.version.rubric.version for validity in chain] == ["1", "2"]
    assert chain[1].valid_from == parse_instant("2026-11-20T00:00:00Z")


def test_the_samples_are_spread_over_three_days() -> None:
    assert tuple(sorted({each.day for each in sample_deliveries()})) == DAYS
    assert list(sample_deliveries()) == sorted(sample_deliveries())


def test_one_line_is_for_quarantine() -> None:
    rejected = [
        (day, each.reason)
        for day, records in read_records().items()
        for each in records
        if isinstance(each, Rejection)
    ]
    assert rejected == [("2026-11-19", Reason.UNKNOWN_FIELD)]


def test_one_line_is_a_duplicate_and_two_are_replaced() -> None:
    seen = Counter(outcome for pairs in outcomes().values() for _, outcome in pairs)
    assert seen == {Outcome.STANDING: 14, Outcome.DUPLICATE: 1, Outcome.REPLACED: 2}


def test_the_correction_supersedes_what_it_corrects() -> None:
    pairs = outcomes()["2026-11-19"]
    correction = next(record for record, _ in pairs if record.session.superseded_id)
    corrected = {record.response_snapshot_id: outcome for record, outcome in pairs}
    assert corrected[str(correction.session.superseded_id)] is Outcome.REPLACED


def test_the_samples_show_every_state_and_status(results: dict[tuple[str, int], Scored]) -> None:
    statuses = {total.status for total, _ in results.values()}
    scores = [each for _, items in results.values() for each in items.values()]
    assert statuses == {"complete", "blocked", "voided"}
    assert {each.response_state for each in scores} == {
        "answered",
        "omitted",
        "not_reached",
        "not_presented",
        "invalid",
        "absent",
    }
    assert {each.item_status for each in scores} == {
        "scored",
        "scored_missing",
        "excluded",
        "voided",
        "unscorable",
    }


@pytest.mark.parametrize(
    ("session_id", "attempt", "raw", "maximum", "level", "scale"),
    [
        ("harbour-0001", 1, "24", 24, "pilot", "500"),
        ("harbour-0002", 1, "44/3", 24, "apprentice", "300"),
        ("harbour-0003", 1, "4", 24, "not yet", "100"),
        ("harbour-0004", 1, "14", 24, "apprentice", "300"),
        ("harbour-0006", 1, "179/9", 21, "pilot", "400"),
        ("harbour-0007", 1, "10", 24, "not yet", "100"),
        ("harbour-0008", 1, "22", 24, "pilot", "400"),
        ("harbour-0010", 1, "23", 24, "pilot", "400"),
        ("harbour-0011", 1, "56/3", 24, "pilot", "400"),
        ("harbour-0002", 2, "22", 24, "pilot", "400"),
        ("seamanship-0001", 1, "6", 6, "sound", "100"),
        ("seamanship-0002", 1, "19/18", 5, "to repeat", "60"),
        ("seamanship-0003", 1, "-1/6", 3, None, None),
    ],
)
def test_the_sessions_have_the_totals_that_a_person_computed(
    results: dict[tuple[str, int], Scored],
    session_id: str,
    attempt: int,
    raw: str,
    maximum: int,
    level: str | None,
    scale: str | None,
) -> None:
    total, _ = results[session_id, attempt]
    assert total.raw_score_exact == Fraction(raw)
    assert total.max_score == maximum
    assert (total.performance_level, total.scale_score) == (level, scale)


def test_a_borrowed_item_is_scored_by_the_rubric_that_the_delivery_names(
    results: dict[tuple[str, int], Scored],
) -> None:
    _, items = results["harbour-0006", 1]
    assert items["knots"].rubric_label == "seamanship/1"
    assert items["knots"].raw_score == Fraction(8, 9)


def test_a_late_delivery_is_scored_by_the_version_of_its_time(
    results: dict[tuple[str, int], Scored],
) -> None:
    assert results["harbour-0011", 1][1]["h08"].rubric_label == "1"
    assert results["harbour-0010", 1][1]["h08"].rubric_label == "2"


def test_every_item_without_a_borrowed_one_has_an_example_in_its_first_version() -> None:
    rubrics: list[Rubric] = [version.rubric for version in catalogue().versions]
    harbour = next(rubric for rubric in rubrics if rubric.assessment_id == "harbour")
    without = {item_id for item_id, item in harbour.items.items() if not item.examples}
    assert without == {"h14", "h15"}  # what they give does not depend on the response


def test_the_samples_hold_what_breaks_careless_readers() -> None:
    text = b"".join(each.content for each in sample_deliveries()).decode()
    for sign in ('\\"', "\\n", ", ", "ö", "潮", "😀"):
        assert sign in text
