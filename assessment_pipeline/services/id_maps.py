"""Id maps: what `import-csv` writes of the names that did not fit as ids, read back.

The file says which text of a table stands for which id. It lies beside that table, outside of any
home, and may hold people's names.
"""

from collections.abc import Mapping
from pathlib import Path

from assessment_pipeline.core.answer_matrix import MappedId
from assessment_pipeline.core.csv_tables import read_table
from assessment_pipeline.services.given_files import read_given


def read_id_map(path: Path) -> Mapping[str, str] | None:
    """Return what each candidate was called in the table; None if the file is no id map."""
    table = read_table(read_given(path), path.name)
    if table.header.cells != MappedId._fields:
        return None
    rows = [(*row.cells, "", "")[: len(MappedId._fields)] for row in table.rows]
    return {
        mapped: original for kind, mapped, original in rows if kind == "candidate_id" and mapped
    }
