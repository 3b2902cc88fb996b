"""`ledger`: look at the audit ledger, verify, anchor and upgrade it, prove an entry."""

import json
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.ledger_timestamp import (
    anchor_given,
    stamped_sentence,
    timestamp_options,
)
from assessment_pipeline.cli.ledger_timestamp import command as timestamp
from assessment_pipeline.cli.options import (
    common_options,
    current_settings,
    existing_home,
    json_option,
    open_ledger,
)
from assessment_pipeline.cli.outcomes import DIFFERENCE, DONE
from assessment_pipeline.cli.output import (
    count_of,
    print_json,
    print_json_line,
    say,
)

if TYPE_CHECKING:
    from assessment_pipeline.core.ledger import Anchor, Entry
    from assessment_pipeline.storage.ledger import Ledger


@click.group("ledger")
@common_options
def command() -> None:
    """Look at the audit ledger, verify it, anchor it outside."""


command.add_command(timestamp)


@command.command("head", short_help="Print where the ledger ends; with --json an anchor.")
@json_option
@common_options
def head(as_json: bool) -> None:
    """Print how many entries the ledger has, and the hash of the last.

    `ledger head --json > FILE` makes an anchor. Kept where nobody who can change the ledger can
    write, it shows later whether the ledger was cut or rewritten: `verify --anchor FILE`.
    """
    from assessment_pipeline.services.anchors import anchor_json

    with _reading() as ledger:
        anchor = ledger.anchor()
    if as_json:
        click.echo(anchor_json(anchor).decode(), nl=False)
    else:
        say(f"{count_of(anchor.size, 'entry')}, head {anchor.head}")


@command.command("verify", short_help="Check every entry of the ledger.")
@click.option(
    "--anchor",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An anchor that the ledger must continue from [setting ASSESSMENT_PIPELINE_ANCHOR].",
)
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An anchor that is trusted: check what came after it alone, and that it continues it.",
)
@timestamp_options
@json_option
@common_options
def verify(
    anchor: Path | None,
    since: Path | None,
    stamp: Path | None,
    tsa_root: Path | None,
    as_json: bool,
) -> int:
    """Check every entry of the ledger, and how they hang together.

    `assessment-pipeline verify` also checks that the entries are those of what was scored.
    """
    from assessment_pipeline.errors import UsageError
    from assessment_pipeline.services.anchors import read_anchor

    if since is not None and (anchor is not None or stamp is not None):
        raise UsageError("--since excludes --anchor and --timestamp; give one of them.")
    known, stamped = anchor_given(anchor, stamp, tsa_root)
    if since is not None:
        known = read_anchor(since)
    with _reading() as ledger:
        if since is not None and known is not None:
            problems = ledger.verify_since(known)
        else:
            problems = ledger.verify(known)
        # Where something is wrong, the head may be nothing that can be shown.
        last = None if problems else ledger.head().anchor()
    if as_json:
        print_json(
            {
                "differences": [str(problem) for problem in problems],
                "head": last.head if last else None,
                "is_anchored": known is not None,
                "outcome": "difference" if problems else "right",
                "since": known.size if since and known else None,
                "size": last.size if last else None,
                "stamped_at": stamped.time if stamped else None,
            }
        )
    else:
        for problem in problems:
            say(f"Difference: {problem}.")
        if last:
            say(f"The ledger's {count_of(last.size, 'entry')} are right, head {last.head}.")
            for text in _on_anchor(known, is_since=since is not None):
                say(text)
        if stamped is not None:
            say(stamped_sentence(stamped))
    return DIFFERENCE if problems else DONE


def _on_anchor(known: "Anchor | None", *, is_since: bool) -> Iterator[str]:
    """Yield what an anchor shows of a ledger that is right, or what is not shown without one."""
    if known is None:
        yield "Not checked against an anchor: a ledger that was cut would look the same."
        yield "`assessment-pipeline ledger head --json > FILE` makes one for `--anchor FILE`."
    elif is_since:
        yield f"What stands in the first {count_of(known.size, 'entry')} was not looked at."
    else:
        yield f"The ledger continues from the anchor of {count_of(known.size, 'entry')}."


@command.command("show", short_help="Print entries of the ledger.")
@click.option("--seq", type=click.IntRange(min=1), help="The one entry at this position.")
@click.option("--type", "event_type", metavar="T", help="Entries of one event type.")
@click.option("--subject", metavar="S", help="Entries about a subject: a hash, day or rubric.")
@click.option("--session", "session_id", metavar="ID", help="Entries about a delivery session.")
@click.option("--attempt", default=1, show_default=True, help="Which attempt of --session.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="At most so many entries; 0 for all.",
)
@json_option
@common_options
def show(
    seq: int | None,
    event_type: str | None,
    subject: str | None,
    session_id: str | None,
    attempt: int,
    limit: int,
    as_json: bool,
) -> None:
    """Print entries of the ledger, oldest first; with --json one JSON object a line.

    The ledger names a session by a hash; --session finds it by its session_id.
    """
    from assessment_pipeline.core.ledger_events import session_subject
    from assessment_pipeline.errors import NothingThereError, UsageError

    if session_id is not None:
        if subject is not None:
            raise UsageError("--session and --subject exclude each other; give one of them.")
        subject = session_subject(session_id, attempt)
    event_type = None if event_type is None else event_type.upper()
    count = 0
    with _reading() as ledger:
        entries = _entries(ledger, seq, event_type, subject)
        for entry in islice(entries, limit or None):
            count += 1
            _print_entry(entry, as_json=as_json)
        has_more = next(entries, None) is not None
    if not count:
        raise NothingThereError(
            "The ledger has no such entry; look without a choice of entries to see what it has."
        )
    if has_more:
        click.echo(f"There are more than {limit:,}; --limit 0 shows all.", err=True)


@command.command("prove", short_help="Prove that an entry is in the ledger.")
@click.argument("seq", type=click.IntRange(min=1))
@click.option(
    "--against",
    type=click.IntRange(min=0),
    metavar="SIZE",
    help="Prove too that the ledger continues the one of an older anchor, of this size.",
)
@common_options
def prove(seq: int, against: int | None) -> None:
    """Print a proof, as JSON, that entry SEQ is in the ledger.

    Whoever has an anchor checks it with Python alone: docs/check_proof.py PROOF ANCHOR.
    """
    from assessment_pipeline.services.proofs import prove as prove_entry

    with _reading() as ledger:
        click.echo(prove_entry(ledger, seq, against).as_json().decode(), nl=False)


@command.command("upgrade", short_help="Bring the ledger's tables to this release.")
@json_option
@common_options
def upgrade(as_json: bool) -> None:
    """Bring the ledger's tables to the revision of this release; no entry is changed.

    Whatever opens the ledger to append does the same, so this is for whoever wants it done, and
    seen, before the next night. Back the ledger up first: there is no way back.
    """
    with _reading() as ledger:
        before = ledger.revision()
    with open_ledger(current_settings()) as ledger:
        after, where = ledger.revision(), ledger.where
    if as_json:
        print_json({"ledger": where, "revision_before": before, "revision": after})
    elif before == after:
        say(f"The ledger {where} has the revision of this release, {after}.")
    else:
        say(f"The ledger {where} was brought from revision {before or 'none'} to {after}.")


def _reading() -> "AbstractContextManager[Ledger]":
    """Open the ledger of the home, or of the database that the settings name, to read."""
    from assessment_pipeline.storage.ledger import Ledger

    return Ledger.read(existing_home().ledger, url=current_settings().ledger_url)


def _entries(
    ledger: "Ledger", seq: int | None, event_type: str | None, subject: str | None
) -> "Iterator[Entry]":
    entries: Iterable[Entry]
    if seq is not None:
        entries = islice(ledger.entries(after_seq=seq - 1, batch=1), 1)
    elif event_type is None and subject is None:
        entries = ledger.entries()
    else:
        entries = ledger.find(event_type=event_type, subject=subject)
    for entry in entries:
        is_chosen = (
            seq in {None, entry.seq}
            and event_type in {None, entry.event_type}
            and subject in {None, entry.subject}
        )
        if is_chosen:
            yield entry


def _print_entry(entry: "Entry", *, as_json: bool) -> None:
    body = entry.read_body()
    payload = json.loads(bytes(body.payload))
    if as_json:
        print_json_line(
            {
                "actor": body.actor,
                "dedup_key": body.dedup_key,
                "entry_hash": _hash_text(entry.entry_hash),
                "event_type": body.event_type,
                "payload": payload,
                "prev_hash": _hash_text(entry.prev_hash),
                "recorded_at": body.recorded_at,
                "run_id": body.run_id,
                "seq": body.seq,
                "subject": body.subject,
            }
        )
        return
    run = f" in run {body.run_id}" if body.run_id else ""
    say(f"{body.seq:>6}  {body.recorded_at}  {body.event_type}  {body.subject}")
    say(f"        by {body.actor}{run}, entry {_hash_text(entry.entry_hash)}")
    for name, value in payload.items():
        shown = value if isinstance(value, str) else json.dumps(value)
        say(f"        {name}: {shown}")


def _hash_text(stored: object) -> str:
    """Return a stored hash as text, whatever somebody may have put in its place."""
    return f"sha256:{stored.hex()}" if isinstance(stored, bytes) else str(stored)
