"""Metadata: what a materialization says of itself, in the keys of the contract.

Ids, hashes, counts and paths only; never a response, or the name or score of a person.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_args

import dagster as dg

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.core.ledger import Head
from assessment_pipeline.core.totals import ScorecardStatus
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    ITEM_STATISTICS,
    RUBRICS,
    SCORE_RUNS,
    SCORECARD_PAGES,
    SCORECARDS,
    SNAPSHOTS,
)
from assessment_pipeline.services.pending import (
    FILES_DIFFER,
    NOT_FINISHED,
    NOT_SCORED,
    WITHOUT_RUBRIC,
)
from assessment_pipeline.services.steps import StepResult

# Numbers beyond this are rounded by the page's JavaScript.
_LARGEST_NUMBER: Final = 2**53
_SHORT: Final = 12

DATA_VERSION_TAG: Final = "dagster/data_version"

# Tags of runs; why a run was asked for is set by whoever asks for it. The list of runs shows about
# 35 characters of a tag with its name.
REASON_TAG: Final = "assessment/reason"
QUARANTINED_TAG: Final = "assessment/quarantined"
CONTENT_HASH_TAG: Final = "assessment/exports"

# Why runs are asked for, by what `services.pending` says of their day.
REASONS: Final[Mapping[str, str]] = {
    NOT_SCORED: "new day",
    FILES_DIFFER: "files differ",
    WITHOUT_RUBRIC: "lacked a rubric",
    NOT_FINISHED: "not finished",
}
NIGHTLY: Final = "nightly"
COMMAND_LINE: Final = "command line"

# Which counts of a step are its records in and out; the one that goes out is the row count.
_IN_AND_OUT: Final[Mapping[str, tuple[str, str]]] = {
    SNAPSHOTS: ("lines_read", "accepted"),
    FEATURES: ("sessions", "sessions"),
    RUBRICS: ("versions", "versions"),
    SCORE_RUNS: ("sessions", "sessions"),
    SCORECARDS: ("scorecards", "scorecards"),
    EXPORTS: ("scorecards_rows", "scorecards_rows"),
    ITEM_STATISTICS: ("candidates", "items"),
    SCORECARD_PAGES: ("scorecards", "pages"),
}


def step_metadata(
    result: StepResult, head: Head, paths: Mapping[str, Path], seconds: float
) -> dict[str, dg.MetadataValue]:
    """Return the metadata of one materialization.

    Args:
        result: what the step reports.
        head: where the ledger ended afterwards.
        paths: files and folders to show, by their metadata key.
        seconds: how long the step took.
    """
    records_in, records_out = _IN_AND_OUT[result.asset]
    out = result.counts.get(records_out, 0)
    anchor = head.anchor()
    # In the order in which people look; long hashes, which the overview cuts off, come last.
    metadata: dict[str, dg.MetadataValue] = {
        "audit/content_hash_short": dg.MetadataValue.text(short(result.content_hash)),
        "audit/changed": dg.MetadataValue.int(int(result.is_changed)),
        "audit/skipped": dg.MetadataValue.int(int(result.was_skipped)),
        "dagster/row_count": number(out),
        "count/in": number(result.counts.get(records_in, 0)),
        "count/out": number(out),
        "count/quarantined": number(result.counts.get("quarantined", 0)),
    }
    for name, count in result.counts.items():
        metadata.setdefault(f"count/{name}", number(count))
    if result.asset in {SCORE_RUNS, SCORECARDS}:
        # Also those that no scorecard has, or a plot over time would have gaps.
        for status in get_args(ScorecardStatus):
            metadata.setdefault(f"count/{status}", number(0))
    if result.asset == SCORECARDS:
        metadata |= _mean(result.mean_percent)
    metadata["seconds"] = dg.MetadataValue.float(round(seconds, 3))
    if result.notes:
        metadata["notes"] = dg.MetadataValue.md("\n".join(f"- {note}" for note in result.notes))
    metadata |= {key: dg.MetadataValue.path(path) for key, path in paths.items()}
    metadata |= {
        "audit/rubric_versions": dg.MetadataValue.json(list(result.rubric_versions)),
        "audit/content_hash": dg.MetadataValue.text(result.content_hash),
        "audit/input_hashes": dg.MetadataValue.json(dict(result.input_hashes)),
        "audit/ledger_head": dg.MetadataValue.json(
            {"size": _plain(anchor.size), "head": anchor.head}
        ),
    }
    return metadata


def _mean(percent: int | None) -> dict[str, dg.MetadataValue]:
    """Return the mean percent, or why it is not shown: of few it would tell what one has got."""
    if percent is None:
        why = f"not shown: fewer than {FEWEST_CANDIDATES} candidates"
        return {"score/mean_percent_hidden": dg.MetadataValue.text(why)}
    return {"score/mean_percent": dg.MetadataValue.int(percent)}


def run_tags(result: StepResult) -> dict[str, str]:
    """Return what a step adds to its run's tags: runs are found by tags, not by metadata.

    Whether records were quarantined, and which content the day's exports have.
    """
    if result.asset == SNAPSHOTS:
        return {QUARANTINED_TAG: "some" if result.counts["quarantined"] else "none"}
    if result.asset == EXPORTS:
        return {CONTENT_HASH_TAG: short(result.content_hash)}
    return {}


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
