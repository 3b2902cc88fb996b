"""What the fields of the ledger's payloads may hold: hashes, counts, dates, versions and names.

No type here takes free text, so that no response and no name of a person can slip into a ledger.
"""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

HASH_PATTERN = r"^sha256:[0-9a-f]{64}$"
VERSION_PATTERN = r"^[A-Za-z0-9._+\-]{1,64}$"


def _a_date(text: str) -> str:
    # fromisoformat alone also takes 20261120 and 2026-W47-5.
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("not a date written YYYY-MM-DD")
    return text


def _sorted_and_distinct(hashes: tuple[str, ...]) -> tuple[str, ...]:
    if len(hashes) > 1 and list(hashes) != sorted(set(hashes)):
        raise ValueError("not sorted, or not distinct")
    return hashes


ContentHash = Annotated[str, Field(pattern=HASH_PATTERN)]
SortedHashes = Annotated[tuple[ContentHash, ...], AfterValidator(_sorted_and_distinct)]
DeliveryDate = Annotated[str, AfterValidator(_a_date)]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Ordinal = Annotated[int, Field(ge=1, le=2**63 - 1)]
Version = Annotated[str, Field(pattern=VERSION_PATTERN)]
AssessmentId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._:\-@+=~]{0,254}$")]
RubricVersionName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f/]{1,255}$")]
Timezone = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+\-/]{1,64}$")]
ReasonCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
ExportName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._\-]{0,254}$")]
RequestId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._\-]{0,63}$")]
