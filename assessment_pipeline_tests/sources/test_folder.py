"""Listing a day's delivery folder."""

import os
from pathlib import Path

import pytest

from assessment_pipeline.errors import StorageError
from assessment_pipeline.sources.folder import delivery_files


def test_files_come_in_code_point_order_and_other_names_are_told(tmp_path: Path) -> None:
    names = ["b.jsonl", "a.jsonl.zst", "B.jsonl.gz", "é.jsonl", "a.jsonl", "10.jsonl", "9.jsonl"]
    others = [".a.jsonl", "notes.txt", "a.jsonl.bz2", "a.JSONL", "jsonl"]
    for name in (*names, *others):
        (tmp_path / name).touch()

    day = delivery_files(tmp_path)

    assert day.files == (
        *("10.jsonl", "9.jsonl", "B.jsonl.gz", "a.jsonl", "a.jsonl.zst", "b.jsonl", "é.jsonl"),
    )
    assert day.unread == (".a.jsonl", "a.JSONL", "a.jsonl.bz2", "jsonl", "notes.txt")
    assert day.paths[0] == tmp_path / "10.jsonl"


def test_whatever_bears_a_delivery_name_is_listed(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "link.jsonl").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()

    day = delivery_files(tmp_path)

    assert day.files == ("folder.jsonl", "link.jsonl")
    assert day.unread == ("folder",)


def test_a_delivery_under_way_is_not_told(tmp_path: Path) -> None:
    (tmp_path / ".4711-0a.tmp").touch()

    assert delivery_files(tmp_path).unread == ()


def test_a_name_that_cannot_be_shown_is_told_escaped_and_not_read(tmp_path: Path) -> None:
    for name in (b"\xff.jsonl", b"a\x1b[2J\n.jsonl"):
        (tmp_path / os.fsdecode(name)).touch()

    day = delivery_files(tmp_path)

    assert day.files == ()
    assert day.unread == (r"a\x1b[2J\n.jsonl", r"\udcff.jsonl")


def test_a_day_without_a_folder_is_empty(tmp_path: Path) -> None:
    day = delivery_files(tmp_path / "2026-11-20")

    assert (day.files, day.unread) == ((), ())


@pytest.mark.parametrize("target", ["real", "nowhere"])
def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.jsonl").touch()
    (tmp_path / "2026-11-20").symlink_to(target)

    with pytest.raises(StorageError, match="is a link"):
        delivery_files(tmp_path / "2026-11-20")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "2026-11-20").touch()

    with pytest.raises(StorageError, match="is no folder"):
        delivery_files(tmp_path / "2026-11-20")
