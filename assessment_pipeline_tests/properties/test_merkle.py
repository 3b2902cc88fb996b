"""Merkle proofs against RFC 9162's own recursive definitions, written here as they stand there."""

from collections.abc import Sequence
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.hashing import HASH_PREFIX, leaf_hash, merkle_root
from assessment_pipeline.core.merkle import (
    GrowingTree,
    consistency_path,
    inclusion_path,
    is_consistent,
    is_included,
)

_LEAVES = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


def _split(size: int) -> int:
    """Return k: the largest power of two smaller than a size."""
    return 1 << (size - 1).bit_length() - 1


def _head(leaves: Sequence[bytes]) -> bytes:
    """Return MTH(D[n])."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = _split(len(leaves))
    return sha256(b"\1" + _head(leaves[:k]) + _head(leaves[k:])).digest()


def _path(m: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return PATH(m, D[n])."""
    if len(leaves) == 1:
        return ()
    k = _split(len(leaves))
    if m < k:
        return (*_path(m, leaves[:k]), _head(leaves[k:]))
    return (*_path(m - k, leaves[k:]), _head(leaves[:k]))


def _subproof(m: int, leaves: Sequence[bytes], *, is_known: bool) -> tuple[bytes, ...]:
    """Return SUBPROOF(m, D[n], b)."""
    if m == len(leaves):
        return () if is_known else (_head(leaves),)
    k = _split(len(leaves))
    if m <= k:
        return (*_subproof(m, leaves[:k], is_known=is_known), _head(leaves[k:]))
    return (*_subproof(m - k, leaves[k:], is_known=False), _head(leaves[:k]))


@given(_LEAVES, st.data())
def test_inclusion_paths_are_those_of_the_definition_and_are_accepted(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path([leaf_hash(leaf) for leaf in leaves], index)
    assert path == _path(index, leaves)
    assert is_included(leaf_hash(leaves[index]), index, len(leaves), _head(leaves), path)


@given(_LEAVES, st.data())
def test_consistency_paths_are_those_of_the_definition_and_are_accepted(
    leaves: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    path = consistency_path([leaf_hash(leaf) for leaf in leaves], old)
    assert path == _subproof(old, leaves, is_known=True)
    assert is_consistent(old, _head(leaves[:old]), len(leaves), _head(leaves), path)


@given(_LEAVES, st.binary(max_size=4), st.data())
def test_no_path_shows_that_another_leaf_is_there(
    leaves: list[bytes], other: bytes, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = inclusion_path([leaf_hash(leaf) for leaf in leaves], index)
    found = is_included(leaf_hash(other), index, len(leaves), _head(leaves), path)
    assert found == (other == leaves[index])


@given(_LEAVES, st.data())
def test_no_path_shows_that_a_tree_continues_a_changed_one(
    leaves: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    before = leaves[:old]
    before[data.draw(st.integers(0, old - 1))] += b"changed"
    path = consistency_path([leaf_hash(leaf) for leaf in leaves], old)
    assert not is_consistent(old, _head(before), len(leaves), _head(leaves), path)


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_growing_tree_has_the_root_of_the_whole(leaves: list[bytes]) -> None:
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    assert tree.root() == _head(leaves)
    assert HASH_PREFIX + tree.root().hex() == merkle_root(leaves)
