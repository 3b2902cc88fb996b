"""Wide tables and gradebooks as files: their names, their dialect, their rows."""

import csv
import io
from pathlib import Path

import pytest

from assessment_pipeline.core.excel_dialect import BYTE_ORDER_MARK, is_live
from assessment_pipeline.errors import NothingThereError
from assessment_pipeline.services.copy_exports import Grading, copy_exports
from assessment_pipeline_tests.core.test_excel_dialect import FORMULAS
from assessment_pipeline_tests.exported_homes import DAY, answer, card, exported_home
from assessment_pipeline_tests.services.test_copy_exports import contents_of


def table(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode()
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_a_wide_table_is_written_for_each_assessment(tmp_path: Path) -> None:
    home = exported_home(
        tmp_path / "home",
        cards=[card(assessment_id="Quiz"), card(assessment_id="quiz")],
        evidence=[answer("A", assessment_id="Quiz"), answer("B"), answer("C", item_id="q02")],
    )
    copied = copy_exports(home, DAY, tmp_path / "out", formats=["wide", "wide-responses"])

    assert {name.split(".")[0] for name in copied.files} == {
        "wide-points-quiz",
        "wide-responses-quiz",
    }
    assert len(copied.files) == 4
    names, row = table(tmp_path / "out" / "wide-responses-quiz.csv")
    assert names[-2:] == ["item.q01", "item.q02"]
    assert row[-2:] == ["B", "C"]
    assert table(tmp_path / "out" / "wide-points-quiz.csv")[1][-2:] == ["1", "1"]


def test_no_response_is_live_in_a_wide_table_of_the_excel_dialect(tmp_path: Path) -> None:
    sessions = {f"s-{number:02}": formula for number, formula in enumerate(FORMULAS)}
    home = exported_home(
        tmp_path / "home",
        cards=[card(session_id=each) for each in sessions],
        evidence=[answer(text, session_id=each) for each, text in sessions.items()],
    )
    copy_exports(home, DAY, tmp_path / "out", "excel", ["wide-responses"])

    (names, *rows) = table(tmp_path / "out" / "wide-responses-quiz.csv")

    assert names[0] == BYTE_ORDER_MARK + "delivery_date"
    assert [row[-1].removeprefix("'") for row in rows] == list(sessions.values())
    assert not any(is_live(row[-1]) for row in rows)


def test_there_is_no_wide_table_of_nothing(tmp_path: Path) -> None:
    home = exported_home(tmp_path / "home")
    with pytest.raises(NothingThereError, match=f"no session on {DAY}"):
        copy_exports(home, DAY, tmp_path / "out", formats=["wide"])


def test_gradebooks_join_names_from_a_file_and_leave_them_nowhere_else(tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("candidate_id,name\nc-1,=Änn\n", encoding="utf-8")
    home = exported_home(tmp_path / "home", cards=[card()])
    out = tmp_path / "out"
    copy_exports(home, DAY, out, formats=["csv", "canvas", "moodle"], grading=Grading(names))

    assert table(out / "canvas.csv")[1:] == [
        ["Points Possible", "", "", "", "", "3"],
        ["'=Änn", "", "c-1", "", "", "2"],
    ]
    assert table(out / "moodle.csv") == [["ID number", "Full name", "quiz"], ["c-1", "'=Änn", "2"]]
    named = {name for name, content in contents_of(out).items() if "Änn".encode() in content}
    assert named == {"canvas.csv", "moodle.csv"}
    assert not any("Änn".encode() in path.read_bytes() for path in home.folder.rglob("*.*"))


def test_a_gradebook_of_the_excel_dialect_says_that_it_is_utf_8(tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("candidate_id,name\nc-1,=Ann\n", encoding="utf-8")
    home = exported_home(tmp_path / "home", cards=[card()])
    copy_exports(home, DAY, tmp_path / "out", "excel", ["moodle"], grading=Grading(names))

    written = (tmp_path / "out" / "moodle.csv").read_bytes().decode()

    assert written == f"{BYTE_ORDER_MARK}ID number,Full name,quiz\nc-1,'=Ann,2\n"
