"""A captured line cut at its names is what decoding it gives, whatever stands in its texts."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from assessment_pipeline.core.captured import CapturedHeader, decode_session
from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.session_cuts import bare_response, cut_session, read_response
from assessment_pipeline_tests.deliveries import response, session

# What a line is cut at, as it could stand in a text.
_NAMES = [
    '},{"duration_ms":7,',
    '},{"item_id":',
    '],"session_id":',
    '"responses":[',
    "},{",
    "],",
    '"',
]
_TEXTS = st.lists(st.sampled_from([*_NAMES, "\\", "a"]) | st.text(max_size=3)).map("".join)
_VALUES = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(0, 9) | _TEXTS | st.lists(_TEXTS)
)
_RESPONSES = st.lists(
    st.fixed_dictionaries(
        {"value": _VALUES},
        optional={
            "duration_ms": st.integers(-(2**63), 2**63 - 1),
            "state": st.sampled_from(["answered", "omitted", "invalid"]),
            "rubric": st.just({"assessment_id": "a", "version": "1"}),
        },
    ),
    max_size=5,
)


@given(_RESPONSES, st.dictionaries(_TEXTS | st.sampled_from(["responses", "due_at"]), _TEXTS))
@example([{"value": "},{", "duration_ms": 1}, {"value": ["},{", '"item_id":']}], {})
def test_a_cut_session_is_the_decoded_one(
    given_responses: list[dict[str, Any]], context: dict[str, str]
) -> None:
    responses = [
        response(f"q{number}", fields.pop("value"), **fields)
        for number, fields in enumerate(map(dict, given_responses))
    ]
    line = canonical_json(session(responses=responses, context=context, attempt=2))
    decoded = decode_session(line)
    cut = cut_session(line)
    assert cut is not None
    assert cut.durations == [each.duration_ms for each in decoded.responses]
    read = list(map(read_response, cut.responses))
    for found, expected in zip(read, decoded.responses, strict=True):
        assert bytes(found.value) == bytes(expected.value)
        assert (found.item_id, found.state, found.rubric) == (
            expected.item_id,
            expected.state,
            expected.rubric,
        )
    header = cut.read_header()
    for name in CapturedHeader.__struct_fields__:
        assert getattr(header, name) == getattr(decoded, name)


@given(_RESPONSES)
def test_a_response_without_rubric_and_ratings_is_written_as_it_is_cut_out(
    given_responses: list[dict[str, Any]],
) -> None:
    responses = [
        response(f"q{number}", fields.pop("value"), **fields)
        for number, fields in enumerate(map(dict, given_responses))
        if "rubric" not in fields
    ]
    line = canonical_json(session(responses=responses))
    cut = cut_session(line)
    assert cut is not None
    assert cut.responses == list(map(bare_response, decode_session(line).responses))
