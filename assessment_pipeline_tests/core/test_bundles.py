"""The documents of a bundle: read back as they were written, and nothing else is read."""

import pytest

from assessment_pipeline.core.bundles import (
    BUNDLE,
    BundleManifest,
    LedgerLine,
    LedgerProof,
    as_bytes,
    as_text,
    in_order,
    is_member,
    ledger_line,
    read_ledger_line,
    rubric_hash,
    rubric_member,
)
from assessment_pipeline.core.hashing import Json, canonical_json
from assessment_pipeline.errors import IntegrityError

HASH = "sha256:" + "0a" * 32
LINE = LedgerLine('{"é":"\\"\u2028"}', HASH, 7)


def test_a_document_is_read_as_it_was_written() -> None:
    proof = LedgerProof(nodes=(HASH,), root=HASH, size=3)

    assert LedgerProof.read(proof.canonical()) == proof


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "its text or its fields"),
        (b"[" * 100_000, "its text or its fields"),
        (b'{"nodes":[],"root":"%s","size":1,"secret":2}' % HASH.encode(), "its text or its fields"),
        (b'{"nodes":[],"root":"%s","size":0}' % HASH.encode(), "see size"),
        (b'{"nodes":["x"],"root":"%s","size":1}' % HASH.encode(), "see nodes"),
        (b'{"nodes":[],"root":"%s","size":1} ' % HASH.encode(), "not canonical"),
        (b'{"nodes":[],"root":"%s","size":2,"size":1}' % HASH.encode(), "not canonical"),
    ],
)
def test_any_other_text_is_refused_without_repeating_it(content: bytes, problem: str) -> None:
    with pytest.raises(IntegrityError, match=problem) as raised:
        LedgerProof.read(content)
    assert "secret" not in str(raised.value)


def test_a_manifest_of_another_kind_of_bundle_is_refused() -> None:
    manifest: dict[str, Json] = {
        "bundle_version": "2",
        "delivery_date": "2025-11-20",
        "ledger": {"root": HASH, "size": 1},
        "members": {},
        "versions": {},
    }
    with pytest.raises(IntegrityError, match="see bundle_version"):
        BundleManifest.read(canonical_json(manifest))


def test_an_entry_is_read_as_it_was_written() -> None:
    content = ledger_line(LINE)

    assert content == canonical_json({"body": LINE.body, "prev_hash": HASH, "seq": 7})
    assert read_ledger_line(content) == (LINE, b"\n" * 32, LINE.body.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"body":"\\ud800","prev_hash":"%s","seq":7}' % HASH.encode(),
        ledger_line(LINE) + b" ",
        ledger_line(LedgerLine("", HASH, 0)),
        ledger_line(LedgerLine("", HASH[:-2], 1)),
        ledger_line(LedgerLine("", HASH.removeprefix("sha256:"), 1)),
        ledger_line(LedgerLine("", HASH[:-2] + "zz", 1)),
    ],
)
def test_what_is_no_entry_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError, match="no ledger entry"):
        read_ledger_line(content)


def test_a_rubric_is_named_by_its_hash() -> None:
    assert rubric_member(HASH) == f"rubrics/{'0a' * 32}.json"
    assert rubric_hash(rubric_member(HASH)) == HASH
    assert rubric_hash("rubrics/../../x.json") is None


@pytest.mark.parametrize("name", ["../bundle.json", "/bundle.json", "exports/", "x", "BUNDLE.JSON"])
def test_a_name_that_no_bundle_has_is_none(name: str) -> None:
    assert not is_member(name)


def test_the_manifest_comes_first() -> None:
    assert sorted(["a", "z", BUNDLE], key=in_order) == [BUNDLE, "a", "z"]


def test_a_hash_is_written_and_read() -> None:
    assert as_bytes(as_text(b"\1" * 32)) == b"\1" * 32
