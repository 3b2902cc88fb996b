"""Chunks are summed as integers over a common denominator; Fractions give the same."""

import json
import tracemalloc
from fractions import Fraction
from math import isqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_pipeline.core.chunk_scoring import ChunkScorer
from assessment_pipeline.core.chunk_totals import ChunkTotals
from assessment_pipeline.core.hashing import canonical_json, hash_bytes
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, effective_state
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.rubrics.late_work import seconds_late
from assessment_pipeline.core.scoring import ItemScore, score_item, total_score
from assessment_pipeline.core.sessions_to_score import SessionToScore
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


_NAMES = [f"q{n}" for n in range(9)]
_VERSIONS = ["1", "2"]
_TIMES = ["2026-11-20T07:00:00Z", "2026-11-20T08:20:00Z", "2026-11-20T09:00:00.5Z"]
# Which version scores a session, which answers it has, its due time and when it was submitted.
_SESSIONS = st.tuples(
    st.sampled_from(_VERSIONS),
    st.integers(0, 1),
    st.none() | st.sampled_from(_TIMES),
    st.sampled_from(_TIMES),
)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(_NAMES), _ITEMS, min_size=1),
    st.tuples(_POLICIES, _POLICIES),
    st.lists(st.dictionaries(st.sampled_from(_NAMES), _VALUES), min_size=2, max_size=2),
    st.lists(_SESSIONS, max_size=5),
    st.sampled_from([0, 256]),
)
def test_a_chunk_gives_every_session_the_sum_that_fractions_give(
    items: dict[str, Any],
    policies: tuple[dict[str, Any], ...],
    answers: list[dict[str, Any]],
    sessions: list[tuple[str, int, str | None, str]],
    most_bits: int,
) -> None:
    # Two versions that differ in all but the items: equal sums come to other totals. Something
    # must count for a level to be within reach.
    items = {**items, "q9": {"rule": "match_correct", "correct": "A"}}
    catalogue = RubricCatalogue(
        [
            a_rubric_file(
                name=version,
                items=items,
                policy=policy,
                performance_levels=[{"level": f"level {version}", "minimum": "0"}],
                valid_from=f"202{version}-01-01T00:00:00Z",
            )
            for version, policy in zip(_VERSIONS, policies, strict=True)
        ]
    )
    scorer = ChunkScorer(catalogue)
    expected = []
    for version, number, due_at, submitted_at in sessions:
        own = catalogue.named("maths", version)
        assert own is not None
        given_values = answers[number]
        responses = [response(item_id, value) for item_id, value in given_values.items()]
        line = canonical_json(
            session(
                assessment_id="maths",
                responses=responses,
                due_at=due_at,
                submitted_at=submitted_at,
            )
        )
        scorer.add(SessionToScore(line, hash_bytes(line), own, ()))
        scores = []
        for item_id in {**items, **given_values}:
            answer = None
            if item_id in given_values:
                value = given_values[item_id]
                value = tuple(value) if isinstance(value, list) else value
                answer = ItemResponse(item_id, value, effective_state(value, None))
            scores.append(score_item(item_id, own=own, rubric=own, response=answer))
        late = seconds_late(submitted_at, due_at)
        expected.append(total_score(own.rubric, scores, seconds_late=late))
    with pytest.MonkeyPatch.context() as patch:
        # With no bits at all, every session is summed by itself.
        patch.setattr("assessment_pipeline.core.chunk_totals._MOST_BITS", most_bits)
        results = [json.loads(scored.result) for scored in scorer.scored()]
    for result, total in zip(results, expected, strict=True):
        for name in ("status", "scale_score", "performance_level"):
            assert result[name] == getattr(total, name)
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


def _primes(above: int, count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        above += 1
        if all(above % divisor for divisor in range(2, isqrt(above) + 1)):
            found.append(above)
    return found


# Denominators without anything in common, as shares of a time limit have them, and numbers that
# are large themselves.
@pytest.mark.parametrize("power", [-1, 400])
def test_points_that_fit_no_common_denominator_are_summed_in_little_memory(power: int) -> None:
    points = [Fraction(prime) ** power for prime in _primes(100_000, 600)]
    scores = [
        ItemScore(
            *(f"q{n % 20}", "scored", "answered", None, None, each, each, Fraction(1)),
            dimensions=(f"d{n % 3}",),
            explanation="",
            trace={},
        )
        for n, each in enumerate(points)
    ]
    tracemalloc.start()
    try:
        totals = ChunkTotals(scores, 20)
        found = [totals.total(None, range(place, place + 20)) for place in range(0, 600, 20)]
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
    for place, total in zip(range(0, 600, 20), found, strict=True):
        assert total.raw_score_exact == exact_text(sum(points[place : place + 20], Fraction(0)))
        (of_first, *_) = total.subscores
        in_first = [n for n in range(place, place + 20) if n % 3 == 0]
        assert of_first.raw_score_exact == exact_text(
            sum((points[n] for n in in_first), Fraction(0))
        )


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
