"""The home: what lies where, pointers that are whole, and days by their names."""

import json
import os
import stat
from pathlib import Path

import pytest

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.instants import is_day
from assessment_pipeline.errors import IntegrityError, UsageError
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.home import (
    ABANDONED_AFTER_SECONDS,
    Home,
    Pointer,
    parse_day,
)

DAY = "2026-11-20"
POINTER = Pointer(
    artifact=ArtifactRef("sha256:" + "ab" * 32, 12),
    asset="scorecards",
    content_hash="sha256:" + "cd" * 32,
    input_key="sha256:" + "ef" * 32,
    partition=DAY,
    versions={"engine_version": "1"},
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_everything_lies_where_the_contract_says(home: Home) -> None:
    places = {
        "deliveries/2026-11-20": home.delivery_folder(DAY),
        "rubrics": home.rubrics,
        "artifacts": home.artifacts.folder,
        "current": home.current,
        "quarantine": home.quarantine,
        "exports/2026-11-20": home.export_folder(DAY),
        "audit/ledger.sqlite": home.ledger,
        "dagster": home.dagster,
    }

    assert {path.relative_to(home.folder).as_posix() for path in places.values()} == set(places)


def test_a_home_does_not_move_with_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert Home(Path("home")).folder == tmp_path / "home"


def test_creating_a_home_makes_private_folders(home: Home) -> None:
    home.create()

    folders = [home.folder, home.deliveries, home.rubrics, home.artifacts.folder, home.dagster]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 5


def test_creating_a_home_again_changes_nothing(home: Home) -> None:
    home.create()
    (home.rubrics / "kept.yaml").write_bytes(b"")

    home.create()

    assert (home.rubrics / "kept.yaml").exists()


def test_dagsters_folder_is_closed_to_others_whoever_made_it(home: Home) -> None:
    home.dagster.mkdir(parents=True, mode=0o755)
    home.deliveries.mkdir(mode=0o750)

    home.create()

    # What others deliver into is theirs to open.
    modes = [stat.S_IMODE(folder.stat().st_mode) for folder in (home.dagster, home.deliveries)]
    assert modes == [0o700, 0o750]


def test_nothing_is_current_before_it_is_made(home: Home) -> None:
    assert home.pointer("scorecards", DAY) is None


def test_a_pointer_comes_back_as_it_was_set(home: Home) -> None:
    home.point(POINTER)

    assert home.pointer("scorecards", DAY) == POINTER
    path = home.current / "scorecards" / f"{DAY}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_bytes())["content_hash"] == POINTER.content_hash


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b"\xff", b'{"artifact":1}', b"[" * 9000])
def test_a_pointer_that_cannot_be_read_says_what_to_do(home: Home, content: bytes) -> None:
    home.point(POINTER)
    (home.current / "scorecards" / f"{DAY}.json").write_bytes(content)

    with pytest.raises(
        IntegrityError, match=rf"scorecards/{DAY}\.json .*delete it and run `score`"
    ):
        home.pointer("scorecards", DAY)


def test_delivery_days_are_folders_named_by_dates(home: Home) -> None:
    home.create()
    for name in ("2026-11-21", "2026-11-20", "2026-02-30", "20261120", "notes", "2026-1-2"):
        (home.deliveries / name).mkdir()

    assert home.delivery_days() == ["2026-11-20", "2026-11-21"]


def test_scored_days_are_those_with_current_exports(home: Home) -> None:
    for day in ("2026-11-21", "2026-11-20"):
        home.point(Pointer(POINTER.artifact, "csv_exports", "", "", day, {}))
    home.point(Pointer(POINTER.artifact, "scorecards", "", "", "2026-11-22", {}))

    assert home.scored_days() == ["2026-11-20", "2026-11-21"]


def test_a_home_that_is_not_there_has_no_days(home: Home) -> None:
    assert (home.delivery_days(), home.scored_days()) == ([], [])


def test_what_a_killed_run_left_is_swept_when_it_is_old(home: Home) -> None:
    home.create()
    left = [home.artifacts.folder / ".1-a.tmp", home.exports / DAY / ".2-b.tmp"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    old = left[0].stat().st_mtime - ABANDONED_AFTER_SECONDS - 1
    os.utime(left[0], (old, old))

    assert home.sweep() == 1

    assert [path.exists() for path in left] == [False, True]


@pytest.mark.parametrize("text", ["2026-11-20", "0001-01-01", "2028-02-29"])
def test_a_date_is_a_day(text: str) -> None:
    assert is_day(text)
    assert parse_day(text) == text


@pytest.mark.parametrize(
    "text", ["20261120", "2026-11-31", "2026-1-1", "2026-W47-5", "", "../etc", " 2026-11-20"]
)
def test_anything_else_is_none_and_the_error_shows_how_to_write_one(text: str) -> None:
    assert not is_day(text)
    with pytest.raises(UsageError, match=r"write it as YYYY-MM-DD, for example 2026-11-20"):
        parse_day(text)


def test_names_among_the_deliveries_that_are_no_days_are_told(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.misplaced_deliveries() == []
    for name in ("2026-11-20", "20.11.2026", "2026-1-5"):
        (home.deliveries / name).mkdir(parents=True)
    (home.deliveries / "x.jsonl").touch()

    assert home.misplaced_deliveries() == ["20.11.2026", "2026-1-5", "x.jsonl"]
    assert home.delivery_days() == ["2026-11-20"]


def test_a_pointer_of_an_earlier_release_is_read_though_it_carries_no_hash(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.point(POINTER)
    path = home.current / POINTER.asset / f"{POINTER.partition}.json"
    fields = json.loads(path.read_bytes())
    del fields["pointer_hash"]
    path.write_bytes(canonical_json(fields) + b"\n")
    assert home.pointer(POINTER.asset, POINTER.partition) == POINTER
    path.write_bytes(canonical_json({**fields, "pointer_hash": None}) + b"\n")
    with pytest.raises(IntegrityError):
        home.pointer(POINTER.asset, POINTER.partition)
