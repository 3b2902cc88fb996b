"""Verify: an outsider's check of what a home holds, from raw lines to CSV bytes and the ledger.

Needs no Dagster and writes nothing into the home: what it derives goes to a private temporary
folder, and the ledger is read there as a copy. A difference never stops it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from pydantic import ValidationError

from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.score_runs import CHUNK_CUTS
from assessment_pipeline.errors import (
    AssessmentPipelineError,
    NewerReleaseError,
    NothingThereError,
    OutOfReachError,
    UsageError,
)
from assessment_pipeline.services.captured_day import captured_event
from assessment_pipeline.services.cycles import uncollected
from assessment_pipeline.services.erased_sessions import ErasedDays, remarks, returned
from assessment_pipeline.services.export import exported_event
from assessment_pipeline.services.indexes import (
    EXPORTS,
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
)
from assessment_pipeline.services.interrupted_day import DayState, states_of
from assessment_pipeline.services.report import generated_event
from assessment_pipeline.services.rubrics import (
    catalogue_of,
    published_versions,
    rubric_files,
)
from assessment_pipeline.services.score_events import created_event, records_of
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.services.verification import DayChecked, Verification
from assessment_pipeline.services.verify_day import (
    missing_entries,
    verify_day,
    verify_earlier_state,
)
from assessment_pipeline.sources.folder import delivery_files
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger

Progress = Callable[[str], None]


@uncollected()
def verify(
    home: Home,
    partition: str | None = None,
    anchor: Anchor | None = None,
    progress: Progress = lambda _: None,
    *,
    ledger_url: str | None = None,
) -> Verification:
    """Verify one day, or all that were delivered or scored, and the whole ledger."""
    found = Verification()
    days = [partition] if partition else sorted({*home.delivery_days(), *home.scored_days()})
    if not days:
        found.gaps.append(f"Nothing is delivered or scored in {home.folder}.")
    with ExitStack() as stack:
        ledger = _opened_ledger(stack, home, ledger_url, found)
        files = rubric_files(home)
        found.differ(_changed_rubrics(files, _published(ledger, found)))
        erased = _erased(ledger, found)
        checked: set[str] = set()
        for day in days:
            progress(day)
            checked |= _verify_one(home, day, files, ledger, found, erased)
        if partition is None:
            # Earlier states of days, and rubric versions that have scored nothing.
            others = sorted(home.artifacts.names() - checked)
            found.differ(
                f"artifacts/{name} is altered; no day that verifies needs it."
                for name in home.artifacts.altered(others)
            )
        if ledger is not None:
            problems = ledger.verify(anchor)
            found.ledger_entries = _size(ledger, found)
            is_new = found.ledger_entries == 0 and len(problems) == 1
            if is_new and anchor is None and not _has_pointers(home):
                # Whoever created it was killed before its first entry; a run begins it.
                found.gaps.append(f"The ledger {ledger.where} holds nothing yet: score a day.")
            else:
                found.differ(f"Ledger: {problem}" for problem in problems)
            if anchor is not None and not problems:
                found.remarks.append(
                    f"The ledger continues from the anchor of {anchor.size:,} entries."
                )
    if anchor is None:
        found.remarks.append(
            "The ledger was not checked against an anchor (`--anchor FILE`, kept elsewhere): that "
            "its end was not cut off, or the whole of it rewritten, is not shown."
        )
    return found


def _opened_ledger(
    stack: ExitStack, home: Home, ledger_url: str | None, found: Verification
) -> Ledger | None:
    """Open the ledger to read; why it cannot be is a gap, or a difference if it was altered.

    UsageError if the setting that names the database is wrong: then nothing was looked at.
    """
    try:
        return stack.enter_context(Ledger.read(home.ledger, url=ledger_url))
    except NothingThereError:
        where = "in the database" if ledger_url else f"at {home.ledger}"
        found.gaps.append(f"There is no ledger {where}: nothing proves these scores.")
    except (NewerReleaseError, OutOfReachError) as error:
        found.gaps.append(str(error))
    except UsageError:
        raise
    except AssessmentPipelineError as error:
        found.differences.append(str(error))
    return None


def _size(ledger: Ledger, found: Verification) -> int:
    try:
        return ledger.head().seq
    except AssessmentPipelineError as error:
        found.differences.append(str(error))
        return 0


def _has_pointers(home: Home) -> bool:
    return any(home.current.glob("*/*.json"))


def _published(ledger: Ledger | None, found: Verification) -> dict[tuple[str, str], str]:
    if ledger is None:
        return {}
    try:
        return dict(published_versions(ledger))
    except AssessmentPipelineError as error:
        found.differences.append(str(error))
        return {}


def _erased(ledger: Ledger | None, found: Verification) -> ErasedDays | None:
    if ledger is None:
        return None
    try:
        return ErasedDays(ledger)
    except AssessmentPipelineError as error:
        found.differences.append(str(error))
        return None


def _changed_rubrics(
    files: Sequence[RubricFile], published: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """Yield a sentence for each version that has scored and is not there as it was."""
    versions = (load_version(file) for file in files)
    now = {each.key: each.content_hash for each in versions if isinstance(each, RubricVersion)}
    for key, content_hash in sorted(published.items()):
        if now.get(key) != content_hash:
            state = "was changed since" if key in now else "is gone, or cannot be read any more"
            yield f"rubrics/{key[0]}/{key[1]}.yaml has scored and {state}."


def _verify_one(
    home: Home,
    partition: str,
    files: Sequence[RubricFile],
    ledger: Ledger | None,
    found: Verification,
    erased: ErasedDays | None,
) -> set[str]:
    """Verify a day; return the names of the artifacts that were looked at."""
    day = DayChecked(partition)
    found.days.append(day)
    stored = None
    try:
        made = [home.pointer(asset, partition) for asset in PARTITIONED_ASSETS]
        if None in made:
            found.gaps.append(f"{partition} is not scored, or not to the end.")
            return set()
        stored = StoredDay(home, partition)
        _verify_stored(stored, files, ledger, found, day)
        requests = erased.of(partition) if erased is not None else []
        if requests and ledger is not None:
            found.differ(returned(stored, requests))
            found.remarks.extend(remarks(stored, requests, ledger))
    except AssessmentPipelineError as error:
        found.differences.append(str(error))
    return stored.checked if stored else set()


def _verify_stored(
    stored: StoredDay,
    files: Sequence[RubricFile],
    ledger: Ledger | None,
    found: Verification,
    day: DayChecked,
) -> None:
    home, partition = stored.home, stored.partition
    altered = [*stored.altered_pointers(), *stored.altered_artifacts()]
    found.differ(altered)
    if ledger is not None:
        found.differ(_missing_entries(stored, ledger))
    others = sorted(
        f"{name} {version}"
        for asset in PARTITIONED_ASSETS
        for name, version in stored.pointer(asset).versions.items()
        if VERSIONS[name] != version
    )
    if stored.score_runs.cut not in CHUNK_CUTS:
        others.append(f"chunk cut {stored.score_runs.cut}")
    if others:
        found.differ(stored.altered_exports())
        found.gaps.append(
            f"{partition} was made by {', '.join(dict.fromkeys(others))}, this is "
            f"{', '.join(f'{name} {version}' for name, version in VERSIONS.items())}: stored "
            "hashes, CSV files and ledger were checked; to derive the scores anew take the "
            "release that has those versions."
        )
        return
    names = delivery_files(home.delivery_folder(partition)).files
    captured = [file.name for file in stored.snapshots.files]
    found.differ(
        f"deliveries/{partition}/{name} was captured and has vanished."
        for name in captured
        if name not in names
    )
    new = [name for name in names if name not in captured]
    if new:
        found.gaps.append(f"deliveries/{partition}: {', '.join(new)} is not scored yet.")
    paths = [home.delivery_folder(partition) / name for name in captured if name in names]
    with TemporaryDirectory(prefix="assessment-pipeline-verify-") as folder:
        deriving = _Deriving(stored, paths, files, ledger, Path(folder))
        differences = [*stored.altered_exports(), *deriving.differences(stored, day)]
        states = states_of(stored, ledger) if differences and not altered else None
        if states is not None and len(states) > 1:
            found.days[-1] = day = DayChecked(partition)
            differences = deriving.differences_of_states(states, day)
            found.gaps.append(
                f"{partition}: a run has not come to its end: run `score --date {partition}` again."
            )
    found.differ(differences)
    day.is_complete = True


class _Deriving(NamedTuple):
    """What a day is derived from."""

    stored: StoredDay
    paths: list[Path]
    files: Sequence[RubricFile]
    ledger: Ledger | None
    folder: Path

    def differences(self, stored: StoredDay, day: DayChecked) -> list[str]:
        """Return what differs between the stored day and what its delivery files give."""
        catalogue = catalogue_of(self.files, stored.score_runs.rubrics)
        scratch = self.folder / "lines"
        return list(verify_day(stored, self.paths, catalogue, scratch, day, self.ledger))

    def differences_of_states(self, states: Sequence[DayState], day: DayChecked) -> list[str]:
        """Return what differs in an interrupted day, each of its states derived by itself."""
        newest, *earlier = states
        found = self.differences(newest.of(self.stored), day)
        # Whoever was killed in the last step had perhaps begun to put its files in place.
        coming = day.export_hashes if SCORECARDS in newest.made else {}
        found += self.stored.altered_exports(coming)
        for state in earlier:
            stored = state.of(self.stored)
            catalogue = catalogue_of(self.files, stored.score_runs.rubrics)
            found += verify_earlier_state(stored, catalogue, self.folder, self.ledger)
        return found


def _missing_entries(stored: StoredDay, ledger: Ledger) -> Iterator[str]:
    """Yield what the ledger should hold of a day and does not, or holds with other content."""
    try:
        events = list(_events(stored))
    except ValidationError:
        yield f"{stored.partition}: what is stored is nothing that a ledger can hold."
        return
    yield from missing_entries(stored.partition, events, ledger)


def _events(stored: StoredDay) -> Iterator[Event]:
    store = stored.home.artifacts
    reader_version = stored.pointer(SNAPSHOTS).versions["reader_version"]
    yield captured_event(stored.partition, stored.snapshots, reader_version)
    versions = stored.pointer(SCORE_RUNS).versions
    for chunk in stored.score_runs.chunks:
        if store.verifies(chunk.records):
            for record in records_of(store, [chunk]):
                yield created_event(record, versions)
    versions = stored.pointer(SCORECARDS).versions
    yield generated_event(stored.partition, stored.scorecards, versions).event()
    export_version = stored.pointer(EXPORTS).versions["export_version"]
    yield exported_event(stored.partition, stored.exports, export_version)
