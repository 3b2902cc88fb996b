"""Quotations: what an explanation quotes of responses and keys, told apart from the words around.

An explanation is English, what it quotes may be written from right to left and would pull the
points behind it along; a page isolates each quotation. Texts in, texts out: making elements of
them, and escaping, is the template's.
"""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from assessment_pipeline.core.rules.base import quoted

_MARKS: Final = frozenset("“”")
_NO_MARKS: Final = "[^“”]*"
_QUOTATION: Final = re.compile(f"“({_NO_MARKS})”")


class Part(NamedTuple):
    """A stretch of an explanation."""

    text: str
    is_quoted: bool
    """Whether it is what stands between two quotation marks."""


def parts(explanation: str, response_json: str) -> Iterator[Part]:
    """Yield an explanation in parts; together they are its text.

    A quotation mark that the response holds itself ends no quotation of it.

    >>> [part.text for part in parts("“ב” is not “A”: 0 of 1 point.", '"b"') if part.is_quoted]
    ['ב', 'A']
    """
    end = 0
    for found in _pattern(response_json).finditer(explanation):
        yield Part(explanation[end : found.start(1)], is_quoted=False)
        yield Part(found.group(1), is_quoted=True)
        end = found.end(1)
    yield Part(explanation[end:], is_quoted=False)


def _pattern(response_json: str) -> re.Pattern[str]:
    value = json.loads(response_json)
    values = value if isinstance(value, list) else [value]
    marked = {quoted(each)[1:-1] for each in values if isinstance(each, str) and _MARKS & {*each}}
    if not marked:
        return _QUOTATION
    known = sorted(marked, key=lambda text: (-len(text), text))
    return re.compile(f"“({'|'.join([*map(re.escape, known), _NO_MARKS])})”")
