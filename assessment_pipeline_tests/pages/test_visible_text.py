"""Visible text: nothing unseen makes one answer look like another, and what is read stays."""

import unicodedata
from itertools import chain

import pytest

from assessment_pipeline.pages.visible_text import shortened, visible

# Default_Ignorable_Code_Point of DerivedCoreProperties.txt, Unicode 16.
IGNORABLE = (
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0),
    *chain(range(0x180B, 0x1810), range(0x200B, 0x2010), range(0x202A, 0x202F)),
    *chain(range(0x2060, 0x2070), range(0xFE00, 0xFE10), range(0xFFF0, 0xFFF9)),
    *chain(range(0x1BCA0, 0x1BCA4), range(0x1D173, 0x1D17B), range(0xE0000, 0xE1000)),
)
# Prepended_Concatenation_Mark, and the Syriac abbreviation mark: signs that are seen.
SEEN = {
    *range(0x600, 0x606),
    *(0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD),
}


def code(point: int) -> str:
    return f"[U+{point:04X}]"


def test_every_format_character_and_whatever_a_font_may_leave_out_is_shown() -> None:
    points = {point for point in range(0x110000) if unicodedata.category(chr(point)) == "Cf"}
    points = (points | set(IGNORABLE)) - SEEN
    left = [
        code(point) for point in sorted(points) if visible(f"A{chr(point)}") != f"A{code(point)}"
    ]
    assert left == []


def test_letters_digits_marks_signs_and_spaces_stay() -> None:
    unseen = set(IGNORABLE)
    wanted = (
        chr(point)
        for point in range(0x110000)
        if unicodedata.category(chr(point))[0] in "LMNPSZ" and point not in unseen
    )
    text = "".join(wanted).replace("\u2028", "").replace("\u2029", "")
    assert visible(text) == text


@pytest.mark.parametrize("point", sorted(SEEN))
def test_signs_around_numbers_are_seen_and_stay(point: int) -> None:
    assert visible(f"{chr(point)}12") == f"{chr(point)}12"


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a non-joiner
        "\u0915\u094d\u200d\u0937",  # Devanagari, with a joiner
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",  # a family
        "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468",
        "\U0001f468\U0001f3fd\u200d\U0001f680",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",  # Wales
        "1\ufe0f\u20e3",
        "\u2764\ufe0e",
        "\u845b\U000e0100",
        "\u1820\u180b",
        "a\tb\nc",
    ],
)
def test_what_reading_depends_on_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A\u200d", "A[U+200D]"),
        ("A\u200dB", "A[U+200D]B"),
        ("\u0645\u200c", "\u0645[U+200C]"),
        ("\u0645\u200c\u200c\u062e", "\u0645[U+200C][U+200C]\u062e"),
        ("\U0001f469\u200d", "\U0001f469[U+200D]"),
        ("A\ufe0f", "A[U+FE0F]"),
        ("1\ufe0f", "1[U+FE0F]"),
        ("\u2764\ufe0f\ufe0f", "\u2764\ufe0f[U+FE0F]"),
        ("\U000e0067\U000e007f", "[U+E0067][U+E007F]"),
        ("\U0001f3f4\U000e0067", "\U0001f3f4[U+E0067]"),
        ("A\u3164", "A[U+3164]"),
    ],
)
def test_the_same_signs_are_shown_where_nothing_depends_on_them(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_what_was_made_visible_stays_as_it_is() -> None:
    once = visible("".join(map(chr, IGNORABLE)))
    assert visible(once) == once


@pytest.mark.parametrize("most", range(2, 30))
def test_a_code_is_never_cut_in_two(most: int) -> None:
    cut = shortened("ab\u202ecd\U000e0041ef", most)
    assert len(cut) <= most
    whole = "ab[U+202E]cd[U+E0041]ef"
    assert cut == whole or (cut.endswith("…") and whole.startswith(cut[:-1]))
    assert cut.count("[") == cut.count("]")
