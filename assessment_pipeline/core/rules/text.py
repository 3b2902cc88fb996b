r"""text: a short text that is one of the accepted ones.

The first answer that matches, in order, gives its fraction of the points. Answers (but for
regex) and the response are normalised alike, see `normalisation`; without steps every character
counts. The matches:

- exact: the same text
- wildcard: `*` stands for any run of characters, `\*` for a star (Moodle short answer)
- regex: the pattern matches the whole normalised response; RE2 syntax, which cannot backtrack,
  so no pattern can hang a run; at most 1,000 characters, taken as written
- edit_distance: at most max_edits insertions, deletions and substitutions (Levenshtein)

No response is worth nothing; several values are an invalid response.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Any, Literal, Self, TypeAlias

import re2
from pydantic import Field, model_validator
from rapidfuzz.distance import Levenshtein

from assessment_pipeline.core.responses import ItemResponse, value_texts
from assessment_pipeline.core.rules.base import (
    Award,
    Finding,
    ItemRule,
    listed,
    no_response,
    of_points,
    quoted,
    several_values,
)
from assessment_pipeline.core.rules.fields import Part, RubricModel, Text, refusal
from assessment_pipeline.core.rules.normalisation import Step, Steps, normalise

Match: TypeAlias = Literal["exact", "wildcard", "regex", "edit_distance"]

_MAX_PATTERN_LENGTH = 1_000
# Bounds the size of a compiled pattern, and with it the time over the longest response (64 KiB).
_REGEX_MEMORY_BYTES = 1 << 18
_UNESCAPED_STAR = re.compile(r"(?<!\\)\*")
# A noncharacter: stands for a wildcard's run of characters while its text is normalised.
_RUN = "\ufdd0"


class TextAnswer(RubricModel):
    """An accepted text, and the part of the points that it is worth."""

    text: Text
    match: Match = "exact"
    max_edits: Annotated[int, Field(ge=0, le=1_000)] | None = None
    fraction: Part = Fraction(1)

    @model_validator(mode="after")
    def _carries_what_its_match_needs(self) -> Self:
        if (self.match == "edit_distance") != (self.max_edits is not None):
            message = "max_edits belongs to match edit_distance, and is required there"
            raise refusal(message, "give max_edits with edit_distance only")
        if self.match != "exact" and len(self.text) > _MAX_PATTERN_LENGTH:
            message = f"a pattern has at most {_MAX_PATTERN_LENGTH} characters"
            raise refusal(message, "shorten it, or split it into several answers")
        return self


class TextRule(ItemRule):
    """Points for a text that is one of the accepted ones."""

    rule: Literal["text"]
    answers: Annotated[tuple[TextAnswer, ...], Field(min_length=1)]
    normalise: tuple[Step, ...] = ()

    @cached_property
    def _steps(self) -> Steps:
        return frozenset(self.normalise)

    @cached_property
    def _matchers(self) -> tuple["_Matcher", ...]:
        return tuple(_matcher(answer, self._steps) for answer in self.answers)

    def problems(self) -> Iterator[Finding]:
        """Yield patterns that RE2 does not take."""
        for index, answer in enumerate(self.answers):
            if answer.match == "regex":
                reason = _refusal_of(answer.text)
                if reason is not None:
                    yield Finding(
                        ("answers", index, "text"),
                        f"the pattern cannot be used: {reason}",
                        "correct it; look-around and back-references do not exist in RE2",
                    )

    def _judge(self, response: ItemResponse) -> Award:
        texts = value_texts(response.value)
        if not texts:
            return no_response()
        if len(texts) > 1:
            return several_values(len(texts))
        normalised = normalise(texts[0], self._steps)
        for index, (answer, matcher) in enumerate(zip(self.answers, self._matchers, strict=True)):
            if matcher.matches(normalised):
                points = self.maximum() * answer.fraction
                return Award(
                    points,
                    f"{quoted(texts[0])} {_HOW[answer.match]} {quoted(answer.text)}: "
                    f"{of_points(points, self.maximum())}.",
                    {"matched": True, "answer": index, "match": answer.match},
                )
        accepted = listed([answer.text for answer in self.answers], limit=3)
        return Award(
            Fraction(0),
            f"{quoted(texts[0])} matches none of {accepted}: "
            f"{of_points(Fraction(0), self.maximum())}.",
            {"matched": False},
        )


_HOW: dict[Match, str] = {
    "exact": "is the accepted answer",
    "wildcard": "fits the pattern",
    "regex": "fits the pattern",
    "edit_distance": "is close enough to",
}


class _Exact:
    def __init__(self, text: str) -> None:
        self._text = text

    def matches(self, response: str) -> bool:
        return response == self._text


class _EditDistance:
    def __init__(self, text: str, max_edits: int) -> None:
        self._text = text
        self._max_edits = max_edits

    def matches(self, response: str) -> bool:
        distance = Levenshtein.distance(self._text, response, score_cutoff=self._max_edits)
        return distance <= self._max_edits


class _Wildcard:
    """Segments between runs, found one after another: linear, without backtracking."""

    def __init__(self, segments: list[str]) -> None:
        self._segments = segments

    def matches(self, response: str) -> bool:
        first, *others = self._segments
        if not others:
            return response == first
        *middle, last = others
        if not response.startswith(first):
            return False
        place = len(first)
        for segment in middle:
            place = response.find(segment, place)
            if place < 0:
                return False
            place += len(segment)
        return len(response) - len(last) >= place and response.endswith(last)


class _Regex:
    def __init__(self, pattern: str) -> None:
        self._pattern = None if _refusal_of(pattern) else _compiled(pattern)

    def matches(self, response: str) -> bool:
        # Bytes, so that text that is no valid Unicode is matched by nothing instead of raising.
        encoded = response.encode("utf-8", "surrogatepass")
        return self._pattern is not None and self._pattern.fullmatch(encoded) is not None


_Matcher: TypeAlias = "_Exact | _EditDistance | _Wildcard | _Regex"


def _matcher(answer: TextAnswer, steps: Steps) -> _Matcher:
    if answer.match == "regex":
        return _Regex(answer.text)
    if answer.match == "wildcard":
        marked = _UNESCAPED_STAR.sub(_RUN, answer.text).replace(r"\*", "*")
        return _Wildcard(normalise(marked, steps).split(_RUN))
    text = normalise(answer.text, steps)
    if answer.match == "edit_distance" and answer.max_edits is not None:
        return _EditDistance(text, answer.max_edits)
    return _Exact(text)


def _refusal_of(pattern: str) -> str | None:
    """Return why RE2 does not take a pattern; None if it does."""
    try:
        _compiled(pattern)
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0]
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return None


def _compiled(pattern: str) -> Any:  # noqa: ANN401  re2 has no types
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _REGEX_MEMORY_BYTES
    return re2.compile(pattern.encode(), options)
