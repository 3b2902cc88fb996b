"""Page files: scorecards written outside of the home, with names and in languages as asked.

Names live in a file of the user's own and are joined while a page is rendered; neither they nor a
page that shows them gets into the home.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from assessment_pipeline.core.fitting_ids import require_id
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.pages.class_index import render_class_index
from assessment_pipeline.pages.labels import ENGLISH, Labels, load_labels
from assessment_pipeline.pages.models import ClassIndexPage, Kind, ScorecardPage
from assessment_pipeline.pages.scorecard import render_scorecard
from assessment_pipeline.services.folders_outside import folder_outside, path_outside
from assessment_pipeline.services.indexes import SCORECARDS, ScorecardsIndex, current_index
from assessment_pipeline.services.missing_sessions import missing_session
from assessment_pipeline.services.rubric_titles import rubric_titles
from assessment_pipeline.services.session_pages import (
    CLASS_INDEX,
    class_row,
    page_name,
    read_pages,
)
from assessment_pipeline.storage.files import write_durably
from assessment_pipeline.storage.home import Home, parse_day

# As the options that ask for them.
_KIND_NAMES: Final = MappingProxyType({Kind.EXPLAINED: "responses", Kind.STAFF: "staff"})


@dataclass(frozen=True)
class PageWishes:
    """How pages are to look."""

    kind: Kind = Kind.CANDIDATE
    labels: Labels = field(default_factory=load_labels)
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def variant(self) -> str:
        """What keeps the files of pages apart that differ in these wishes.

        A page that shows the key must never take the place of one that does not. A dot stands
        before the language, for a tag may be any word.
        """
        kind = "" if self.kind is Kind.CANDIDATE else f"-{_KIND_NAMES[self.kind]}"
        language = self.labels.language.lower()
        return kind if language == ENGLISH else f"{kind}.{language}"


def find_session(
    home: Home,
    session_id: str,
    day: str | None,
    attempt: int | None,
    names: Mapping[str, str],
    *,
    ledger_url: str | None = None,
) -> ScorecardPage:
    """Return the one scorecard that is meant.

    UsageError if there are several, NothingThereError if there is none: it says where there is one.
    """
    require_id(session_id, "a session_id")
    days = [parse_day(day)] if day else home.scored_days()
    found = [
        page
        for each in days
        if (index := current_index(home, SCORECARDS, each, ScorecardsIndex)) is not None
        for page in read_pages(
            home.artifacts, each, index, names, session_id, rubric_titles(home, each)
        )
        if attempt in {None, page.attempt}
    ]
    if not found:
        raise missing_session(home, session_id, day, attempt, ledger_url=ledger_url)
    if len(found) > 1:
        which = "; ".join(f"--date {page.delivery_date} --attempt {page.attempt}" for page in found)
        raise UsageError(f"{session_id} has {len(found)} scorecards, choose one: {which}.")
    return found[0]


def write_session(
    home: Home, page: ScorecardPage, to: Path | None, wishes: PageWishes, *, as_pdf: bool = False
) -> Path:
    """Write one session's page, as HTML or PDF; return where."""
    name = page_name(page, wishes.variant)
    target = path_outside(home, to or Path(Path(name).with_suffix(".pdf" if as_pdf else ".html")))
    if target.is_dir():
        raise UsageError(f"{to} is a folder; name the file to be written.")
    text = render_scorecard(page, wishes.labels, wishes.kind)
    if as_pdf:
        # WeasyPrint and Pango take a second to load.
        from assessment_pipeline.pages.pdf import render_pdf  # noqa: PLC0415

        write_durably(target, render_pdf(text))
    else:
        write_durably(target, text.encode())
    return target


def write_day(home: Home, day: str, to: Path, wishes: PageWishes) -> tuple[Path, int]:
    """Write a page for each session of a day and the class index; return where, and how many."""
    index = current_index(home, SCORECARDS, parse_day(day), ScorecardsIndex)
    if index is None:
        raise NothingThereError(
            f"There are no scorecards for {day} in {home.folder}; "
            f"run `assessment-pipeline score --date {day}` first."
        )
    folder = folder_outside(home, to)
    # A candidate's page does not lead to those of others.
    link = CLASS_INDEX if wishes.kind is Kind.STAFF else None
    rows = []
    titles = rubric_titles(home, day)
    for page in read_pages(home.artifacts, day, index, wishes.names, titles=titles):
        name = page_name(page, wishes.variant)
        write_durably(
            folder / name, render_scorecard(page, wishes.labels, wishes.kind, link).encode()
        )
        rows.append(class_row(page, name))
    if len(rows) != index.scorecards:
        raise IntegrityError(
            f"{day} has {len(rows)} scorecards of {index.scorecards}; run `score` on it."
        )
    text = render_class_index(ClassIndexPage(day, tuple(rows)), wishes.labels)
    write_durably(folder / CLASS_INDEX, text.encode())
    return folder, len(rows)
