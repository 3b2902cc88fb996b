"""Normalisation: which differences between two texts do not matter.

Holds the steps that `text` and `keywords` share, and the way back from a place in the normalised
text to the original one. The steps are a set: whatever the order they are written in, they are
applied as nfkc or nfc, casefold, strip_accents, strip_punctuation, collapse_whitespace, trim, and
at last nfc again if either was asked for, so that texts equal for a reader stay equal.

- strip_accents: decompose, drop nonspacing marks, compose (the ICU transform of that name)
- strip_punctuation: drop the Unicode categories P*; symbols such as + and $ stay
- collapse_whitespace: every run of white space is one space; trim: none at either end
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

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
_PlacedCharacter: TypeAlias = tuple[str, int, int]


class Places(NamedTuple):
    """Where the characters of a normalised text came from in the original, in code points."""

    starts: Sequence[int]
    ends: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the original that a part of the normalised text stands for."""
        return self.starts[start], self.ends[end - 1]


# Steps that drop characters or compose them anew: only the characters themselves tell the places.
_NEEDING_CHARACTERS: Steps = frozenset(
    {"trim", "collapse_whitespace", "strip_punctuation", "nfc", "nfkc"}
)
# Of those, the steps that do so where all is ASCII, which has nothing to compose.
_MOVING_ASCII: Steps = frozenset({"trim", "collapse_whitespace", "strip_punctuation"})
# Latin letters, none of which combines with a neighbour, and usual punctuation.
_is_plain = re.compile(r"[\x00-\u024f\u2010-\u2027\u20ac]*").fullmatch
# All that is no ASCII, with a neighbour on each side, which it may combine with.
_BEYOND_ASCII = re.compile(r"[\x00-\x7f]?(?:[^\x00-\x7f]+[\x00-\x7f]?)+")


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


def keeps_places(text: str, normalised: str, steps: Steps) -> bool:
    """Tell whether each character of the normalised text stands where it stood in the original.

    Never wrongly so; where it cannot be seen at once, the answer is no.
    """
    if not steps:
        return True
    if len(text) != len(normalised):
        return False
    if text.isascii():
        # Whatever the steps, each character is dropped or comes out as one.
        return True
    # Of these characters none comes out shorter, so that none came out longer either.
    return steps.isdisjoint(_NEEDING_CHARACTERS) and _is_plain(text) is not None


def original_places(text: str, steps: Steps) -> Places:
    """Return for each character of the normalised text which part of the original it stands for.

    Parts are [start, end) in code points. A character that came out of several (`é` of `e` and
    an accent) stands for all of them.
    """
    if not steps:
        return Places(range(len(text)), range(1, len(text) + 1))
    if steps.isdisjoint(_MOVING_ASCII if text.isascii() else _NEEDING_CHARACTERS):
        return _places_around_ascii(text, steps)
    characters = _placed_characters(text, steps)
    if "trim" in steps:
        kept = [place for place, (each, _, _) in enumerate(characters) if not each.isspace()]
        characters = characters[kept[0] : kept[-1] + 1] if kept else []
    if "nfc" in steps or "nfkc" in steps:
        characters = _composed(characters)
    return Places([start for _, start, _ in characters], [end for _, _, end in characters])


def _places_around_ascii(text: str, steps: Steps) -> Places:
    """Return the places without looking at ASCII characters that stand among themselves."""
    starts: list[int] = []
    ends: list[int] = []
    end = 0
    for zone in _BEYOND_ASCII.finditer(text):
        start = zone.start()
        starts += range(end, start)
        ends += range(end + 1, start + 1)
        for _, first, last in _placed_characters(zone.group(), steps):
            starts.append(start + first)
            ends.append(start + last)
        end = zone.end()
    starts += range(end, len(text))
    ends += range(end + 1, len(text) + 1)
    return Places(starts, ends)


def _with_characters(text: str, steps: Steps) -> str:
    """Apply the steps that change characters and look no further than a combining sequence."""
    if text.isascii():
        return text.lower() if "casefold" in steps else text
    if "nfkc" in steps:
        text = unicodedata.normalize("NFKC", text)
    elif "nfc" in steps:
        text = unicodedata.normalize("NFC", text)
    if "casefold" in steps:
        text = text.casefold()
    if "strip_accents" in steps:
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


def _placed_characters(text: str, steps: Steps) -> list[_PlacedCharacter]:
    """Apply all steps but trim and the last nfc, keeping where each character came from."""
    characters: list[_PlacedCharacter] = []
    for start, end in _clusters(text, steps):
        for character in _with_characters(text[start:end], steps):
            if "strip_punctuation" in steps and _is_punctuation(character):
                continue
            is_space = "collapse_whitespace" in steps and character.isspace()
            if is_space and characters and characters[-1][0] == " ":
                characters[-1] = (" ", characters[-1][1], end)
            else:
                characters.append((" " if is_space else character, start, end))
    return characters


def _composed(characters: list[_PlacedCharacter]) -> list[_PlacedCharacter]:
    """Apply the last nfc: characters that compose are one, with the places of all of them."""
    text = "".join(character for character, _, _ in characters)
    if unicodedata.is_normalized("NFC", text):
        return characters
    composed = []
    for start, end in _clusters(text, frozenset({"nfc"})):
        first = min(place for _, place, _ in characters[start:end])
        last = max(place for _, _, place in characters[start:end])
        composed += [
            (character, first, last) for character in unicodedata.normalize("NFC", text[start:end])
        ]
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
