"""Pending days: which delivery days are not scored as their folders stand now.

Looks at names and sizes only, never at content or times of modification, so that asking costs
little every minute. What is scored is seen from `current/`, without Dagster.
"""

import stat
from pathlib import Path
from typing import Final, NamedTuple

from assessment_pipeline.core.hashing import Json, content_hash
from assessment_pipeline.services.export import exports_key, manifest_inputs
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    FeaturesIndex,
    ScorecardsIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
    current_index,
)
from assessment_pipeline.sources.folder import delivery_files
from assessment_pipeline.storage.home import Home

# Why a day is to be scored.
NOT_SCORED: Final = "not scored yet"
FILES_DIFFER: Final = "its delivery files are not those that were captured"
WITHOUT_RUBRIC: Final = "some of its sessions had no rubric"
NOT_FINISHED: Final = "a run of it has not come to its end"


class DeliveryManifest(NamedTuple):
    """The delivery files of a day: their names and sizes, in reading order."""

    partition: str
    files: tuple[tuple[str, int], ...]

    @property
    def hash(self) -> str:
        """One hash over all names and sizes."""
        files: Json = [list(file) for file in self.files]
        return content_hash({"files": files, "partition": self.partition})


def delivery_manifest(home: Home, partition: str) -> DeliveryManifest:
    """List what lies in a day's delivery folder now; a file that vanishes meanwhile has no size."""
    folder = delivery_files(home.delivery_folder(partition))
    files = tuple((name, _size(folder.path / name)) for name in folder.files)
    return DeliveryManifest(partition, files)


def _size(path: Path) -> int:
    try:
        found = path.lstat()
    except OSError:
        return -1
    # What is no regular file is captured as one rejected line, without content.
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def pending_reason(home: Home, manifest: DeliveryManifest) -> str | None:
    """Return why a day is to be scored, or nothing if it is scored as its folder stands."""
    partition = manifest.partition
    captured = current_index(home, SNAPSHOTS, partition, SnapshotsIndex)
    if captured is None or home.pointer(EXPORTS, partition) is None:
        return NOT_SCORED
    if tuple((file.name, file.bytes) for file in captured.files) != manifest.files:
        return FILES_DIFFER
    runs = current_index(home, SCORE_RUNS, partition, ScoreRunsIndex)
    if runs is None or runs.assessments_without_rubric:
        return WITHOUT_RUBRIC
    return None if _is_finished(home, partition, captured, runs) else NOT_FINISHED


def _is_finished(
    home: Home, partition: str, captured: SnapshotsIndex, runs: ScoreRunsIndex
) -> bool:
    """Whether the exports are those of what the steps before have made, by whichever versions."""
    features = current_index(home, FEATURES, partition, FeaturesIndex)
    cards = current_index(home, SCORECARDS, partition, ScorecardsIndex)
    exported = home.pointer(EXPORTS, partition)
    if features is None or cards is None or exported is None:
        return False
    inputs = manifest_inputs(captured, features, runs, cards.content_hash)
    return exported.input_key == exports_key(cards, inputs, exported.versions)


def pending_days(home: Home) -> dict[str, str]:
    """Return every delivery day that is to be scored, in order, and why."""
    reasons = (
        (day, pending_reason(home, delivery_manifest(home, day))) for day in home.delivery_days()
    )
    return {day: reason for day, reason in reasons if reason is not None}
