"""Features: what can be said of each response without any rubric.

Pure. One line of canonical JSON a session, a list a feature, in the order the responses were
delivered in; the sha256 of the line is the session's features hash. A feature that cannot be
computed is null, and the column `<feature>_reason` (`text_reason` for the four of a text) says
why. docs/features.md describes each; `FEATURE_VERSION` changes when any value can.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from assessment_pipeline.core.captured import CapturedHeader, decode_session, decode_value
from assessment_pipeline.core.instants import parse_instant, seconds_between
from assessment_pipeline.core.points import exact_text
from assessment_pipeline.core.responses import (
    effective_state,
    parse_number,
    value_text,
)
from assessment_pipeline.core.session_cuts import (
    SessionCut,
    bare_response,
    cut_session,
    read_response,
)
from assessment_pipeline.core.text_features import ratio_text, text_features

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

_MEMO_LIMIT = 50_000
_LONGEST_REMEMBERED = 100
_NULL: Final = "null"
_FALSE: Final = "false"
# A share of more digits is not written, over or under the line: one time can have a million of
# them, and every response of its session would repeat them. Python writes so many at most, too.
_SHARE_LIMIT: Final = 10**4_300
_NO_RESPONSE: Final = '"no_response"'
_NOT_TEXT: Final = '"not_text"'
_NO_WORDS: Final = '"no_words"'
_NOT_A_NUMBER: Final = '"not_a_number"'
_NOT_A_LIST: Final = '"not_a_list"'
_DUE: Final = b'"due_at":'

_encode = msgspec.json.Encoder().encode


class _OfValue(NamedTuple):
    """The JSON of the item and of every feature that depends on the value alone."""

    characters: str
    distinct_word_ratio: str
    item_id: str
    number: str
    number_reason: str
    selections: str
    selections_reason: str
    sentences: str
    text_reason: str
    words: str
    is_answered: bool


class FeatureExtractor:
    """Extracts features session by session, remembering those of responses it has seen."""

    def __init__(self) -> None:
        """Begin with nothing remembered."""
        self._of_responses: dict[bytes, _OfValue] = {}

    def line(self, captured: bytes, response_snapshot_id: str) -> bytes:
        """Return the features of a captured session, both canonical JSON."""
        if len(self._of_responses) > _MEMO_LIMIT:
            self._of_responses.clear()
        cut = cut_session(captured) or _decoded(captured)
        known = self._of_responses
        values = [known.get(response) or self._new(response) for response in cut.responses]
        if not values:
            columns = [""] * len(COLUMNS)
        else:
            *value_columns, answered = zip(*values, strict=True)
            columns = _columns([",".join(column) for column in value_columns], answered, cut)
        body = ",".join(
            [f'"{name}":[{column}]' for name, column in zip(COLUMNS, columns, strict=True)]
        )
        return f'{{"features":{{{body}}},"response_snapshot_id":"{response_snapshot_id}"}}'.encode()

    def _new(self, response: bytes) -> _OfValue:
        features = _value_features(response)
        # Long ones hardly ever come again, and would only push the others out of reach.
        if len(response) <= _LONGEST_REMEMBERED:
            self._of_responses[response] = features
        return features


def _decoded(captured: bytes) -> SessionCut:
    """Return a session that cannot be cut in parts all the same."""
    responses = decode_session(captured).responses
    return SessionCut(
        captured, list(map(bare_response, responses)), [each.duration_ms for each in responses]
    )


def _columns(of_values: list[str], answered: Sequence[bool], cut: SessionCut) -> list[str]:
    """Return the columns of a session in their order: those of values, and those of time."""
    limit = _time_limit_milliseconds(cut.read_header()) if _DUE in cut.header else None
    times: Sequence[str]
    durations = [duration for duration in cut.durations if duration is not None]
    is_plain = len(durations) == len(answered) and all(answered) and min(durations) >= 0
    if is_plain and limit is None:
        times = _plain_times(durations)
        trailing = _repeated(_FALSE, len(answered))
    else:
        rows = [
            _time_features(duration, limit, is_answered=is_answered)
            for duration, is_answered in zip(cut.durations, answered, strict=True)
        ]
        times = [",".join(column) for column in zip(*rows, strict=True)]
        trailing = ",".join(_trailing_unanswered(answered))
    return [
        *of_values[:2],
        *times[:2],
        *of_values[2:5],
        *times[2:4],
        *of_values[5:9],
        *times[4:],
        trailing,
        of_values[9],
    ]


def _plain_times(durations: Sequence[int]) -> Sequence[str]:
    """Return the columns of time where every duration is there, all is answered, and no limit."""
    count = len(durations)
    rapid = [duration < RAPID_GUESS_MILLISECONDS for duration in durations]
    return (
        _encode(durations)[1:-1].decode(),
        _repeated(_NULL, count),
        _encode(rapid)[1:-1].decode(),
        _repeated(_NULL, count),
        _repeated(_NULL, count),
        _repeated('"no_time_limit"', count),
    )


@lru_cache(maxsize=256)
def _repeated(cell: str, count: int) -> str:
    return ",".join([cell] * count)


def _value_features(response: bytes) -> _OfValue:
    read = read_response(response)
    value = decode_value(bytes(read.value))
    item_id = f'"{read.item_id}"'
    if effective_state(value, read.state) != "answered":
        return _OfValue(
            *(_NULL, _NULL, item_id, _NULL, _NO_RESPONSE, _NULL, _NO_RESPONSE, _NULL),
            *(_NO_RESPONSE, _NULL),
            is_answered=False,
        )
    characters = ratio = sentences = words = _NULL
    text_reason = _NOT_TEXT
    if isinstance(value, str):
        text = text_features(value)
        characters, sentences, words = str(text.characters), str(text.sentences), str(text.words)
        has_words = text.distinct_word_ratio is not None
        ratio, text_reason = (
            (f'"{text.distinct_word_ratio}"', _NULL) if has_words else (_NULL, _NO_WORDS)
        )
    number = None
    if not isinstance(value, bool | tuple):
        number = parse_number(value if isinstance(value, str) else value_text(value) or "")
    is_list = isinstance(value, tuple)
    return _OfValue(
        characters,
        ratio,
        item_id,
        _NULL if number is None else f'"{exact_text(number)}"',
        _NOT_A_NUMBER if number is None else _NULL,
        str(len(set(value))) if isinstance(value, tuple) else _NULL,
        _NULL if is_list else _NOT_A_LIST,
        sentences,
        text_reason,
        words,
        is_answered=True,
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
        if max(part.numerator, part.denominator) < _SHARE_LIMIT:
            share, share_reason = f'"{ratio_text(part.numerator, part.denominator)}"', _NULL
        else:
            share_reason = '"too_many_digits"'
    return (str(duration), _NULL, rapid, rapid_reason, share, share_reason)


def _time_limit_milliseconds(session: CapturedHeader) -> Fraction | None:
    """Return the time allowed, from the start to the due time, if both are known."""
    if session.started_at is None or session.due_at is None:
        return None
    limit = seconds_between(parse_instant(session.started_at), parse_instant(session.due_at))
    return limit * 1000 if limit > 0 else None


def _trailing_unanswered(answered: Sequence[bool]) -> list[str]:
    """Say of each response whether only unanswered ones follow it and it is one itself."""
    last = max((place for place, is_answered in enumerate(answered) if is_answered), default=-1)
    return ["false"] * (last + 1) + ["true"] * (len(answered) - last - 1)
