"""Item statistics: numbers over the scored days of an assessment, computed and kept.

What is computed is `core.statistics`, what of it is shown `pages`. A stored result is one line of
canonical JSON without times, run ids or candidates; `current/item_statistics/<assessment>.json`
leads to it. Nothing goes into the ledger: no score follows from it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from assessment_pipeline.core.disclosure import FEWEST_CANDIDATES
from assessment_pipeline.core.hashing import Json, content_hash, hash_bytes
from assessment_pipeline.core.rubrics.catalogue import RubricVersion
from assessment_pipeline.core.statistics.cells import Row, arrays
from assessment_pipeline.core.statistics.keys import item_key, rated_criteria
from assessment_pipeline.core.statistics.results import Statistics, statistics_line
from assessment_pipeline.core.statistics.summary import STATISTICS_VERSION, Subject, summarise
from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.services.counted_runs import ScoredDays, assessments_of, scored_days
from assessment_pipeline.services.indexes import ITEM_STATISTICS, SCORE_RUNS
from assessment_pipeline.services.statistics_input import DeliveredRows
from assessment_pipeline.services.steps import Workplace, input_key, point_to
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.home import Home

_MOST_CHARACTERS: Final = 200


@dataclass(frozen=True)
class Grouping:
    """Where the groups of candidates come from: a table, or the deliveries' context."""

    by_candidate: Mapping[str, str] | None = None
    context_key: str | None = None
    reference: str | None = None
    """The group that others are compared with; the largest if it is not named."""

    def group_of(self, candidate_id: str, context: Mapping[str, str]) -> str | None:
        """Return a candidate's group, if it is known."""
        if self.by_candidate is not None:
            return self.by_candidate.get(candidate_id)
        return context.get(self.context_key) if self.context_key is not None else None


class StatisticsRef(msgspec.Struct, frozen=True):
    """Where the statistics of a rubric version lie."""

    artifact: ArtifactRef
    rubric_version: str


class StatisticsIndex(msgspec.Struct, frozen=True):
    """The statistics of an assessment, a rubric version each."""

    assessment_id: str
    content_hash: str
    statistics: list[StatisticsRef]


class ComputedStatistics(NamedTuple):
    """The statistics of an assessment, a rubric version each."""

    statistics: tuple[Statistics, ...]
    too_few: tuple[str, ...]
    """Rubric versions that too few candidates were scored by."""


class KeptStatistics(NamedTuple):
    """What was computed of an assessment, and what it is known by."""

    assessment_id: str
    content_hash: str
    is_changed: bool
    statistics: tuple[Statistics, ...]
    too_few: tuple[str, ...]
    """Rubric versions that too few candidates were scored by."""
    without_dif: tuple[str, ...]
    """Rubric versions with nobody of the reference group."""


def days_with_scores(home: Home, first: str | None, last: str | None) -> tuple[str, ...]:
    """Return the days with score runs between two, both included; all if none is named.

    A day's exports need not be there: in one run with them, statistics may be made before them.
    """
    days = tuple(
        day
        for day in home.days_of(SCORE_RUNS)
        if (first is None or day >= first) and (last is None or day <= last)
    )
    if not days:
        raise NothingThereError(
            "No day in that time is scored; run `assessment-pipeline score` first, or choose "
            "other days."
        )
    return days


def compute_statistics(
    home: Home,
    days: Sequence[str],
    assessment_id: str,
    rubric_version: str | None = None,
    grouping: Grouping = Grouping(),
) -> ComputedStatistics:
    """Compute the statistics of an assessment, a rubric version each; nothing is written.

    NothingThereError if no score run counts, or too few candidates are behind them: statistics
    of a handful would tell what one of them has got.
    """
    scored = scored_days(home, days, assessment_id)
    if not scored.runs:
        raise NothingThereError(
            f"No complete score run of {assessment_id} on these days; see `score`, and the names "
            f"of assessments in {home.rubrics}."
        )
    if rubric_version is not None and rubric_version not in scored.runs:
        raise NothingThereError(
            f"No complete score run of {assessment_id} by version {rubric_version} on these days; "
            f"there are some by {', '.join(scored.runs)}."
        )
    versions = tuple(scored.runs) if rubric_version is None else (rubric_version,)
    computed, _ = _computed(scored, versions, grouping)
    if not computed.statistics:
        raise NothingThereError(
            f"Fewer than {FEWEST_CANDIDATES} candidates are scored in {assessment_id} on these "
            "days: statistics would tell what one of them has got. Take more days."
        )
    return computed


def _computed(
    scored: ScoredDays,
    versions: Iterable[str],
    grouping: Grouping,
    *,
    needs_reference: bool = True,
) -> tuple[ComputedStatistics, tuple[str, ...]]:
    """Compute the statistics of some versions; return also those without DIF.

    Where nobody is of the reference group, that is refused, or else DIF left out.
    """
    found, too_few, without_dif = [], [], []
    for version in versions:
        if len(scored.runs[version].scored) < FEWEST_CANDIDATES:
            too_few.append(version)
            continue
        own = scored.rubric(version)
        delivered = DeliveredRows(scored, scored.runs[version], own, grouping.group_of)
        rows = list(delivered.rows())
        if not _has_reference(rows, grouping):
            if needs_reference:
                raise _no_reference(rows, grouping)
            without_dif.append(version)
            rows = [row._replace(group=None) for row in rows]
        found.append(_of_version(scored, own, delivered, rows, grouping))
    return ComputedStatistics(tuple(found), tuple(too_few)), tuple(without_dif)


def _has_reference(rows: Iterable[Row], grouping: Grouping) -> bool:
    return grouping.reference is None or any(row.group == grouping.reference for row in rows)


def _no_reference(rows: Iterable[Row], grouping: Grouping) -> UsageError:
    known = sorted({row.group for row in rows if row.group is not None})
    return UsageError(
        f"No candidate is of the reference group {grouping.reference}; name one of: "
        f"{', '.join(known) or 'none is known'}."
    )


def _of_version(
    scored: ScoredDays,
    own: RubricVersion,
    delivered: DeliveredRows,
    rows: Sequence[Row],
    grouping: Grouping,
) -> Statistics:
    subject = Subject(
        assessment_id=scored.assessment_id,
        rubric_version=own.rubric.version,
        rubric_title=own.rubric.title,
        inputs={day: scored.days[day].content_hash for day in delivered.days},
        left_out=scored.runs[own.rubric.version].left_out,
    )
    keys = [item_key(item_id, own.rubric.item(item_id)) for item_id in own.rubric.items]
    return summarise(
        subject,
        arrays(keys, rows),
        delivered.ratings,
        list(rated_criteria(own.rubric)),
        grouping.reference,
    )


def keep_statistics(
    place: Workplace,
    days: Sequence[str],
    assessment_id: str | None = None,
    grouping: Grouping = Grouping(),
) -> Iterator[KeptStatistics]:
    """Compute and store the statistics of one assessment, or of all; yield those that there are.

    UsageError, before anything is stored, if one assessment is named and nobody in it is of the
    reference group; when all are made, those without it have no DIF.

    The same score runs give the same bytes, so what is there already is not written again.
    """
    names = assessments_of(place.home, days) if assessment_id is None else (assessment_id,)
    for name in names:
        scored = scored_days(place.home, days, name)
        if scored.runs:
            yield _keep(place, scored, grouping, is_named=assessment_id is not None)


def _keep(
    place: Workplace, scored: ScoredDays, grouping: Grouping, *, is_named: bool
) -> KeptStatistics:
    computed, without_dif = _computed(scored, scored.runs, grouping, needs_reference=is_named)
    lines = {each.rubric_version: statistics_line(each) for each in computed.statistics}
    hashes: dict[str, Json] = {version: hash_bytes(line) for version, line in lines.items()}
    store = place.home.artifacts
    index = StatisticsIndex(
        assessment_id=scored.assessment_id,
        content_hash=content_hash(hashes),
        statistics=[
            StatisticsRef(store.put(line + b"\n"), version) for version, line in lines.items()
        ],
    )
    name = pointer_name(scored.assessment_id)
    before = place.home.pointer(ITEM_STATISTICS, name)
    inputs: Json = {day: each.content_hash for day, each in sorted(scored.days.items())}
    parts: Json = {
        "days": inputs,
        # Not the table itself, nor a hash of it: who is of which group stays outside.
        "grouping": [grouping.by_candidate is not None, grouping.context_key, grouping.reference],
        "statistics_version": STATISTICS_VERSION,
    }
    key = input_key(ITEM_STATISTICS, parts)
    point_to(place, ITEM_STATISTICS, name, key, index, index.content_hash)
    return KeptStatistics(
        assessment_id=scored.assessment_id,
        content_hash=index.content_hash,
        is_changed=before is None or before.content_hash != index.content_hash,
        statistics=computed.statistics,
        too_few=computed.too_few,
        without_dif=without_dif,
    )


def forget_statistics(home: Home, kept: Collection[str], assessment_id: str | None = None) -> int:
    """Let nothing lead to the statistics of an assessment, or of any, that are not kept any more.

    Return of how many. Their artifacts stay, as those of all that was made before.
    """
    stay = set(map(pointer_name, kept))
    names = home.partitions_of(ITEM_STATISTICS)
    if assessment_id is not None:
        names = [name for name in names if name == pointer_name(assessment_id)]
    gone = [name for name in names if name not in stay]
    for name in gone:
        home.forget(ITEM_STATISTICS, name)
    return len(gone)


def pointer_name(assessment_id: str) -> str:
    """Return what the pointer of an assessment is named; a long id would not fit into a name."""
    if len(assessment_id) <= _MOST_CHARACTERS:
        return assessment_id
    return content_hash(assessment_id).removeprefix("sha256:")
