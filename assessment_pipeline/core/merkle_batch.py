"""Batch proofs: that many leaves are in one tree, with no more nodes than that takes.

The trees of RFC 9162, section 2.1, as in `core.merkle`. A batch proof is the least set of nodes
from which, with the leaves that are proved, the root follows: the siblings that are above no such
leaf themselves, from below and on each level from the left. A batch of one leaf is its inclusion
path. Leaves come as a stream and are not kept, so that a ledger of any size can be proved from.
Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from assessment_pipeline.core.hashing import leaf_hash, node_hash


class ProvedTree(NamedTuple):
    """A tree, and the nodes of a batch proof in it."""

    size: int
    root: bytes
    nodes: tuple[bytes, ...]


class _Node(NamedTuple):
    level: int
    place: int
    hash: bytes
    is_above_proved: bool


class BatchProver:
    """A tree that leaves are added to one by one, some of which are to be proved."""

    def __init__(self) -> None:
        """Begin with no leaves."""
        self.size = 0
        # The complete trees that the size is a sum of, the largest first.
        self._complete: list[_Node] = []
        self._siblings: list[tuple[int, int, bytes]] = []

    def add(self, leaf: bytes, *, is_proved: bool) -> None:
        """Add a leaf, not yet hashed, at the end."""
        node = _Node(0, self.size, leaf_hash(leaf), is_proved)
        while node.place & 1:
            node = _above(self._complete.pop(), node, self._siblings)
        self._complete.append(node)
        self.size += 1

    @property
    def last_complete(self) -> bytes:
        """The root of the last of the complete trees that the size is a sum of."""
        return self._complete[-1].hash

    def finish(self) -> ProvedTree:
        """Return the tree as it is with all leaves added, which is at least one."""
        siblings = list(self._siblings)
        *others, node = self._complete
        for left in reversed(others):
            node = _above(left, node, siblings)
        return ProvedTree(self.size, node.hash, tuple(hash_ for _, _, hash_ in sorted(siblings)))


def _above(left: _Node, right: _Node, siblings: list[tuple[int, int, bytes]]) -> _Node:
    """Return the node above two; add the one of them that a proof needs, if it does."""
    # An odd last node is carried up, so the right one stands on the level of the left.
    if left.is_above_proved and not right.is_above_proved:
        siblings.append((left.level, left.place + 1, right.hash))
    elif right.is_above_proved and not left.is_above_proved:
        siblings.append((left.level, left.place, left.hash))
    return _Node(
        left.level + 1,
        left.place >> 1,
        node_hash(left.hash, right.hash),
        left.is_above_proved or right.is_above_proved,
    )


def root_from(
    size: int, leaf_hashes: Sequence[tuple[int, bytes]], nodes: Iterable[bytes]
) -> bytes | None:
    """Return the root of a tree that follows from some of its leaves and a batch proof.

    Leaves are given by index, from 0, and hash. None if the proof is too short or too long, if
    there is no leaf, or if the indexes do not ascend within the size.
    """
    bounds = [-1, *(index for index, _ in leaf_hashes), size]
    if not leaf_hashes or any(one >= other for one, other in pairwise(bounds)):
        return None
    rest = iter(nodes)
    level: list[tuple[int, bytes]] | None = list(leaf_hashes)
    width = size
    while level is not None and width > 1:
        level, width = _parents(level, width, rest), (width + 1) >> 1
    return None if level is None or next(rest, None) is not None else level[0][1]


def _parents(
    level: Sequence[tuple[int, bytes]], width: int, rest: Iterator[bytes]
) -> list[tuple[int, bytes]] | None:
    """Return the nodes above the known ones of a level; None if the proof lacks a sibling."""
    above: list[tuple[int, bytes]] = []
    known = iter([*level[1:], None])
    for index, node in level:
        following = next(known)
        left: bytes | None
        right: bytes | None
        if above and above[-1][0] == index >> 1:
            continue  # its sibling came before it, and both are in their parent
        if index & 1:
            left, right = next(rest, None), node
        elif index + 1 == width:  # an odd last node is carried up
            above.append((index >> 1, node))
            continue
        elif following is not None and following[0] == index + 1:
            left, right = node, following[1]
        else:
            left, right = node, next(rest, None)
        if left is None or right is None:
            return None
        above.append((index >> 1, node_hash(left, right)))
    return above


def consistency_nodes(leaves: Iterable[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return what `merkle.consistency_path` does, of leaves that come as a stream.

    Leaves are not yet hashed; `old_size` is at least 1 and less than their number.
    """
    # The path leads upwards from the last complete tree of the old ones.
    begin = old_size - (old_size & -old_size)
    tree = BatchProver()
    first: tuple[bytes, ...] = ()
    for leaf in leaves:
        tree.add(leaf, is_proved=begin <= tree.size < old_size)
        if tree.size == old_size and begin:
            # If that is the whole old tree, whoever checks knows its hash.
            first = (tree.last_complete,)
    return first + tree.finish().nodes
