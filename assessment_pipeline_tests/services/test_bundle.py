"""Making a bundle: the same bytes again, of what is whole alone, and outside of the home."""

import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assessment_pipeline.core.bundles import rubric_hash
from assessment_pipeline.core.exports import EVIDENCE, MANIFEST, SCORECARDS, SUBSCORES
from assessment_pipeline.errors import (
    IntegrityError,
    LedgerError,
    NothingThereError,
    UsageError,
)
from assessment_pipeline.services import indexes
from assessment_pipeline.services.bundle import Bundled, bundle
from assessment_pipeline.services.indexes import FeaturesIndex, ScoreRunsIndex, SnapshotsIndex
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import DAY, RUBRIC, Bench, answers, files_below
from assessment_pipeline_tests.bundles import members_of
from assessment_pipeline_tests.postgres import private_postgres

NEXT_DAY = "2025-11-21"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.deliver(answers("s1"), answers("s2", "A"), b"no JSON", answers("s1"), name="a")
    bench.deliver(answers("s3", status="in_progress"), name="b")
    bench.run()
    return bench


def make(bench: Bench, path: Path, day: str = DAY) -> Bundled:
    with Ledger.read(bench.home.ledger) as ledger:
        return bundle(bench.home, ledger, day, path)


def test_it_holds_the_exports_byte_for_byte(bench: Bench, tmp_path: Path) -> None:
    members = members_of(make(bench, tmp_path / "day.zip").path)

    folder = bench.home.export_folder(DAY)
    for name in (EVIDENCE, MANIFEST, SCORECARDS, SUBSCORES):
        assert members[f"exports/{name}"] == (folder / name).read_bytes()


def test_made_again_it_has_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    first = make(bench, tmp_path / "first.zip")
    bench.deliver(answers("s1", "C"), answers("s7"), day=NEXT_DAY)
    bench.run(NEXT_DAY)
    bench.run()

    again = make(bench, tmp_path / "again.zip")

    assert again.path.read_bytes() == first.path.read_bytes()
    assert (again.size, again.root, again.stored) == (first.size, first.root, first.stored)


def test_the_next_day_is_proved_against_the_ledger_with_both_days(
    bench: Bench, tmp_path: Path
) -> None:
    bench.deliver(answers("s7"), day=NEXT_DAY)
    bench.run(NEXT_DAY)

    made = make(bench, tmp_path / "next.zip", NEXT_DAY)

    assert made.size == len(bench.entries())
    assert made.entries == 6  # of the file, the day, the rubric, the score run, cards, exports


@pytest.mark.slow
def test_a_ledger_in_postgres_gives_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    expected = make(bench, tmp_path / "sqlite.zip").path.read_bytes()
    entries = bench.entries()
    with private_postgres() as url:
        body = entries[0].read_body()
        with Ledger.open(
            bench.home.ledger,
            url=url,
            timezone=bench.settings.timezone,
            recorded_at=body.recorded_at,
            actor=body.actor,
        ) as ledger:
            with ledger._database.writing() as connection:
                ledger._database.insert(connection, entries[1:])
            made = bundle(bench.home, ledger, DAY, tmp_path / "postgres.zip")
        with Ledger.read(bench.home.ledger, url=url) as ledger:
            bundle(bench.home, ledger, DAY, tmp_path / "read.zip")

    assert made.path.read_bytes() == expected
    assert (tmp_path / "read.zip").read_bytes() == expected


def test_a_rubric_comes_with_the_one_that_it_replaces(bench: Bench, tmp_path: Path) -> None:
    for version, replaced in (("2", "1"), ("3", "2")):
        text = RUBRIC.replace('version: "1"', f'version: "{version}"')
        bench.write_rubric(version, text + f'replaces: "{replaced}"\nreason: wrong key\n')
    bench.run()

    members = members_of(make(bench, tmp_path / "day.zip").path)

    assert len(list(filter(rubric_hash, members))) == 3


def test_a_kept_rubric_is_bundled_though_its_file_is_gone(bench: Bench, tmp_path: Path) -> None:
    before = make(bench, tmp_path / "before.zip").path.read_bytes()
    (bench.home.rubrics / "numeracy" / "1.yaml").unlink()

    assert make(bench, tmp_path / "after.zip").path.read_bytes() == before


def test_a_replaced_rubric_that_is_gone_is_named(bench: Bench, tmp_path: Path) -> None:
    for version, replaced in (("2", "1"), ("3", "2")):
        text = RUBRIC.replace('version: "1"', f'version: "{version}"')
        bench.write_rubric(version, text + f'replaces: "{replaced}"\nreason: wrong key\n')
    bench.run()
    (bench.home.rubrics / "numeracy" / "2.yaml").unlink()

    with pytest.raises(IntegrityError, match=r"rubrics/numeracy/2\.yaml"):
        make(bench, tmp_path / "day.zip")


def test_an_empty_day_can_be_bundled(bench: Bench, tmp_path: Path) -> None:
    bench.run(NEXT_DAY)

    made = make(bench, tmp_path / "empty.zip", NEXT_DAY)

    assert members_of(made.path)["snapshots.jsonl"] == b""
    assert made.entries == 3  # the day, the cards, the exports


def _flipped_artifact(bench: Bench) -> None:
    bench.flip_byte(bench.index(indexes.SNAPSHOTS, SnapshotsIndex).files[0].lines)


def _flipped_features(bench: Bench) -> None:
    bench.flip_byte(bench.index(indexes.FEATURES, FeaturesIndex).chunks[0].rows)


def _flipped_export(bench: Bench) -> None:
    bench.flip_byte(bench.home.export_folder(DAY) / EVIDENCE)


def _flipped_manifest(bench: Bench) -> None:
    bench.flip_byte(bench.home.export_folder(DAY) / MANIFEST)


def _spaced_manifest(bench: Bench) -> None:
    path = bench.home.export_folder(DAY) / MANIFEST
    path.write_bytes(path.read_bytes() + b" ")


def _lost_manifest(bench: Bench) -> None:
    (bench.home.export_folder(DAY) / MANIFEST).unlink()


def _lost_rubric(bench: Bench) -> None:
    (content_hash,) = bench.index(indexes.SCORE_RUNS, ScoreRunsIndex).rubrics
    name = content_hash.removeprefix("sha256:")
    (bench.home.artifacts.folder / f"{name}.jsonl").unlink()


@pytest.mark.parametrize(
    "alter",
    [
        _flipped_artifact,
        _flipped_features,
        _flipped_export,
        _flipped_manifest,
        _spaced_manifest,
        _lost_manifest,
        _lost_rubric,
    ],
)
def test_what_was_altered_is_refused_and_nothing_is_written(
    bench: Bench, tmp_path: Path, alter: Callable[[Bench], None]
) -> None:
    alter(bench)

    with pytest.raises(IntegrityError):
        make(bench, tmp_path / "out" / "day.zip")

    assert not (tmp_path / "out").exists() or not files_below(tmp_path / "out")


def test_exports_of_other_scores_are_refused(bench: Bench, tmp_path: Path) -> None:
    runs = bench.index(indexes.SCORE_RUNS, ScoreRunsIndex)
    bench.deliver(answers("s9"), name="c")
    bench.run()
    bench.point_to(indexes.SCORE_RUNS, runs)

    with pytest.raises(IntegrityError, match=r"says content hash|not those of what is scored now"):
        make(bench, tmp_path / "day.zip")


@pytest.mark.parametrize(
    "change", ["body = replace(body, 'test', 'tess')", "entry_hash = zeroblob(32)", "body = 'text'"]
)
def test_a_changed_ledger_is_refused(bench: Bench, tmp_path: Path, change: str) -> None:
    with sqlite3.connect(bench.home.ledger, isolation_level=None) as connection:
        connection.execute("DROP TRIGGER ledger_entry_no_update")
        where = "WHERE event_type = 'CSV_EXPORTED'"
        connection.execute(f"UPDATE ledger_entry SET {change} {where}")  # noqa: S608
    connection.close()

    with pytest.raises(LedgerError):
        make(bench, tmp_path / "day.zip")


def test_a_ledger_that_lacks_the_day_is_refused(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    other.run()

    with (
        Ledger.read(other.home.ledger) as ledger,
        pytest.raises(LedgerError, match="is not recorded"),
    ):
        bundle(bench.home, ledger, DAY, tmp_path / "day.zip")


def test_a_day_without_exports_is_nothing_there(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match=NEXT_DAY):
        make(bench, tmp_path / "day.zip", NEXT_DAY)


def test_what_is_no_date_is_refused(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        make(bench, tmp_path / "day.zip", "../../x")


@pytest.mark.parametrize("place", ["day.zip", "exports/2025-11-20/evidence.csv", "audit/x/y.zip"])
def test_the_home_is_no_place_for_a_bundle(bench: Bench, place: str) -> None:
    before = files_below(bench.home.exports)
    with pytest.raises(UsageError, match="outside"):
        make(bench, bench.home.folder / place)
    assert files_below(bench.home.exports) == before


def test_a_link_into_the_home_is_no_place_for_a_bundle(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "link.zip").symlink_to(bench.home.export_folder(DAY) / EVIDENCE)
    with pytest.raises(UsageError, match="outside"):
        make(bench, tmp_path / "link.zip")


def test_a_folder_is_no_place_for_a_bundle(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        make(bench, tmp_path)


def test_a_bundle_is_readable_by_its_owner_alone(bench: Bench, tmp_path: Path) -> None:
    path = make(bench, tmp_path / "day.zip").path

    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100600}
