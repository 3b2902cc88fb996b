"""Candidates' names: a table from outside of the home, joined where something is written.

Names are never stored, logged or hashed by us, and no error repeats one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from assessment_pipeline.core.csv_tables import read_table
from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.given_files import read_given
from assessment_pipeline.services.id_maps import read_id_map
from assessment_pipeline.storage.home import Home

COLUMNS: Final = ("candidate_id", "name")


def read_names(home: Home, path: Path) -> Mapping[str, str]:
    """Return the name of each candidate in a CSV file with the columns candidate_id and name.

    The map of ids that `import-csv` wrote is as good. UsageError if it lies in the home, has other
    columns or names a candidate twice.
    """
    if path.resolve().is_relative_to(home.folder.resolve()):
        raise UsageError(f"{path} lies in the home, which is to hold no names; move it out of it.")
    mapped = read_id_map(path)
    if mapped is not None:
        return mapped
    table = read_table(read_given(path), path.name)
    if table.header.cells != COLUMNS:
        raise table.refuse(table.header.line, "the columns are to be candidate_id and name.")
    names: dict[str, str] = {}
    for row in table.rows:
        candidate, name = (*row.cells, "")[:2]
        if candidate in names:
            raise table.refuse(
                row.line, "the candidate stands on an earlier line too; keep one of them."
            )
        names[candidate] = name
    return names
