"""Workbooks: texts as texts, numbers as numbers, the same bytes, and one sentence where not."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from assessment_pipeline.core.columns import TABLES
from assessment_pipeline.core.exports import COLUMNS, EVIDENCE, SCORECARDS
from assessment_pipeline.errors import StorageError, UsageError
from assessment_pipeline.services.copy_exports import copy_exports
from assessment_pipeline.services.export_formats.workbook import WORKBOOK
from assessment_pipeline_tests.core.test_excel_dialect import FORMULAS
from assessment_pipeline_tests.exported_homes import DAY, answer, card, exported_home
from assessment_pipeline_tests.workbooks import sheets_of

RESPONSE = COLUMNS[EVIDENCE].index("response")


def responses(path: Path) -> list[object]:
    return [row[RESPONSE] for row in sheets_of(path)["evidence"][1:]]


def test_a_workbook_has_a_sheet_a_table_and_says_what_its_columns_mean(tmp_path: Path) -> None:
    home = exported_home(tmp_path / "home", cards=[card()], evidence=[answer("B")])
    copied = copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])

    sheets = sheets_of(tmp_path / "out" / WORKBOOK)

    assert list(sheets) == ["evidence", "scorecards", "subscores", "columns"]
    for name, columns in TABLES.items():
        assert sheets[name.removesuffix(".csv")][0] == [column.name for column in columns]
    meanings = {(row[0], row[1]): row[3] for row in sheets["columns"][1:]}
    assert len(meanings) == sum(map(len, TABLES.values()))
    assert meanings["scorecards", "percent"].startswith("The exact total as percent")
    assert copied.files[WORKBOOK].rows == 2


def test_no_formula_link_or_markup_of_a_response_is_more_than_its_text(tmp_path: Path) -> None:
    texts = [
        *FORMULAS,
        "http://example.org",
        "mailto:a@example.org",
        "internal:Sheet1!A1",
        "{=A1}",
        "<r><t>x</t></r>",
        "<r></r>",
        "<r>a\r&b</r>",
        "3.14",
        "TRUE",
        "#REF!",
        "2026-11-20",
    ]
    home = exported_home(tmp_path / "home", evidence=[answer(text) for text in texts])
    copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])

    assert responses(tmp_path / "out" / WORKBOOK) == texts


def test_what_xml_cannot_hold_is_escaped_as_excel_does(tmp_path: Path) -> None:
    texts = [
        "a\rb\r\nc\n",
        "\x01\x08\x1f",
        "\ufffe\uffff",
        "_x000D_",
        "_x005F_",
        " a ",
        "\t",
        "\x7f\x85",
    ]
    home = exported_home(tmp_path / "home", evidence=[answer(text) for text in texts])
    copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])

    assert responses(tmp_path / "out" / WORKBOOK) == texts


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("12.5", 12.5),
        ("0.333333", 0.333333),
        ("-3", -3),
        ("100.00", 100),
        ("123456789.012345", 123456789.012345),
        ("9007199254740993", "9007199254740993"),
        ("123456789012.123456", "123456789012.123456"),
        ("1/3", "1/3"),
    ],
)
def test_a_number_is_one_where_a_double_holds_it_and_else_a_text(
    tmp_path: Path, text: str, cell: object
) -> None:
    home = exported_home(tmp_path / "home", cards=[card(raw_score=text)])
    copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])

    names, row = sheets_of(tmp_path / "out" / WORKBOOK)["scorecards"]
    found = row[names.index("raw_score")]
    assert found == cell
    assert isinstance(found, str) == isinstance(cell, str)
    assert isinstance(found, str) or Decimal(repr(found)) == Decimal(text)


@pytest.mark.parametrize("text", ["x" * 32_768, "\U0001f600" * 16_384])
def test_a_text_longer_than_a_cell_is_refused_and_nothing_is_written(
    tmp_path: Path, text: str
) -> None:
    home = exported_home(tmp_path / "home", evidence=[answer(text[:-1]), answer(text)])

    with pytest.raises(UsageError, match=r"Row 3 of the sheet evidence .*--format parquet"):
        copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])

    assert list((tmp_path / "out").iterdir()) == []


def test_a_text_as_long_as_a_cell_can_hold_is_kept(tmp_path: Path) -> None:
    texts = ["x" * 32_767, "\U0001f600" * 16_383]
    home = exported_home(tmp_path / "home", evidence=[answer(text) for text in texts])
    copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])
    assert responses(tmp_path / "out" / WORKBOOK) == texts


def test_more_rows_than_a_sheet_can_hold_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assessment_pipeline.services.export_formats.workbook.MOST_ROWS", 3)
    cards = [card(session_id=f"s-{number}") for number in range(3)]
    whole = exported_home(tmp_path / "a", cards=cards[:2])
    copy_exports(whole, DAY, tmp_path / "out", formats=["xlsx"])

    with pytest.raises(UsageError, match=rf"{SCORECARDS} has 3 rows.*--format parquet"):
        copy_exports(
            exported_home(tmp_path / "b", cards=cards), DAY, tmp_path / "more", formats=["xlsx"]
        )


def test_without_the_extra_one_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    home = exported_home(tmp_path / "home", cards=[card()])

    with pytest.raises(UsageError, match=r"need the extra.*pip install '\.\[xlsx\]'"):
        copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])


def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xlsxwriter.workbook.ZipFile", full)
    home = exported_home(tmp_path / "home", cards=[card()])

    with pytest.raises(StorageError, match=r"Cannot write in .*out; make room there"):
        copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])
    assert list((tmp_path / "out").iterdir()) == []


def test_the_rows_of_a_workbook_under_way_are_readable_by_their_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They lie in a folder beside the workbook to be, which is gone in the end."""
    seen: list[tuple[Path, int]] = []

    def look(path: Path) -> list[bytes]:
        seen.extend((found, found.stat().st_mode & 0o077) for found in (path, path.parent))
        return [path.read_bytes()]

    monkeypatch.setattr("assessment_pipeline.services.export_formats.workbook.blocks_of", look)
    home = exported_home(tmp_path / "home", cards=[card()])
    copy_exports(home, DAY, tmp_path / "out", formats=["xlsx"])

    assert seen[1][1] == 0
    assert seen[1][0].parent == tmp_path / "out"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {WORKBOOK, "datapackage.json"}
