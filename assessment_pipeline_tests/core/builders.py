"""Builders for what the tests of rules and rubrics need, with everything unsaid at its default."""

import json
from typing import Any, TypeAlias

from assessment_pipeline.core.responses import ItemResponse, ResponseState, effective_state
from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.rubrics.lint import example_value
from assessment_pipeline.core.rules import Award, parse_item

AnyJson: TypeAlias = Any
"""What a test writes as a literal, without saying its type."""


def an_answer(value: AnyJson, state: ResponseState | None = None) -> ItemResponse:
    read = example_value(value)
    return ItemResponse("q1", read, effective_state(read, state))


def award_of(item: AnyJson, value: AnyJson) -> Award:
    return parse_item(item).award(an_answer(value))


def a_rubric_file(folder: str = "maths", name: str = "1", **document: AnyJson) -> RubricFile:
    content = {
        "assessment_id": folder,
        "version": name,
        "items": {"q1": {"rule": "match_correct", "correct": "A"}},
        **document,
    }
    return RubricFile(folder, f"rubrics/{folder}/{name}.yaml", json.dumps(content).encode())


def a_rubric(folder: str = "maths", name: str = "1", **document: AnyJson) -> RubricVersion:
    loaded = load_version(a_rubric_file(folder, name, **document))
    assert isinstance(loaded, RubricVersion), loaded
    return loaded
