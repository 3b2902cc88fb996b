"""Batch proofs: worked by hand on trees of a few leaves."""

import pytest

from assessment_pipeline.core.hashing import leaf_hash, node_hash
from assessment_pipeline.core.merkle_batch import BatchProver, consistency_nodes, root_from

LEAVES = [bytes([number]) for number in range(7)]
H = list(map(leaf_hash, LEAVES))
AB, CD, EF = (node_hash(H[place], H[place + 1]) for place in (0, 2, 4))
ABCD, EFG = node_hash(AB, CD), node_hash(EF, H[6])
ROOT = node_hash(ABCD, EFG)


@pytest.mark.parametrize(
    ("chosen", "nodes"),
    [
        ([0], [H[1], CD, EFG]),
        ([1, 2], [H[0], H[3], EFG]),
        ([2, 3], [AB, EFG]),
        ([6], [EF, ABCD]),
        ([0, 6], [H[1], CD, EF]),
        ([4, 5, 6], [ABCD]),
        ([0, 1, 2, 3, 4, 5, 6], []),
    ],
)
def test_a_proof_is_the_siblings_above_no_chosen_leaf(
    chosen: list[int], nodes: list[bytes]
) -> None:
    tree = BatchProver()
    for number, leaf in enumerate(LEAVES):
        tree.add(leaf, is_proved=number in chosen)

    assert tree.finish() == (7, ROOT, tuple(nodes))
    assert root_from(7, [(number, H[number]) for number in chosen], nodes) == ROOT


def test_one_leaf_alone_is_its_own_root() -> None:
    assert root_from(1, [(0, H[0])], []) == H[0]


@pytest.mark.parametrize(
    ("size", "leaves", "nodes"),
    [
        (7, [], [ROOT]),
        (0, [(0, ROOT)], []),
        (7, [(7, H[6])], [EF, ABCD]),
        (7, [(-1, H[6])], [EF, ABCD]),
        (7, [(3, H[3]), (2, H[2])], [AB, EFG]),
        (7, [(2, H[2]), (2, H[2])], [AB, EFG]),
        (7, [(2, H[2]), (3, H[3])], [AB]),
        (7, [(2, H[2]), (3, H[3])], [AB, EFG, EFG]),
        (1, [(0, ROOT)], [ROOT]),
        (2**62, [(2**62 - 1, ROOT)], []),
    ],
)
def test_what_is_no_proof_gives_no_root(
    size: int, leaves: list[tuple[int, bytes]], nodes: list[bytes]
) -> None:
    assert root_from(size, leaves, nodes) is None


@pytest.mark.parametrize(
    ("old", "path"), [(3, [H[2], H[3], AB, EFG]), (4, [EFG]), (6, [EF, H[6], ABCD])]
)
def test_a_streamed_consistency_path_leads_from_the_old_tree(old: int, path: list[bytes]) -> None:
    assert consistency_nodes(LEAVES, old) == tuple(path)
