"""Conflicts across days: one session and attempt, delivered with different content on two days.

Nothing is decided here: each content stays scored in its own day. The ledger knows every score
run by its session; which day the other content came on is looked up in that day's artifacts.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from assessment_pipeline.core.instants import is_day
from assessment_pipeline.core.ledger_events import (
    ScoringRunCreated,
    SnapshotConflict,
    session_subject,
)
from assessment_pipeline.services.extract import captured_sessions
from assessment_pipeline.services.indexes import (
    SNAPSHOTS,
    CapturedRecord,
    SnapshotsIndex,
    StandingSession,
    current_index,
    read_rows,
)
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline.storage.home import Home


class Conflict(NamedTuple):
    """A session of this day that has other content elsewhere; ids only."""

    subject: str
    response_snapshot_id: str
    other_id: str
    other_date: str


class _Payload(msgspec.Struct, frozen=True):
    response_snapshot_id: str


class _Body(msgspec.Struct, frozen=True):
    """The one field that is asked of a score run's entry; there is an entry a session."""

    payload: _Payload


def conflicts_across_days(place: Workplace, partition: str) -> tuple[Conflict, ...]:
    """Find this day's conflicts with other days and record each of them, once."""
    index = captured_sessions(place, partition)
    store = place.home.artifacts
    by_subject = {
        session_subject(session.session_id, session.attempt): session.response_snapshot_id
        for session in read_rows(store, index.sessions, StandingSession)
        if session.status != "in_progress"
    }
    decode = msgspec.json.Decoder(_Body).decode
    found = set()
    ours = {subject: f'"response_snapshot_id":"{id_}"' for subject, id_ in by_subject.items()}
    for entry in place.ledger.others_about(ScoringRunCreated.event_type, ours):
        other_id = decode(entry.body).payload.response_snapshot_id
        found.add((entry.subject, by_subject[entry.subject], other_id))
    if not found:
        return ()
    own = {
        record.response_snapshot_id
        for file in index.files
        for record in read_rows(store, file.records, CapturedRecord)
    }
    found = {conflict for conflict in found if conflict[2] not in own}
    dates = _delivery_dates(place.home, partition, {other_id for _, _, other_id in found})
    # What no day holds any more was replaced by `--accept-changed`: that is no conflict.
    conflicts = tuple(
        Conflict(subject, ours, other_id, dates[other_id])
        for subject, ours, other_id in sorted(found)
        if other_id in dates
    )
    place.record(
        _payload(partition, conflict.other_date, conflict).event(conflict.subject)
        for conflict in conflicts
    )
    return conflicts


def _payload(partition: str, other_date: str, conflict: Conflict) -> SnapshotConflict:
    (first, first_date), (second, second_date) = sorted(
        [(conflict.response_snapshot_id, partition), (conflict.other_id, other_date)]
    )
    return SnapshotConflict(
        response_snapshot_ids=(first, second), delivery_dates=(first_date, second_date)
    )


def _delivery_dates(home: Home, partition: str, wanted: Iterable[str]) -> Mapping[str, str]:
    """Return the latest other day that holds each of some snapshots; only asked in a conflict."""
    missing = set(wanted)
    dates: dict[str, str] = {}
    folder = home.current / SNAPSHOTS
    days = sorted((path.stem for path in folder.glob("*.json") if is_day(path.stem)), reverse=True)
    for day in days:
        if not missing:
            break
        index = current_index(home, SNAPSHOTS, day, SnapshotsIndex) if day != partition else None
        if index is None:
            continue
        for session in read_rows(home.artifacts, index.sessions, StandingSession):
            if session.response_snapshot_id in missing:
                missing.discard(session.response_snapshot_id)
                dates[session.response_snapshot_id] = day
    return dates
