"""CSV tables: what is refused says where and what to do."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from assessment_pipeline.core.csv_tables import MAX_CELL_BYTES, read_table
from assessment_pipeline.errors import UsageError

PYTHON_S_OWN_LIMIT = 131_072


@pytest.mark.parametrize("characters", [MAX_CELL_BYTES + 1, PYTHON_S_OWN_LIMIT + 1])
@pytest.mark.parametrize("limit", [PYTHON_S_OWN_LIMIT, 1 << 24])
def test_a_cell_larger_than_a_response_can_be_is_too_large(characters: int, limit: int) -> None:
    cell = "x" * characters

    with (
        csv_field_size_limit(limit),
        pytest.raises(UsageError, match=r"answers\.csv, line 2: a cell is larger than 65536"),
    ):
        read_table(f"id,q1\n1,{cell}\n".encode(), "answers.csv")


def test_a_cell_as_large_as_a_response_can_be_is_read() -> None:
    cell = "x" * MAX_CELL_BYTES

    table = read_table(f"id,q1\n1,{cell}\n".encode(), "answers.csv")

    assert table.rows[0].cells == ("1", cell)


@contextmanager
def csv_field_size_limit(limit: int) -> Iterator[None]:
    """Set the csv module's own limit, which is the whole process's: any library may have raised it.

    Never derive a cell's length from the limit found: frictionless raises it to 2 GiB.
    """
    before = csv.field_size_limit(limit)
    try:
        yield
    finally:
        csv.field_size_limit(before)
