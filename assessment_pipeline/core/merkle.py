"""Merkle proofs: that a leaf is in a tree, and that a tree continues an older one.

The trees of RFC 9162, section 2.1, as `core.hashing.merkle_root` builds them; leaves are given
here by their hashes. Pure. What is a leaf of the ledger's tree stands in `core.ledger`; the
checking half is also in docs/check_proof.py, for those who want none of our code.
"""

from collections.abc import Sequence
from hashlib import sha256

from assessment_pipeline.core.hashing import leaf_hash, node_hash, parents

EMPTY_ROOT = sha256().digest()


class GrowingTree:
    """A tree that leaves are added to one by one; keeps a few hashes, never the leaves."""

    def __init__(self) -> None:
        """Begin with no leaves."""
        self.size = 0
        # The roots of the complete trees that the size is a sum of, the largest first.
        self._complete: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf, not yet hashed, at the end."""
        node = leaf_hash(leaf)
        size = self.size
        while size & 1:
            node = node_hash(self._complete.pop(), node)
            size >>= 1
        self._complete.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._complete:
            return EMPTY_ROOT
        *others, root = self._complete
        for node in reversed(others):
            root = node_hash(node, root)
        return root


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the proof that the leaf at an index, from 0, is in the tree (section 2.1.3.1)."""
    if not 0 <= index < len(leaf_hashes):
        raise ValueError(f"a tree of {len(leaf_hashes)} leaves has none at index {index}")
    return _siblings(leaf_hashes, index)


def consistency_path(leaf_hashes: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the proof that the tree continues that of its first leaves (section 2.1.4.1)."""
    if not 0 <= old_size <= len(leaf_hashes):
        raise ValueError(f"a tree of {len(leaf_hashes)} leaves was never one of {old_size}")
    if old_size in {0, len(leaf_hashes)}:
        return ()
    # Upwards to the largest complete tree that ends where the old tree ended.
    level, node = leaf_hashes, old_size - 1
    while node & 1:
        level, node = parents(level), node >> 1
    # If that is the whole old tree, whoever checks knows its hash.
    first = (level[node],) if node else ()
    return first + _siblings(level, node)


def _siblings(level: Sequence[bytes], node: int) -> tuple[bytes, ...]:
    path = []
    while len(level) > 1:
        if (sibling := node ^ 1) < len(level):
            path.append(level[sibling])
        level, node = parents(level), node >> 1
    return tuple(path)


def is_included(leaf: bytes, index: int, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a path shows that the tree of a root has a leaf hash at an index (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last = index, size - 1
    for sibling in path:
        if not last:
            return False
        if node & 1 or node == last:
            leaf = node_hash(sibling, leaf)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            leaf = node_hash(leaf, sibling)
        node, last = node >> 1, last >> 1
    return not last and leaf == root


def is_consistent(
    old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether a path shows that the tree of a root continues that of an old root (2.1.4.2)."""
    if not 0 < old_size < size:
        is_trivial = not path and 0 <= old_size <= size
        return is_trivial and old_root == (root if old_size else EMPTY_ROOT)
    if not old_size & (old_size - 1):  # a power of two: the old tree is complete
        path = (old_root, *path)
    if not path:
        return False
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if not last:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return not last and old == old_root and new == root
