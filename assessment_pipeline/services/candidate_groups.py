"""Candidate groups: a table that says which group a candidate is of, for DIF.

It comes from outside, is read when statistics are made, and is never kept in a home.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from assessment_pipeline.core.csv_tables import read_table
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.given_files import read_given

COLUMNS: Final = ("candidate_id", "group")


def read_groups(path: Path) -> Mapping[str, str]:
    """Return the group of each candidate of a CSV file with candidate_id and group.

    UsageError if it is no such table, or puts a candidate into two groups.
    """
    table = read_table(read_given(path), path.name)
    names = [cell.strip().lower() for cell in table.header.cells]
    if any(names.count(column) != 1 for column in COLUMNS):
        raise table.refuse(
            table.header.line, "name one column candidate_id and one group; others are not read."
        )
    who, what = map(names.index, COLUMNS)
    groups: dict[str, str] = {}
    for row in table.rows:
        cells = [cell.strip() for cell in row.cells] + [""] * (len(names) - len(row.cells))
        if not cells[who] or not cells[what]:
            raise table.refuse(row.line, "a cell is empty. Give candidate and group, or remove it.")
        if groups.setdefault(cells[who], cells[what]) != cells[what]:
            raise table.refuse(row.line, "the candidate is in another group already. Keep one row.")
    if not groups:
        raise UsageError(f"{path.name} has no rows: below the header, each row is a candidate.")
    return groups
