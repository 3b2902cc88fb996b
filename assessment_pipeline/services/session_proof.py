"""Session proof: why one candidate got these points, from the raw line to the CSV row.

Holds what such a proof says, and over which days it goes; each hop of a day is made and compared
in `services.session_hops`. It shows responses and scores, to the one who asks for them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from assessment_pipeline.core.evaluations import Evaluation
from assessment_pipeline.services.verification import VerificationOutcome

Fact: TypeAlias = "str | int | tuple[str, ...] | None"


@dataclass(frozen=True)
class Hop:
    """One step of the way: what was derived, and every way in which what is stored differs."""

    name: str
    facts: Mapping[str, Fact]
    differences: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether what is stored is what was derived."""
        return not self.differences


@dataclass
class ScoreProof:
    """One session and attempt on one day."""

    delivery_date: str
    session_id: str
    attempt: int
    hops: list[Hop] = field(default_factory=list)
    items: tuple[Evaluation, ...] = ()
    not_scored: str | None = None
    """Why there is no score, or none that this release can derive."""

    def add(self, name: str, facts: Mapping[str, Fact], differences: Iterable[str] = ()) -> None:
        """Add a hop."""
        self.hops.append(Hop(name, facts, tuple(differences)))


@dataclass
class SessionProof:
    """All that is found of one session."""

    session_id: str
    scores: list[ScoreProof] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    """What keeps the proof from being made, beside the differences of the hops."""
    gaps: list[str] = field(default_factory=list)
    is_unknown: bool = False
    """Whether there is no such session at all; the last gap says so."""

    @property
    def outcome(self) -> VerificationOutcome:
        """The outcome: a difference outweighs a gap; without any score there is a gap."""
        hops = [hop for score in self.scores for hop in score.hops]
        if self.differences or not all(hop.is_right for hop in hops):
            return VerificationOutcome.DIFFERENCE
        is_scored = any(score.not_scored is None for score in self.scores)
        if self.gaps or not is_scored:
            return VerificationOutcome.INCOMPLETE
        return VerificationOutcome.RIGHT
