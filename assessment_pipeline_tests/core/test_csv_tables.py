"""CSV tables: what is refused says where and what to do."""

import csv

import pytest

from assessment_pipeline.core.csv_tables import read_table
from assessment_pipeline.errors import UsageError


def test_a_cell_beyond_what_the_csv_reader_takes_is_too_large() -> None:
    cell = "x" * (csv.field_size_limit() + 1)

    with pytest.raises(UsageError, match=r"answers\.csv, line 2: a cell is larger than 65536"):
        list(read_table(f"id,q1\n1,{cell}\n".encode(), "answers.csv").rows)
