"""Reading exported CSV: cells as they were, and nothing that is no such file."""

import pytest

from assessment_pipeline.core.export_cells import rows_of
from assessment_pipeline.core.exports import COLUMNS, EVIDENCE, SUBSCORES, csv_cell, header
from assessment_pipeline.errors import IntegrityError

HEADER = header(EVIDENCE).decode()


def line(response: str) -> str:
    cells = [response if column == "response" else "" for column in COLUMNS[EVIDENCE]]
    return ",".join(map(csv_cell, cells)) + "\n"


@pytest.mark.parametrize("response", ["B", 'a\n"b"\r,c', "", "x" * 1_000_000])
def test_a_row_comes_back_whatever_its_response_holds(response: str) -> None:
    lines = (HEADER + line(response) + line("next")).split("\n")
    place = COLUMNS[EVIDENCE].index("response")

    rows = list(rows_of(EVIDENCE, [part + "\n" for part in lines[:-1]]))

    assert [row[place] for row in rows] == [response, "next"]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ([], "empty"),
        ([header(SUBSCORES).decode()], "row 1"),
        ([HEADER.replace("item_id", "itemid")], "row 1"),
        ([HEADER, "a,b\n"], "row 2"),
        ([HEADER, line("B").rstrip("\n") + ',"open\n'], "row 2"),
        ([HEADER, '"a"b,\n'], "row 2"),
    ],
)
def test_what_is_no_such_file_is_refused(lines: list[str], what: str) -> None:
    with pytest.raises(IntegrityError, match=rf"{EVIDENCE} is not as it was exported \(.*{what}"):
        list(rows_of(EVIDENCE, lines))
