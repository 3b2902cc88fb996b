"""The slow path of reading: judges one delivery line exactly, and names the reason if it fails.

Holds the checks on bytes and JSON text, in the order of `rejections.Reason`; the fields of a
record are `structure`. The first checks are lexical, so that nothing is parsed that could exhaust
the parser: they look at the line with its strings' escapes paired off, which reads any line that
is JSON as a JSON parser would.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.core.rejections import ReaderLimits, Reason, Rejection, reject_too_large
from assessment_pipeline.core.sessions import INTEGER_MAXIMUM, INTEGER_MINIMUM
from assessment_pipeline.core.structure import FIELD_NAMES, structure_problem

_JSON_WHITE_SPACE: Final = b" \t\r\n"
_BYTE_ORDER_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_LONE_SURROGATE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
# The longest text of a 64-bit integer is that of the minimum, 20 characters.
_MAX_INTEGER_CHARACTERS: Final = 20


def diagnose(line: bytes, limits: ReaderLimits) -> dict[str, Json] | Rejection:
    """Return the object that a line delivers, or the first reason why it is not taken."""
    rejection = _line_problem(line, limits) or _lexical_problem(line, limits)
    if rejection is not None:
        return rejection
    parse = _Parse()
    try:
        delivered = parse.decode(line.decode())
    except json.JSONDecodeError as error:
        # Its own message is left alone: it may grow to repeat the text.
        return Rejection(
            Reason.MALFORMED_JSON,
            f"not JSON from character {error.pos + 1} on; expected is one JSON object a line",
        )
    problem = parse.problem or structure_problem(delivered, limits)
    if problem is None and isinstance(delivered, dict):
        return delivered
    return problem or Rejection(Reason.WRONG_TYPE, "$ must be an object")


def _line_problem(line: bytes, limits: ReaderLimits) -> Rejection | None:
    if len(line) > limits.record_bytes:
        return reject_too_large(limits)
    if not line.strip(_JSON_WHITE_SPACE):
        return Rejection(Reason.EMPTY_LINE, "the line is blank; expected is one JSON object a line")
    if line.startswith(_BYTE_ORDER_MARKS):
        detail = "the line starts with a byte order mark; expected is UTF-8 without one"
        return Rejection(Reason.BYTE_ORDER_MARK, detail)
    return None


def _lexical_problem(line: bytes, limits: ReaderLimits) -> Rejection | None:
    paired = line.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    if b"\x00" in line or b"\\u0000" in paired:
        return Rejection(Reason.NUL_CHARACTER, "the line holds a NUL character, raw or escaped")
    if place := _first_invalid_unicode(line, paired):
        return Rejection(Reason.INVALID_UNICODE, f"{place} of the line")
    if _is_too_deep(paired, limits.depth):
        return Rejection(Reason.TOO_DEEP, f"more than {limits.depth} containers inside one another")
    return None


def _first_invalid_unicode(line: bytes, paired: bytes) -> str | None:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start + 1}"
    if lone := _LONE_SURROGATE.search(paired):
        return f"half of a surrogate pair is escaped at byte {lone.start() + 1}"
    return None


def _is_too_deep(paired: bytes, limit: int) -> bool:
    """Say whether containers open deeper than the limit, outside strings.

    A parser that has come to some place has passed the same brackets, so it never recurses
    deeper than what is counted here.
    """
    # Quotes are now those that begin and end strings: every other piece lies outside of one.
    brackets = b"".join(paired.split(b'"')[::2]).translate(None, _NOT_BRACKETS)
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            return True
    return False


class _Parse:
    """One parse of one line: what its JSON says, and the first trouble of each kind met in it."""

    def __init__(self) -> None:
        self._duplicate: str | None = None
        self._is_out_of_range = False
        self.decode: Callable[[str], Json] = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._float,
            parse_constant=self._constant,
        ).decode

    @property
    def problem(self) -> Rejection | None:
        """What was wrong though the text is JSON to Python's parser."""
        if self._duplicate is not None:
            return Rejection(Reason.DUPLICATE_KEY, self._duplicate)
        if self._is_out_of_range:
            detail = "a number is not finite, or an integer outside 64 bits signed"
            return Rejection(Reason.NUMBER_OUT_OF_RANGE, detail)
        return None

    def _object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        fields = dict(pairs)
        if len(fields) != len(pairs) and self._duplicate is None:
            times = Counter(name for name, _ in pairs)
            twice = next(name for name in times if times[name] > 1)
            # A field name that is not ours may be anything, a person's name too.
            name = f"the field {twice}" if twice in FIELD_NAMES else "a field that is not known"
            self._duplicate = f"{name} stands more than once in one object"
        return fields

    def _integer(self, text: str) -> int:
        # Before int(): Python refuses to read thousands of digits.
        number = int(text) if len(text) <= _MAX_INTEGER_CHARACTERS else INTEGER_MAXIMUM + 1
        if not INTEGER_MINIMUM <= number <= INTEGER_MAXIMUM:
            self._is_out_of_range = True
        return number

    def _float(self, text: str) -> float:
        number = float(text)
        if number in (float("inf"), float("-inf")):
            self._is_out_of_range = True
        return number

    def _constant(self, _: str) -> float:
        self._is_out_of_range = True
        return 0.0
