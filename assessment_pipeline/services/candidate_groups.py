"""Candidate groups: a table that says which group a candidate is of, for DIF.

It comes from outside, is read when statistics are made, and is never kept in a home.
"""

from collections.abc import Mapping
from pathlib import Path

from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.candidate_tables import read_candidates
from assessment_pipeline.services.item_statistics import Grouping


def grouping_of(groups: Path | None, group_by: str | None, reference: str | None) -> Grouping:
    """Return the grouping that was asked for: of a table, of the deliveries' context, or none."""
    if groups is not None and group_by is not None:
        raise UsageError("Groups come from a table or from a key of the context: give one of both.")
    if reference is not None and groups is None and group_by is None:
        raise UsageError("A reference group needs groups: give a table, or a key of the context.")
    return Grouping(None if groups is None else read_groups(groups), group_by, reference)


def read_groups(path: Path) -> Mapping[str, str]:
    """Return the group of each candidate in a table with the columns candidate_id and group."""
    return read_candidates(path, "group")
