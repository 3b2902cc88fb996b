"""Texts: wording of explanations, normalising, and words in a text."""

import unicodedata
from fractions import Fraction
from typing import Literal

from benchmarks.plain.numbers import exact_text

Step = Literal["trim", "casefold", "strip_accents"]
_QUOTED_LENGTH = 60


def of_points(points: Fraction, maximum: Fraction) -> str:
    """Return how many points out of how many."""
    return exact_text(points) + of_maximum(maximum)


def of_maximum(maximum: Fraction) -> str:
    """Return the end of such a phrase: ` of 2 points`."""
    noun = "point" if maximum == 1 else "points"
    return f" of {exact_text(maximum)} {noun}"


def quoted(text: str) -> str:
    """Return a text in quotes, shortened."""
    shown = " ".join(text.split())
    if len(shown) > _QUOTED_LENGTH:
        shown = shown[: _QUOTED_LENGTH - 1] + "…"
    return f"“{shown}”"


def listed(texts: list[str], limit: int = 5) -> str:
    """Return texts in quotes, and how many more there are."""
    shown = ", ".join(quoted(text) for text in texts[:limit])
    return f"{shown} and {len(texts) - limit} more" if len(texts) > limit else shown


def normalised(text: str, steps: list[Step]) -> str:
    """Return a text without the differences that the steps take away."""
    if "casefold" in steps:
        text = text.casefold()
    if "strip_accents" in steps and not text.isascii():
        decomposed = unicodedata.normalize("NFD", text)
        kept = "".join(each for each in decomposed if unicodedata.category(each) != "Mn")
        text = unicodedata.normalize("NFC", kept)
    return text.strip() if "trim" in steps else text


def find_word(text: str, term: str) -> tuple[int, int] | None:
    """Return where a term first stands in a text by itself, [start, end)."""
    start = text.find(term)
    while start >= 0:
        end = start + len(term)
        if not (_is_word(text[start - 1 : start]) or _is_word(text[end : end + 1])):
            return start, end
        start = text.find(term, start + 1)
    return None


def _is_word(character: str) -> bool:
    return bool(character) and (
        character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
    )
