"""Plain entries: the commonest kind of ledger entry, known to be right from its bytes in one look.

A short cut for verification and nothing else. It never says what is wrong: whatever is not plain
goes to the judge in `core.ledger`, which decodes the body and its payload. So it is narrower than
what an entry may hold (one rubric or none, printable ASCII), and must never be wider: a property
test holds the two against each other.
"""

import re
from typing import Final

from assessment_pipeline.core.ledger_events import ScoringRunCreated
from assessment_pipeline.core.ledger_fields import HASH_PATTERN, VERSION_PATTERN

_HASH: Final = HASH_PATTERN.strip("^$")
_VERSION: Final = VERSION_PATTERN.strip("^$")
# What JSON writes as it is: neither a quotation mark nor a backslash.
_TEXT: Final = r"[ !#-\[\]-~]*"
_KEY: Final = f"{ScoringRunCreated.event_type}:"

# Fields in the order of their names, as in canonical JSON; the score run is that of the key.
_PLAIN: Final = re.compile(
    (
        rf'\{{"actor":"{_TEXT}","dedup_key":"{_KEY}({_HASH})",'
        rf'"event_type":"{ScoringRunCreated.event_type}","payload":\{{'
        rf'"engine_version":"{_VERSION}","feature_version":"{_VERSION}",'
        rf'"output_hash":"{_HASH}","response_snapshot_id":"{_HASH}",'
        rf'"rubrics":\[(?:"{_HASH}")?\],"score_run_id":"\1"\}},'
        rf'"recorded_at":"{_TEXT}","run_id":(?:null|"{_TEXT}"),'
        rf'"seq":([1-9][0-9]{{0,17}}),"subject":"({_HASH})","v":1\}}'
    ).encode()
)


def is_plain_score_run(
    seq: int, dedup_key: str, event_type: str, subject: str, body: bytes
) -> bool:
    """Whether an entry is a SCORING_RUN_CREATED with nothing wrong in its body and columns."""
    if event_type != ScoringRunCreated.event_type:
        return False
    said = _PLAIN.fullmatch(body)
    return (
        said is not None
        and int(said[2]) == seq
        and said[3].decode() == subject
        and _KEY + said[1].decode() == dedup_key
    )
