"""The scorecard page: what it shows to whom, and that no answer gets out of its cell."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
from lxml import html

from assessment_pipeline.errors import UsageError
from assessment_pipeline.pages.bars import bar
from assessment_pipeline.pages.labels import languages, load_labels
from assessment_pipeline.pages.models import Kind
from assessment_pipeline.pages.scorecard import render_scorecard
from assessment_pipeline.pages.visible_text import visible
from assessment_pipeline_tests.pages.cards import HOSTILE, card, hostile_card, item


def tree(kind: Kind = Kind.STAFF, **fields: object) -> html.HtmlElement:
    return html.fromstring(render_scorecard(card(**fields), load_labels(), kind))


def words(kind: Kind = Kind.STAFF, **fields: object) -> str:
    return " ".join(tree(kind, **fields).text_content().split())


def test_answers_come_back_exactly_from_the_page() -> None:
    page = html.fromstring(render_scorecard(hostile_card(), load_labels(), Kind.STAFF))
    found = [json.loads(each.get("value") or "") for each in page.iter("data")]
    assert found == list(HOSTILE)


def test_no_answer_makes_an_element_or_an_attribute_of_its_own() -> None:
    harmless = tree()
    hostile = html.fromstring(render_scorecard(hostile_card(), load_labels(), Kind.STAFF))
    assert {each.tag for each in hostile.iter()} == {each.tag for each in harmless.iter()}
    names = {name for each in hostile.iter() for name in each.attrib}
    assert names == {name for each in harmless.iter() for name in each.attrib}
    assert "49" not in hostile.text_content()


def test_unseen_signs_are_shown_as_their_code() -> None:
    text = render_scorecard(hostile_card(), load_labels(), Kind.STAFF)
    assert "[U+202E]evil[U+2066] [U+0000][U+001B][31m" in text
    assert visible(text) == text
    assert "👩‍👩‍👧 🇩🇪 مرحبا" in text


def test_a_page_loads_nothing_and_allows_nothing_but_its_own_style() -> None:
    page = tree()
    policy = page.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not page.xpath("//script | //link | //img | //iframe | //*[@style] | //*[@src]")
    assert page.xpath("//@href") == []


def test_a_candidate_sees_points_and_neither_responses_nor_keys() -> None:
    seen = words(Kind.CANDIDATE)
    assert "accepted answer" not in seen
    assert "1.67 of 4" in seen
    assert "41.67 %" in seen
    assert "Whoever gave you this page can check this score" in seen
    assert "verify --session s:1@x+y=z~" in seen
    assert "Whoever" not in words(Kind.STAFF)
    explained = words(Kind.EXPLAINED)
    assert "accepted answer" in explained
    assert "1200 ms" not in explained
    assert "1200 ms" in words(Kind.STAFF)


def test_the_rubrics_titles_are_shown_where_there_are_any() -> None:
    plain = tree(Kind.CANDIDATE)
    assert plain.xpath("string(//h1)") == "Scorecard: numeracy"
    (bar, *others) = card().subscores
    page = tree(
        Kind.CANDIDATE,
        title="Numeracy, autumn form",
        subscores=(replace(bar, title="Problem solving"), *others),
    )
    assert page.xpath("string(//h1)") == "Scorecard: Numeracy, autumn form"
    assert page.xpath("string(//title)").startswith("Scorecard · Numeracy, autumn form · ")
    assert page.xpath("string(//dt[.='Assessment']/following-sibling::dd)") == "numeracy"
    assert page.xpath("//tbody/tr/th/bdi/text()")[:2] == ["Problem solving", "deduction"]


def test_a_percent_of_points_before_rounding_says_so() -> None:
    said = "21.11 % of the points before rounding: 1.055556 of 5"
    rounded = {"raw_score": "1", "max_score": "5", "percent": "21.11"}
    assert said in words(Kind.CANDIDATE, **rounded, unrounded="1.055556")
    assert "before rounding" not in words(Kind.CANDIDATE, **rounded)


def test_a_void_item_is_called_so_once() -> None:
    page = tree(items=(item(1, "B", item_status="voided", rule="void", points=""),))
    assert (
        " ".join(page.xpath("//td[contains(@class, 'rule')]")[0].text_content().split()) == "void"
    )


@pytest.mark.parametrize(
    ("status", "item_status", "said"),
    [
        ("provisional", "pending_ratings", "Ratings are still missing for: q01."),
        ("blocked", "unscorable", "These items cannot be scored as things stand: q01."),
        ("blocked", "error", "These items cannot be scored as things stand: q01."),
        ("voided", "voided", "The session was declared void, so it has no points."),
    ],
)
def test_nothing_unfinished_looks_final(status: str, item_status: str, said: str) -> None:
    page = card(item(1, "B", item_status=item_status, points=""), status=status, percent=None)
    text = render_scorecard(page, load_labels())
    assert said in text
    assert "Not a final result" in text
    assert "Points so far" in text
    assert 'class="main"><dt>Points' not in text


def test_a_session_without_a_rubric_says_so() -> None:
    page = card(status="blocked", rubric_version=None, percent=None)
    assert "There is no rubric for this assessment yet." in render_scorecard(page, load_labels())


def test_every_figure_has_a_title_and_a_text() -> None:
    figures = tree().xpath("//svg")
    assert [figure.get("role") for figure in figures] == ["img", "img"]
    assert [figure.xpath("string(desc)") for figure in figures] == [
        "1 of 4 points, 25.00 %",
        "-1 of 4 points, 0.00 %",
    ]
    ids = tree().xpath("//@id")
    assert len(ids) == len(set(ids))


def test_bars_are_as_long_as_the_share_and_stay_in_their_frame() -> None:
    assert bar(Fraction(-1)) == bar(Fraction(0))
    assert bar(Fraction(3)) == bar(Fraction(1))
    assert bar(Fraction(1, 4)) != bar(Fraction(1, 2))
    assert "style=" not in bar(Fraction(1, 3))


def test_labels_come_in_other_languages_and_from_a_file_of_ones_own() -> None:
    german = render_scorecard(card(), load_labels("de"))
    assert '<html lang="de" dir="ltr">' in german
    assert "Ergebnisblatt" in german
    own = load_labels("cy", b'{"scorecard.title": "Cerdyn <sgor>"}')
    welsh = render_scorecard(card(), own)
    assert '<html lang="cy"' in welsh
    assert "Cerdyn &lt;sgor&gt;" in welsh
    assert "How to check this page" in welsh


def test_every_language_has_every_label() -> None:
    english = load_labels()
    for language in languages():
        labels = load_labels(language)
        assert labels.texts.keys() == english.texts.keys()
        if language != "en":
            assert labels.texts["result.title"] != english.texts["result.title"]


def test_a_mistyped_label_is_named_with_what_may_be_meant() -> None:
    with pytest.raises(UsageError, match=r"'field\.canddate'.*did you mean 'field\.candidate'\?"):
        load_labels("de", b'{"field.canddate": "x"}')
    with pytest.raises(UsageError, match=r"'1' \(and 1 more\), which no page has\. "):
        load_labels("en", b'{"1": "x", "2": "y"}')


@pytest.mark.parametrize(
    ("language", "given"), [("xx", None), ('en"', None), ("en", b"[1]"), ("en", b"\xff")]
)
def test_labels_that_cannot_be_used_are_refused(language: str, given: bytes | None) -> None:
    with pytest.raises(UsageError):
        load_labels(language, given)


@pytest.mark.slow
def test_a_page_is_the_same_in_another_process_locale_and_hash_seed() -> None:
    program = (
        "import sys; from assessment_pipeline.pages.labels import load_labels; "
        "from assessment_pipeline.pages.models import Kind; "
        "from assessment_pipeline.pages.scorecard import render_scorecard; "
        "from assessment_pipeline_tests.pages.cards import hostile_card; "
        "sys.stdout.buffer.write("
        "render_scorecard(hostile_card(), load_labels(), Kind.STAFF).encode())"
    )
    variables = {**os.environ, "PYTHONHASHSEED": "77", "LC_ALL": "C", "TZ": "Asia/Tokyo"}
    there = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, check=True
    ).stdout
    assert there.decode() == render_scorecard(hostile_card(), load_labels(), Kind.STAFF)
