"""Features: what can be said of each response without any rubric.

Pure. One line of canonical JSON a session, a list a feature, in the order the responses were
delivered in; the sha256 of the line is the session's features hash. A feature that cannot be
computed is null, and the column `<feature>_reason` (`text_reason` for the four of a text) says
why. docs/features.md describes each; `FEATURE_VERSION` changes when any value can.
"""

import math
import re
from fractions import Fraction
from typing import Final, NamedTuple

from assessment_pipeline.core.captured import CapturedResponse, CapturedSession, decode_value
from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.core.instants import parse_instant, seconds_between
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import (
    ResponseState,
    effective_state,
    parse_number,
    value_text,
)

# Faster than this, a response cannot rest on reading the item (Wise & Kong 2005; Kong, Wise &
# Bhola 2007 use three seconds as the fixed threshold).
RAPID_GUESS_MILLISECONDS: Final = 3000

# The canonical order of the columns is the alphabetical one.
COLUMNS: Final = (
    "characters",
    "distinct_word_ratio",
    "duration_ms",
    "duration_ms_reason",
    "item_id",
    "number",
    "number_reason",
    "rapid_guess",
    "rapid_guess_reason",
    "selections",
    "selections_reason",
    "sentences",
    "text_reason",
    "time_limit_share",
    "time_limit_share_reason",
    "trailing_unanswered",
    "words",
)

_WORD = re.compile(r"\w+(?:['’\-]\w+)*")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")
_MEMO_LIMIT = 50_000
_NULL: Final = "null"


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
    words = [word.casefold() for word in _WORD.findall(text)]
    sentences = sum(1 for part in _SENTENCE_END.split(text) if _WORD.search(part))
    ratio = _ratio(len(set(words)), len(words)) if words else None
    return TextFeatures(len(text), len(words), sentences, ratio)


class _OfValue(NamedTuple):
    """The JSON of every feature that depends on the value alone, and whether it is an answer."""

    is_answered: bool
    characters: str
    distinct_word_ratio: str
    number: str
    number_reason: str
    selections: str
    selections_reason: str
    sentences: str
    text_reason: str
    words: str


class FeatureExtractor:
    """Extracts features session by session, remembering those of values it has seen."""

    def __init__(self) -> None:
        """Begin with nothing remembered."""
        self._of_values: dict[tuple[bytes, ResponseState | None], _OfValue] = {}

    def line(self, session: CapturedSession, response_snapshot_id: str) -> bytes:
        """Return a session's features as canonical JSON."""
        if len(self._of_values) > _MEMO_LIMIT:
            self._of_values.clear()
        limit = _time_limit_milliseconds(session)
        responses = session.responses
        of_values = [self._of_value(response) for response in responses]
        trailing = _trailing_unanswered([value.is_answered for value in of_values])
        timed = [
            _time_features(response.duration_ms, limit, is_answered=value.is_answered)
            for response, value in zip(responses, of_values, strict=True)
        ]
        cells = [
            (
                value.characters,
                value.distinct_word_ratio,
                time[0],
                time[1],
                f'"{response.item_id}"',
                value.number,
                value.number_reason,
                time[2],
                time[3],
                value.selections,
                value.selections_reason,
                value.sentences,
                value.text_reason,
                time[4],
                time[5],
                in_trail,
                value.words,
            )
            for response, value, time, in_trail in zip(
                responses, of_values, timed, trailing, strict=True
            )
        ]
        columns = [",".join(column) for column in zip(*cells, strict=True)] or [""] * len(COLUMNS)
        body = ",".join(
            f'"{name}":[{column}]' for name, column in zip(COLUMNS, columns, strict=True)
        )
        return f'{{"features":{{{body}}},"response_snapshot_id":"{response_snapshot_id}"}}'.encode()

    def _of_value(self, response: CapturedResponse) -> _OfValue:
        key = (bytes(response.value), response.state)
        known = self._of_values.get(key)
        if known is None:
            known = self._of_values[key] = _value_features(*key)
        return known


def _value_features(raw: bytes, delivered_state: ResponseState | None) -> _OfValue:
    value = decode_value(raw)
    if effective_state(value, delivered_state) != "answered":
        reason = '"no_response"'
        return _OfValue(
            is_answered=False,
            characters=_NULL,
            distinct_word_ratio=_NULL,
            number=_NULL,
            number_reason=reason,
            selections=_NULL,
            selections_reason=reason,
            sentences=_NULL,
            text_reason=reason,
            words=_NULL,
        )
    text = text_features(value) if isinstance(value, str) else None
    number_text = None if isinstance(value, bool | tuple) else value_text(value)
    number = None if number_text is None else parse_number(number_text)
    selections = len(set(value)) if isinstance(value, tuple) else None
    if text is None:
        text_reason: str | None = "not_text"
    else:
        text_reason = "no_words" if text.distinct_word_ratio is None else None
    return _OfValue(
        is_answered=True,
        characters=_json(text.characters if text else None),
        distinct_word_ratio=_json(text.distinct_word_ratio if text else None),
        number=_json(None if number is None else exact_text(number)),
        number_reason=_json("not_a_number" if number is None else None),
        selections=_json(selections),
        selections_reason=_json("not_a_list" if selections is None else None),
        sentences=_json(text.sentences if text else None),
        text_reason=_json(text_reason),
        words=_json(text.words if text else None),
    )


def _time_features(
    duration: int | None, limit: Fraction | None, *, is_answered: bool
) -> tuple[str, str, str, str, str, str]:
    """Return duration, rapid guess and share of the time limit, each with its reason, as JSON."""
    if duration is None or duration < 0:
        reason = '"not_delivered"' if duration is None else '"negative"'
        return (_NULL, reason, _NULL, '"no_duration"', _NULL, '"no_duration"')
    rapid, rapid_reason = _NULL, '"no_response"'
    if is_answered:
        rapid = "true" if duration < RAPID_GUESS_MILLISECONDS else "false"
        rapid_reason = _NULL
    share, share_reason = _NULL, '"no_time_limit"'
    if limit is not None:
        part = duration / limit
        share, share_reason = f'"{_ratio(part.numerator, part.denominator)}"', _NULL
    return (str(duration), _NULL, rapid, rapid_reason, share, share_reason)


def _time_limit_milliseconds(session: CapturedSession) -> Fraction | None:
    """Return the time allowed, from the start to the due time, if both are known."""
    if session.started_at is None or session.due_at is None:
        return None
    limit = seconds_between(parse_instant(session.started_at), parse_instant(session.due_at))
    return limit * 1000 if limit > 0 else None


def _trailing_unanswered(answered: list[bool]) -> list[str]:
    """Say of each response whether only unanswered ones follow it and it is one itself."""
    last = max((place for place, is_answered in enumerate(answered) if is_answered), default=-1)
    return ["false"] * (last + 1) + ["true"] * (len(answered) - last - 1)


def _ratio(numerator: int, denominator: int) -> str:
    divisor = math.gcd(numerator, denominator)
    if divisor == denominator:
        return str(numerator // denominator)
    return f"{numerator // divisor}/{denominator // divisor}"


def _json(value: Json) -> str:
    return canonical_json(value).decode()
