"""Pages of a day in the home, and pages written outside of it, with names."""

import re
from pathlib import Path

import pytest

from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.pages.models import Kind
from assessment_pipeline.services.candidate_names import read_names
from assessment_pipeline.services.erasure import erase
from assessment_pipeline.services.page_files import (
    PageWishes,
    find_session,
    write_day,
    write_session,
)
from assessment_pipeline.services.scorecard_pages import scorecard_pages
from assessment_pipeline.services.steps import StepResult
from assessment_pipeline_tests.builders import DAY, Bench, answers, files_below

TITLED = """\
assessment_id: numeracy
version: "1"
title: Numeracy, autumn form
policy: {rounding: {mode: half_up, decimals: 0}}
dimensions:
  first: {items: [q01]}
  pi: {title: The circle, items: [q02]}
items:
  q01: {rule: match_correct, correct: B}
  q02: {rule: numeric, answers: [{value: "3.14"}], points: 2/3}
"""
ANSWER = "canary <b>answer</b>"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.deliver(
        answers("s-1"), answers("S-1", ANSWER, candidate_id="c-gone"), answers("s:1@+=~", "C")
    )
    bench.run()
    return bench


def make(bench: Bench) -> StepResult:
    with bench.workplace() as place:
        return scorecard_pages(place, DAY)


def pages(bench: Bench) -> dict[str, bytes]:
    return files_below(bench.home.report_folder(DAY))


def test_a_day_has_a_page_for_each_session_and_an_index_that_leads_to_them(bench: Bench) -> None:
    result = make(bench)
    made = pages(bench)
    linked = re.findall(r'href="([^"]+)"', made["index.html"].decode())
    assert sorted([*linked, "index.html"]) == sorted(made)
    assert result.counts == {"scorecards": 3, "pages": 3}
    assert result.is_changed


def test_file_names_are_plain_and_differ_by_more_than_case(bench: Bench) -> None:
    make(bench)
    names = list(pages(bench))
    assert all(re.fullmatch(r"[a-z0-9_.-]+", name) for name in names)
    assert len(set(names)) == 4


def test_made_again_nothing_is_written(bench: Bench) -> None:
    make(bench)
    again = make(bench)
    assert again.was_skipped
    assert not again.is_changed


def test_another_home_gives_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    other.deliver(
        answers("s-1"), answers("S-1", ANSWER, candidate_id="c-gone"), answers("s:1@+=~", "C")
    )
    other.run()
    assert make(bench).content_hash == make(other).content_hash
    assert pages(bench) == pages(other)


def test_an_altered_or_missing_page_is_made_again(bench: Bench) -> None:
    make(bench)
    before = pages(bench)
    folder = bench.home.report_folder(DAY)
    name = next(iter(before))
    (folder / name).write_text("altered")
    (folder / "index.html").unlink()
    assert not make(bench).was_skipped
    assert pages(bench) == before


def test_pages_of_sessions_no_longer_there_are_removed(bench: Bench) -> None:
    make(bench)
    bench.deliver(answers("s-1"))
    bench.run(accept_changed=True)
    assert make(bench).is_changed
    assert len(pages(bench)) == 2


def test_pages_are_their_owners_alone_and_no_difference_to_verify(bench: Bench) -> None:
    make(bench)
    assert {path.stat().st_mode & 0o077 for path in bench.home.reports.rglob("*")} == {0}
    assert bench.verify().outcome == "right"


def test_a_day_without_scorecards_is_told(bench: Bench) -> None:
    with bench.workplace() as place, pytest.raises(NothingThereError):
        scorecard_pages(place, "2025-11-30")


def test_erasure_takes_the_pages_of_the_day_along(bench: Bench) -> None:
    make(bench)
    holding = [name for name, text in pages(bench).items() if b"c-gone" in text]
    assert len(holding) == 2
    with bench.workplace() as place:
        erased = erase(place, "c-gone", "ticket-1")
    assert erased.pages == 4
    assert pages(bench) == {}
    make(bench)
    assert not [name for name, text in pages(bench).items() if b"c-gone" in text or b"S-1" in text]


def test_pages_left_by_an_earlier_erasure_go_with_the_next(bench: Bench) -> None:
    make(bench)
    kept = pages(bench)
    with bench.workplace() as place:
        erase(place, "c-gone", "ticket-1")
        for name, content in kept.items():
            (bench.home.report_folder(DAY) / name).write_bytes(content)
        assert erase(place, "c-gone", "ticket-2").pages == 4


def names_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "names.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_names_are_joined_outside_of_the_home_alone(bench: Bench, tmp_path: Path) -> None:
    path = names_file(tmp_path, 'candidate_id,name\nc-gone,"Gödel <i>"\n')
    wishes = PageWishes(Kind.STAFF, names=read_names(bench.home, path))
    folder, count = write_day(bench.home, DAY, tmp_path / "out", wishes)
    assert count == 3
    assert "Gödel &lt;i&gt;" in (folder / "index.html").read_text(encoding="utf-8")
    inside = files_below(bench.home.folder).values()
    assert not any("Gödel".encode() in content for content in inside)


def test_neither_names_nor_pages_with_them_may_lie_in_the_home(
    bench: Bench, tmp_path: Path
) -> None:
    inside = names_file(bench.home.folder, "candidate_id,name\n")
    with pytest.raises(UsageError, match="hold no names"):
        read_names(bench.home, inside)
    with pytest.raises(UsageError, match="outside of it"):
        write_day(bench.home, DAY, bench.home.folder / "out", PageWishes())
    page = find_session(bench.home, "s-1", None, None, {})
    link = tmp_path / "link"
    link.symlink_to(bench.home.folder)
    with pytest.raises(UsageError, match="outside of it"):
        write_session(bench.home, page, link / "x.html", PageWishes())


def test_a_file_is_no_folder_for_pages(bench: Bench, tmp_path: Path) -> None:
    path = names_file(tmp_path, "candidate_id,name\n")
    with pytest.raises(UsageError, match="is not a folder"):
        write_day(bench.home, DAY, path, PageWishes())


def test_one_session_is_found_by_its_id(bench: Bench, tmp_path: Path) -> None:
    bench.deliver(answers("s-1", attempt=2), day="2025-11-21")
    bench.run("2025-11-21")
    with pytest.raises(UsageError, match="--date 2025-11-21 --attempt 2"):
        find_session(bench.home, "s-1", None, None, {})
    with pytest.raises(NothingThereError):
        find_session(bench.home, "s-none", None, None, {})
    page = find_session(bench.home, "s-1", None, 2, {})
    path = write_session(bench.home, page, tmp_path / "card.html", PageWishes())
    assert "s-1" in path.read_text(encoding="utf-8")


def test_a_page_says_what_the_rubric_calls_things_and_what_was_rounded(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", TITLED)
    bench.deliver(answers("s-1", "C"))
    bench.run()
    page = find_session(bench.home, "s-1", None, None, {})
    assert (page.title, page.raw_score, page.unrounded) == (
        "Numeracy, autumn form",
        "1",
        "0.666667",
    )
    assert [(bar.dimension, bar.title) for bar in page.subscores] == [
        ("first", None),
        ("pi", "The circle"),
    ]
    make(bench)
    assert any(b"Numeracy, autumn form" in text for text in pages(bench).values())


def test_without_titles_and_rounding_nothing_is_added(bench: Bench) -> None:
    page = find_session(bench.home, "s-1", None, None, {})
    assert (page.title, page.unrounded) == (None, None)
