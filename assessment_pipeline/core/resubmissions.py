"""Resubmissions: which of a day's records of one session stands, and what becomes of the others.

Holds the decision alone, over one day's valid records in the order they are read. Across days
nothing is decided here or anywhere at capture.

Records of one (session_id, attempt) are taken in order, and accepted or left waiting:

- Content that came before is a duplicate, whatever became of the first.
- The first record is accepted and is the current one.
- A record that supersedes the current one replaces it.
- A record that an accepted one supersedes is accepted as replaced: the correction came first.
- A record that follows an `in_progress` one, and a `voided` one that follows, replaces it.
- Any other waits. After each acceptance the two rules on superseding are tried again on those
  that wait, so that a chain of corrections ends the same in any order. Who waits at the end
  conflicts, and what stands, stands.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Submission(NamedTuple):
    """What the decision needs to know of one valid record."""

    session_id: str
    attempt: int
    response_snapshot_id: str
    status: str
    supersedes: str | None = None


class Outcome(StrEnum):
    """What becomes of a valid record. Only what stands is scored; what conflicts is quarantined."""

    STANDING = "standing"
    REPLACED = "replaced"
    DUPLICATE = "duplicate"
    CONFLICTING = "conflicting"


def resolve(submissions: Sequence[Submission]) -> list[Outcome]:
    """Return the outcome of each of a day's valid records, which are given in reading order.

    The sequence is only indexed and iterated, so it may be a view of columns.
    """
    outcomes = [Outcome.STANDING] * len(submissions)
    positions: dict[object, int] = {}
    repeated: dict[object, list[int]] = {}
    for position, submission in enumerate(submissions):
        # Nearly all are first attempts: their text alone is a key, and no tuple is kept.
        key: object = submission.session_id
        if submission.attempt != 1:
            key = (submission.session_id, submission.attempt)
        first = positions.setdefault(key, position)
        if first != position:
            repeated.setdefault(key, [first]).append(position)
    for group in repeated.values():
        _Session(submissions, outcomes).resolve(group)
    return outcomes


class _Session:
    """The records of one (session_id, attempt), taken in one by one."""

    def __init__(self, submissions: Sequence[Submission], outcomes: list[Outcome]) -> None:
        self._submissions = submissions
        self._outcomes = outcomes
        self._current = -1
        self._superseded: set[str] = set()
        self._newly_superseded: list[str] = []
        self._waiting_by_id: dict[str, int] = {}
        # Positions that wait for what they supersede to become the current one, in order.
        self._waiting_for: defaultdict[str, deque[int]] = defaultdict(deque)

    def resolve(self, positions: list[int]) -> None:
        """Set the outcome of each position."""
        seen: set[str] = set()
        for position in positions:
            submission = self._submissions[position]
            if submission.response_snapshot_id in seen:
                self._outcomes[position] = Outcome.DUPLICATE
                continue
            seen.add(submission.response_snapshot_id)
            self._take(position, submission)

    def _take(self, position: int, submission: Submission) -> None:
        current = None if self._current < 0 else self._submissions[self._current]
        if current is None or submission.supersedes == current.response_snapshot_id:
            self._replace_current(position)
        elif submission.response_snapshot_id in self._superseded:
            self._accept_as_replaced(position)
        elif current.status == "in_progress" or submission.status == "voided":
            self._replace_current(position)
        else:
            self._outcomes[position] = Outcome.CONFLICTING
            self._waiting_by_id[submission.response_snapshot_id] = position
            if submission.supersedes is not None:
                self._waiting_for[submission.supersedes].append(position)
            return
        self._reconsider()

    def _replace_current(self, position: int) -> None:
        if self._current >= 0:
            self._outcomes[self._current] = Outcome.REPLACED
        self._current = position
        self._outcomes[position] = Outcome.STANDING
        self._accept(position)

    def _accept_as_replaced(self, position: int) -> None:
        self._outcomes[position] = Outcome.REPLACED
        self._accept(position)

    def _accept(self, position: int) -> None:
        submission = self._submissions[position]
        self._waiting_by_id.pop(submission.response_snapshot_id, None)
        if submission.supersedes is not None:
            self._superseded.add(submission.supersedes)
            self._newly_superseded.append(submission.supersedes)

    def _reconsider(self) -> None:
        """Accept who waits and can be accepted now: corrections first, then what was corrected."""
        while True:
            current_id = self._submissions[self._current].response_snapshot_id
            if (correction := self._next_waiting_for(current_id)) is not None:
                self._replace_current(correction)
            elif self._newly_superseded:
                corrected = self._waiting_by_id.get(self._newly_superseded.pop())
                if corrected is not None:
                    self._accept_as_replaced(corrected)
            else:
                return

    def _next_waiting_for(self, current_id: str) -> int | None:
        corrections = self._waiting_for.get(current_id)
        while corrections:
            position = corrections.popleft()
            if self._submissions[position].response_snapshot_id in self._waiting_by_id:
                return position
        return None
