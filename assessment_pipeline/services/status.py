"""The status of a home: what waits and why, what was quarantined, where ledger and anchor stand.

For an operator at night and for a cron line: it needs no Dagster and writes nothing, and it names
the days that nobody scored in time even if everything that should have done so is dead. Whether
what is stored is right is `services.verify`.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assessment_pipeline.errors import IntegrityError, NothingThereError
from assessment_pipeline.services.anchors import check_anchor, read_anchor
from assessment_pipeline.services.indexes import SNAPSHOTS, SnapshotsIndex, current_index
from assessment_pipeline.services.overdue import WaitingDay, waiting_days
from assessment_pipeline.services.timezones import require_timezone
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger


@dataclass(frozen=True)
class LedgerStatus:
    """Where the ledger ends, and when its last entry was recorded."""

    size: int
    head: str
    recorded_at: str


@dataclass(frozen=True)
class AnchorStatus:
    """How far an anchor file covers the ledger, and when it was last renewed."""

    path: Path
    size: int
    renewed_at: datetime


@dataclass(frozen=True)
class HomeStatus:
    """What can be said of a home without looking at any response."""

    scored: tuple[str, ...]
    waiting: Mapping[str, WaitingDay]
    overdue: tuple[str, ...]
    quarantined: Mapping[str, int]
    """Day -> lines, of the days that have any."""
    misplaced: tuple[str, ...]
    ledger: LedgerStatus | None
    anchor: AnchorStatus | None
    free_bytes: int
    problems: tuple[str, ...]
    """What somebody has to look at, as sentences; overdue days are among them."""


def home_status(
    home: Home,
    *,
    timezone: str,
    now: datetime,
    overdue_after_hours: int,
    ledger_url: str | None = None,
    anchor: Path | None = None,
) -> HomeStatus:
    """Look at a home; UsageError if its ledger is fixed to another time zone."""
    waiting = waiting_days(home, timezone, now)
    overdue = [day for day, each in waiting.items() if each.is_overdue(now, overdue_after_hours)]
    scored = tuple(day for day in home.scored_days() if day not in waiting)
    problems = [
        f"{day} has waited for more than {overdue_after_hours} hours: {waiting[day].reason}."
        for day in overdue
    ]
    ledger = anchored = None
    try:
        with Ledger.read(home.ledger, url=ledger_url) as opened:
            require_timezone(opened, timezone)
            ledger = _ledger_status(opened)
            if anchor is not None:
                check_anchor(anchor, opened)
    except NothingThereError as error:
        problems += [str(error)] if home.scored_days() else []
    except IntegrityError as error:
        problems.append(str(error))
    if anchor is not None:
        if anchor.exists():
            anchored = _anchor_status(anchor)
        elif ledger is not None:
            problems.append(f"There is no anchor {anchor} yet; `score` makes one.")
    return HomeStatus(
        scored=scored,
        waiting=waiting,
        overdue=tuple(overdue),
        quarantined=dict(_quarantined(home)),
        misplaced=tuple(home.misplaced_deliveries()),
        ledger=ledger,
        anchor=anchored,
        free_bytes=shutil.disk_usage(home.folder).free,
        problems=tuple(problems),
    )


def _ledger_status(ledger: Ledger) -> LedgerStatus:
    head = ledger.head()
    recorded_at = ""
    for entry in ledger.entries(after_seq=head.seq - 1, batch=1):
        recorded_at = entry.read_body().recorded_at
    return LedgerStatus(head.seq, head.anchor().head, recorded_at)


def _anchor_status(path: Path) -> AnchorStatus:
    renewed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return AnchorStatus(path, read_anchor(path).size, renewed_at)


def _quarantined(home: Home) -> Iterator[tuple[str, int]]:
    for day in home.delivery_days():
        index = current_index(home, SNAPSHOTS, day, SnapshotsIndex)
        if index is not None and index.counts.quarantined:
            yield day, index.counts.quarantined
