"""Problems: what is wrong with a rubric file, where, and what to do.

Holds the one form in which every load-time refusal and every warning is told, and the plain words
for what pydantic finds. Which refusals there are is `documents`, `lint` and `catalogue`; which
warnings, `cautions`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Path: TypeAlias = "Sequence[str | int]"
Severity: TypeAlias = Literal["error", "warning"]

_CORRECT_IT = "correct it as the contract of rubrics says"


@dataclass(frozen=True, slots=True, order=True)
class RubricProblem:
    """Why a rubric file is refused, or what in it is likely not meant."""

    file: str
    """The name to show for the file."""
    pointer: str
    """JSON pointer (RFC 6901) into the document; empty for the whole of it."""
    message: str
    remedy: str
    line: int | None = None
    """The line, from 1, where it is known."""
    severity: Severity = "error"
    """A warning refuses nothing."""

    def __str__(self) -> str:
        """Return the problem as one sentence."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        pointer = f" at {self.pointer}" if self.pointer else ""
        warning = "warning: " if self.severity == "warning" else ""
        return f"{place}{pointer}: {warning}{self.message}; {self.remedy}."


def json_pointer(path: Path) -> str:
    """Write a path as an RFC 6901 JSON pointer.

    >>> json_pointer(["items", "a/b", 0])
    '/items/a~1b/0'
    """
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def problems_of(error: ValidationError, file: str) -> list[RubricProblem]:
    """Say in plain words what pydantic found."""
    errors = error.errors(include_url=False, include_input=False)
    # A list with a bad entry is also told to be too short; the entry is what is wrong.
    spoilt = {each["loc"][:depth] for each in errors for depth in range(len(each["loc"]))}
    found = (
        _worded(each, file)
        for each in errors
        if each["type"] != "too_short" or each["loc"] not in spoilt
    )
    return list(dict.fromkeys(found))


def _worded(error: ErrorDetails, file: str) -> RubricProblem:
    context = error.get("ctx", {})
    path = _path(error["loc"])
    name = str(path[-1]) if path else "the document"
    message, remedy = _words(error["type"], name, context)
    return RubricProblem(file, json_pointer(path), message, remedy)


_WORDS: Mapping[str, tuple[str, str]] = {
    "rubric": ("{message}", "{remedy}"),
    "missing": ("{name} is missing", "add it"),
    "extra_forbidden": (
        "there is no field {name} here",
        "correct its spelling, or remove it",
    ),
    "literal_error": ("{name} has a value that is none of its own", "use {expected}"),
    "union_tag_not_found": ("the item has no rule", "add `rule:` with the name of one"),
    "union_tag_invalid": ("there is no such rule", "use one of {expected_tags}"),
    "too_short": ("{name} has too few entries", "give at least {min_length}"),
    "greater_than_equal": ("{name} is too small", "give at least {ge}"),
    "less_than_equal": ("{name} is too large", "give at most {le}"),
    "bool": ("{name} must be true or false", "write true or false, without quotes"),
    "int": ("{name} must be a whole number", "write it without quotes"),
    "tuple": ("{name} must be a list", "write [a, b], or one entry a line after a dash"),
    "mapping": ("{name} must be a mapping of keys to values", "write `key: value` lines below it"),
}
# pydantic's names for a value of another kind, and for that kind here.
_KINDS = {"dict": "mapping", "model": "mapping", "list": "tuple"}


def _words(kind: str, name: str, context: Mapping[str, Any]) -> tuple[str, str]:
    if kind not in _WORDS:
        kind = kind.split("_", 1)[0]
        kind = _KINDS.get(kind, kind)
    message, remedy = _WORDS.get(kind, ("{name} is not what it should be", _CORRECT_IT))
    return message.format(name=name, **context), remedy.format(name=name, **context)


def _path(location: Sequence[str | int]) -> list[str | int]:
    """Return where in the document an error lies: without the steps that pydantic adds."""
    path = [part for part in location if part != "[key]"]
    # Below an item pydantic names the rule that it chose.
    for place, start in ((2, ["items"]), (1, ["default_item"])):
        if path[:1] == start and len(path) > place:
            del path[place]
    for place in range(len(path) - 1, 2, -1):
        if path[place - 1] == "item" and path[place - 3] == "parts":
            del path[place]
    return path
