"""Metadata: what a materialization says of itself, in the keys of the contract.

Ids, hashes, counts and paths only; never a response, or the name or score of a person.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import dagster as dg

from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.core.ledger import Head
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    RUBRICS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
)
from assessment_pipeline.services.steps import StepResult

# Numbers beyond this are rounded by the page's JavaScript.
_LARGEST_NUMBER: Final = 2**53
_SHORT: Final = 12

# Which counts of a step are its records in and out; the one that goes out is the row count.
_IN_AND_OUT: Final[Mapping[str, tuple[str, str]]] = {
    SNAPSHOTS: ("lines_read", "accepted"),
    FEATURES: ("sessions", "sessions"),
    RUBRICS: ("versions", "versions"),
    SCORE_RUNS: ("sessions", "sessions"),
    SCORECARDS: ("scorecards", "scorecards"),
    EXPORTS: ("scorecards_rows", "scorecards_rows"),
}


def step_metadata(
    result: StepResult, head: Head, paths: Mapping[str, Path]
) -> dict[str, dg.MetadataValue]:
    """Return the metadata of one materialization.

    Args:
        result: what the step reports.
        head: where the ledger ended afterwards.
        paths: files and folders to show, by their metadata key.
    """
    records_in, records_out = _IN_AND_OUT[result.asset]
    out = result.counts.get(records_out, 0)
    anchor = head.anchor()
    metadata: dict[str, dg.MetadataValue] = {
        "audit/content_hash": dg.MetadataValue.text(result.content_hash),
        "audit/content_hash_short": dg.MetadataValue.text(short(result.content_hash)),
        "audit/input_hashes": dg.MetadataValue.json(dict(result.input_hashes)),
        "audit/ledger_head": dg.MetadataValue.json(
            {"size": _plain(anchor.size), "head": anchor.head}
        ),
        "audit/rubric_versions": dg.MetadataValue.json(list(result.rubric_versions)),
        "audit/changed": dg.MetadataValue.int(int(result.is_changed)),
        "audit/skipped": dg.MetadataValue.int(int(result.was_skipped)),
        "dagster/row_count": number(out),
        "count/in": number(result.counts.get(records_in, 0)),
        "count/out": number(out),
        "count/quarantined": number(result.counts.get("quarantined", 0)),
    }
    for name, count in result.counts.items():
        metadata.setdefault(f"count/{name}", number(count))
    if result.notes:
        metadata["notes"] = dg.MetadataValue.md("\n".join(f"- {note}" for note in result.notes))
    metadata |= {key: dg.MetadataValue.path(path) for key, path in paths.items()}
    return metadata


def number(count: int) -> dg.MetadataValue:
    """Return a count as the page shows it exactly: above 2**53 as text."""
    plain = _plain(count)
    if isinstance(plain, str):
        return dg.MetadataValue.text(plain)
    return dg.MetadataValue.int(plain)


def short(content_hash: str) -> str:
    """Return the first characters of a hash, which fit into the page."""
    return content_hash.removeprefix(HASH_PREFIX)[:_SHORT]


def _plain(count: int) -> int | str:
    return count if abs(count) <= _LARGEST_NUMBER else str(count)
