"""Missing sessions: what to say where a session was asked for and has no scorecard there.

It may be scored on another day or as another attempt, or it may have been erased; both are looked
up, so that nobody is told that there is nothing.
"""

from collections.abc import Iterator

from assessment_pipeline.core.scorecards import Scorecard
from assessment_pipeline.errors import AssessmentPipelineError, NothingThereError
from assessment_pipeline.services.checks.findings import named
from assessment_pipeline.services.erased_sessions import erased_attempts
from assessment_pipeline.services.indexes import (
    SCORECARDS,
    ScorecardsIndex,
    current_index,
    read_rows,
)
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger


def missing_session(
    home: Home,
    session_id: str,
    day: str | None,
    attempt: int | None = None,
    *,
    ledger_url: str | None = None,
) -> NothingThereError:
    """Return the error that says where a session is instead, or what became of it."""
    which = session_id if attempt is None else f"{session_id}, attempt {attempt},"
    when = "" if day is None else f" on {day}"
    sentences = [f"There is no scorecard of {which}{when} in {home.folder}."]
    others = [f"{each} (attempt {number})" for each, number in _scored(home, session_id)]
    if others:
        sentences.append(f"There is one of {named(others, ', ')}".rstrip(".") + ".")
    erased = _erased(home, session_id, attempt, day, ledger_url)
    sentences += erased
    if not others and not erased:
        sentences.append("Look at the id, or run `assessment-pipeline score` on its day.")
    return NothingThereError(" ".join(sentences))


def _scored(home: Home, session_id: str) -> Iterator[tuple[str, int]]:
    """Yield the days and attempts of a session that have a scorecard."""
    for day in home.scored_days():
        index = current_index(home, SCORECARDS, day, ScorecardsIndex)
        for chunk in () if index is None else index.chunks:
            for card in read_rows(home.artifacts, chunk.scorecards, Scorecard):
                if card.session_id == session_id:
                    yield day, card.attempt


def _erased(
    home: Home, session_id: str, attempt: int | None, day: str | None, ledger_url: str | None
) -> list[str]:
    try:
        with Ledger.read(home.ledger, url=ledger_url) as ledger:
            return list(erased_attempts(ledger, session_id, attempt, day))
    except AssessmentPipelineError:
        # Whether the ledger can be read is for `verify` to say.
        return []
