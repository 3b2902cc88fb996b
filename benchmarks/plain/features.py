"""Features of responses: text, numbers, selections and timing, as docs/features.md has them."""

import re
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from benchmarks.plain.deliveries import Response, Session, Snapshot, value_texts
from benchmarks.plain.hashing import canonical_json
from benchmarks.plain.numbers import exact_text, parse_number

_RAPID_GUESS_MILLISECONDS = 3_000
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")
_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)")


@dataclass(slots=True)
class ResponseFeatures:
    """The features of one response; what is null has its reason beside it."""

    item_id: str
    characters: int | None = None
    words: int | None = None
    sentences: int | None = None
    distinct_word_ratio: str | None = None
    text_reason: str | None = None
    number: str | None = None
    number_reason: str | None = None
    selections: int | None = None
    selections_reason: str | None = None
    duration_ms: int | None = None
    duration_ms_reason: str | None = None
    rapid_guess: bool | None = None
    rapid_guess_reason: str | None = None
    time_limit_share: str | None = None
    time_limit_share_reason: str | None = None
    trailing_unanswered: bool = False


_NAMES = [field.name for field in fields(ResponseFeatures)]


def features_line(snapshot: Snapshot) -> bytes:
    """Return the features of a session as one line of canonical JSON, a list a feature."""
    session = snapshot.session
    limit = _time_limit_milliseconds(session)
    extracted = [_extract(response, limit) for response in session.responses]
    for response, features in zip(reversed(session.responses), reversed(extracted), strict=True):
        if response.effective_state == "answered":
            break
        features.trailing_unanswered = True
    columns: dict[str, list[Any]] = {
        name: [getattr(features, name) for features in extracted] for name in _NAMES
    }
    return canonical_json(
        {"features": columns, "response_snapshot_id": snapshot.response_snapshot_id}
    )


def _time_limit_milliseconds(session: Session) -> Fraction | None:
    if session.started_at is None or session.due_at is None:
        return None
    limit = session.due_at.instant - session.started_at.instant
    microseconds = limit // type(limit)(microseconds=1)
    return Fraction(microseconds, 1_000) if microseconds > 0 else None


def _extract(response: Response, limit: Fraction | None) -> ResponseFeatures:
    features = ResponseFeatures(response.item_id)
    is_answered = response.effective_state == "answered"
    if is_answered:
        _describe_value(features, response)
    else:
        features.text_reason = features.number_reason = features.selections_reason = "no_response"
    _describe_time(features, response.duration_ms, limit, is_answered=is_answered)
    return features


def _describe_value(features: ResponseFeatures, response: Response) -> None:
    value = response.value
    if isinstance(value, str):
        words = [word.casefold() for word in _WORD.findall(value)]
        parts = _SENTENCE_END.split(value)
        features.characters = len(value)
        features.words = len(words)
        features.sentences = sum(1 for part in parts if _WORD.search(part))
        if words:
            features.distinct_word_ratio = str(Fraction(len(set(words)), len(words)))
        else:
            features.text_reason = "no_words"
    else:
        features.text_reason = "not_text"
    number = None
    if not isinstance(value, bool | list):
        number = parse_number(value_texts(value)[0])
    if number is None:
        features.number_reason = "not_a_number"
    else:
        features.number = exact_text(number)
    if isinstance(value, list):
        features.selections = len(set(value))
    else:
        features.selections_reason = "not_a_list"


def _describe_time(
    features: ResponseFeatures, duration: int | None, limit: Fraction | None, *, is_answered: bool
) -> None:
    if duration is None or duration < 0:
        features.duration_ms_reason = "not_delivered" if duration is None else "negative"
        features.rapid_guess_reason = features.time_limit_share_reason = "no_duration"
        return
    features.duration_ms = duration
    if is_answered:
        features.rapid_guess = duration < _RAPID_GUESS_MILLISECONDS
    else:
        features.rapid_guess_reason = "no_response"
    if limit is None:
        features.time_limit_share_reason = "no_time_limit"
    else:
        features.time_limit_share = str(duration / limit)
