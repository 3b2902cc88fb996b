"""The statistics page: the same bytes, nothing from elsewhere, nothing that runs."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from lxml import html

from assessment_pipeline.core.statistics.results import (
    ItemStatistics,
    Statistics,
    statistics_line,
)
from assessment_pipeline.core.statistics.summary import Subject, summarise
from assessment_pipeline.pages.statistics import statistics_page
from assessment_pipeline.services.item_statistics import Grouping, compute_statistics
from assessment_pipeline_tests.builders import DAY
from assessment_pipeline_tests.core.statistics.answer_builders import answers_of, row, scores_of
from assessment_pipeline_tests.statistics_homes import bench_of

AGAIN = """
import sys, msgspec
from assessment_pipeline.core.statistics.results import Statistics
from assessment_pipeline.pages.statistics import statistics_page
statistics = msgspec.json.decode(sys.stdin.buffer.read(), type=Statistics)
sys.stdout.buffer.write(statistics_page(statistics, "sha256:0"))
"""


@pytest.fixture(scope="module")
def statistics(tmp_path_factory: pytest.TempPathFactory) -> Statistics:
    bench = bench_of(tmp_path_factory.mktemp("page") / "home")
    grouping = Grouping(context_key="language")
    found, _ = compute_statistics(bench.home, [DAY], "harbour", grouping=grouping)
    return found[0]


@pytest.fixture(scope="module")
def page(statistics: Statistics) -> bytes:
    return statistics_page(statistics, "sha256:0")


def item(statistics: Statistics, **fields: object) -> Statistics:
    """Return the statistics with other fields in their first item."""
    changed: ItemStatistics = msgspec.structs.replace(statistics.items[0], **fields)
    return msgspec.structs.replace(statistics, items=[changed, *statistics.items[1:]])


def test_another_process_with_another_hash_seed_makes_the_same_bytes(
    statistics: Statistics, tmp_path: Path
) -> None:
    line = statistics_line(statistics)
    pages = {
        subprocess.run(
            [sys.executable, "-c", AGAIN],
            input=line,
            env={
                "PYTHONHASHSEED": seed,
                "TZ": zone,
                "PYTHONPATH": ":".join(sys.path),
                "MPLCONFIGDIR": str(tmp_path),
                "HOME": str(tmp_path),
            },
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(pages) == 1
    again = msgspec.json.decode(line, type=Statistics)
    assert pages == {statistics_page(again, "sha256:0")}


def test_it_needs_nothing_from_elsewhere_and_runs_nothing(page: bytes) -> None:
    text = page.decode()
    assert "<script" not in text
    addresses = re.findall(r"https?://[^\s\"'<]+", text)
    assert set(addresses) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"\b(src|srcset)=|@import|url\((?!#)", text)
    assert not re.search(r"\bon[a-z]+=", text)


def test_it_holds_no_moment_and_no_candidate(page: bytes) -> None:
    assert b"dc:date" not in page
    assert b"<metadata" not in page
    assert b"candidate-0" not in page
    assert b"an essay" not in page


def test_every_id_is_there_once_and_every_link_leads_somewhere(page: bytes) -> None:
    document = html.fromstring(page)
    ids = document.xpath("//@id")
    assert len(ids) == len(set(ids))
    links = {link.removeprefix("#") for link in document.xpath("//a/@href")}
    assert links <= set(ids)
    shown = re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', page.decode())
    assert set(shown) <= set(ids)


def test_every_figure_says_what_it_shows(page: bytes) -> None:
    document = html.fromstring(page)
    figures = document.xpath("//*[local-name()='svg']")
    assert len(figures) == 6
    for figure in figures:
        assert figure.get("role") == "img"
        for name in figure.get("aria-labelledby").split():
            (named,) = figure.xpath(f".//*[@id='{name}']")
            assert named.text


def test_every_table_has_a_caption_and_headers_with_a_scope(page: bytes) -> None:
    document = html.fromstring(page)
    tables = document.xpath("//table")
    assert len(tables) >= 8
    for table in tables:
        assert table.xpath("./caption//text()")
        assert all(head.get("scope") for head in table.xpath(".//th"))


def test_flags_stand_in_words_and_first(page: bytes) -> None:
    text = page.decode()
    assert text.index("Distractor B is better than the key A") < text.index('id="items"')
    assert "The key may be wrong." in text


def test_what_comes_from_outside_is_shown_as_text(statistics: Statistics) -> None:
    attack = "<script>alert(1)</script>$x$"
    options = statistics.items[0].options
    assert options is not None
    first = msgspec.structs.replace(options.options[0], option=attack)
    changed = item(
        statistics, options=msgspec.structs.replace(options, options=[first, *options.options[1:]])
    )
    changed = msgspec.structs.replace(changed, rubric_title=attack)
    found = statistics_page(changed, "sha256:0")
    assert b"<script" not in found
    assert found.count(b"&lt;script&gt;alert(1)&lt;/script&gt;$x$") >= 2


def test_where_there_is_nothing_to_show_it_says_so() -> None:
    bare = summarise(
        Subject("bare", "1", None, {DAY: "sha256:0"}, {}),
        scores_of([[1, 0, 1], [1, 1, 1], [0, 0, 0], [0, 1, 1], [1, 1, 0], [1, 0, 0]]),
    )
    text = statistics_page(bare, "sha256:0").decode()
    for sentence in (
        "None: no item is unusually easy or hard",
        "No item has options.",
        "Nothing was omitted, and everything was reached.",
        "The deliveries say nothing about time.",
    ):
        assert sentence in text
    assert 'id="dif"' not in text
    assert 'id="raters"' not in text


def test_missing_responses_and_dates_have_figures_where_there_are_some() -> None:
    rows = [
        row(
            [1, place % 2, 0],
            states=["answered", "answered", "omitted"],
            trailing=["q3"] if place % 3 else [],
            day=f"2025-11-2{place % 2}",
        )
        for place in range(12)
    ]
    found = summarise(Subject("a", "1", None, {DAY: "sha256:0"}, {}), answers_of(rows))
    document = html.fromstring(statistics_page(found, "sha256:0"))
    titles = document.xpath("//*[local-name()='title']/text()")
    assert {"Missing responses by position", "Mean score by delivery date"} <= set(titles)
    shown = document.xpath("//section[@aria-labelledby='trend']//tbody/tr/td/text()")
    assert shown == ["6", "33.3\u00a0%", "6", "66.7\u00a0%"]
