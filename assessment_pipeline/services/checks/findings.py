"""What a check finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_NAMED = 10


@dataclass(frozen=True)
class Finding:
    """Whether all is well, in one sentence, with the counts behind it."""

    passed: bool
    description: str
    counts: Mapping[str, int] = field(default_factory=dict)


def finding_of(problems: Sequence[str], when_passed: str, **counts: int) -> Finding:
    """Return that all is well, or the first problems in words and how many there are."""
    if not problems:
        return Finding(passed=True, description=when_passed, counts=counts)
    return Finding(passed=False, description=named(problems), counts=counts)


def named(names: Sequence[str], separator: str = " ") -> str:
    """Return names or sentences one after another, and how many more there are.

    >>> named(["a.txt", "b.txt"], ", ")
    'a.txt, b.txt'
    """
    shown = separator.join(names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown}{separator}and {more} more." if more > 0 else shown
