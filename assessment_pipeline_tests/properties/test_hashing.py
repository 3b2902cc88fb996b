"""Hashing, for all inputs: the definition holds, and nothing but content matters."""

import json
from hashlib import sha256
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from assessment_pipeline.core.hashing import (
    canonical_json,
    content_hash,
    hash_bytes,
    merkle_root,
    partition_hash,
    plain_json,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
documents: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
plain_documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
leaves = st.lists(st.tuples(texts, texts), max_size=20)


@given(documents)
def test_canonical_json_reads_back_as_what_it_was_and_is_the_same_again(document: Any) -> None:  # noqa: ANN401
    line = canonical_json(document)

    assert canonical_json(json.loads(line)) == line
    assert b"\n" not in line


@given(documents)
def test_a_content_hash_is_the_sha256_of_the_standard_library_s_text(document: Any) -> None:  # noqa: ANN401
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert content_hash(document) == f"sha256:{sha256(text.encode()).hexdigest()}"


@given(st.dictionaries(texts, scalars), st.randoms(use_true_random=False))
def test_no_order_of_keys_changes_a_hash(document: dict[str, Any], random: Any) -> None:  # noqa: ANN401
    shuffled = list(document.items())
    random.shuffle(shuffled)

    assert content_hash(dict(shuffled)) == content_hash(document)


@given(leaves, st.randoms(use_true_random=False))
def test_no_order_of_leaves_changes_a_partition_hash(
    pairs: list[tuple[str, str]],
    random: Any,  # noqa: ANN401
) -> None:
    shuffled = pairs.copy()
    random.shuffle(shuffled)

    assert partition_hash(shuffled) == partition_hash(pairs)


@given(leaves, st.tuples(texts, texts))
def test_one_more_leaf_changes_a_partition_hash(
    pairs: list[tuple[str, str]], one: tuple[str, str]
) -> None:
    assert partition_hash([*pairs, one]) != partition_hash(pairs)


@given(st.lists(st.binary(max_size=6), max_size=40))
def test_a_merkle_root_is_that_of_rfc_9162_s_recursion(entries: list[bytes]) -> None:
    def tree(part: list[bytes]) -> bytes:
        if not part:
            return sha256(b"").digest()
        if len(part) == 1:
            return sha256(b"\0" + part[0]).digest()
        # The largest power of two below the number of entries.
        left = 1 << ((len(part) - 1).bit_length() - 1)
        return sha256(b"\1" + tree(part[:left]) + tree(part[left:])).digest()

    assert merkle_root(entries) == f"sha256:{tree(entries).hex()}"


@given(st.binary())
def test_a_hash_of_bytes_names_its_algorithm(content: bytes) -> None:
    assert hash_bytes(content) == f"sha256:{sha256(content).hexdigest()}"


@given(plain_documents)
def test_plain_json_is_canonical_json_where_there_are_no_floats(document: Any) -> None:  # noqa: ANN401
    assert plain_json(document) == canonical_json(document)


@given(documents)
def test_plain_json_takes_raw_parts_as_they_are(document: Any) -> None:  # noqa: ANN401
    part = canonical_json(document)
    assert plain_json({"b": Raw(part), "a": 1}) == canonical_json({"a": 1, "b": document})
