import pytest

from assessment_pipeline.core.feature_rows import FEATURE_NAMES, SessionFeatures, feature_row
from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline_tests.deliveries import response, session

_LINE = FeatureExtractor().line(
    canonical_json(
        session(
            responses=[
                response("q1", "one two two", duration_ms=1_500),
                response("q2", "1e400"),
                response("q3", ["a", "b"], duration_ms=-1),
            ]
        )
    ),
    "s1",
)


def _row(item_id: str, *names: str) -> tuple[dict[str, str], dict[str, str]]:
    cells = SessionFeatures(_LINE, "s1").cells(item_id, names)
    assert cells is not None
    row = feature_row(cells)
    return {name: str(value) for name, value in row.values.items()}, dict(row.reasons)


def test_counts_ratios_and_booleans_are_exact() -> None:
    assert _row("q1", "words", "distinct_word_ratio", "duration_ms", "rapid_guess") == (
        {"words": "3", "distinct_word_ratio": "2/3", "duration_ms": "1500", "rapid_guess": "1"},
        {},
    )


def test_what_is_null_keeps_its_reason() -> None:
    values, reasons = _row("q3", "words", "number", "duration_ms", "selections")
    assert values == {"words": "None", "number": "None", "duration_ms": "None", "selections": "2"}
    assert reasons == {"words": "not_text", "number": "not_a_number", "duration_ms": "negative"}


def test_a_number_of_any_length_is_read() -> None:
    assert _row("q2", "number")[0] == {"number": str(10**400)}


def test_a_name_that_is_no_feature_is_left_out() -> None:
    assert _row("q1", "item_id", "words_reason", "beauty") == ({}, {})
    assert "item_id" not in FEATURE_NAMES


def test_an_item_that_the_delivery_lacks_has_no_features() -> None:
    assert SessionFeatures(_LINE, "s1").cells("q9", ["words"]) is None


def test_the_features_of_another_snapshot_are_refused() -> None:
    with pytest.raises(IntegrityError, match="Snapshot s2 came with the features of s1"):
        SessionFeatures(_LINE, "s2")
