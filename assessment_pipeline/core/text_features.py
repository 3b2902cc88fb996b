"""Text features: how long a text is, in characters, words and sentences, and how varied.

Pure. Texts of ASCII alone are counted in a faster way; a property test holds both equal. What a
session's line of features holds is `features`.
"""

import math
import re
from typing import Final, NamedTuple

_WORD = re.compile(r"\w+(?:['’\-]\w+)*")
# A match begins where no such mark stands before and gives none back, so that a run of marks that
# ends no sentence is gone through once, and not again from each of its places.
_SENTENCE_END = re.compile(r"[.!?…](?<![.!?…].)[.!?…]*+(?=\s|$)")
# Of an ASCII text: letters made small, digits, and what can stand within a word; else a space.
_ASCII_WORDS: Final = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) in "_'-" else ord(" ")
    for code in range(128)
) + bytes(128)
_ASCII_SENTENCE_END = re.compile(rb"[.!?](?<![.!?].)[.!?]*+(?=[\s\x1c-\x1f]|$)")


class TextFeatures(NamedTuple):
    """Counts of a text; the ratio is exact, `n/d`, and null if there is no word."""

    characters: int
    words: int
    sentences: int
    distinct_word_ratio: str | None


def text_features(text: str) -> TextFeatures:
    """Count a text's code points, words, sentences and the share of distinct words.

    A word is a run of letters, digits and `_`, with apostrophes or hyphens inside; a sentence is
    a stretch with a word in it, up to `.`, `!`, `?` or `…` before white space or the end.

    >>> text_features("It's hot. It's very hot")
    TextFeatures(characters=23, words=5, sentences=2, distinct_word_ratio='3/5')
    """
    known = _ascii_text_features(text) if text.isascii() else None
    return _any_text_features(text) if known is None else known


def _any_text_features(text: str) -> TextFeatures:
    words = [word.casefold() for word in _WORD.findall(text)]
    sentences = sum(1 for part in _SENTENCE_END.split(text) if _WORD.search(part))
    ratio = ratio_text(len(set(words)), len(words)) if words else None
    return TextFeatures(len(text), len(words), sentences, ratio)


def _ascii_text_features(text: str) -> TextFeatures | None:
    """Return the same of an ASCII text, faster; None where a word may hold an apostrophe or hyphen.

    The property tests hold both equal.
    """
    spaced = text.encode().translate(_ASCII_WORDS)
    if b"'" in spaced or b"-" in spaced:
        return None
    words = spaced.split()
    if not words:
        return TextFeatures(len(text), 0, 0, None)
    sentences, begin = 0, 0
    for end in _ASCII_SENTENCE_END.finditer(text.encode()):
        sentences += not spaced[begin : end.start()].isspace() and begin < end.start()
        begin = end.end()
    sentences += bool(spaced[begin:].split())
    return TextFeatures(len(text), len(words), sentences, ratio_text(len(set(words)), len(words)))


def ratio_text(numerator: int, denominator: int) -> str:
    """Return a share exactly, as `n/d` in lowest terms or a whole number."""
    divisor = math.gcd(numerator, denominator)
    if divisor == denominator:
        return str(numerator // denominator)
    return f"{numerator // divisor}/{denominator // divisor}"
