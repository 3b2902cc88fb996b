"""The choice of rubrics for a day: what it depends on, and when it must not be made.

Which version scores which session is `core.rubrics.catalogue`; this is what a step needs to know
to see whether that would come out as before.
"""

from itertools import zip_longest

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.instants import Instant, parse_instant
from assessment_pipeline.core.rubrics.catalogue import RubricCatalogue
from assessment_pipeline.errors import RubricError
from assessment_pipeline.services.indexes import ScoreRunsIndex, SnapshotsIndex


def refuse_loss(
    partition: str,
    snapshots: SnapshotsIndex,
    catalogue: RubricCatalogue,
    previous: ScoreRunsIndex | None,
) -> None:
    """Refuse to put blocked scorecards in the place of good ones because a file is broken now."""
    scored = {label.partition("/")[0] for label in previous.rubrics.values()} if previous else set()
    named = {name.assessment_id for name in snapshots.rubric_names}
    broken = sorted(scored & (snapshots.assessments.keys() | named) & catalogue.blocked)
    if broken:
        message = (
            f"{partition} is scored, and the rubric files of {', '.join(broken)} have problems "
            "now, so it keeps the scores it has. Mend the files (see `rubric check`), then score "
            "it again."
        )
        raise RubricError(message)


def rubric_choice(snapshots: SnapshotsIndex, catalogue: RubricCatalogue) -> Json:
    """Return all that decides which rubric scores which session of a day."""
    valid: dict[str, Json] = {}
    for assessment_id, submitted in sorted(snapshots.assessments.items()):
        first, last = parse_instant(submitted.first), parse_instant(submitted.last)
        chain = catalogue.chain(assessment_id)
        ends = [validity.valid_from for validity in chain[1:]]
        valid[assessment_id] = [
            [_begin_text(begin), version.content_hash]
            for (begin, version), end in zip_longest(chain, ends)
            if (begin is None or begin <= last) and (end is None or end > first)
        ]
    named: dict[str, Json] = {
        f"{name.assessment_id}/{name.version}": version.content_hash if version else None
        for name in snapshots.rubric_names
        for version in (catalogue.named(name.assessment_id, name.version),)
    }
    return {"named": named, "valid": valid}


def _begin_text(begin: Instant | None) -> str | None:
    if begin is None:
        return None
    return f"{begin.second.isoformat()} {begin.is_leap:d} {begin.fraction_digits}"
