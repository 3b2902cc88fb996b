"""Merkle proofs: against the vectors that certificate transparency's own libraries test with."""

from collections.abc import Sequence

import pytest

from assessment_pipeline.core.hashing import leaf_hash
from assessment_pipeline.core.merkle import (
    EMPTY_ROOT,
    GrowingTree,
    consistency_path,
    inclusion_path,
    is_consistent,
    is_included,
)
from assessment_pipeline_tests.core.test_hashing import CT_LEAVES, CT_ROOTS

# github.com/transparency-dev/merkle, proof/verify_test.go (there leaves are counted from 1); the
# same as in github.com/google/certificate-transparency, merkletree/merkle_tree_test.cc.
CT_INCLUSION: list[tuple[int, int, tuple[str, ...]]] = [
    (0, 1, ()),
    (
        0,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        5,
        8,
        (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (2, 3, ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",)),
    (
        1,
        5,
        (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
]
CT_CONSISTENCY: list[tuple[int, int, tuple[str, ...]]] = [
    (1, 1, ()),
    (
        1,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        6,
        8,
        (
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (
        2,
        5,
        (
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
    (
        6,
        7,
        (
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
]

HASHES = [leaf_hash(leaf) for leaf in CT_LEAVES]
ROOTS = [EMPTY_ROOT, *map(bytes.fromhex, CT_ROOTS)]
OTHER = bytes(32)


def spoilt(path: Sequence[bytes]) -> list[list[bytes]]:
    """Return paths that are each a little wrong."""
    longer = [[OTHER, *path], [*path, OTHER], [*path, b""], [b"", *path]]
    shorter = [list(path[1:]), list(path[:-1])] if path else []
    flipped = [
        [*path[:place], bytes([node[0] ^ 8]) + node[1:], *path[place + 1 :]]
        for place, node in enumerate(path)
    ]
    return longer + shorter + flipped


@pytest.mark.parametrize(("index", "size", "path"), CT_INCLUSION)
def test_inclusion_paths_are_those_of_certificate_transparency(
    index: int, size: int, path: tuple[str, ...]
) -> None:
    expected = tuple(map(bytes.fromhex, path))
    assert inclusion_path(HASHES[:size], index) == expected
    assert is_included(HASHES[index], index, size, ROOTS[size], expected)


@pytest.mark.parametrize(("old_size", "size", "path"), CT_CONSISTENCY)
def test_consistency_paths_are_those_of_certificate_transparency(
    old_size: int, size: int, path: tuple[str, ...]
) -> None:
    expected = tuple(map(bytes.fromhex, path))
    assert consistency_path(HASHES[:size], old_size) == expected
    assert is_consistent(old_size, ROOTS[old_size], size, ROOTS[size], expected)


@pytest.mark.parametrize(("index", "size", "path"), CT_INCLUSION)
def test_an_inclusion_proof_that_is_a_little_wrong_shows_nothing(
    index: int, size: int, path: tuple[str, ...]
) -> None:
    right, root, leaf = tuple(map(bytes.fromhex, path)), ROOTS[size], HASHES[index]
    for wrong in spoilt(right):
        assert not is_included(leaf, index, size, root, wrong)
    for other in {index - 1, index + 1, index ^ 2}:
        assert not is_included(leaf, other, size, root, right)
    for other in {size * 2, size // 2}:
        assert not is_included(leaf, index, other, root, right)
    assert not is_included(leaf, index, size, OTHER, right)
    assert not is_included(OTHER, index, size, root, right)


@pytest.mark.parametrize(("old_size", "size", "path"), CT_CONSISTENCY[1:])
def test_a_consistency_proof_that_is_a_little_wrong_shows_nothing(
    old_size: int, size: int, path: tuple[str, ...]
) -> None:
    right = tuple(map(bytes.fromhex, path))
    old_root, root = ROOTS[old_size], ROOTS[size]
    for wrong in spoilt(right):
        assert not is_consistent(old_size, old_root, size, root, wrong)
    for other in {old_size - 1, old_size + 1, old_size ^ 2}:
        assert not is_consistent(other, old_root, size, root, right)
    for other in {size * 2, size // 2}:
        assert not is_consistent(old_size, old_root, other, root, right)
    assert not is_consistent(old_size, root, size, old_root, right)
    assert not is_consistent(old_size, OTHER, size, root, right)
    assert not is_consistent(old_size, old_root, size, OTHER, right)


@pytest.mark.parametrize(
    ("old_size", "old_root", "size", "root", "is_right"),
    [
        (0, EMPTY_ROOT, 0, EMPTY_ROOT, True),
        (0, EMPTY_ROOT, 1, ROOTS[1], True),
        (0, OTHER, 1, ROOTS[1], False),
        (1, ROOTS[1], 1, ROOTS[1], True),
        (1, ROOTS[1], 1, OTHER, False),
        (2, ROOTS[2], 1, ROOTS[2], False),
        (3, ROOTS[3], 4, ROOTS[4], False),
    ],
)
def test_without_a_path_only_equal_and_empty_trees_are_consistent(
    old_size: int, old_root: bytes, size: int, root: bytes, *, is_right: bool
) -> None:
    assert is_consistent(old_size, old_root, size, root, ()) == is_right


def test_what_is_not_in_a_tree_has_no_path() -> None:
    for index in (-1, 3):
        with pytest.raises(ValueError, match="has none at index"):
            inclusion_path(HASHES[:3], index)
    for old_size in (-1, 4):
        with pytest.raises(ValueError, match="was never one of"):
            consistency_path(HASHES[:3], old_size)


def test_a_growing_tree_has_the_roots_of_certificate_transparency() -> None:
    tree = GrowingTree()
    roots = [tree.root()]
    for leaf in CT_LEAVES:
        tree.add(leaf)
        roots.append(tree.root())
    assert roots == ROOTS
    assert tree.size == len(CT_LEAVES)
