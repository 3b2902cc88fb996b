"""What every step has in common: when it may be skipped, and in which order it writes.

Artifacts, then the ledger in one transaction, then exports, then the pointer. Each part can be
done again without harm, so whoever is killed is simply run again. A step is skipped only if its
pointer was made from today's input, what it points to is there with the recorded hashes, and the
configured ledger holds its entries.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from assessment_pipeline.core.hashing import Json, content_hash
from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.core.versions import (
    ENGINE_VERSION,
    EXPORT_VERSION,
    FEATURE_VERSION,
    READER_VERSION,
)
from assessment_pipeline.services.indexes import artifacts_of, put_index
from assessment_pipeline.storage.home import Home, Pointer
from assessment_pipeline.storage.ledger import Ledger

VERSIONS: Mapping[str, str] = {
    "engine_version": ENGINE_VERSION,
    "export_version": EXPORT_VERSION,
    "feature_version": FEATURE_VERSION,
    "reader_version": READER_VERSION,
}

Progress = Callable[[str, int], None]


def utc_now() -> datetime:
    """Return the present moment; the one clock of the services."""
    return datetime.now(UTC)


def no_progress(_: str, __: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Workplace:
    """Where a step works and in whose name: home, ledger, and who runs it."""

    home: Home
    ledger: Ledger
    run_id: str | None = None
    actor: str = "assessment-pipeline"
    clock: Callable[[], datetime] = utc_now
    progress: Progress = no_progress

    def record(self, events: Iterable[Event]) -> int:
        """Append events to the ledger in one transaction; return how many were new."""
        appended = self.ledger.append(
            events,
            recorded_at=self.clock().isoformat(timespec="microseconds").replace("+00:00", "Z"),
            run_id=self.run_id,
            actor=self.actor,
        )
        return appended.count


@dataclass(frozen=True)
class StepResult:
    """What a step reports: its content hash, what went in, counts, and whether it did anything."""

    asset: str
    partition: str
    content_hash: str
    input_hashes: Mapping[str, str]
    is_changed: bool
    was_skipped: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    rubric_versions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    mean_percent: int | None = None
    """Of a day's complete scorecards, for the eye; nothing where too few are behind it."""


def input_key(asset: str, parts: Json, versions: Mapping[str, str] = VERSIONS) -> str:
    """Return the hash of everything a step's outcome depends on, our versions among it."""
    return content_hash({"asset": asset, "input": parts, "versions": dict(versions)})


def is_current(
    place: Workplace,
    pointer: Pointer | None,
    key: str,
    index: msgspec.Struct | None,
    dedup_keys: Iterable[str],
) -> bool:
    """Whether a step's work is done already and all of it is still there."""
    if pointer is None or index is None or pointer.input_key != key:
        return False
    store = place.home.artifacts
    if not all(store.holds(ref) for ref in artifacts_of(index)):
        return False
    return not place.ledger.missing(dedup_keys)


def point_to(
    place: Workplace, asset: str, partition: str, key: str, index: msgspec.Struct, hash_: str
) -> None:
    """Store an index and make it the current one."""
    pointer = Pointer(
        artifact=put_index(place.home.artifacts, index),
        asset=asset,
        content_hash=hash_,
        input_key=key,
        partition=partition,
        versions=dict(VERSIONS),
    )
    if place.home.pointer(asset, partition) != pointer:
        place.home.point(pointer)
