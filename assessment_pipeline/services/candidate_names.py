"""Candidates' names: a table from outside of the home, joined where something is written.

Names are never stored, logged or hashed by us, and no error repeats one.
"""

from collections.abc import Mapping
from pathlib import Path

from assessment_pipeline.services.candidate_tables import read_candidates
from assessment_pipeline.services.folders_outside import path_outside
from assessment_pipeline.services.id_maps import read_id_map
from assessment_pipeline.storage.home import Home


def read_names(home: Home, path: Path) -> Mapping[str, str]:
    """Return the name of each candidate in a table with the columns candidate_id and name.

    The map of ids that `import-csv` wrote is as good. UsageError if it lies in the home, is no such
    table or gives a candidate two names.
    """
    path_outside(home, path, "it is to hold no names, so move the file out of it")
    mapped = read_id_map(path)
    return read_candidates(path, "name") if mapped is None else mapped
