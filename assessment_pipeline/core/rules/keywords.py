"""keywords: criteria, each met by one of its terms anywhere in the response.

The points of the criteria met add up, to at most the item's points. Terms and response are
normalised alike, see `normalisation`; without steps every character counts. With whole_words a
term must not touch another letter, digit, mark or underscore. Each criterion met names the
earliest place (the longest term there) that met it, as [start, end) in code points of the
original text. No response is worth nothing; several values are an invalid response.
"""

import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import ItemResponse, value_texts
from assessment_pipeline.core.rules.base import (
    Award,
    Finding,
    ItemRule,
    no_response,
    of_points,
    quoted,
    several_values,
)
from assessment_pipeline.core.rules.fields import Exact, Id, RubricModel, Text, Wording
from assessment_pipeline.core.rules.normalisation import (
    Step,
    Steps,
    keeps_places,
    normalise,
    original_places,
)

_Span: TypeAlias = tuple[int, int]
_MOST_VERDICTS = 4096


class KeywordCriterion(RubricModel):
    """What a response should speak of, the terms that show it, and what it is worth."""

    id: Id
    any_of: Annotated[tuple[Text, ...], Field(min_length=1)]
    points: Exact
    title: Wording | None = None
    descriptor: Wording | None = None


class Keywords(ItemRule):
    """The sum of the points of the criteria that the response meets."""

    rule: Literal["keywords"]
    criteria: Annotated[tuple[KeywordCriterion, ...], Field(min_length=1)]
    normalise: tuple[Step, ...] = ()
    whole_words: bool = True

    @cached_property
    def _steps(self) -> Steps:
        return frozenset(self.normalise)

    @cached_property
    def _terms(self) -> tuple[tuple[str, ...], ...]:
        return tuple(
            tuple(normalise(term, self._steps) for term in criterion.any_of)
            for criterion in self.criteria
        )

    def bounds(self) -> tuple[Fraction | None, Fraction | None]:
        """Return the item's points as the upper bound."""
        return None, self.maximum()

    def problems(self) -> Iterator[Finding]:
        """Yield criteria that are there twice, and terms of which nothing is left to look for."""
        seen: set[str] = set()
        for index, criterion in enumerate(self.criteria):
            if criterion.id in seen:
                yield Finding(
                    ("criteria", index, "id"),
                    f"a criterion {quoted(criterion.id)} is there already",
                    "give each criterion an id of its own",
                )
            seen.add(criterion.id)
            for place, term in enumerate(self._terms[index]):
                if not term:
                    yield Finding(
                        ("criteria", index, "any_of", place),
                        "nothing is left of this term after normalising",
                        "give a term that can be looked for, or take out a step of normalise",
                    )

    def _judge(self, response: ItemResponse) -> Award:
        texts = value_texts(response.value)
        if not texts:
            return no_response()
        if len(texts) > 1:
            return several_values(len(texts))
        text = texts[0]
        spans = self._spans(text)
        points, explanation = self._verdict(
            tuple([None if span is None else quoted(text[span[0] : span[1]]) for span in spans])
        )
        criteria: list[Json] = [
            {"id": criterion.id, "met": False}
            if span is None
            else {
                "id": criterion.id,
                "met": True,
                "points": exact_text(criterion.points),
                "span": list(span),
            }
            for criterion, span in zip(self.criteria, spans, strict=True)
        ]
        return Award(points, explanation, {"criteria": criteria})

    def _spans(self, text: str) -> list[_Span | None]:
        """Return where each criterion is met in the original text."""
        normalised = normalise(text, self._steps)
        spans = [self._earliest(normalised, terms) for terms in self._terms]
        if keeps_places(text, normalised, self._steps) or not any(spans):
            return spans
        places = original_places(text, self._steps)
        return [None if span is None else places.original(*span) for span in spans]

    def _verdict(self, found: tuple[str | None, ...]) -> tuple[Fraction, str]:
        """Return the points and the explanation for what met the criteria, in quotes; few differ.

        Quotes are short, and what is remembered with them.
        """
        known = self._verdicts.get(found)
        if known is not None:
            return known
        total = Fraction(0)
        met, unmet = [], []
        for criterion, quote in zip(self.criteria, found, strict=True):
            if quote is None:
                unmet.append(criterion.id)
            else:
                total += criterion.points
                met.append(f"{criterion.id} met by {quote}")
        told = ", ".join(met) or "no criterion met"
        missing = f"; not met: {', '.join(unmet)}" if unmet else ""
        worth = of_points(total, self.maximum())
        if len(self._verdicts) >= _MOST_VERDICTS:
            self._verdicts.clear()
        verdict = total, f"{told[0].upper()}{told[1:]}{missing}: {worth}."
        return self._verdicts.setdefault(found, verdict)

    @cached_property
    def _verdicts(self) -> dict[tuple[str | None, ...], tuple[Fraction, str]]:
        return {}

    def _earliest(self, text: str, terms: tuple[str, ...]) -> _Span | None:
        hits = [hit for term in terms if term in text and (hit := self._first(text, term))]
        if len(hits) < 2:
            return hits[0] if hits else None
        return min(hits, key=lambda hit: (hit[0], -hit[1]))

    def _first(self, text: str, term: str) -> _Span | None:
        start = text.find(term) if term else -1
        while start >= 0:
            end = start + len(term)
            if not self.whole_words or not (
                (start and _is_word(text[start - 1])) or (end < len(text) and _is_word(text[end]))
            ):
                return start, end
            start = text.find(term, start + 1)
        return None


def _is_word(character: str) -> bool:
    """Tell whether a character goes on a word: letter, digit, underscore or combining mark."""
    if character.isascii():
        return character.isalnum() or character == "_"
    return character.isalnum() or unicodedata.category(character)[0] == "M"
