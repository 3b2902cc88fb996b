"""Candidate tables: a file that says one thing of each candidate, such as a name or a group.

A CSV file as `core.csv_tables` reads it. Its header names `candidate_id` and that one thing, each
once, in any case and order; other columns are not read. White space around a cell is no part of it.
A row gives both: whom nothing is known of is left out. A candidate may come again with the same,
never with another. Where such a file may lie, and what it is for, is for those who read it. Errors
name lines, never what stands there.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from assessment_pipeline.core.csv_tables import read_table
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.given_files import read_given

CANDIDATE: Final = "candidate_id"


def read_candidates(path: Path, column: str) -> Mapping[str, str]:
    """Return what a file says of each candidate in one column.

    UsageError if it is no such table, or says two things of one candidate.
    """
    table = read_table(read_given(path), path.name)
    header = [cell.strip().lower() for cell in table.header.cells]
    if any(header.count(name) != 1 for name in (CANDIDATE, column)):
        raise table.refuse(
            table.header.line, f"name one column {CANDIDATE} and one {column}; others are not read."
        )
    who, what = header.index(CANDIDATE), header.index(column)
    found: dict[str, str] = {}
    for row in table.rows:
        cells = [cell.strip() for cell in row.cells] + [""] * (len(header) - len(row.cells))
        if not cells[who] or not cells[what]:
            raise table.refuse(
                row.line, f"a cell is empty. Give candidate and {column}, or remove the row."
            )
        if found.setdefault(cells[who], cells[what]) != cells[what]:
            raise table.refuse(
                row.line, f"an earlier line gives the candidate another {column}. Keep one row."
            )
    if not found:
        raise UsageError(f"{path.name} has no rows: below the header, each row is a candidate.")
    return found
