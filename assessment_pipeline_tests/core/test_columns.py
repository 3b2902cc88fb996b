"""The column dictionary: what every exported column means, in the order of the files."""

import pytest

from assessment_pipeline.core.columns import TABLES
from assessment_pipeline.core.exports import COLUMNS, header

# Where a figure that somebody computes with stands; all else is text, a date or a count.
NUMBERS = {"raw_score", "max_score", "percent"}


@pytest.mark.parametrize("table", TABLES)
def test_every_column_says_in_a_sentence_what_it_means(table: str) -> None:
    for column in TABLES[table]:
        assert column.meaning.endswith(".")
        assert len(column.meaning) > 15


@pytest.mark.parametrize("table", TABLES)
def test_the_files_have_the_columns_of_the_dictionary_in_its_order(table: str) -> None:
    names = [column.name for column in TABLES[table]]
    assert header(table).decode().rstrip("\n").split(",") == names == list(COLUMNS[table])
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("table", TABLES)
def test_points_and_percents_are_the_numbers(table: str) -> None:
    found = {column.name for column in TABLES[table] if column.type == "number"}
    assert found == NUMBERS & {column.name for column in TABLES[table]}


def test_a_column_of_several_tables_has_one_type() -> None:
    types: dict[str, str] = {}
    for columns in TABLES.values():
        for column in columns:
            assert types.setdefault(column.name, column.type) == column.type
