"""Examples: the response that a rubric's example, or a trial by hand, stands for.

Holds how a response is made of little: its state seen from its value, and the features that the
value alone has (those of timing are null unless given). Checking examples is `lint`.
"""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from assessment_pipeline.core.feature_rows import FEATURE_NAMES, SessionFeatures, feature_row
from assessment_pipeline.core.features import FeatureExtractor
from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.core.responses import (
    FeatureRow,
    ItemResponse,
    ResponseValue,
    effective_state,
)
from assessment_pipeline.core.rules import Example, ItemRule

_NO_FEATURES: Final[Mapping[str, Fraction]] = MappingProxyType({})
_SNAPSHOT: Final = "example"


def example_value(response: JsonValue) -> ResponseValue:
    """Return the response that an example or a trial stands for.

    Raises:
        ValueError: no delivery could hold it.
    """
    if isinstance(response, list):
        texts = []
        for each in response:
            # The dialect types whole numbers and booleans where a list of texts is meant.
            if isinstance(each, bool):
                texts.append("true" if each else "false")
            elif isinstance(each, str | int):
                texts.append(str(each))
            else:
                message = "a list holds texts only"
                raise ValueError(message)  # noqa: TRY004
        return tuple(texts)
    if isinstance(response, dict):
        message = "a response is a text, a number, true, false, null, or a list of texts"
        raise ValueError(message)  # noqa: TRY004  the value is at fault, whatever its type
    return response


def trial_response(
    item: ItemRule,
    item_id: str,
    value: ResponseValue,
    *,
    features: Mapping[str, Fraction] = _NO_FEATURES,
    ratings: tuple[Mapping[str, Json], ...] = (),
) -> ItemResponse:
    """Return a response with the features that its item reads; those given go before its own."""
    state = effective_state(value, None)
    row = _features(item, item_id, value, features) if item.needs_features else None
    return ItemResponse(item_id, value, state, row, ratings)


def example_response(item: ItemRule, example: Example) -> ItemResponse:
    """Return the response that an example stands for.

    Raises:
        ValueError: no delivery could hold it.
    """
    ratings = tuple(rating.model_dump(exclude_none=True) for rating in example.ratings)
    value = example_value(example.response)
    return trial_response(item, "example", value, features=example.features, ratings=ratings)


def _features(
    item: ItemRule, item_id: str, value: ResponseValue, given: Mapping[str, Fraction]
) -> FeatureRow:
    response: Json = {
        "item_id": item_id,
        "value": list(value) if isinstance(value, tuple) else value,
    }
    captured = canonical_json({"responses": [response], "session_id": _SNAPSHOT})
    line = FeatureExtractor().line(captured, _SNAPSHOT)
    cells = SessionFeatures(line, _SNAPSHOT).cells(item_id, item.features_read) or {}
    own = feature_row(cells)
    known = {name: number for name, number in given.items() if name in FEATURE_NAMES}
    return FeatureRow(values={**own.values, **known}, reasons=own.reasons)
