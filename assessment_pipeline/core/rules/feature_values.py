"""Feature values: what the rules over features read of a response, or why they cannot.

Holds no rule. Which features there are is `core.features`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from assessment_pipeline.core.feature_rows import FEATURE_NAMES
from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rules.base import Award, Finding, error
from assessment_pipeline.core.rules.fields import Text

FeatureName: TypeAlias = Text
"""The name of a feature; whether there is such a one is a finding, not a refusal of the field."""


def feature_values(
    response: ItemResponse, names: Collection[str]
) -> Mapping[str, Fraction] | Award:
    """Return the features that a rule reads, in order of their names, or the error of the item."""
    row = response.features
    if row is None:
        return error("The features of this response were not extracted.", "no_features")
    values: dict[str, Fraction] = {}
    for name in sorted(names):
        value = row.values.get(name)
        if value is None:
            reason = row.reasons.get(name, "not_extracted")
            return error(f"Feature {name} has no value: {reason}.", f"{name}: {reason}")
        values[name] = value
    return values


def unknown_features(field: str, names: Sequence[str]) -> Iterator[Finding]:
    """Yield features that do not exist."""
    for index, name in enumerate(names):
        if name not in FEATURE_NAMES:
            yield Finding(
                (field, index, "feature"),
                f"there is no feature {name}",
                f"use one of {', '.join(FEATURE_NAMES)}",
            )
