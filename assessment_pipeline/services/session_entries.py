"""Session entries: what the ledger says of one session's score, held against what was derived.

Holds the comparison alone. That the chain of all entries is unbroken is `services.verify`.
"""

from collections.abc import Iterable, Iterator, Mapping

from assessment_pipeline.core.hashing import HASH_PREFIX
from assessment_pipeline.core.ledger import Entry, entry_hash
from assessment_pipeline.core.ledger_events import Event
from assessment_pipeline.core.score_runs import ScoreRunRecord
from assessment_pipeline.errors import LedgerError
from assessment_pipeline.services.score_events import created_event
from assessment_pipeline.services.session_proof import Fact, ScoreProof
from assessment_pipeline.storage.ledger import Ledger


def add_entries(
    proof: ScoreProof,
    ledger: Ledger,
    record: ScoreRunRecord,
    versions: Mapping[str, str],
    others: Iterable[Event],
) -> None:
    """Add the entry of the score run, and whether the entries around it are what was derived."""
    created = created_event(record, versions)
    about = list(ledger.find(subject=created.subject))
    facts: dict[str, Fact] = {}
    differences = list(_contradictions(ledger, [created]))
    for entry in about:
        if entry.dedup_key == created.dedup_key:
            facts = _facts(entry)
            differences += _own_problems(entry)
    facts["entries_about_this_session"] = tuple(_told(entry) for entry in about)
    proof.add("ledger_entry", facts, differences)
    events = list(others)
    recorded: dict[str, Fact] = {"events": tuple(sorted({each.event_type for each in events}))}
    proof.add("ledger_context", recorded, _contradictions(ledger, events))


def _contradictions(ledger: Ledger, events: Iterable[Event]) -> Iterator[str]:
    for event, problem in ledger.contradictions(events):
        yield f"{event.event_type} {problem} ({event.dedup_key})"


def _facts(entry: Entry) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"seq": entry.seq, "entry_hash": _text(entry.entry_hash)}
    try:
        body = entry.read_body()
    except LedgerError:
        return facts
    return {
        **facts,
        "recorded_at": body.recorded_at,
        "run_id": body.run_id,
        "actor": body.actor,
    }


def _own_problems(entry: Entry) -> Iterator[str]:
    try:
        derived = entry_hash(entry.prev_hash, entry.body)
    except TypeError:
        yield f"entry {entry.seq} holds what is no hash or body"
        return
    if derived != entry.entry_hash:
        yield f"entry_hash of entry {entry.seq} is {_text(entry.entry_hash)}, derived " + _text(
            derived
        )


def _told(entry: Entry) -> str:
    try:
        recorded_at = entry.read_body().recorded_at
    except LedgerError:
        recorded_at = "unreadable"
    return f"{entry.seq} {entry.event_type} {recorded_at}"


def _text(hash_: object) -> str:
    return HASH_PREFIX + hash_.hex() if isinstance(hash_, bytes) else "no hash"
