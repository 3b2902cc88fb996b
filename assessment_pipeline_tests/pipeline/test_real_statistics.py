"""Statistics of published tests of real students, held against plain arithmetic on the raw lines.

The responses lie outside of the project, which may not carry them; without them this is skipped.
"""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from assessment_pipeline.core.statistics.results import ItemStatistics, Statistics
from assessment_pipeline.services.item_statistics import compute_statistics
from assessment_pipeline_tests.builders import DAY, Bench
from assessment_pipeline_tests.core.statistics.answer_builders import (
    exact_alpha,
    exact_correlation,
    mean,
)

SHARED = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.slow


def scored(name: str, folder: Path, rubric: str | None = None) -> Statistics:
    if not (SHARED / name).is_dir():
        pytest.skip(f"the responses of {name} are not in ../shared/data")
    bench = Bench(folder / "home")
    text = rubric or (SHARED / name / "rubric.yaml").read_text("utf-8")
    bench.write_rubric("1", text, assessment_id=name)
    lines = (SHARED / name / "deliveries.jsonl").read_bytes().splitlines()
    bench.deliver(*lines)
    bench.run()
    (found,), _ = compute_statistics(bench.home, [DAY], name)
    return found


def matrix_of(name: str) -> dict[str, Sequence[int]]:
    """Return who is right on each item, by the standard library alone."""
    rubric = yaml.safe_load((SHARED / name / "rubric.yaml").read_text("utf-8"))
    lines = (SHARED / name / "deliveries.jsonl").read_text("utf-8").splitlines()
    answers = [
        {each["item_id"]: each["value"] for each in json.loads(line)["responses"]} for line in lines
    ]
    return {
        item_id: [int(given[item_id] == item["correct"]) for given in answers]
        for item_id, item in rubric["items"].items()
    }


def reasons(item: ItemStatistics) -> dict[str, str]:
    return {flag.code: flag.reason for flag in item.flags}


@pytest.mark.parametrize("name", ["hci", "sat12"])
def test_statistics_are_those_of_exact_arithmetic(name: str, tmp_path: Path) -> None:
    found = scored(name, tmp_path)
    items = matrix_of(name)
    rows = list(zip(*items.values(), strict=True))
    totals = [sum(row) for row in rows]
    assert found.reliability.alpha == pytest.approx(float(exact_alpha(rows)), abs=1e-9)
    assert found.reliability.kr20 == pytest.approx(float(exact_alpha(rows)), abs=1e-9)
    assert found.scores.mean == pytest.approx(float(mean(totals)), abs=1e-9)
    assert [item.item_id for item in found.items] == list(items)
    for item in found.items:
        right = items[item.item_id]
        rest = [total - own for total, own in zip(totals, right, strict=True)]
        assert item.difficulty == pytest.approx(float(mean(right)), abs=1e-9)
        assert item.discrimination == pytest.approx(exact_correlation(right, rest), abs=1e-9)


def test_the_suspicious_key_of_sat12s_item_32_is_flagged(tmp_path: Path) -> None:
    found = scored("sat12", tmp_path)
    said = reasons(next(item for item in found.items if item.item_id == "Item.32"))
    assert "Distractor 3 is better than the key 5" in said["distractor_better_than_key"]


@pytest.mark.parametrize("number", [3, 11, 20, 31])
def test_a_wrong_key_planted_in_sat12_is_flagged(number: int, tmp_path: Path) -> None:
    if not (SHARED / "sat12").is_dir():
        pytest.skip("the responses of sat12 are not in ../shared/data")
    rubric = yaml.safe_load((SHARED / "sat12" / "rubric.yaml").read_text("utf-8"))
    item = rubric["items"][f"Item.{number}"]
    item["correct"] = str(int(item["correct"]) % 5 + 1)
    rubric["valid_from"] = "2020-01-01T00:00:00Z"
    found = scored("sat12", tmp_path, yaml.safe_dump(rubric))
    said = reasons(next(each for each in found.items if each.item_id == f"Item.{number}"))
    assert "distractor_better_than_key" in said


def test_free_text_answers_are_in_no_statistics(tmp_path: Path) -> None:
    found = scored("beetle", tmp_path)
    assert all(item.options is None for item in found.items)
    assert found.scores.n == 146
    assert Fraction(found.scores.counts[0].n, 146) > 0
