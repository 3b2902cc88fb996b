"""Content hashes: canonical JSON, sha256, and Merkle roots (RFC 9162) over sorted leaves."""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return the JSON of a value that hashes are taken over."""
    return _ENCODER.encode(value).encode()


def hash_bytes(content: bytes) -> str:
    """Return the sha256 of bytes, written `sha256:<hex>`."""
    return "sha256:" + sha256(content).hexdigest()


def content_hash(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the sha256 of a value's canonical JSON."""
    return hash_bytes(canonical_json(value))


def partition_hash(leaves: Iterable[list[str]]) -> str:
    """Return the Merkle root over leaves, sorted by their canonical JSON."""
    level = [sha256(b"\0" + leaf).digest() for leaf in sorted(map(canonical_json, leaves))]
    if not level:
        return hash_bytes(b"")
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\1" + left + right).digest() for left, right in pairs]
        level = above + level[len(above) * 2 :]
    return "sha256:" + level[0].hex()
