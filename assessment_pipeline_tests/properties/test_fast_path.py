"""Chunks are summed as integers over a common denominator; Fractions give the same."""

import json
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_pipeline.core.chunk_scoring import ChunkScorer, SessionToScore
from assessment_pipeline.core.hashing import canonical_json, hash_bytes
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, effective_state
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.rubrics.late_work import seconds_late
from assessment_pipeline.core.scoring import score_item, total_score
from assessment_pipeline_tests.core.builders import a_rubric_file
from assessment_pipeline_tests.deliveries import response, session

_POINTS = st.builds(Fraction, st.integers(0, 60), st.integers(1, 60)).map(exact_text)
_CHOICES = ["A", "B", "C"]
_ITEMS = st.one_of(
    st.fixed_dictionaries(
        {"rule": st.just("match_correct"), "correct": st.sampled_from(_CHOICES)},
        optional={
            "points": _POINTS,
            "weight": _POINTS,
            "guessing_penalty": st.fixed_dictionaries({"choices": st.integers(2, 9)}),
        },
    ),
    st.fixed_dictionaries(
        {
            "rule": st.just("multi_select"),
            "method": st.sampled_from(["net_correct", "coverage", "r_false"]),
            "options": st.just(_CHOICES),
            "correct": st.just(["A", "C"]),
        },
        optional={"points": _POINTS, "weight": _POINTS, "dimension": st.sampled_from(["d", "e"])},
    ),
    st.just({"rule": "void"}),
)
_VALUES = st.none() | st.sampled_from(_CHOICES) | st.lists(st.sampled_from(_CHOICES), max_size=3)
_LATE = {"mode": "percent_per_unit", "percent": "100/7", "unit": "hours", "of": "score"}
_POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "floor": st.sampled_from([None, "-1/3"]),
        "rounding": st.fixed_dictionaries(
            {"mode": st.sampled_from(["half_up", "truncate"]), "decimals": st.integers(0, 3)}
        ),
        "late": st.just(_LATE),
        "missing": st.just({"absent": "exclude", "invalid": "rule"}),
    },
)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from([f"q{n}" for n in range(9)]), _ITEMS, min_size=1),
    _POLICIES,
    st.lists(st.dictionaries(st.sampled_from([f"q{n}" for n in range(9)]), _VALUES), max_size=4),
    st.sampled_from([None, "2026-11-20T07:00:00Z"]),
)
def test_a_chunk_gives_every_session_the_sum_that_fractions_give(
    items: dict[str, Any],
    policy: dict[str, Any],
    answers: list[dict[str, Any]],
    due_at: str | None,
) -> None:
    catalogue = RubricCatalogue([a_rubric_file(items=items, policy=policy)])
    own = catalogue.named("maths", "1")
    assert own is not None
    scorer = ChunkScorer(catalogue)
    expected = []
    for given_values in answers:
        responses = [response(item_id, value) for item_id, value in given_values.items()]
        delivered = session(assessment_id="maths", responses=responses, due_at=due_at)
        line = canonical_json(delivered)
        scorer.add(SessionToScore(line, hash_bytes(line), own, ()))
        scores = []
        for item_id in {**items, **given_values}:
            answer = None
            if item_id in given_values:
                value = given_values[item_id]
                value = tuple(value) if isinstance(value, list) else value
                answer = ItemResponse(item_id, value, effective_state(value, None))
            scores.append(score_item(item_id, own=own, rubric=own, response=answer))
        late = seconds_late(delivered["submitted_at"], due_at)
        expected.append(total_score(own.rubric, scores, seconds_late=late))
    results = [json.loads(scored.result) for scored in scorer.scored()]
    for result, total in zip(results, expected, strict=True):
        assert (result["status"], result["scale_score"]) == (total.status, total.scale_score)
        for name in ("raw_score", "raw_score_exact", "max_score", "late_penalty"):
            points = getattr(total, name)
            assert result.get(name) == (None if points is None else exact_text(points))
        assert result["subscores"] == [
            {
                "dimension": each.dimension,
                "raw_score_exact": exact_text(each.raw_score),
                "max_score": exact_text(each.max_score),
            }
            for each in total.subscores
        ]


def test_49_times_a_49th_is_1() -> None:
    items = {
        f"q{number}": {"rule": "match_correct", "correct": "A", "points": "1/49"}
        for number in range(49)
    }
    catalogue = RubricCatalogue([a_rubric_file(items=items)])
    line = canonical_json(
        session(assessment_id="maths", responses=[response(item_id, "A") for item_id in items])
    )
    scorer = ChunkScorer(catalogue)
    scorer.add(SessionToScore(line, hash_bytes(line), catalogue.named("maths", "1"), ()))
    (scored,) = scorer.scored()
    assert (scored.record.raw_score, scored.record.max_score) == ("1", "1")
