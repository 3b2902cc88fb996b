"""The worked cases: values that public systems and standards give, each with its source."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from assessment_pipeline.core.points import parse_exact, rounded
from assessment_pipeline.core.responses import ItemResponse
from assessment_pipeline.core.rubrics.lint import example_value
from assessment_pipeline.core.rubrics.models import Scale
from assessment_pipeline.core.rules import parse_item

_LINES = (Path(__file__).parent / "cases" / "scoring_cases.jsonl").read_text().splitlines()
_CASES: list[dict[str, Any]] = [json.loads(line) for line in _LINES]


def _of_kind(kind: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in _CASES if case["kind"] == kind]


@pytest.mark.parametrize("case", _of_kind("item"))
def test_an_item_is_worth_what_its_source_says(case: dict[str, Any]) -> None:
    item = parse_item(case["item"])
    assert list(item.problems()) == []
    response = ItemResponse("q", example_value(case["response"]), "answered")
    assert item.award(response).points == parse_exact(case["expected"])


@pytest.mark.parametrize("case", _of_kind("rounding"))
def test_a_number_is_rounded_as_its_source_says(case: dict[str, Any]) -> None:
    value = rounded(parse_exact(case["value"]), case["mode"], case["decimals"])
    assert value == parse_exact(case["expected"])


@pytest.mark.parametrize("case", _of_kind("scale"))
def test_a_total_is_scaled_as_its_source_says(case: dict[str, Any]) -> None:
    scale = Scale.model_validate_json(json.dumps({"table": case["table"]}))
    assert scale.score(parse_exact(case["value"])) == parse_exact(case["expected"])


@pytest.mark.parametrize("case", _of_kind("total"))
def test_points_add_up_as_their_source_says(case: dict[str, Any]) -> None:
    total = sum((parse_exact(points) for points in case["points"]), Fraction(0))
    assert total == parse_exact(case["expected"])


@pytest.mark.parametrize("case", _of_kind("ratings"))
def test_ratings_are_resolved_as_their_source_says(case: dict[str, Any]) -> None:
    levels = [{"id": f"l{points}", "points": points} for points in sorted(set(case["ratings"]))]
    item = parse_item(
        {
            "rule": "ratings",
            "criteria": [{"id": "c", "levels": levels}],
            "resolve": case["resolve"],
        }
    )
    ratings = tuple(
        {"rater_id": f"r{place}", "criterion_id": "c", "level_id": f"l{points}", "kind": "human"}
        for place, points in enumerate(case["ratings"])
    )
    award = item.award(ItemResponse("q", "essay", "answered", ratings=ratings))
    assert award.points == parse_exact(case["expected"])


def test_every_case_is_of_a_kind_that_is_run() -> None:
    kinds = {"item", "ratings", "rounding", "scale", "total"}
    assert {case["kind"] for case in _CASES} == kinds
    assert len({case["id"] for case in _CASES}) == len(_CASES) == 187
