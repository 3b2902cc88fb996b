"""Setting problems: what is wrong with the value of a setting, in our words and without the value.

Pydantic finds the problems; its sentences are for programmers and name its own types.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WRONG_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bool": "neither true nor false",
        "date": "not a date, such as 2026-01-01",
        "int": "not a whole number, such as 60",
    }
)


def in_words(problem: "ErrorDetails") -> str:
    """Return what is wrong with a value, to follow the name of its setting."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        # A sentence of ours, behind two words of pydantic's.
        return problem["msg"].removeprefix("Value error, ")
    for beginning, words in _WRONG_TYPES.items():
        if kind.startswith(beginning):
            return words
    match kind:
        case "greater_than_equal":
            return f"has to be {context['ge']:,} or more"
        case "too_short":
            return f"has to have {context['min_length']} characters or more"
        case "literal_error":
            return f"has to be {context['expected']}"
        case "string_pattern_mismatch":
            return "has signs that it must not have, or is too long"
        case _:
            return "cannot be read"
