"""Content hashes: the definition, the trees of RFC 9162, and where the order of things matters."""

import json
from hashlib import sha256

import pytest

from assessment_pipeline.core.hashing import (
    Json,
    canonical_json,
    content_hash,
    hash_bytes,
    merkle_root,
    partition_hash,
)

# The inputs and roots that the reference implementations of certificate transparency test with:
# github.com/google/certificate-transparency, merkletree/merkle_tree_test.cc.
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_a_content_hash_is_that_of_the_standard_library() -> None:
    value: Json = {"b": [1, 2.5, None], "a": {"ü": "\u2028", "": True}}

    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert content_hash(value) == "sha256:" + sha256(text.encode()).hexdigest()


def test_the_order_of_keys_does_not_matter_and_that_of_lists_does() -> None:
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash([1, 2]) != content_hash([2, 1])


def test_keys_are_sorted_at_every_depth() -> None:
    assert canonical_json({"b": {"z": 1, "a": 2}, "a": []}) == b'{"a":[],"b":{"a":2,"z":1}}'


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), (1, True), ("1", 1), (None, ""), ("é", "e\u0301"), ([], {})]
)
def test_what_is_written_otherwise_has_another_hash(one: Json, other: Json) -> None:
    assert content_hash(one) != content_hash(other)


def test_a_lone_surrogate_has_no_hash() -> None:
    with pytest.raises(UnicodeEncodeError):
        canonical_json("\ud800")


def test_a_hash_is_written_with_its_algorithm() -> None:
    assert hash_bytes(b"") == (
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


@pytest.mark.parametrize("size", range(1, 9))
def test_merkle_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle_root(CT_LEAVES[:size]) == f"sha256:{CT_ROOTS[size - 1]}"


def test_the_root_over_nothing_is_the_hash_of_nothing() -> None:
    assert merkle_root([]) == hash_bytes(b"")


def test_a_leaf_is_no_node() -> None:
    left, right = (sha256(b"\0" + leaf).digest() for leaf in (b"a", b"b"))

    assert merkle_root([left + right]) != merkle_root([b"a", b"b"])


def test_a_partition_hash_does_not_depend_on_the_order_of_its_leaves() -> None:
    leaves = [("run-2", "out-2"), ("run-1", "out-1"), ("run-3", "out-3")]

    assert partition_hash(leaves) == partition_hash(reversed(leaves))


def test_a_partition_hash_is_the_root_over_canonical_leaves() -> None:
    assert partition_hash([("b", "2"), ("a", "1")]) == merkle_root([b'["a","1"]', b'["b","2"]'])


def test_a_leaf_that_comes_twice_counts_twice() -> None:
    assert partition_hash([("a",), ("a",)]) != partition_hash([("a",)])


def test_the_parts_of_a_leaf_do_not_run_together() -> None:
    assert partition_hash([("ab", "c")]) != partition_hash([("a", "bc")])
