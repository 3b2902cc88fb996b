"""What was judged for a score run before is taken again; the bytes are those of judging it anew."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from assessment_pipeline.core.chunk_scoring import ChunkScorer
from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import canonical_json, hash_bytes
from assessment_pipeline.core.judged_items import JudgedBefore
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.core.score_runs import ScoreRunRecord, rubrics_of, score_run_id
from assessment_pipeline.core.sessions_to_score import SessionToScore
from assessment_pipeline_tests.core.builders import a_rubric_file
from assessment_pipeline_tests.deliveries import response, session

_ITEMS: dict[str, dict[str, Any]] = {
    "q1": {"rule": "match_correct", "correct": "A", "points": "1/3", "dimension": "d"},
    "q2": {"rule": "numeric", "answers": [{"value": "3.14"}], "points": 2, "weight": "0.5"},
    "q3": {"rule": "feature_bands", "bands": [{"feature": "words", "minimum": 2, "points": 1}]},
    "q4": {"rule": "keywords", "criteria": [{"id": "c", "any_of": ["two"], "points": 1}]},
    "q5": {"rule": "void"},
}
_VALUES = st.sampled_from(["A", "B", "3.14", 7, "two words", "zwei Wörter, two\n", "", None])
_RUBRICS = st.none() | st.sampled_from(
    [{"assessment_id": "maths", "version": version} for version in ("1", "2", "none")]
)
_RESPONSES = st.lists(
    st.tuples(st.sampled_from([*_ITEMS, "q9"]), _VALUES, _RUBRICS),
    max_size=5,
    unique_by=lambda each: each[0],
)


class _Session(NamedTuple):
    source: SessionToScore
    score_run_id: str


class _Scored(NamedTuple):
    records: list[ScoreRunRecord]
    results: list[bytes]
    evaluations: list[bytes]


def _catalogue(*, with_features: bool) -> RubricCatalogue:
    items = {name: item for name, item in _ITEMS.items() if with_features or name != "q3"}
    versions = [
        a_rubric_file(name="1", items=items),
        a_rubric_file(
            name="2",
            items={**items, "q1": {"rule": "match_correct", "correct": "B", "points": 5}},
            valid_from="2026-11-20T09:00:00Z",
        ),
    ]
    catalogue = RubricCatalogue(versions)
    assert catalogue.problems == ()
    return catalogue


def _session(
    number: int,
    own: str | None,
    responses: Sequence[tuple[str, object, dict[str, str] | None]],
    catalogue: RubricCatalogue,
) -> _Session:
    line = canonical_json(
        session(
            session_id=f"s{number}",
            assessment_id="maths",
            status="voided" if number % 7 == 0 else "submitted",
            responses=[
                response(item_id, value, **({"rubric": rubric} if rubric else {}))
                for item_id, value, rubric in responses
            ],
        )
    )
    snapshot = hash_bytes(line)
    version = catalogue.named("maths", own) if own else None
    names = [("maths", rubric["version"]) for _, _, rubric in responses if rubric]
    rubrics = rubrics_of(version, names, catalogue)
    features = FeatureExtractor().line(line, snapshot)
    source = SessionToScore(line, snapshot, version, rubrics, features)
    return _Session(source, score_run_id(snapshot, rubrics))


def _scored(
    sessions: Sequence[_Session], catalogue: RubricCatalogue, before: JudgedBefore
) -> _Scored:
    scorer = ChunkScorer(catalogue)
    for each in sessions:
        scorer.add(each.source, before.of(each.score_run_id))
    scored = list(scorer.scored())
    return _Scored(
        [each.record for each in scored],
        [each.result for each in scored],
        list(scorer.evaluation_lines()),
    )


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([None, "1", "2"]), _RESPONSES), min_size=1, max_size=6),
    st.data(),
    st.booleans(),
)
def test_a_chunk_is_the_same_whatever_of_it_was_judged_before(
    drawn: list[tuple[str | None, list[tuple[str, object, dict[str, str] | None]]]],
    data: st.DataObject,
    with_features: bool,
) -> None:
    catalogue = _catalogue(with_features=with_features)
    sessions = [_session(number, *each, catalogue) for number, each in enumerate(drawn)]
    nothing = JudgedBefore()
    before = JudgedBefore()
    # Chunks of before hold some of the sessions, in another order, and were cut elsewhere.
    some = data.draw(st.lists(st.sampled_from(sessions), unique_by=lambda each: each.score_run_id))
    cut = data.draw(st.integers(0, len(some)))
    for chunk in (some[:cut], some[cut:]):
        earlier = _scored(chunk, catalogue, nothing)
        before.add_chunk(
            [(record.score_run_id, record.evaluations) for record in earlier.records],
            earlier.evaluations,
        )
    assert _scored(sessions, catalogue, before) == _scored(sessions, catalogue, nothing)
