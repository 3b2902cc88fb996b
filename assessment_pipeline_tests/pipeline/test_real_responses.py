"""Real responses: published tests of real students, scored and held against plain arithmetic.

The responses lie outside of the project, which may not carry them; without them this is skipped.
"""

import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from assessment_pipeline.core.points import read_exact
from assessment_pipeline.services.indexes import PARTITIONED_ASSETS
from assessment_pipeline.services.verification import VerificationOutcome
from assessment_pipeline_tests.builders import DAY, Bench, skipped

SHARED = Path(__file__).parents[3] / "shared" / "data"
STUDENTS = {"hci": (651, 20), "sat12": (600, 32)}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=sorted(STUDENTS))
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    if not (SHARED / found).is_dir():
        pytest.skip(f"the responses of {found} are not in ../shared/data")
    return found


@pytest.fixture(scope="module")
def bench(name: str, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return an installation with the real responses scored."""
    bench = Bench(tmp_path_factory.mktemp(name) / "home")
    bench.write_rubric("1", (SHARED / name / "rubric.yaml").read_text(), assessment_id=name)
    bench.home.delivery_folder(DAY).mkdir(parents=True)
    shutil.copyfile(
        SHARED / name / "deliveries.jsonl", bench.home.delivery_folder(DAY) / "all.jsonl"
    )
    bench.run()
    return bench


def counted_by_hand(name: str) -> dict[str, int]:
    """Return how many answers of each student are in the key, by the standard library alone."""
    rubric = yaml.safe_load((SHARED / name / "rubric.yaml").read_text())
    key = {item_id: item["correct"] for item_id, item in rubric["items"].items()}
    with (SHARED / name / "deliveries.jsonl").open(encoding="utf-8") as lines:
        return {
            session["session_id"]: sum(
                response["value"] == key[response["item_id"]] for response in session["responses"]
            )
            for session in map(json.loads, lines)
        }


def test_every_student_has_a_complete_scorecard(bench: Bench, name: str) -> None:
    students, items = STUDENTS[name]

    rows = bench.table("scorecards")

    assert len(rows) == students
    assert {row["status"] for row in rows} == {"complete"}
    assert {row["max_score"] for row in rows} == {str(items)}
    assert len(bench.table("evidence")) == students * items


def test_every_score_is_the_number_of_answers_in_the_key(bench: Bench, name: str) -> None:
    scores = {row["session_id"]: row["raw_score_exact"] for row in bench.table("scorecards")}

    assert scores == {student: str(score) for student, score in counted_by_hand(name).items()}


def test_the_mean_score_is_that_of_plain_arithmetic(bench: Bench, name: str) -> None:
    by_hand = counted_by_hand(name)
    students, _ = STUDENTS[name]

    total = sum(read_exact(row["raw_score_exact"]) for row in bench.table("scorecards"))

    assert total / students == Fraction(sum(by_hand.values()), len(by_hand))


def test_each_score_is_the_sum_of_its_evidence(bench: Bench) -> None:
    sums: dict[str, Fraction] = {}
    for row in bench.table("evidence"):
        points = read_exact(row["raw_score_exact"])
        sums[row["session_id"]] = sums.get(row["session_id"], Fraction(0)) + points

    for row in bench.table("scorecards"):
        assert read_exact(row["raw_score_exact"]) == sums[row["session_id"]]


def test_a_second_run_changes_no_byte_and_appends_nothing(bench: Bench) -> None:
    content, entries = bench.content(), len(bench.entries())

    results = bench.run()

    assert list(skipped(results)) == list(PARTITIONED_ASSETS)
    assert bench.content() == content
    assert len(bench.entries()) == entries


def test_it_verifies_and_one_changed_byte_of_an_export_is_named(bench: Bench) -> None:
    assert bench.verify().outcome is VerificationOutcome.RIGHT
    path = bench.home.export_folder(DAY) / "scorecards.csv"
    content = path.read_bytes()

    bench.flip_byte(path, len(content) // 2)
    found = bench.verify()
    path.write_bytes(content)

    assert found.outcome is VerificationOutcome.DIFFERENCE
    assert any(f"exports/{DAY}/scorecards.csv" in each for each in found.differences)
