"""CSV, for all texts: what is written comes back from the standard library's reader."""

import csv
import io

from hypothesis import example, given
from hypothesis import strategies as st

from assessment_pipeline.core.exports import csv_cell

# What a delivery can hold: any text without surrogates and NUL. Weighted towards what breaks CSV.
awkward = st.sampled_from(
    ["\r", "\n", "\r\n", '"', '""', ",", ";", "\t", "\u2028", "\u0085", "\x1c", "\ufeff", "'", " "]
)
texts = st.lists(
    awkward
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3),
    max_size=5,
).map("".join)
tables = st.lists(st.lists(texts, min_size=2, max_size=4), min_size=1, max_size=5)


def written(table: list[list[str]]) -> str:
    return "".join(",".join(map(csv_cell, row)) + "\n" for row in table)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(tables)
@example([["a\rb", "\r"], ["\u2028", '"']])
def test_every_table_comes_back_from_csv_reader(table: list[list[str]]) -> None:
    assert read(written(table)) == table


@given(tables)
def test_every_table_comes_back_from_its_bytes(table: list[list[str]]) -> None:
    content = written(table).encode()

    assert read(content.decode()) == table


@given(tables)
def test_the_bytes_are_those_of_csv_writer_where_that_is_right(table: list[list[str]]) -> None:
    # csv.writer leaves a lone CR unquoted (and the row breaks on reading), and quotes a first cell
    # that is alone and empty; in both it is not to be followed.
    quoted = [[cell.replace("\r", "\n") for cell in row] for row in table]
    output = io.StringIO(newline="")
    csv.writer(output, lineterminator="\n").writerows(quoted)

    assert written(quoted) == output.getvalue()


@given(texts)
def test_quotes_stand_where_rfc_4180_needs_them_and_nowhere_else(text: str) -> None:
    cell = csv_cell(text)

    needs_quotes = any(character in text for character in ',"\r\n')
    assert cell.startswith('"') == needs_quotes
    assert cell == ('"' + text.replace('"', '""') + '"' if needs_quotes else text)
