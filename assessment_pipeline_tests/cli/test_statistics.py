"""`statistics`: what it shows, and what it writes where."""

import csv
from pathlib import Path
from typing import Any

import pytest

from assessment_pipeline_tests.builders import DAY, Bench
from assessment_pipeline_tests.cli.command_lines import json_of, run
from assessment_pipeline_tests.deliveries import response, session
from assessment_pipeline_tests.installations import answers
from assessment_pipeline_tests.statistics_homes import CANDIDATES, RUBRIC, bench_of, sitting

ONE_OF_PARTS = """\
assessment_id: harbour
version: "1"
default_item: {rule: void}
items:
  q3: {rule: multi_select, correct: [A, C], options: [A, B, C], points: 2, method: each_option}
"""
RIGHT_OR_WRONG = """\
assessment_id: harbour
version: "1"
items:
  q0: {rule: match_correct, correct: "1"}
  q1: {rule: match_correct, correct: "1"}
  q2: {rule: match_correct, correct: "1"}
  q3: {rule: match_correct, correct: "1"}
  q4: {rule: match_correct, correct: "1"}
  q5: {rule: multi_select, correct: [A, C], options: [A, B, C], points: 2, method: each_option}
"""
UNFLAGGED = """\
assessment_id: numeracy
version: "1"
items:
  q01: {rule: match_correct, correct: B}
  q02: {rule: constant, points: 1}
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(tmp_path_factory.mktemp("statistics") / "home")


def test_flagged_items_and_reliability_are_shown(bench: Bench) -> None:
    found = run("statistics", "--assessment", "harbour", home=bench.home.folder)
    assert found.exit_code == 0
    assert f"harbour, rubric version 1: {CANDIDATES} candidates on 1 day" in found.output
    assert "1 of 5 items need a look:" in found.output
    assert "Distractor B is better than the key A" in found.output


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    late = "2026-11-21T10:00:00Z"
    few = [sitting(number, submitted_at=late) for number in range(40, 43)]
    bench = bench_of(tmp_path / "home", *map(sitting, range(9)), sitting(30, status="voided"), *few)
    newer = RUBRIC.replace('"1"', '"2"', 1) + "valid_from: 2026-11-21T00:00:00Z\n"
    bench.write_rubric("2", newer, assessment_id="harbour")
    bench.run()
    found = run("statistics", "--assessment", "harbour", home=bench.home.folder).output
    assert "9 candidates on 1 day" in found
    assert "Left out, voided: 1." in found
    assert "harbour, rubric version 2: too few candidates for statistics." in found


def test_where_no_item_is_flagged_it_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", UNFLAGGED)
    bench.deliver(*(answers(f"s{n}", "BC"[n % 2], candidate_id=f"c{n}") for n in range(8)))
    bench.run()
    found = run("statistics", "--assessment", "numeracy", home=bench.home.folder).output
    assert "No item is flagged." in found


def test_pages_and_tables_are_written_and_the_home_is_not(bench: Bench, tmp_path: Path) -> None:
    before = bench.content()
    to = tmp_path / "out"
    arguments = ("statistics", "--assessment", "harbour", "--from", DAY, "--to", DAY, "--to", to)
    assert run(*arguments, home=bench.home.folder).exit_code == 0
    first = {path.name: path.read_bytes() for path in to.iterdir()}
    assert first.keys() == {
        "harbour-v1.html",
        "harbour-v1-items.csv",
        "harbour-v1-options.csv",
        "harbour-v1.json",
    }
    with (to / "harbour-v1-items.csv").open(encoding="utf-8", newline="") as lines:
        assert [row["item_id"] for row in csv.DictReader(lines)] == ["q1", "q2", "q3", "q4", "q5"]
    assert run(*arguments, home=bench.home.folder).exit_code == 0
    assert {path.name: path.read_bytes() for path in to.iterdir()} == first
    assert bench.content() == before
    assert not bench.home.statistics.exists()


def test_json_holds_all_of_it(bench: Bench, tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    rows = [f"candidate-{number:02},{'ab'[number % 2]}\n" for number in range(CANDIDATES)]
    groups.write_text("".join(["candidate_id,group\n", *rows]), "utf-8")
    found = json_of(
        run(
            *("statistics", "--assessment", "harbour", "--groups", groups, "--json"),
            home=bench.home.folder,
        )
    )
    (statistics,) = found["statistics"]
    assert statistics["flagged"] == ["q1"]
    assert {dif["focal"] for dif in statistics["items"][1]["dif"]} == {"b"}
    assert found["content_hashes"]["1"].startswith("sha256:")
    assert found["files"] == []


def of_bits(number: int) -> dict[str, Any]:
    """Return a session that is right where a number has a bit; q0 tells the language, nearly."""
    language = "en" if (number & 1) != (number % 5 == 0) else "cy"
    return session(
        session_id=f"s-{number}",
        candidate_id=f"c-{number}",
        assessment_id="harbour",
        context={"language": language},
        responses=[response(f"q{bit}", str(number >> bit & 1)) for bit in range(5)]
        + [response("q5", ["A", "C"] if number & 32 else ["A"])],
    )


def told(bench: Bench, *arguments: str | Path) -> str:
    found = run("statistics", "--assessment", "harbour", *arguments, home=bench.home.folder)
    assert found.exit_code == 0
    return found.output


def test_how_many_items_were_compared_between_groups_is_said(bench: Bench, tmp_path: Path) -> None:
    several = Bench(tmp_path / "home")
    several.write_rubric("1", RIGHT_OR_WRONG, assessment_id="harbour")
    several.deliver(*map(of_bits, range(64)))
    several.run()
    assert "DIF, cy against en: 5 of 6 items tested, 1 flagged." in told(
        several, "--group-by", "language"
    )
    assert "DIF" not in told(several)
    groups = tmp_path / "groups.csv"
    rows = [f"candidate-{number:02},{'ab'[number < 3]}\n" for number in range(CANDIDATES)]
    groups.write_text("".join(["candidate_id,group\n", *rows]), "utf-8")
    assert (
        "DIF, b against a: 0 of 5 items tested, 0 flagged: a group has fewer than 5 candidates."
        in told(bench, "--groups", groups)
    )


def test_where_nobody_has_a_group_it_is_said_that_there_is_no_dif(
    bench: Bench, tmp_path: Path
) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text("candidate_id,group\nnobody,a\n", "utf-8")
    for asked in (("--group-by", "country"), ("--groups", groups)):
        assert "No DIF: no candidate has a group, or all have the same." in told(bench, *asked)


def test_where_no_item_is_right_or_wrong_alone_it_is_said_that_there_is_no_dif(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", ONE_OF_PARTS, assessment_id="harbour")
    bench.deliver(*(sitting(number) for number in range(12)))
    bench.run()
    assert "No DIF: no item is right or wrong" in told(bench, "--group-by", "language")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--assessment", "nothing"), 3, "No complete score run of nothing"),
        (("--assessment", "harbour", "--from", "2030-01-01"), 3, "No day in that time"),
        (("--assessment", "harbour", "--from", "today"), 2, "is not a date"),
        (("--assessment", "harbour", "--to", DAY, "--to", DAY), 2, "one date and one folder"),
        (("--assessment", "harbour", "--to", "2026-13-30"), 2, "is no date"),
        (("--assessment", "harbour", "--to", "20261130"), 2, "./20261130"),
        (("--assessment", "harbour", "--from", "2026-02-01", "--to", "2026-01-01"), 2, "swap them"),
        (("--assessment", "harbour", "--reference", "a"), 2, "A reference group needs groups"),
        (("--assessment", "harbour", "--groups", "a", "--group-by", "b"), 2, "give one of both"),
        (("--assessment", "harbour", "--groups", "nowhere.csv"), 3, "no file nowhere.csv"),
        ((), 2, "--assessment"),
    ],
)
def test_what_cannot_be_done_is_said(
    bench: Bench, arguments: tuple[str, ...], code: int, said: str
) -> None:
    found = run("statistics", *arguments, home=bench.home.folder)
    assert (found.exit_code, said in found.output) == (code, True), found.output


def test_nothing_is_written_into_the_home_or_over_a_file(bench: Bench, tmp_path: Path) -> None:
    inside = bench.home.folder / "pages"
    found = run("statistics", "--assessment", "harbour", "--to", inside, home=bench.home.folder)
    assert (found.exit_code, inside.exists()) == (2, False)
    taken = tmp_path / "taken"
    taken.write_text("mine", "utf-8")
    found = run("statistics", "--assessment", "harbour", "--to", taken, home=bench.home.folder)
    assert (found.exit_code, taken.read_text("utf-8")) == (2, "mine")
