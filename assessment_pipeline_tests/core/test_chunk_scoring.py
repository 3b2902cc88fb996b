"""Chunk scoring with what rules read beside the response, and with late work."""

import json
from typing import Any

from assessment_pipeline.core.chunk_scoring import ChunkScorer, score_session
from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import canonical_json, hash_bytes
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.sessions_to_score import SessionToScore
from assessment_pipeline_tests.core.builders import a_rubric_file
from assessment_pipeline_tests.deliveries import response, session

_BANDS = {"rule": "feature_bands", "bands": [{"feature": "words", "minimum": 2, "points": 1}]}
_LEVELS = [{"id": "low", "points": 1}, {"id": "high", "points": 2}]
_RATED = {"rule": "ratings", "criteria": [{"id": "c", "levels": _LEVELS}]}
_LOWEST = {"minimum": "0"}
_CHOICE = {"rule": "match_correct", "correct": "A"}


def _catalogue(items: dict[str, Any], **document: Any) -> RubricCatalogue:  # noqa: ANN401
    catalogue = RubricCatalogue([a_rubric_file(items=items, **document)])
    assert catalogue.problems == ()
    return catalogue


def _rating(level: str) -> dict[str, str]:
    return {"rater_id": "r1", "criterion_id": "c", "level_id": level, "kind": "human"}


def _maths(*responses: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return session(assessment_id="maths", responses=list(responses), **fields)


def _scored(
    catalogue: RubricCatalogue, *sessions: dict[str, Any], with_features: bool = True
) -> tuple[list[dict[str, Any]], int]:
    scorer = ChunkScorer(catalogue)
    own = catalogue.named("maths", "1")
    for delivered in sessions:
        line = canonical_json(delivered)
        snapshot = hash_bytes(line)
        features = FeatureExtractor().line(line, snapshot)
        scorer.add(SessionToScore(line, snapshot, own, (), features if with_features else None))
    results = [json.loads(scored.result) for scored in scorer.scored()]
    return results, len(list(scorer.evaluation_lines()))


def test_rules_over_features_read_the_line_of_their_session() -> None:
    catalogue = _catalogue({"q1": _BANDS})
    results, _ = _scored(
        catalogue, _maths(response("q1", "two words")), _maths(response("q1", "x"))
    )
    assert [result["raw_score"] for result in results] == ["1", "0"]


def test_without_features_such_an_item_is_an_error_and_its_maximum_stays_known() -> None:
    delivered = _maths(response("q1", "two words"))
    results, _ = _scored(_catalogue({"q1": _BANDS}), delivered, with_features=False)
    assert results[0]["status"] == "blocked"
    assert results[0]["items"] == [
        {
            "item_id": "q1",
            "item_status": "error",
            "max_score": "1",
            "raw_score": None,
            "response_state": "answered",
        }
    ]


def test_equal_responses_with_other_features_are_evaluated_each() -> None:
    slow = {**_BANDS, "bands": [{"feature": "duration_ms", "minimum": 1000, "points": 1}]}
    sessions = [
        _maths(response("q1", "x", duration_ms=milliseconds), session_id=f"s-{number}")
        for number, milliseconds in enumerate((500, 2000, 2000))
    ]
    results, evaluations = _scored(_catalogue({"q1": slow}), *sessions)
    assert [result["raw_score"] for result in results] == ["0", "1", "1"]
    assert evaluations == 2


def test_features_that_no_rule_reads_share_an_evaluation() -> None:
    sessions = [
        _maths(response("q1", "A", duration_ms=milliseconds), response("q2", "one two"))
        for milliseconds in (500, 2000)
    ]
    _, evaluations = _scored(_catalogue({"q1": _CHOICE, "q2": _BANDS}), *sessions)
    assert evaluations == 2


def test_ratings_come_with_their_response_and_too_few_make_a_session_provisional() -> None:
    sessions = [
        _maths(response("q1", "essay", ratings=[_rating("high")])),
        _maths(response("q1", "essay", ratings=[_rating("low")])),
        _maths(response("q1", "essay")),
    ]
    results, evaluations = _scored(_catalogue({"q1": _RATED}), *sessions, with_features=False)
    assert [result["status"] for result in results] == ["complete", "complete", "provisional"]
    assert [result["raw_score"] for result in results] == ["2", "1", "0"]
    assert results[2]["max_score"] == "2"
    assert results[2]["items"][0]["raw_score"] is None
    assert evaluations == 3


def test_ratings_that_no_rule_reads_share_an_evaluation() -> None:
    sessions = [_maths(response("q1", "A", ratings=[_rating(level)])) for level in ("low", "high")]
    _, evaluations = _scored(_catalogue({"q1": _CHOICE, "q2": _RATED}), *sessions)
    assert evaluations == 2


def test_ratings_are_passed_over_by_a_rubric_that_reads_none() -> None:
    sessions = [
        _maths(response("q1", "A", ratings=[_rating("low")])),
        _maths(response("q1", "A")),
    ]
    results, evaluations = _scored(_catalogue({"q1": _CHOICE}), *sessions)
    assert [result["raw_score"] for result in results] == ["1", "1"]
    assert evaluations == 1


def test_a_voided_session_is_not_evaluated_whatever_its_rubric_reads() -> None:
    for item in (_CHOICE, _BANDS):
        voided = _maths(response("q1", "two words"), status="voided")
        (result,), evaluations = _scored(_catalogue({"q1": item}), voided)
        assert (result["status"], result["items"], evaluations) == ("voided", [], 0)


def test_a_rubric_that_a_response_names_reads_features_too() -> None:
    files = [
        a_rubric_file(items={"q1": _CHOICE}),
        a_rubric_file("reading", items={"q1": _BANDS}),
    ]
    catalogue = RubricCatalogue(files)
    name = {"assessment_id": "reading", "version": "1"}
    unknown = {"assessment_id": "reading", "version": "2"}
    sessions = [
        _maths(response("q1", "two words", rubric=name)),
        _maths(response("q1", "two words", rubric=unknown)),
    ]
    results, _ = _scored(catalogue, *sessions)
    assert results[0]["raw_score"] == "1"
    assert results[1]["items"][0]["item_status"] == "unscorable"


def test_a_session_scored_by_itself_has_its_features() -> None:
    catalogue = _catalogue({"q1": _BANDS})
    line = canonical_json(_maths(response("q1", "two words")))
    run = score_session(line, hash_bytes(line), catalogue, catalogue.named("maths", "1"))
    assert run.result["raw_score"] == "1"


def _late(policy: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    items = {"q1": {**_CHOICE, "points": 10}}
    delivered = _maths(response("q1", "A"), submitted_at="2026-11-20T09:30:00Z", **fields)
    (result,), _ = _scored(_catalogue(items, policy=policy), delivered)
    return result


_PER_HOUR = {"late": {"mode": "percent_per_unit", "percent": "15", "unit": "hours"}}


def test_late_work_is_taken_off_and_told_in_the_result() -> None:
    late = _late(_PER_HOUR, due_at="2026-11-20T08:00:00Z")
    assert (late["raw_score"], late["late_penalty"]) == ("7", "3")
    assert _late(_PER_HOUR, due_at="2026-11-20T10:00:00Z")["late_penalty"] == "0"
    assert _late(_PER_HOUR)["late_penalty"] == "0"


def test_sessions_of_equal_points_are_late_each_by_itself() -> None:
    items = {"q1": {**_CHOICE, "points": 10}}
    sessions = [
        _maths(response("q1", "A"), due_at="2026-11-20T08:00:00Z", submitted_at=submitted_at)
        for submitted_at in ("2026-11-20T07:00:00Z", "2026-11-20T08:30:00Z", "2026-11-20T09:30:00Z")
    ]
    results, evaluations = _scored(_catalogue(items, policy=_PER_HOUR), *sessions)
    assert [result["late_penalty"] for result in results] == ["0", "1.5", "3"]
    assert evaluations == 1


def test_sessions_of_equal_points_are_totalled_each_by_its_own_rubric() -> None:
    files = [
        a_rubric_file(
            folder, items={"q1": _CHOICE}, performance_levels=[{**_LOWEST, "level": folder}]
        )
        for folder in ("maths", "reading")
    ]
    catalogue = RubricCatalogue(files)
    scorer = ChunkScorer(catalogue)
    for folder in ("maths", "reading"):
        line = canonical_json(_maths(response("q1", "A")))
        scorer.add(SessionToScore(line, hash_bytes(line), catalogue.named(folder, "1"), ()))
    levels = [json.loads(scored.result)["performance_level"] for scored in scorer.scored()]
    assert levels == ["maths", "reading"]


def _evaluations(scorer: ChunkScorer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in scorer.evaluation_lines()]


def test_a_rubric_that_is_named_and_missing_is_told_from_none_at_all() -> None:
    scorer = ChunkScorer(_catalogue({"q1": _CHOICE}))
    missing = {"assessment_id": "reading", "version": "9"}
    for named in ({}, {"rubric": missing}, {}):
        line = canonical_json(_maths(response("q1", "A", **named)))
        scorer.add(SessionToScore(line, hash_bytes(line), None, ()))
    reasons = [each["trace"]["steps"][0]["unscorable"] for each in _evaluations(scorer)]
    assert reasons == ["no_rubric", "no_such_rubric"]


def test_a_rubric_that_two_others_name_counts_in_the_dimensions_of_each() -> None:
    owners = ("maths", "physics")
    files = [
        a_rubric_file(folder, items={"q1": _CHOICE}, dimensions={folder: {"items": ["q1"]}})
        for folder in owners
    ]
    catalogue = RubricCatalogue([*files, a_rubric_file("reading", items={"q1": _CHOICE})])
    scorer = ChunkScorer(catalogue)
    named = {"assessment_id": "reading", "version": "1"}
    for folder in owners:
        line = canonical_json(_maths(response("q1", "A", rubric=named)))
        scorer.add(SessionToScore(line, hash_bytes(line), catalogue.named(folder, "1"), ()))
    subscores = [json.loads(scored.result)["subscores"] for scored in scorer.scored()]
    assert subscores == [
        [{"dimension": folder, "max_score": "1", "raw_score_exact": "1"}] for folder in owners
    ]


def test_a_result_has_no_late_penalty_where_the_rubric_has_no_policy_for_it() -> None:
    assert "late_penalty" not in _late({}, due_at="2026-11-20T08:00:00Z")
    voided = _late(_PER_HOUR, due_at="2026-11-20T08:00:00Z", status="voided")
    assert "late_penalty" not in voided
