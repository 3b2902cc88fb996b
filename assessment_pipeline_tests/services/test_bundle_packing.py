"""Packing a bundle: what is too much, or changes under the hand, is refused and not written."""

from pathlib import Path

import pytest

from assessment_pipeline.errors import IntegrityError, UsageError
from assessment_pipeline.services import bundle_packing
from assessment_pipeline.services.bundle_packing import Packing
from assessment_pipeline_tests.bundles import members_of


def test_members_come_sorted_after_the_manifest(tmp_path: Path) -> None:
    packing = Packing(tmp_path)
    packing.add_lines("z.jsonl", [b"1", b"2"])
    packing.add_bytes("bundle.json", b"{}")
    packing.add_bytes("a", b"x")
    packing.write(tmp_path / "out" / "b.zip")

    found = members_of(tmp_path / "out" / "b.zip")

    assert list(found.items()) == [("bundle.json", b"{}"), ("a", b"x"), ("z.jsonl", b"1\n2\n")]
    assert set(packing.described()) == {"a", "z.jsonl"}


@pytest.mark.parametrize("content", [b"other", b"longer content", b""])
def test_a_file_that_changes_before_it_is_copied_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"first")
    packing = Packing(tmp_path)
    packing.add_file("rows.csv", path)
    path.write_bytes(content)

    with pytest.raises(IntegrityError, match=r"rows\.csv was changed while it was read"):
        packing.write(tmp_path / "out" / "b.zip")

    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(("limit", "most"), [("MAX_BYTES", 200), ("MAX_MEMBERS", 1)])
def test_what_is_too_much_for_a_bundle_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(bundle_packing, limit, most)
    packing = Packing(tmp_path)
    packing.add_bytes("bundle.json", b"{}")
    packing.add_bytes("a", b"x" * 100)

    with pytest.raises(UsageError, match="deliver it as several days"):
        packing.write(tmp_path / "out" / "b.zip")

    assert not (tmp_path / "out").exists()
