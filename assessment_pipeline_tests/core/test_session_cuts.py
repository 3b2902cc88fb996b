"""Lines that are not cut, and those whose responses are none."""

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.session_cuts import cut_session
from assessment_pipeline_tests.deliveries import response, session

_RATING = {"rater_id": "r", "criterion_id": "c", "level_id": "l", "kind": "human"}


def test_ratings_are_objects_of_their_own_so_the_line_is_decoded() -> None:
    rated = response("q1", "A", ratings=[_RATING, _RATING])
    assert cut_session(canonical_json(session(responses=[rated]))) is None


def test_what_is_no_captured_line_is_not_cut() -> None:
    assert cut_session(b'{"responses": []}') is None
    assert cut_session(b'{"responses":[]}') is None


def test_a_session_without_responses_has_none() -> None:
    cut = cut_session(canonical_json(session(responses=[])))
    assert cut is not None
    assert (cut.responses, cut.durations) == ([], [])
    assert cut.read_header().session_id == session()["session_id"]
