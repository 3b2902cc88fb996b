"""What the documents in a bundle say: the manifest, the batch proof, the tie to an anchor.

Shapes and names of members alone; docs/evidence-bundle.md describes them. Making a bundle is
`services.bundle`, checking one `services.verify_bundle`.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assessment_pipeline.core.exports import EVIDENCE, MANIFEST, SCORECARDS, SUBSCORES
from assessment_pipeline.core.hashing import HASH_PREFIX, canonical_json
from assessment_pipeline.core.ledger_fields import (
    ContentHash,
    Count,
    DeliveryDate,
    Ordinal,
    Version,
)
from assessment_pipeline.errors import IntegrityError

BUNDLE: Final = "bundle.json"
CONSISTENCY: Final = "consistency.json"
IN_PROGRESS: Final = "in_progress.jsonl"
LEDGER: Final = "ledger.jsonl"
PROOF: Final = "proof.json"
SNAPSHOTS: Final = "snapshots.jsonl"
EXPORTS: Final[Mapping[str, str]] = {
    name: f"exports/{name}" for name in (EVIDENCE, MANIFEST, SCORECARDS, SUBSCORES)
}
REQUIRED: Final = frozenset({BUNDLE, IN_PROGRESS, LEDGER, PROOF, SNAPSHOTS, *EXPORTS.values()})

_RUBRIC: Final = re.compile(r"rubrics/([0-9a-f]{64})\.json")

# Most bytes of a member that is read as a whole; the others are read line by line.
MAX_DOCUMENT_BYTES: Final = 64 << 20
MAX_LINE_BYTES: Final = 4 << 20


def rubric_member(content_hash: str) -> str:
    """Return the name of the member that holds a rubric's document."""
    return f"rubrics/{content_hash.removeprefix(HASH_PREFIX)}.json"


def rubric_hash(name: str) -> str | None:
    """Return the content hash of the rubric that a member holds; None if it holds none."""
    matched = _RUBRIC.fullmatch(name)
    return None if matched is None else HASH_PREFIX + matched[1]


def is_member(name: str) -> bool:
    """Whether a bundle can have a member of this name."""
    return name in REQUIRED or name == CONSISTENCY or rubric_hash(name) is not None


def in_order(name: str) -> tuple[bool, str]:
    """Return what members are sorted by: the manifest comes first, then names by code point."""
    return name != BUNDLE, name


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    name: ClassVar[str]

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read a member; IntegrityError if it is none, or not canonical JSON."""
        try:
            document = cls.model_validate_json(content)
        except ValidationError as error:
            fields = {str(each["loc"][0]) for each in error.errors() if each["loc"]}
            # Names that are none of ours are not repeated: they can be anything.
            wrong = sorted(fields & cls.model_fields.keys()) or ["its text or its fields"]
            raise IntegrityError(
                f"{cls.name} is none that this release can read: see {', '.join(wrong)}"
            ) from None
        if document.canonical() != content:
            raise IntegrityError(f"{cls.name} is not canonical JSON")
        return document

    def canonical(self) -> bytes:
        """Return the document as its member holds it."""
        fields: dict[str, Any] = self.model_dump(mode="json")
        return canonical_json(fields)


class BundledMember(BaseModel):
    """What the manifest says of a member."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    bytes: Count
    sha256: ContentHash


class ProvedLedger(BaseModel):
    """The tree of RFC 9162 in which the entries of a bundle are proved to be."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    root: ContentHash
    size: Ordinal


class BundleManifest(_Document):
    """The manifest of a bundle: every other member, and what they are of."""

    name: ClassVar[str] = BUNDLE

    bundle_version: Literal["1"] = "1"
    delivery_date: DeliveryDate
    ledger: ProvedLedger
    members: Mapping[str, BundledMember]
    versions: Mapping[Annotated[str, Field(pattern=r"^[a-z_]{1,64}$")], Version]


class LedgerProof(_Document):
    """The batch proof: nodes from below, and on each level from the left."""

    name: ClassVar[str] = PROOF

    nodes: tuple[ContentHash, ...]
    root: ContentHash
    size: Ordinal


class ContinuedLedger(_Document):
    """That the tree of an anchor, of this size and root, continues the one of the bundle."""

    name: ClassVar[str] = CONSISTENCY

    path: Annotated[tuple[ContentHash, ...], Field(max_length=128)]
    root: ContentHash
    size: Ordinal


class LedgerLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry; `body` is a text, whose UTF-8 bytes were hashed."""

    body: str
    prev_hash: str
    seq: int


_encode_line = msgspec.json.Encoder(order="sorted").encode
_decode_line = msgspec.json.Decoder(LedgerLine).decode


def ledger_line(line: LedgerLine) -> bytes:
    """Return an entry as its line holds it, without its LF."""
    return _encode_line(line)


def read_ledger_line(content: bytes) -> tuple[LedgerLine, bytes, bytes]:
    """Return an entry with its hash before and its body as bytes; IntegrityError if it is none."""
    try:
        line = _decode_line(content)
        prev_hash = bytes.fromhex(line.prev_hash.removeprefix(HASH_PREFIX))
        body = line.body.encode()
    except (ValueError, RecursionError):
        raise IntegrityError("is no ledger entry") from None
    is_hash = len(prev_hash) == 32 and as_text(prev_hash) == line.prev_hash
    if not is_hash or line.seq < 1 or _encode_line(line) != content:
        raise IntegrityError("is no ledger entry in canonical JSON")
    return line, prev_hash, body


def as_text(hash_: bytes) -> str:
    """Return a hash as documents write it."""
    return HASH_PREFIX + hash_.hex()


def as_bytes(text: str) -> bytes:
    """Return the bytes of a hash that a document writes."""
    return bytes.fromhex(text.removeprefix(HASH_PREFIX))
