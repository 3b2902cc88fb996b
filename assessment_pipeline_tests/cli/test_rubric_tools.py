"""`rubric check --strict`, `diff`, `schema`, `import-qti`: what they print and how they end."""

from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import json_of, run, run_fresh
from assessment_pipeline_tests.installations import RUBRIC
from assessment_pipeline_tests.qti import an_item, correct, response, saved

TWICE = RUBRIC.replace('answers: [{value: "3.14"}]', 'answers: [{value: "3.14"}, {value: "3.14"}]')


def a_rubric(folder: Path, text: str = RUBRIC, name: str = "old.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_warning_is_shown_and_ends_with_0_unless_it_is_strict(tmp_path: Path) -> None:
    path = a_rubric(tmp_path, TWICE)
    shown = run("rubric", "check", path)
    assert shown.exit_code == 0
    assert f"{path} at /items/q02/answers/1: warning: answer 1 takes every number" in shown.stdout
    assert "1 warning found." in shown.stdout
    assert "numeracy/1 is good" in shown.stdout
    assert run("rubric", "check", "--strict", path).exit_code == 2


def test_a_rubric_without_warnings_is_good_when_strict_too(tmp_path: Path) -> None:
    assert run("rubric", "check", "--strict", a_rubric(tmp_path)).exit_code == 0


def test_warnings_are_listed_apart_from_problems(tmp_path: Path) -> None:
    found = json_of(run("rubric", "check", a_rubric(tmp_path, TWICE), "--json"))
    assert found["problems"] == []
    assert [warning["pointer"] for warning in found["warnings"]] == ["/items/q02/answers/1"]


def test_warnings_of_the_homes_rubrics_name_their_file(tmp_path: Path) -> None:
    folder = tmp_path / "rubrics" / "numeracy"
    folder.mkdir(parents=True)
    path = a_rubric(folder, TWICE, "1.yaml")
    for arguments in ((), (path,)):
        shown = run("rubric", "check", *arguments, home=tmp_path).stdout
        assert "rubrics/numeracy/1.yaml at /items/q02/answers/1: warning:" in shown


def test_what_changes_is_told_by_whom_it_concerns(tmp_path: Path) -> None:
    changed = RUBRIC.replace("correct: B", "correct: C").replace('"1"', '"2"')
    old = a_rubric(tmp_path)
    new = a_rubric(tmp_path, f"title: New\nvalid_from: 2026-12-01T00:00:00Z\n{changed}", "new.yaml")
    shown = run("rubric", "diff", old, new)
    assert shown.exit_code == 0
    assert shown.stdout == (
        "From numeracy/1 to numeracy/2:\n"
        "A candidate would notice:\n"
        "  q01: the key is C, was B\n"
        "Otherwise:\n"
        "  It scores what is submitted from 2026-12-01T00:00:00Z on, was from the beginning on\n"
        "Only wording:\n"
        "  The rubric: title is New, was not given\n"
        "The structure hash differs.\n"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("", ""), "The two are the same document.\nThe structure hash is the same"),
        (('"1"', '"2"'), "The two differ only in their version, or in how they are written."),
        (
            ("correct: B", "correct: B, weight: 1"),
            "The structure hash differs, but nothing that a candidate would notice does.",
        ),
    ],
)
def test_versions_without_a_difference_say_so(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    new = a_rubric(tmp_path, RUBRIC.replace(*change), "new.yaml")
    assert said in run("rubric", "diff", a_rubric(tmp_path), new).stdout


def test_differences_are_there_for_programs(tmp_path: Path) -> None:
    new = a_rubric(tmp_path, RUBRIC.replace("correct: B", "correct: C"), "new.yaml")
    found = json_of(run("rubric", "diff", a_rubric(tmp_path), new, "--json"))
    assert found["noticed"] == [
        {"message": "q01: the key is C, was B", "pointer": "/items/q01/correct"}
    ]
    assert (found["otherwise"], found["wording"]) == ([], [])
    assert found["is_same_structure"] is False
    assert set(found["old"]) == {"content_hash", "rubric", "structure_hash"}


def test_a_bad_rubric_is_not_compared(tmp_path: Path) -> None:
    bad = a_rubric(tmp_path, "items: {}\n", "bad.yaml")
    assert run("rubric", "diff", a_rubric(tmp_path), bad).exit_code == 2
    assert run("rubric", "diff", tmp_path / "none.yaml", bad).exit_code == 3


def test_the_schema_is_printed_as_it_is_committed() -> None:
    from assessment_pipeline.core.rubrics.schema import schema_text

    assert run("rubric", "schema").stdout == schema_text()


def test_the_schema_is_utf_8_whatever_the_terminal_is() -> None:
    assert run_fresh("rubric", "schema", PYTHONIOENCODING="ascii", PYTHONUTF8="0").returncode == 0


def test_qti_items_become_a_rubric_that_checks(tmp_path: Path) -> None:
    files = [
        saved(tmp_path, an_item(response(correct("B")), identifier=name), f"{name}.xml")
        for name in ("q1", "q2")
    ]
    home = tmp_path / "home"
    arguments: list[str | Path] = ["rubric", "import-qti", *files, "--assessment", "x"]
    made = json_of(run(*arguments, "--json", home=home))
    assert (made["rubric"], made["items"], made["was_there"]) == ("x/1", 2, False)
    assert run("rubric", "check", "--strict", made["path"], home=home).exit_code == 0
    assert "is there already: x/1, 2 items." in run(*arguments, home=home).stdout


def test_qti_items_that_cannot_be_carried_over_end_with_2_and_say_why(tmp_path: Path) -> None:
    path = saved(tmp_path, an_item(response("")))
    result = run("rubric", "import-qti", path, "--assessment", "x", home=tmp_path / "home")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: Nothing was imported, since the file cannot be carried over exactly:\n"
        f"  {path}: it has no correct response\n"
        "Leave these out and write their items in the rubric's YAML, or change the items.\n"
    )
    assert not (tmp_path / "home").exists()


def test_a_qti_file_that_is_not_there_ends_with_3(tmp_path: Path) -> None:
    missing = tmp_path / "none.xml"
    assert run("rubric", "import-qti", missing, "--assessment", "x").exit_code == 3
    assert run("rubric", "import-qti", "--assessment", "x").exit_code == 2
