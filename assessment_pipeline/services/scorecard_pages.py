"""Scorecard pages of a day: staff pages and a class index, written into the home's reports.

A reading aid, made from the stored scorecards and made again whenever they change; the ledger
records nothing of it and `verify` does not need it. Names never come here: they are joined by
`services.page_files`, outside of the home.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from assessment_pipeline.core.hashing import Json, content_hash
from assessment_pipeline.pages.class_index import render_class_index
from assessment_pipeline.pages.environment import PAGE_VERSION
from assessment_pipeline.pages.labels import load_labels
from assessment_pipeline.pages.models import ClassIndexPage, Kind
from assessment_pipeline.pages.scorecard import render_scorecard
from assessment_pipeline.services.export import reported_scorecards
from assessment_pipeline.services.indexes import (
    SCORECARD_PAGES,
    SCORECARDS,
    PagesIndex,
    ScorecardsIndex,
    previous_index,
    require_intact,
)
from assessment_pipeline.services.report import scored_sessions
from assessment_pipeline.services.rubric_titles import rubric_titles
from assessment_pipeline.services.session_pages import (
    CLASS_INDEX,
    class_row,
    page_name,
    read_pages,
)
from assessment_pipeline.services.steps import (
    StepResult,
    Workplace,
    input_key,
    is_current,
    point_to,
)
from assessment_pipeline.storage.files import (
    hash_file,
    make_folder,
    remove_durably,
    write_durably,
)
from assessment_pipeline.storage.home import Home


def scorecard_pages(place: Workplace, partition: str) -> StepResult:
    """Write the pages of a day, and remove those of sessions that are no longer there."""
    cards = reported_scorecards(place, partition)
    folder = place.home.report_folder(partition)
    key = _key(cards)
    pointer = place.home.pointer(SCORECARD_PAGES, partition)
    previous = previous_index(place.home, SCORECARD_PAGES, partition, PagesIndex)
    if (
        previous is not None
        and is_current(place, pointer, key, previous, [])
        and _folder_hash(folder) == previous.content_hash
    ):
        return _result(place, partition, cards, previous, is_changed=False, was_skipped=True)
    require_intact(
        place.home.artifacts,
        [ref for chunk in cards.chunks for ref in (chunk.evaluations, chunk.scorecards)],
    )
    make_folder(folder)
    files = dict(_written(place, partition, cards, folder))
    for path in _pages_in(folder):
        if path.name not in files:
            remove_durably(path)
    index = PagesIndex(_files_hash(files.items()), cards.scorecards, PAGE_VERSION)
    point_to(place, SCORECARD_PAGES, partition, key, index, index.content_hash)
    is_changed = pointer is None or pointer.content_hash != index.content_hash
    return _result(place, partition, cards, index, is_changed=is_changed, was_skipped=False)


def remove_pages(home: Home, partition: str) -> int:
    """Remove a day's pages, its class index first; return how many files went."""
    folder = home.report_folder(partition)
    removed = sorted(_pages_in(folder), key=lambda path: (path.name != CLASS_INDEX, path.name))
    for path in removed:
        remove_durably(path)
    home.forget(SCORECARD_PAGES, partition)
    return len(removed)


def _key(cards: ScorecardsIndex) -> str:
    chunks: Json = [chunk.key for chunk in cards.chunks]
    parts: Json = {"chunks": chunks, "content": cards.content_hash, "page_version": PAGE_VERSION}
    return input_key(SCORECARD_PAGES, parts)


def _written(
    place: Workplace, partition: str, cards: ScorecardsIndex, folder: Path
) -> Iterator[tuple[str, str]]:
    """Write each page and last the class index; yield their names and hashes."""
    labels = load_labels()
    rows = []
    titles = rubric_titles(place.home, partition)
    for page in read_pages(place.home.artifacts, partition, cards, titles=titles):
        name = page_name(page)
        text = render_scorecard(page, labels, Kind.STAFF, CLASS_INDEX)
        yield name, write_durably(folder / name, text.encode()).sha256
        rows.append(class_row(page, name))
        place.progress(SCORECARD_PAGES, 1)
    text = render_class_index(ClassIndexPage(partition, tuple(rows)), labels)
    yield CLASS_INDEX, write_durably(folder / CLASS_INDEX, text.encode()).sha256


def _pages_in(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.html")


def _folder_hash(folder: Path) -> str:
    return _files_hash((path.name, hash_file(path).sha256) for path in _pages_in(folder))


def _files_hash(files: Iterable[tuple[str, str]]) -> str:
    """Return the content hash of a day's pages, by which none of them can be found."""
    found: dict[str, Json] = dict(files)
    return content_hash(found)


def _result(
    place: Workplace,
    partition: str,
    cards: ScorecardsIndex,
    index: PagesIndex,
    *,
    is_changed: bool,
    was_skipped: bool,
) -> StepResult:
    return StepResult(
        asset=SCORECARD_PAGES,
        partition=partition,
        content_hash=index.content_hash,
        input_hashes={SCORECARDS: cards.content_hash},
        is_changed=is_changed,
        was_skipped=was_skipped,
        counts={"scorecards": cards.scorecards, "pages": index.pages},
        rubric_versions=tuple(sorted(scored_sessions(place, partition).rubrics.values())),
    )
