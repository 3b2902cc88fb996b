"""Content hashes: canonical JSON, sha256, and Merkle roots over sorted leaves.

A content hash can be checked with the standard library alone:
`sha256(json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())`.
Trees are those of RFC 9162, section 2.1: leaf prefix 0x00, node prefix 0x01.
"""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TypeAlias

import msgspec

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | dict[str, Json] | None"

HASH_PREFIX = "sha256:"


def canonical_json(value: Json) -> bytes:
    """Return the one byte form of a JSON value that every hash is taken over.

    >>> canonical_json({"b": 1, "a": ["é", None]}).decode()
    '{"a":["é",null],"b":1}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


_encode_plain = msgspec.json.Encoder(order="sorted").encode


def plain_json(value: object) -> bytes:
    """Return the canonical JSON of a value without floats, several times faster.

    Integers must fit 64 bits; `msgspec.Raw`, which must be canonical JSON, is taken as it is.

    >>> plain_json({"b": msgspec.Raw(b"0.5"), "a": ["é", None]}).decode()
    '{"a":["é",null],"b":0.5}'
    """
    return _encode_plain(value)


def hash_bytes(content: bytes) -> str:
    """Return the sha256 of bytes, written `sha256:<hex>`."""
    return HASH_PREFIX + sha256(content).hexdigest()


def content_hash(value: Json) -> str:
    """Return the content hash of a JSON value."""
    return hash_bytes(canonical_json(value))


def merkle_root(leaves: Iterable[bytes]) -> str:
    """Return the RFC 9162 Merkle root over leaves in the given order, written `sha256:<hex>`.

    The root over nothing is the sha256 of nothing.
    """
    level = [leaf_hash(leaf) for leaf in leaves]
    if not level:
        return hash_bytes(b"")
    while len(level) > 1:
        level = parents(level)
    return HASH_PREFIX + level[0].hex()


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf of a Merkle tree."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two nodes of a Merkle tree."""
    return sha256(b"\x01" + left + right).digest()


def parents(level: Sequence[bytes]) -> list[bytes]:
    """Return the level of a Merkle tree above another.

    Pairing neighbours and carrying an odd last node up unchanged gives RFC 9162's tree.
    """
    above = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) % 2:
        above.append(level[-1])
    return above


def partition_hash(leaves: Iterable[Sequence[str]]) -> str:
    """Return a partition's content hash: the Merkle root over its leaves, sorted.

    A leaf is the canonical JSON of its parts, for example `[score_run_id, output_hash]`.
    """
    return merkle_root(sorted(plain_json(list(leaf)) for leaf in leaves))
