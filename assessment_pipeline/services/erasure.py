"""Erasure: take all that there is of a candidate out of a home, provably.

In this order, each part safe to do again: what is to go is recorded in the ledger as
SNAPSHOT_ERASED, by hashes alone; the delivery files are rewritten; the day's steps run again, by
the rubric versions that scored it; quarantine files are rewritten and the days' pages removed; and
when all days are done, artifacts of before are removed. Whoever is killed in between runs the same
erasure again.

Not here: copies that were made of a home, and what the ledger holds, which are hashes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assessment_pipeline.core.instants import is_day
from assessment_pipeline.core.ledger_decisions import SnapshotErased
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.errors import DeliveryChangedError, RubricError, UsageError
from assessment_pipeline.services.capture import capture
from assessment_pipeline.services.delivery_rewriting import rewrite_without
from assessment_pipeline.services.erasure_plan import DayToErase, plan_day, refuse_other_changes
from assessment_pipeline.services.erasure_traces import (
    Marks,
    leftovers,
    remove_artifacts,
    remove_pages_of,
    rewrite_quarantine,
)
from assessment_pipeline.services.export import export
from assessment_pipeline.services.extract import extract
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    PARTITIONED_ASSETS,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    ScoreRunsIndex,
    current_index,
)
from assessment_pipeline.services.locks import score_lock, step_lock
from assessment_pipeline.services.report import report
from assessment_pipeline.services.rubrics import catalogue_as_scored, rubric_files
from assessment_pipeline.services.score import score
from assessment_pipeline.services.steps import VERSIONS, Workplace
from assessment_pipeline.storage.home import Home


@dataclass(frozen=True)
class Erased:
    """What an erasure did."""

    days: tuple[DayToErase, ...]
    quarantined_lines: int
    artifacts: int
    entries: int
    """New ones in the ledger."""
    leftovers: int
    """Unfinished files, of a killed run or of the intake, that still hold a trace."""
    pages: int = 0
    """Of the days that showed the candidate; they can be made again."""

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing of the candidate."""
        return not (
            self.days or self.quarantined_lines or self.artifacts or self.leftovers or self.pages
        )


def plan_erasure(home: Home, candidate_id: str, request_id: str) -> tuple[DayToErase, ...]:
    """Find the days that have something of a candidate, and what; nothing is written."""
    plans = (plan_day(home, day, candidate_id, request_id) for day in _days(home))
    return tuple(plan for plan in plans if not plan.is_empty)


def erase(place: Workplace, candidate_id: str, request_id: str, *, rescore: bool = False) -> Erased:
    """Erase a candidate from every day.

    Args:
        place: the home and its ledger.
        candidate_id: whose lines, snapshots, results and rows go.
        request_id: what asked for it, such as a ticket; it is recorded, so it holds no name.
        rescore: take days too that other versions of this program have scored; what is left of
            them is then scored by those of today.
    """
    home = place.home
    days = [plan.partition for plan in plan_erasure(home, candidate_id, request_id)]
    for day in days:
        _refuse(home, day, candidate_id, rescore=rescore)
    before = place.ledger.head().seq
    plans = tuple(_erase_day(place, day, candidate_id, request_id, rescore=rescore) for day in days)
    _finish_begun(place, candidate_id, except_for=days)
    quarantined = sum(
        rewrite_quarantine(home, path.name, candidate_id)
        for path in sorted(home.quarantine.glob("*"))
        if is_day(path.name)
    )
    pages = remove_pages_of(home, candidate_id, [plan.partition for plan in plans])
    home.sweep()
    marks = Marks(candidate_id, set(_erased_hashes(place)))
    return Erased(
        days=plans,
        quarantined_lines=quarantined,
        artifacts=remove_artifacts(home, marks),
        entries=place.ledger.head().seq - before,
        leftovers=leftovers(home, marks),
        pages=pages,
    )


def _days(home: Home) -> Sequence[str]:
    captured = (path.stem for path in (home.current / SNAPSHOTS).glob("*.json"))
    return sorted({*home.delivery_days(), *filter(is_day, captured)})


def _refuse(home: Home, partition: str, candidate_id: str, *, rescore: bool) -> None:
    """Refuse what an erasure would change beside the candidate."""
    refuse_other_changes(home, partition, candidate_id)
    runs = current_index(home, SCORE_RUNS, partition, ScoreRunsIndex)
    if runs is not None:
        _catalogue(home, partition, runs.rubrics)
    pointers = [home.pointer(asset, partition) for asset in PARTITIONED_ASSETS]
    if not rescore and any(each is not None and each.versions != VERSIONS for each in pointers):
        raise UsageError(
            f"{partition} was scored by another version of this program; to erase means to score "
            "what is left of it by this one, which may change the scores of others. Say --rescore "
            "to accept that: each change is recorded."
        )


def _erase_day(
    place: Workplace, partition: str, candidate_id: str, request_id: str, *, rescore: bool
) -> DayToErase:
    home = place.home
    with score_lock(home, partition), step_lock(home, partition):
        # Again, now that nobody else works on the day: more may have been captured meanwhile.
        _refuse(home, partition, candidate_id, rescore=rescore)
        plan = plan_day(home, partition, candidate_id, request_id)
        place.record(plan.events)
        for name in plan.lines:
            rewrite_without(home.delivery_folder(partition) / name, candidate_id)
        _run_again(place, partition)
    return plan


def _finish_begun(place: Workplace, candidate_id: str, *, except_for: Collection[str]) -> None:
    """Finish days of earlier erasures that were killed when only pointers were left to be set.

    Nothing of the candidate is to be seen there any more. A day that is finished is skipped, and
    one that cannot be touched for reasons of its own is none of this erasure's.
    """
    begun = {payload.delivery_date for payload in place.ledger.payloads(SnapshotErased)}
    for day in sorted(begun.difference(except_for)):
        with score_lock(place.home, day), step_lock(place.home, day):
            try:
                _refuse(place.home, day, candidate_id, rescore=False)
            except (DeliveryChangedError, UsageError):
                continue
            _run_again(place, day)


def _run_again(place: Workplace, partition: str) -> None:
    """Do those steps of a day again that were done before."""
    home = place.home
    runs = current_index(home, SCORE_RUNS, partition, ScoreRunsIndex)
    if home.pointer(SNAPSHOTS, partition) is not None:
        capture(place, partition, accept_changed=True)
    if home.pointer(FEATURES, partition) is not None:
        extract(place, partition)
    if runs is not None:
        # Those that scored the day: a version that came since scores nobody anew here.
        score(place, partition, _catalogue(home, partition, runs.rubrics))
    if home.pointer(SCORECARDS, partition) is not None:
        report(place, partition)
    if home.pointer(EXPORTS, partition) is not None:
        export(place, partition)


def _catalogue(home: Home, partition: str, rubrics: Mapping[str, str]) -> RubricCatalogue:
    """Return the rubrics that scored a day; none may be lost, or others would lose their scores."""
    catalogue = catalogue_as_scored(home, rubric_files(home), rubrics)
    found = {version.content_hash for version in catalogue.versions}
    if lost := sorted(label for hash_, label in rubrics.items() if hash_ not in found):
        raise RubricError(
            f"{partition} was scored by {', '.join(lost)}, which is not there as it was then: put "
            "the file back into rubrics/, then erase again."
        )
    return catalogue


def _erased_hashes(place: Workplace) -> Iterator[str]:
    """Yield the hashes of every snapshot and score run that was ever erased."""
    for payload in place.ledger.payloads(SnapshotErased):
        yield payload.response_snapshot_id
        if payload.score_run_id is not None:
            yield payload.score_run_id
