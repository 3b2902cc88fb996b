"""Candidate groups: a table that says which group a candidate is of, for DIF.

It comes from outside, is read when statistics are made, and is never kept in a home.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from assessment_pipeline.core.csv_tables import read_table
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.given_files import read_given
from assessment_pipeline.services.item_statistics import Grouping

COLUMNS: Final = ("candidate_id", "group")


def grouping_of(groups: Path | None, group_by: str | None, reference: str | None) -> Grouping:
    """Return the grouping that was asked for: of a table, of the deliveries' context, or none."""
    if groups is not None and group_by is not None:
        raise UsageError("Groups come from a table or from a key of the context: give one of both.")
    if reference is not None and groups is None and group_by is None:
        raise UsageError("A reference group needs groups: give a table, or a key of the context.")
    return Grouping(None if groups is None else read_groups(groups), group_by, reference)


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
