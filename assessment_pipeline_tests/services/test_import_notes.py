"""What an import says of a table that may not be meant as it stands."""

from pathlib import Path

import pytest

from assessment_pipeline.services.import_csv import import_csv
from assessment_pipeline.storage.home import Home

DAY = "2026-11-20"
RUBRIC = """\
assessment_id: quiz
version: "1"
valid_from: 2026-01-01T00:00:00Z
items:
  q1: {rule: match_correct, correct: B}
  q2: {rule: numeric, answers: [{value: "3.14"}]}
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def rubric(home: Home, text: str = RUBRIC, assessment_id: str = "quiz") -> None:
    folder = home.rubrics / assessment_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "1.yaml").write_text(text.replace("quiz", assessment_id))


def notes(
    home: Home,
    table: str,
    *,
    assessment_id: str = "quiz",
    day: str = DAY,
    reads_commas: bool = False,
) -> tuple[str, ...]:
    path = home.folder.parent / "answers.csv"
    path.write_text(table)
    imported = import_csv(home, path, assessment_id, day=day, reads_decimal_commas=reads_commas)
    return imported.notes


def test_a_table_that_fits_its_rubric_needs_no_note(home: Home) -> None:
    rubric(home)
    assert notes(home, "id,q1,q2\nann,B,3.14\n") == ()


def test_a_home_without_rubrics_needs_no_note(home: Home) -> None:
    assert notes(home, "id,q1\nann,B\n") == ()


def test_cells_with_a_decimal_comma_are_counted_by_column_and_not_shown(home: Home) -> None:
    table = "id;q1;q2\nann;B;3,15\nben;2,7;3,16\n"
    first, second = notes(home, table)
    assert first.startswith("1 cell looks like a number with a decimal comma in column q1: ")
    assert second.startswith("2 cells look like numbers with a decimal comma in column q2: ")
    assert not {"3,15", "3,16", "2,7"} & set((first + second).split())
    assert notes(home, table, day="2026-11-21", reads_commas=True) == ()


def test_rows_that_are_too_short_are_named_by_their_line(home: Home) -> None:
    (note,) = notes(home, "id,q1,q2\nann,B,3\nben,B\ncem\n")
    assert note.startswith("answers.csv, line 3 (and 1 more): the row has fewer cells")


def test_an_assessment_without_rubric_is_told_with_those_that_there_are(home: Home) -> None:
    rubric(home)
    rubric(home, assessment_id="numeracy")
    found = notes(home, "id,q1\nann,B\n", assessment_id="quizz")
    assert found == ("There is no rubric quizz; there are: numeracy, quiz",)


def test_columns_that_are_no_items_are_named(home: Home) -> None:
    rubric(home)
    assert notes(home, "id,q1,q9\nann,B,3\n") == ("Column q9 is no item of quiz.",)
    found = notes(home, "id,q1,q9,q8\nben,B,3,4\n")
    assert found == ("2 columns are no items of quiz: q9, q8",)


def test_any_column_may_be_an_item_of_a_rubric_with_a_default_item(home: Home) -> None:
    rubric(home, RUBRIC + "default_item: {rule: void}\n")
    assert notes(home, "id,q1,q9\nann,B,3\n") == ()


def test_a_rubric_that_cannot_score_the_table_is_told(home: Home) -> None:
    rubric(home)
    (early,) = notes(home, "id,q1\nann,B\n", day="2025-11-20")
    assert early.startswith("No version of the rubric quiz is valid yet")
    rubric(home, "assessment_id: quiz\n")
    (bad,) = notes(home, "id,q1\nben,B\n")
    assert "rubric check" in bad
