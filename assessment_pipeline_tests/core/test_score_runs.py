"""Score runs: identity, results that anyone can check, and scoring chunk by chunk."""

import json
from collections.abc import Sequence
from statistics import mean, median
from typing import Any

import pytest
from pydantic import ValidationError

from assessment_pipeline.core.chunk_scoring import (
    ChunkScorer,
    ScoredSession,
    score_session,
)
from assessment_pipeline.core.hashing import canonical_json, content_hash, hash_bytes
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue, RubricFile
from assessment_pipeline.core.score_runs import ScoreRun, ends_chunk, rubrics_of, score_run_id
from assessment_pipeline.core.sessions_to_score import SessionToScore
from assessment_pipeline.core.versions import ENGINE_VERSION, FEATURE_VERSION
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline_tests.core.builders import a_rubric_file
from assessment_pipeline_tests.deliveries import response, session

SNAPSHOT = "sha256:" + "0a" * 32
ITEMS = {
    "q1": {"rule": "match_correct", "correct": "A"},
    "q2": {"rule": "match_correct", "correct": "B", "points": "1/3", "weight": 2},
}


def catalogue_of(*files: RubricFile) -> RubricCatalogue:
    catalogue = RubricCatalogue(files or (a_rubric_file(items=ITEMS),))
    assert catalogue.problems == ()
    return catalogue


def maths(*responses: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return session(assessment_id="maths", responses=list(responses), **fields)


def run_of(delivered: dict[str, Any], catalogue: RubricCatalogue | None = None) -> ScoreRun:
    catalogue = catalogue or catalogue_of()
    line = canonical_json(delivered)
    own = catalogue.select(delivered["assessment_id"], parse_instant(delivered["submitted_at"]))
    return score_session(line, hash_bytes(line), catalogue, own)


def scored(
    catalogue: RubricCatalogue, *sessions: dict[str, Any]
) -> tuple[list[ScoredSession], list[dict[str, Any]]]:
    scorer = ChunkScorer(catalogue)
    for delivered in sessions:
        line = canonical_json(delivered)
        own = catalogue.select(delivered["assessment_id"], parse_instant(delivered["submitted_at"]))
        rubrics = rubrics_of(own, (), catalogue)
        scorer.add(SessionToScore(line, hash_bytes(line), own, rubrics))
    return list(scorer.scored()), [json.loads(line) for line in scorer.evaluation_lines()]


def test_an_id_is_the_hash_of_exactly_what_the_contract_names() -> None:
    rubrics = ["sha256:" + "bb" * 32, "sha256:" + "aa" * 32]

    assert score_run_id(SNAPSHOT, rubrics) == content_hash(
        {
            "engine_version": ENGINE_VERSION,
            "feature_version": FEATURE_VERSION,
            "response_snapshot_id": SNAPSHOT,
            "rubrics": sorted(rubrics),
        }
    )


def test_an_id_is_that_of_the_versions_that_scored_it() -> None:
    versions = {"engine_version": "7", "feature_version": "8"}

    assert score_run_id(SNAPSHOT, ["a"], {**versions, "reader_version": "9"}) == content_hash(
        {**versions, "response_snapshot_id": SNAPSHOT, "rubrics": ["a"]}
    )


def test_an_id_does_not_depend_on_the_order_of_rubrics_or_on_repeats() -> None:
    assert score_run_id(SNAPSHOT, ["b", "a", "b"]) == score_run_id(SNAPSHOT, ["a", "b"])


def test_another_rubric_gives_another_id() -> None:
    assert score_run_id(SNAPSHOT, ["a"]) != score_run_id(SNAPSHOT, ["b"])
    assert score_run_id(SNAPSHOT, []) != score_run_id(SNAPSHOT, ["a"])


def test_rescoring_the_same_snapshot_gives_the_same_run() -> None:
    delivered = maths(response("q1", "A"))

    assert run_of(delivered) == run_of(delivered)


def test_a_result_holds_the_fields_that_docs_hashes_names() -> None:
    run = run_of(maths(response("q1", "A"), response("q2", "B")))

    assert run.result == {
        "items": [
            {
                "item_id": "q1",
                "item_status": "scored",
                "max_score": "1",
                "raw_score": "1",
                "response_state": "answered",
            },
            {
                "item_id": "q2",
                "item_status": "scored",
                "max_score": "2/3",
                "raw_score": "2/3",
                "response_state": "answered",
            },
        ],
        "max_score": "5/3",
        "performance_level": None,
        "raw_score": "5/3",
        "raw_score_exact": "5/3",
        "response_snapshot_id": run.response_snapshot_id,
        "scale_score": None,
        "status": "complete",
        "subscores": [],
    }
    assert run.output_hash == content_hash(run.result)


def test_a_result_tells_no_name_time_or_wording() -> None:
    delivered = maths(response("q1", "SECRET"), candidate_id="c-secret", session_id="s-secret")

    text = json.dumps(run_of(delivered).result).lower()

    assert "secret" not in text
    assert "2026" not in text


def test_results_hold_no_float() -> None:
    def floats(value: Any) -> list[float]:  # noqa: ANN401 - any JSON
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [found for each in value for found in floats(each)]
        return [value] if isinstance(value, float) else []

    catalogue = catalogue_of()
    sessions, evaluations = scored(catalogue, maths(response("q1", 0.5), response("q2", "B")))

    assert floats([json.loads(one.result) for one in sessions]) == []
    assert floats([evaluation["trace"] for evaluation in evaluations]) == []


def test_a_run_verifies_itself() -> None:
    run_of(maths(response("q1", "A"))).verify()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("response_snapshot_id", SNAPSHOT),
        ("rubrics", ()),
        ("engine_version", "0"),
        ("feature_version", "0"),
        ("result", {}),
        ("output_hash", SNAPSHOT),
        ("score_run_id", SNAPSHOT),
    ],
)
def test_a_run_in_which_something_was_changed_does_not_verify(field: str, value: object) -> None:
    changed = run_of(maths(response("q1", "A"))).model_copy(update={field: value})

    with pytest.raises(IntegrityError, match=r"score_run_id|output_hash"):
        changed.verify()


def test_a_run_is_frozen() -> None:
    run = run_of(maths(response("q1", "A")))

    with pytest.raises(ValidationError, match="frozen"):
        run.output_hash = SNAPSHOT  # type: ignore[misc]  # what the test is about


def test_items_come_in_code_point_order_with_absent_ones_among_them() -> None:
    items = {name: {"rule": "match_correct", "correct": "A"} for name in ("q2", "q10", "q1", "Q3")}
    catalogue = catalogue_of(a_rubric_file(items=items))

    run = run_of(maths(response("q2", "A"), response("q10", "B")), catalogue)

    assert [(item["item_id"], item["response_state"]) for item in run.result["items"]] == [
        ("Q3", "absent"),
        ("q1", "absent"),
        ("q10", "answered"),
        ("q2", "answered"),
    ]


def test_an_absent_item_counts_nothing_of_its_maximum() -> None:
    run = run_of(maths(response("q1", "A")))

    assert (run.result["raw_score"], run.result["max_score"]) == ("1", "5/3")


def test_an_item_that_no_rubric_knows_is_unscorable_and_never_a_zero() -> None:
    run = run_of(maths(response("q1", "A"), response("q9", "A")))

    (item,) = (item for item in run.result["items"] if item["item_id"] == "q9")
    assert item == {
        "item_id": "q9",
        "item_status": "unscorable",
        "max_score": None,
        "raw_score": None,
        "response_state": "answered",
    }
    assert run.result["status"] == "blocked"


def test_without_a_rubric_nothing_is_scored_and_the_run_still_has_an_id() -> None:
    delivered = maths(response("q1", "A"), submitted_at="2020-01-01T00:00:00Z")
    catalogue = catalogue_of(a_rubric_file(items=ITEMS, valid_from="2026-01-01T00:00:00Z"))

    run = run_of(delivered, catalogue)

    assert run.rubrics == ()
    assert run.result["status"] == "blocked"
    assert [item["item_status"] for item in run.result["items"]] == ["unscorable"]
    run.verify()


def test_an_item_context_is_scored_by_the_rubric_that_it_names() -> None:
    borrowed = a_rubric_file(
        "physics", "2", items={"q1": {"rule": "match_correct", "correct": "Z"}}
    )
    catalogue = catalogue_of(a_rubric_file(items=ITEMS), borrowed)
    name = {"assessment_id": "physics", "version": "2"}

    run = run_of(maths(response("q1", "Z", rubric=name), response("q2", "B")), catalogue)

    assert run.result["items"][0]["raw_score"] == "1"
    hashes = {version.label: version.content_hash for version in catalogue.versions}
    assert run.rubrics == tuple(sorted([hashes["maths/1"], hashes["physics/2"]]))


@pytest.mark.parametrize(
    "name",
    [
        {"assessment_id": "physics", "version": "9"},
        {"assessment_id": "chemistry", "version": "1"},
    ],
)
def test_an_item_context_that_is_not_there_never_falls_through(name: dict[str, str]) -> None:
    catalogue = catalogue_of(a_rubric_file(items=ITEMS), a_rubric_file("physics", "2", items=ITEMS))

    run = run_of(maths(response("q1", "A", rubric=name)), catalogue)

    assert run.result["items"][0]["item_status"] == "unscorable"
    assert run.result["status"] == "blocked"


def test_the_same_response_under_another_context_is_another_evaluation() -> None:
    other = a_rubric_file("physics", "1", items={"q1": {"rule": "match_correct", "correct": "Z"}})
    catalogue = catalogue_of(a_rubric_file(items=ITEMS), other)
    name = {"assessment_id": "physics", "version": "1"}

    runs, _ = scored(catalogue, maths(response("q1", "A")), maths(response("q1", "A", rubric=name)))

    assert [json.loads(run.result)["items"][0]["raw_score"] for run in runs] == ["1", "0"]


def test_a_voided_session_has_no_items_and_no_points() -> None:
    run = run_of(maths(response("q1", "A"), status="voided"))

    assert run.result["status"] == "voided"
    assert run.result["items"] == []
    assert (run.result["raw_score"], run.result["max_score"]) == (None, None)


def test_each_distinct_response_of_a_chunk_is_evaluated_once() -> None:
    sessions = [
        maths(response("q1", value), response("q2", "B"), session_id=f"s{number}")
        for number, value in enumerate(["A", "C", "A", "A"])
    ]

    runs, evaluations = scored(catalogue_of(), *sessions)

    assert [(each["item_id"], each["response"]) for each in evaluations] == [
        ("q1", "A"),
        ("q2", "B"),
        ("q1", "C"),
    ]
    assert [run.record.evaluations for run in runs] == [[0, 1], [2, 1], [0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"value": 1}, {"value": "1"}),
        ({"value": 1}, {"value": 1.0}),
        ({"value": "A"}, {"value": ["A"]}),
        ({"value": "A"}, {"value": "A", "state": "invalid"}),
        ({"value": ""}, {"value": None}),
    ],
)
def test_what_was_delivered_otherwise_keeps_its_own_evidence(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    sessions = [maths(response("q1", **one)), maths(response("q1", **other))]

    _, evaluations = scored(catalogue_of(), *sessions)

    found = [(each["response"], each["response_state"]) for each in evaluations]
    assert [response_ for response_, _ in found if _ != "absent"] == [one["value"], other["value"]]


def test_scoring_in_a_chunk_equals_scoring_alone() -> None:
    sessions = [
        maths(response("q1", first), response("q2", second), session_id=f"s{first}{second}")
        for first in "AB"
        for second in "BC"
    ]

    runs, _ = scored(catalogue_of(), *sessions)

    for delivered, run in zip(sessions, runs, strict=True):
        alone = run_of(delivered)
        assert json.loads(run.result) == alone.result
        assert run.record.score_run_id == alone.score_run_id
        assert run.record.output_hash == alone.output_hash == hash_bytes(run.result)


def test_result_lines_are_canonical() -> None:
    runs, _ = scored(catalogue_of(), maths(response("q1", "A")), maths())

    for run in runs:
        assert canonical_json(json.loads(run.result)) == run.result


def test_subscores_sum_their_own_items_in_order_of_dimension() -> None:
    items = {
        "q1": {"rule": "match_correct", "correct": "A", "dimension": "zeta"},
        "q2": {"rule": "match_correct", "correct": "A", "points": "1/3"},
    }
    file = a_rubric_file(items=items, dimensions={"alpha": {"items": ["q1", "q2"]}, "empty": {}})

    run = run_of(maths(response("q1", "A"), response("q2", "B")), catalogue_of(file))

    assert run.result["subscores"] == [
        {"dimension": "alpha", "max_score": "4/3", "raw_score_exact": "1"},
        {"dimension": "empty", "max_score": "0", "raw_score_exact": "0"},
        {"dimension": "zeta", "max_score": "1", "raw_score_exact": "1"},
    ]


def test_thirds_add_up_exactly() -> None:
    items = {f"q{n}": {"rule": "match_correct", "correct": "A", "points": "1/3"} for n in range(49)}
    answers = [response(f"q{n}", "A") for n in range(49)]

    run = run_of(maths(*answers), catalogue_of(a_rubric_file(items=items)))

    assert run.result["raw_score_exact"] == "49/3"


def test_points_of_very_many_digits_add_up_exactly() -> None:
    # Denominators without a common divisor: the sum is longer than a rubric may write.
    parts = [10**60 + 7 + 2 * number for number in range(30)]
    items = {
        f"q{n}": {"rule": "match_correct", "correct": "A", "points": f"1/{part}"}
        for n, part in enumerate(parts)
    }

    run = run_of(
        maths(*(response(f"q{n}", "A") for n in range(30))),
        catalogue_of(a_rubric_file(items=items)),
    )

    assert len(run.result["raw_score_exact"]) > 1_000
    assert run.result["raw_score_exact"] == run.result["max_score"]


def test_the_first_cut_ends_a_chunk_by_its_last_id_or_when_it_is_large() -> None:
    assert ends_chunk("sha256:" + "f" * 61 + "800", 1, cut=1)
    assert ends_chunk("sha256:" + "f" * 61 + "000", 1, cut=1)
    assert not ends_chunk("sha256:" + "f" * 61 + "400", 1, cut=1)
    assert not ends_chunk("sha256:" + "f" * 64, 8_191, cut=1)
    assert ends_chunk("sha256:" + "f" * 64, 8_192, cut=1)


@pytest.mark.parametrize(
    ("last", "sessions", "ends"),
    [
        ("f000", 1_023, False),
        ("f000", 1_024, True),
        ("f200", 1_024, False),
        ("f200", 2_047, False),
        ("f200", 2_048, True),
        ("f100", 4_095, False),
        ("ffff", 4_095, False),
        ("ffff", 4_096, True),
    ],
)
def test_a_chunk_ends_the_sooner_the_larger_it_is(last: str, sessions: int, ends: bool) -> None:
    assert ends_chunk("sha256:" + "f" * 60 + last, sessions) == ends


def chunks_of(ids: Sequence[str]) -> list[tuple[str, ...]]:
    chunks: list[tuple[str, ...]] = []
    chunk: list[str] = []
    for score_run in ids:
        chunk.append(score_run)
        if ends_chunk(score_run, len(chunk)):
            chunks.append(tuple(chunk))
            chunk = []
    return [*chunks, tuple(chunk)]


def test_a_late_session_changes_one_chunk_of_a_usual_size_wherever_it_falls() -> None:
    ids = [content_hash(number) for number in range(60_000)]
    before = chunks_of(ids)
    sizes = [len(chunk) for chunk in before[:-1]]
    assert 1_024 <= min(sizes) <= max(sizes) <= 4_096
    assert 2_000 < mean(sizes) < 2_600
    changed: list[int] = []
    rescored: list[int] = []
    for place in range(0, len(ids), 1_500):
        after = chunks_of([*ids[:place], content_hash(f"late {place}"), *ids[place:]])
        new = set(after) - set(before)
        changed.append(len(new))
        rescored.append(sum(map(len, new)))
    assert median(changed) == 1
    assert max(changed) <= 3
    assert mean(rescored) < 3_000
