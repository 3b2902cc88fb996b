"""`verify --session`: one score, from its raw line to its CSV rows, as people and programs read it.

Responses and points are shown here: to the one who asks why a candidate got them.
"""

from typing import TYPE_CHECKING

import click
import msgspec

from assessment_pipeline.cli.outcomes import printable, sentence, with_stop
from assessment_pipeline.cli.output import count_of, print_table, say

if TYPE_CHECKING:
    from assessment_pipeline.services.session_proof import Fact, ScoreProof, SessionProof

_REMARK = (
    "That the ledger's chain is unbroken, and the rest of the day right, is what `verify` without "
    "--session checks."
)


def proof_json(found: "SessionProof") -> dict[str, object]:
    """Return a proof as `--json` prints it."""
    return {
        "differences": list(found.differences),
        "gaps": list(found.gaps),
        "outcome": str(found.outcome),
        "scores": [_score_json(score) for score in found.scores],
        "session_id": found.session_id,
    }


def _score_json(score: "ScoreProof") -> dict[str, object]:
    return {
        "attempt": score.attempt,
        "delivery_date": score.delivery_date,
        "hops": [
            {
                "differences": list(hop.differences),
                "facts": dict(hop.facts),
                "hop": hop.name,
                "is_right": hop.is_right,
            }
            for hop in score.hops
        ],
        "items": [msgspec.json.decode(msgspec.json.encode(item)) for item in score.items],
        "not_scored": score.not_scored,
    }


def print_proof(found: "SessionProof") -> None:
    """Print every hop, and the verdict last."""
    for score in found.scores:
        say(f"{score.session_id}, attempt {score.attempt}, delivered {score.delivery_date}")
        for hop in score.hops:
            word = "ok     " if hop.is_right else "DIFFERS"
            shown = [
                text for name, fact in hop.facts.items() if (text := _shown(hop.name, name, fact))
            ]
            say(f"{word} {hop.name.replace('_', ' ')}: {'; '.join(shown) or 'nothing'}")
            for text in hop.differences:
                say(f"        {with_stop(text)}")
            if hop.name == "items":
                _print_items(score)
        if score.not_scored:
            say(f"Not scored: {with_stop(score.not_scored)}")
        say()
    for text in found.differences:
        say(f"Difference: {with_stop(text)}")
    for text in found.gaps[:-1] if found.is_unknown else found.gaps:
        say(sentence(text))
    if found.is_unknown:
        click.echo(printable(f"Error: {sentence(found.gaps[-1])}"), err=True)
    if found.scores:
        say(_REMARK)
        say(_verdict(found))


def _print_items(score: "ScoreProof") -> None:
    from assessment_pipeline.core.exports import response_text

    print_table(
        ("item", "state", "response", "rule", "points", "of", "why"),
        [
            (
                item.item_id,
                item.response_state,
                response_text(bytes(item.response)),
                item.rule or "",
                item.raw_score or "",
                item.max_score or "",
                item.explanation,
            )
            for item in score.items
        ],
    )


def _shown(hop: str, name: str, fact: "Fact") -> str:
    if fact is None or fact == ():
        return ""
    if name == "lines" and isinstance(fact, tuple) and len(fact) > 1:
        return f"lines {fact[0]} to {fact[-1]}"
    value = ", ".join(fact) if isinstance(fact, tuple) else str(fact)
    # A hash says itself what it is, and a hop what its own fact is.
    words = "" if name.startswith(hop) else name.removesuffix("sha256").replace("_", " ")
    return f"{words} {value}".strip().replace("  ", " ")


def _verdict(found: "SessionProof") -> str:
    wrong = len(found.differences) + sum(
        len(hop.differences) for score in found.scores for hop in score.hops
    )
    if wrong:
        return f"{count_of(wrong, 'difference')}: this is not what was scored."
    if found.outcome == "incomplete":
        return "There is no score that could be proved; what could be compared is right."
    return "Every hop was derived anew and is what is stored, exported and recorded."
