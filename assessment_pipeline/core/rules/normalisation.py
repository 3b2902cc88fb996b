"""Normalisation: which differences between two texts do not matter.

Holds the steps that `text` and `keywords` share, and the way back from a place in the normalised
text to the original one. The steps are a set: whatever the order they are written in, they are
applied as nfkc or nfc, casefold, strip_accents, strip_punctuation, collapse_whitespace, trim, and
at last nfc again if either was asked for, so that texts equal for a reader stay equal.

- strip_accents: decompose, drop nonspacing marks, compose (the ICU transform of that name)
- strip_punctuation: drop the Unicode categories P*; symbols such as + and $ stay
- collapse_whitespace: every run of white space is one space; trim: none at either end
"""

import unicodedata
from collections.abc import Iterator
from typing import Literal, TypeAlias

Step: TypeAlias = Literal[
    "trim",
    "collapse_whitespace",
    "casefold",
    "nfc",
    "nfkc",
    "strip_punctuation",
    "strip_accents",
]
Steps: TypeAlias = frozenset[Step]


def normalise(text: str, steps: Steps) -> str:
    """Return a text without the differences that the steps take away.

    >>> normalise("  The  Café! ", frozenset({"trim", "casefold", "strip_accents"}))
    'the  cafe!'
    """
    if not steps:
        return text
    text = _with_characters(text, steps)
    if "strip_punctuation" in steps:
        text = "".join(character for character in text if not _is_punctuation(character))
    if "collapse_whitespace" in steps:
        text = _collapsed(text)
    if "trim" in steps:
        text = text.strip()
    if "nfc" in steps or "nfkc" in steps:
        text = unicodedata.normalize("NFC", text)
    return text


def original_span(text: str, start: int, end: int, steps: Steps) -> tuple[int, int]:
    """Return where [start, end) of the normalised text lies in the original one, in code points.

    A character that came out of several (`é` of `e` and an accent) stands for all of them.
    """
    places = list(_places(text, steps))
    return places[start][0], places[end - 1][1]


def _with_characters(text: str, steps: Steps) -> str:
    """Apply the steps that change characters and look no further than a combining sequence."""
    if "nfkc" in steps:
        text = unicodedata.normalize("NFKC", text)
    elif "nfc" in steps:
        text = unicodedata.normalize("NFC", text)
    if "casefold" in steps:
        text = text.casefold()
    if "strip_accents" in steps and not text.isascii():
        decomposed = unicodedata.normalize("NFD", text)
        kept = "".join(each for each in decomposed if unicodedata.category(each) != "Mn")
        text = unicodedata.normalize("NFC", kept)
    return text


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] == "P"


def _collapsed(text: str) -> str:
    collapsed = " ".join(text.split())
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and collapsed else ""
    return before + collapsed + after


def _places(text: str, steps: Steps) -> Iterator[tuple[int, int]]:
    """Yield for each character of the normalised text which part of the original it stands for."""
    characters: list[tuple[str, int, int]] = []
    for start, end in _clusters(text, steps):
        for character in _with_characters(text[start:end], steps):
            if "strip_punctuation" in steps and _is_punctuation(character):
                continue
            is_repeated_space = (
                "collapse_whitespace" in steps
                and character.isspace()
                and bool(characters)
                and characters[-1][0].isspace()
            )
            if is_repeated_space:
                characters[-1] = (" ", characters[-1][1], end)
            else:
                characters.append((character, start, end))
    if "trim" in steps:
        kept = [
            index for index, (character, _, _) in enumerate(characters) if not character.isspace()
        ]
        characters = characters[kept[0] : kept[-1] + 1] if kept else []
    if "nfc" in steps or "nfkc" in steps:
        characters = _composed(characters)
    return ((start, end) for _, start, end in characters)


def _composed(characters: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Apply the last nfc: characters that compose are one, with the places of all of them."""
    text = "".join(character for character, _, _ in characters)
    if unicodedata.is_normalized("NFC", text):
        return characters
    composed = []
    for start, end in _clusters(text, frozenset({"nfc"})):
        for character in unicodedata.normalize("NFC", text[start:end]):
            first = min(place for _, place, _ in characters[start:end])
            last = max(place for _, _, place in characters[start:end])
            composed.append((character, first, last))
    return composed


def _clusters(text: str, steps: Steps) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text that can be normalised one by one.

    A part goes on while its next character combines with it, or while normalising both together
    differs from normalising them apart (Hangul syllables, for example).
    """
    start = 0
    for index in range(1, len(text)):
        if text[index].isascii() and text[index - 1].isascii():
            is_joined = False
        else:
            is_joined = _is_nonstarter(text[index]) or _with_characters(
                text[start : index + 1], steps
            ) != _with_characters(text[start:index], steps) + _with_characters(text[index], steps)
        if not is_joined:
            yield start, index
            start = index
    if text:
        yield start, len(text)


def _is_nonstarter(character: str) -> bool:
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) != 0
