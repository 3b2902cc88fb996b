"""What a verification found: counts of what was checked, every difference, and remarks.

Holds the words alone; looking is `services.verify`. A difference names its file, session or seq
and says what was expected; it never repeats a response.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class VerificationOutcome(StrEnum):
    """How a verification ended."""

    RIGHT = "right"
    DIFFERENCE = "difference"
    INCOMPLETE = "incomplete"


@dataclass(slots=True)
class DayChecked:
    """How much of one day was derived anew and compared."""

    partition: str
    files: int = 0
    lines: int = 0
    sessions: int = 0
    score_runs: int = 0
    csv_rows: int = 0
    is_complete: bool = False
    export_hashes: dict[str, str] = field(default_factory=dict)
    """The sha256 of each file that the day gives, by name, where its scores were derived."""


@dataclass(slots=True)
class Verification:
    """Everything a verification says."""

    days: list[DayChecked] = field(default_factory=list)
    ledger_entries: int = 0
    differences: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    """Why something could not be checked, or is not there to be."""
    remarks: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> VerificationOutcome:
        """The outcome: a difference outweighs a gap."""
        if self.differences:
            return VerificationOutcome.DIFFERENCE
        return VerificationOutcome.INCOMPLETE if self.gaps else VerificationOutcome.RIGHT

    def differ(self, differences: Iterable[str]) -> None:
        """Add differences."""
        self.differences.extend(differences)
