"""Batch proofs: any choice of leaves of any tree, and what is no proof of it."""

from hypothesis import given
from hypothesis import strategies as st

from assessment_pipeline.core.hashing import HASH_PREFIX, leaf_hash, merkle_root
from assessment_pipeline.core.merkle import consistency_path, inclusion_path
from assessment_pipeline.core.merkle_batch import (
    BatchProver,
    ProvedTree,
    consistency_nodes,
    root_from,
)

_LEAVES = st.lists(st.binary(max_size=4), min_size=1, max_size=70)
_HASHES = st.binary(min_size=32, max_size=32)


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[bytes], list[int]]:
    """Return leaves, and the indexes of some of them."""
    leaves = draw(_LEAVES)
    chosen = draw(st.sets(st.integers(0, len(leaves) - 1), min_size=1))
    return leaves, sorted(chosen)


def prove(leaves: list[bytes], chosen: list[int]) -> ProvedTree:
    tree = BatchProver()
    for number, leaf in enumerate(leaves):
        tree.add(leaf, is_proved=number in chosen)
    return tree.finish()


def pairs(leaves: list[bytes], chosen: list[int]) -> list[tuple[int, bytes]]:
    return [(index, leaf_hash(leaves[index])) for index in chosen]


@given(trees())
def test_the_root_follows_from_the_chosen_leaves_and_the_proof(
    tree: tuple[list[bytes], list[int]],
) -> None:
    leaves, chosen = tree
    proved = prove(leaves, chosen)

    assert proved.size == len(leaves)
    assert HASH_PREFIX + proved.root.hex() == merkle_root(leaves)
    assert root_from(len(leaves), pairs(leaves, chosen), proved.nodes) == proved.root


@given(_LEAVES, st.data())
def test_a_batch_of_one_leaf_is_its_inclusion_path(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))

    assert prove(leaves, [index]).nodes == inclusion_path(list(map(leaf_hash, leaves)), index)


@given(trees())
def test_a_proof_has_no_node_that_follows_from_the_others(
    tree: tuple[list[bytes], list[int]],
) -> None:
    leaves, chosen = tree
    hashes = [bytes([number]) * 32 for number in range(len(leaves))]
    paths = {node for index in chosen for node in inclusion_path(hashes, index)}
    assert len(prove(leaves, chosen).nodes) <= len(paths)
    assert prove(leaves, list(range(len(leaves)))).nodes == ()


@given(trees(), st.data())
def test_no_proof_shows_that_another_leaf_is_there(
    tree: tuple[list[bytes], list[int]], data: st.DataObject
) -> None:
    leaves, chosen = tree
    proved = prove(leaves, chosen)
    changed = pairs(leaves, chosen)
    place = data.draw(st.integers(0, len(chosen) - 1))
    changed[place] = (chosen[place], data.draw(_HASHES))

    assert root_from(len(leaves), changed, proved.nodes) != proved.root


@given(trees(), st.data())
def test_no_changed_shortened_or_lengthened_proof_gives_the_root(
    tree: tuple[list[bytes], list[int]], data: st.DataObject
) -> None:
    leaves, chosen = tree
    proved = prove(leaves, chosen)
    nodes = list(proved.nodes)
    match data.draw(st.sampled_from(["add", "drop", "change"] if nodes else ["add"])):
        case "add":
            nodes.insert(data.draw(st.integers(0, len(nodes))), data.draw(_HASHES))
        case "drop":
            del nodes[data.draw(st.integers(0, len(nodes) - 1))]
        case _:
            nodes[data.draw(st.integers(0, len(nodes) - 1))] = data.draw(_HASHES)

    assert root_from(len(leaves), pairs(leaves, chosen), nodes) != proved.root


@given(
    st.integers(-2, 2**63),
    st.lists(st.tuples(st.integers(-2, 2**63), _HASHES), max_size=5),
    st.lists(_HASHES, max_size=70),
)
def test_whatever_is_claimed_ends_without_an_error(
    size: int, leaves: list[tuple[int, bytes]], nodes: list[bytes]
) -> None:
    root = root_from(size, leaves, nodes)

    indexes = [index for index, _ in leaves]
    is_sorted = indexes == sorted(set(indexes)) and indexes != []
    assert root is None or (is_sorted and indexes[0] >= 0 and indexes[-1] < size)


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=70), st.data())
def test_the_streamed_consistency_path_is_that_of_the_whole_tree(
    leaves: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, len(leaves) - 1))

    assert consistency_nodes(iter(leaves), old) == consistency_path(
        list(map(leaf_hash, leaves)), old
    )
