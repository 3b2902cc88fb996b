"""The rules: one family a file, and what rubrics choose from.

A new rule is a file with a class derived from `ItemRule`, and one line in `families`.
"""

import json
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pydantic import Field, TypeAdapter

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.rules.awards import FullCredit, Void
from assessment_pipeline.core.rules.base import Award, Example, Finding, ItemRule
from assessment_pipeline.core.rules.composite import Composite
from assessment_pipeline.core.rules.families import FAMILIES

RULES: tuple[type[ItemRule], ...] = (*FAMILIES, Composite, FullCredit, Void)

if TYPE_CHECKING:
    AnyRule: TypeAlias = ItemRule
else:
    AnyRule = Annotated[reduce(or_, RULES), Field(discriminator="rule")]

RULE_NAMES: tuple[str, ...] = tuple(
    name
    for rule in RULES
    for name in rule.model_fields["rule"].annotation.__args__  # type: ignore[union-attr]
)
_ADAPTER: TypeAdapter[ItemRule] = TypeAdapter(AnyRule)

__all__ = [
    "RULES",
    "RULE_NAMES",
    "AnyRule",
    "Award",
    "Example",
    "Finding",
    "ItemRule",
    "parse_item",
]


def parse_item(document: Json) -> ItemRule:
    """Read one item of a rubric, as JSON.

    Raises:
        pydantic.ValidationError: it is no item of any registered rule.
    """
    return _ADAPTER.validate_json(json.dumps(document))
