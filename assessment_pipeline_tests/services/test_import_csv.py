import csv
import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.answer_matrix import MatrixDelivery, read_answer_matrix
from assessment_pipeline.core.reading import SnapshotRecord, read_session
from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.services.import_csv import ImportedMatrix, import_csv
from assessment_pipeline.storage.home import Home

DAY = "2026-11-20"
TABLE = "candidate,q01,q02\nc-1,B,3.10\nc-2,,  A \n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def saved(folder: Path, text: str, name: str = "answers.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def read(
    content: str | bytes,
    *,
    id_column: str | None = None,
    list_separator: str | None = None,
    reads_decimal_commas: bool = False,
) -> MatrixDelivery:
    return read_answer_matrix(
        content.encode() if isinstance(content, str) else content,
        "answers.csv",
        assessment_id="numeracy",
        submitted_at=f"{DAY}T00:00:00Z",
        id_column=id_column,
        list_separator=list_separator,
        reads_decimal_commas=reads_decimal_commas,
    )


def sessions(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


def answers(
    content: str,
    *,
    id_column: str | None = None,
    list_separator: str | None = None,
    reads_decimal_commas: bool = False,
) -> list[dict[str, Any]]:
    """Return what each row answered, by item."""
    delivery = read(
        content,
        id_column=id_column,
        list_separator=list_separator,
        reads_decimal_commas=reads_decimal_commas,
    )
    return [
        {response["item_id"]: response["value"] for response in session["responses"]}
        for session in sessions(delivery.content)
    ]


def delivered(home: Home, imported: ImportedMatrix) -> bytes:
    return (home.delivery_folder(imported.day) / imported.name).read_bytes()


def test_a_row_is_a_candidate_and_a_column_an_item(home: Home, tmp_path: Path) -> None:
    imported = import_csv(home, saved(tmp_path, TABLE), "numeracy", day=DAY)
    assert (imported.candidates, imported.items, imported.empty_cells) == (2, 2, 1)
    assert sessions(delivered(home, imported))[0] == {
        "session_id": "numeracy:c-1",
        "candidate_id": "c-1",
        "assessment_id": "numeracy",
        "submitted_at": "2026-11-20T00:00:00Z",
        "responses": [{"item_id": "q01", "value": "B"}, {"item_id": "q02", "value": "3.10"}],
    }


def test_cells_stay_exactly_as_they_are() -> None:
    assert answers(TABLE)[1] == {"q01": None, "q02": "  A "}


def test_quoted_cells_hold_separators_quotes_and_line_breaks() -> None:
    table = 'id;q1;q2\r\nc-1;"a; ""b""\r\nc";=1+1\r\nc-2;x\u2028y;1,5\r\n'
    assert answers(table) == [{"q1": 'a; "b"\r\nc', "q2": "=1+1"}, {"q1": "x\u2028y", "q2": "1,5"}]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_spreadsheet_gives_the_same_delivery(
    separator: str, line_end: str, mark: str
) -> None:
    text = mark + TABLE.replace(",", separator).replace("\n", line_end)
    assert read(text) == read(TABLE)


def test_the_separator_is_what_the_header_holds_most_outside_quotes() -> None:
    assert answers('id;"a,b,c,d"\nc-1;x\n', id_column="id")[0].popitem()[1] == "x"


def test_lines_without_anything_are_passed_over() -> None:
    assert read("\n" + TABLE + "\n,,\n\n") == read(TABLE)


def test_a_row_that_ends_early_lacks_its_last_answers() -> None:
    assert answers("id,q1,q2\nc-1,A\n") == [{"q1": "A", "q2": None}]


def test_the_column_of_candidates_can_be_named() -> None:
    assert answers("q1, who ,q2\nA,c-1,B\n", id_column="who") == [{"q1": "A", "q2": "B"}]


def test_the_first_column_needs_no_name() -> None:
    assert answers('"",q1\n1,A\n') == [{"q1": "A"}]


def test_cells_with_the_list_separator_are_lists_if_asked_for() -> None:
    table = "id,q1,q2,q3\nc-1,A | C,B,|\n"
    assert answers(table, list_separator="|") == [{"q1": ["A", "C"], "q2": "B", "q3": None}]
    assert answers(table) == [{"q1": "A | C", "q2": "B", "q3": "|"}]


COMMAS = "id;q1;q2;q3\nc-1;3,14;1.234,5;A,B\nc-2; -2,5 ;1,2,3;,5\nc-3;\u22121,0;3.14;7,\n"


def test_numbers_with_a_decimal_comma_stay_text_and_are_counted() -> None:
    assert read(COMMAS).decimal_commas == (("q1", 3),)
    assert [row["q1"] for row in answers(COMMAS)] == ["3,14", " -2,5 ", "\u22121,0"]


def test_numbers_with_a_decimal_comma_are_read_if_asked_for_and_nothing_else_is() -> None:
    delivery = read(COMMAS, reads_decimal_commas=True)
    assert delivery.decimal_commas == ()
    found = answers(COMMAS, reads_decimal_commas=True)
    assert [row["q1"] for row in found] == ["3.14", "-2.5", "\u22121.0"]
    others = [(row["q2"], row["q3"]) for row in found]
    assert others == [("1.234,5", "A,B"), ("1,2,3", ",5"), ("3.14", "7,")]


def test_a_list_is_no_number_and_a_comma_cannot_part_lists_and_decimals() -> None:
    table = "id;q1\nc-1;1,5 | 2,5\n"
    assert answers(table, list_separator="|", reads_decimal_commas=True) == [{"q1": ["1,5", "2,5"]}]
    assert read(table, list_separator="|").decimal_commas == ()
    with pytest.raises(UsageError, match="choose one"):
        read(table, list_separator=",", reads_decimal_commas=True)


def test_importing_again_changes_nothing(home: Home, tmp_path: Path) -> None:
    matrix = saved(tmp_path, TABLE)
    first = import_csv(home, matrix, "numeracy", day=DAY)
    again = import_csv(home, matrix, "numeracy", day=DAY)
    assert not first.was_there
    assert again.was_there
    assert again.name == first.name
    assert len(list(home.delivery_folder(DAY).iterdir())) == 1


def test_the_same_table_gives_the_same_bytes_in_every_home(tmp_path: Path) -> None:
    matrix = saved(tmp_path, TABLE)
    homes = [Home(tmp_path / "one"), Home(tmp_path / "two")]
    made = [import_csv(home, matrix, "numeracy", day=DAY) for home in homes]
    assert made[0].name == made[1].name == "numeracy-160d631e6f18.jsonl"
    assert delivered(homes[0], made[0]) == delivered(homes[1], made[1])


def test_ids_that_do_not_fit_are_mapped_beside_the_table(home: Home, tmp_path: Path) -> None:
    table = 'name,Größe (m),q2\n"Lovelace, Ada",1.70,x\n陳,"1.60",y\nc-3,1.80,z\n'
    imported = import_csv(home, saved(tmp_path, table), "numeracy", day=DAY)
    content = delivered(home, imported)
    assert imported.mapped_ids == 3
    assert imported.id_map == tmp_path / f"{imported.name.removesuffix('.jsonl')}.ids.csv"
    assert stat.S_IMODE(imported.id_map.stat().st_mode) == 0o600
    with imported.id_map.open(encoding="utf-8", newline="") as file:
        mapped = {row["original"]: (row["kind"], row["mapped"]) for row in csv.DictReader(file)}
    assert set(mapped) == {"Lovelace, Ada", "陳", "Größe (m)"}
    assert mapped["Größe (m)"] == ("item_id", "Grosse-m-5eaddbbb")
    ids = [session["candidate_id"] for session in sessions(content)]
    assert ids == [mapped["Lovelace, Ada"][1], mapped["陳"][1], "c-3"]


def test_no_name_of_a_person_comes_into_the_home(home: Home, tmp_path: Path) -> None:
    table = 'name,q1\n"Lovelace, Ada",x\n'
    import_csv(home, saved(tmp_path, table), "numeracy", day=DAY)
    files = [path for path in home.folder.rglob("*") if path.is_file()]
    assert files
    assert not any(b"Lovelace" in path.read_bytes() or "Love" in path.name for path in files)


def test_no_map_is_written_where_every_name_is_an_id(home: Home, tmp_path: Path) -> None:
    imported = import_csv(home, saved(tmp_path, TABLE), "numeracy", day=DAY)
    assert imported.id_map is None
    assert [path.name for path in tmp_path.glob("*.csv")] == ["answers.csv"]


def test_two_assessments_of_the_same_candidates_do_not_meet(home: Home, tmp_path: Path) -> None:
    matrix = saved(tmp_path, TABLE)
    names = ("numeracy", "reading")
    made = [import_csv(home, matrix, assessment, day=DAY) for assessment in names]
    ids = {session["session_id"] for each in made for session in sessions(delivered(home, each))}
    assert len(ids) == 4


def test_other_answers_of_the_same_day_are_refused(home: Home, tmp_path: Path) -> None:
    first = import_csv(home, saved(tmp_path, TABLE), "numeracy", day=DAY)
    corrected = saved(tmp_path, TABLE.replace("c-1,B", "c-1,C"))
    with pytest.raises(UsageError, match=r"other answers of 1 of these candidates.*later date"):
        import_csv(home, corrected, "numeracy", day=DAY)
    assert [path.name for path in home.delivery_folder(DAY).iterdir()] == [first.name]
    assert not import_csv(home, corrected, "numeracy", day="2026-11-21").was_there


def test_more_candidates_of_the_same_day_are_welcome(home: Home, tmp_path: Path) -> None:
    import_csv(home, saved(tmp_path, TABLE), "numeracy", day=DAY)
    import_csv(home, saved(tmp_path, TABLE + "c-3,A,B\n"), "numeracy", day=DAY)
    assert len(list(home.delivery_folder(DAY).iterdir())) == 2


def test_a_time_of_submission_is_taken_as_given(home: Home, tmp_path: Path) -> None:
    time = "2026-11-19T17:30:00.5+01:00"
    matrix = saved(tmp_path, TABLE)
    imported = import_csv(home, matrix, "numeracy", day=DAY, submitted_at=time)
    assert sessions(delivered(home, imported))[0]["submitted_at"] == time


@pytest.mark.parametrize("time", ["yesterday", "2026-11-20", "2026-11-20T09:00:00"])
def test_a_time_without_an_offset_is_refused(home: Home, tmp_path: Path, time: str) -> None:
    with pytest.raises(UsageError, match="RFC 3339 time with an offset"):
        import_csv(home, saved(tmp_path, TABLE), "numeracy", day=DAY, submitted_at=time)


@pytest.mark.parametrize("assessment", ["", "../x", "a b", "x" * 256])
def test_an_assessment_is_an_id(home: Home, tmp_path: Path, assessment: str) -> None:
    with pytest.raises(UsageError, match="assessment_id"):
        import_csv(home, saved(tmp_path, TABLE), assessment, day=DAY)


def test_a_long_assessment_id_still_makes_a_file_name(home: Home, tmp_path: Path) -> None:
    imported = import_csv(home, saved(tmp_path, TABLE), "x" * 255, day=DAY)
    session = sessions(delivered(home, imported))[0]
    assert session["assessment_id"] == "x" * 255
    assert len(session["session_id"]) <= 255


def test_a_missing_table_is_named(home: Home, tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match=r"none\.csv"):
        import_csv(home, tmp_path / "none.csv", "numeracy", day=DAY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("id,q1\n", "has no rows"),
        ("id\nc-1\n", "line 1: there is no column for an item"),
        ("id,q1,q1\nc-1,A,B\n", "line 1: columns 2 and 3 have the same name"),
        ("id,é,e\u0301\nc-1,A,B\n", "line 1: columns 2 and 3 have the same name"),
        ("id,q1,\nc-1,A,B\n", "line 1: column 3 has no name"),
        ("id,q1\nc-1,A\nc-2,A\nc-1,B\n", "line 4: the candidate of line 2 is here again"),
        ('id,q1\nc-1,"A\nB"\nc-1,A\n', "line 4: the candidate of line 2 is here again"),
        ("id,q1\n ,A\n", "line 2: the row names no candidate"),
        ("id,q1\nc-1,A,B\n", "line 2: the row has 3 cells, the header 2"),
        ('id,q1\nc-1,"A\n', "line 2: a cell's quotes do not end"),
        ('id,q1\nc-1,"A"B\n', "line 2: a cell's quotes do not end"),
        (b"id,q1\nc-1,\xff\n", "line 2: this is not UTF-8"),
        ("id,q1\nc-1,A\n".encode("utf-16"), "line 1: this is not UTF-8"),
        ("id,q1\nc-1,a\0b\n", "line 2: there is a NUL"),
        (f"id,q1\nc-1,{'é' * 32_769}\n", "line 2: a cell is larger than 65536 bytes"),
        (f"id,q1\nc-1,{'x' * 200_000}\n", "line 2: a cell is larger than 65536 bytes"),
        ("id," + ",".join(f"q{n}" for n in range(1_001)) + "\nc-1,A\n", "1001 items"),
        (
            "id," + ",".join(f"q{n}" for n in range(20)) + "\nc-1" + f",{'x' * 60_000}" * 20,
            "line 2: the row is larger than 1048576 bytes",
        ),
    ],
)
def test_what_is_no_table_of_answers_is_refused(content: str | bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(content)


@pytest.mark.parametrize(
    ("header", "message"), [("id,q1", "no column"), ("who,who", "several columns")]
)
def test_the_column_of_candidates_must_be_one(header: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read(f"{header}\nc-1,A\n", id_column="who")


def test_a_cell_of_the_largest_size_is_taken() -> None:
    assert answers(f"id,q1\nc-1,{'é' * 32_768}\n")[0]["q1"] == "é" * 32_768


def test_an_error_tells_nothing_that_stands_in_a_cell() -> None:
    with pytest.raises(UsageError) as caught:
        read('name,q1\n"Lovelace, Ada",secret\n"Lovelace, Ada",secret\n')
    assert "Lovelace" not in str(caught.value)
    assert "secret" not in str(caught.value)


cell_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(
    st.lists(cell_texts.filter(str.strip), min_size=2, max_size=5),
    st.lists(st.lists(cell_texts, min_size=1, max_size=5), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t"]),
)
def test_every_table_is_refused_or_gives_sessions_that_capture_takes(
    header: list[str], rows: list[list[str]], separator: str
) -> None:
    file = StringIO(newline="")
    csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    try:
        delivery = read(file.getvalue())
    except UsageError:
        return
    lines = delivery.content.split(b"\n")
    assert lines.pop() == b""
    records = [read_session(line) for line in lines]
    taken = [record for record in records if isinstance(record, SnapshotRecord)]
    assert len(taken) == len(records) == delivery.candidates
    assert len({record.session.session_id for record in taken}) == len(taken)
    given_rows = [row for row in rows if any(cell.strip() for cell in row)]
    for record, row in zip(taken, given_rows, strict=True):
        padded = [*row[1:], *[""] * (len(header) - len(row))]
        values = [response.value for response in record.session.responses]
        assert values == [cell or None for cell in padded]
