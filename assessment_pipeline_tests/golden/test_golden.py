"""Golden files: the bytes that a fixed small day gives, and the versions that may change them.

What is held: ids of snapshots and the reasons for quarantine (READER_VERSION), features
(FEATURE_VERSION), results (ENGINE_VERSION), CSV files and manifest (EXPORT_VERSION). How to change
them is in README.md beside this file.
"""

import json
import shutil
from pathlib import Path

import pytest

from assessment_pipeline.core.hashing import Json, canonical_json, hash_bytes
from assessment_pipeline.core.rules import RULE_NAMES
from assessment_pipeline.services.indexes import (
    FEATURES,
    SCORE_RUNS,
    SNAPSHOTS,
    FeaturesIndex,
    ScoreRunsIndex,
    SnapshotsIndex,
    StandingSession,
    read_rows,
)
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline.services.verification import VerificationOutcome
from assessment_pipeline_tests.builders import Bench, files_below

FOLDER = Path(__file__).parent
EXPECTED = FOLDER / "expected"
PINNED = "pinned.json"
DAY = "2026-11-20"

# What each golden file depends on: its own version first, then those of the steps before it.
VERSIONS_OF = {
    "snapshots.jsonl": ("reader_version",),
    "quarantine.jsonl": ("reader_version",),
    "features.jsonl": ("feature_version", "reader_version"),
    "results.jsonl": ("engine_version", "feature_version", "reader_version"),
    "scorecards.csv": ("export_version", "engine_version", "feature_version", "reader_version"),
    "subscores.csv": ("export_version", "engine_version", "feature_version", "reader_version"),
    "evidence.csv": ("export_version", "engine_version", "feature_version", "reader_version"),
    "manifest.json": ("export_version", "engine_version", "feature_version", "reader_version"),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return the golden day, scored."""
    bench = Bench(tmp_path_factory.mktemp("golden") / "home")
    shutil.rmtree(bench.home.rubrics)
    shutil.copytree(FOLDER / "rubrics", bench.home.rubrics)
    shutil.copytree(FOLDER / "deliveries", bench.home.deliveries)
    bench.run(DAY)
    return bench


@pytest.fixture(scope="module")
def found(bench: Bench) -> dict[str, bytes]:
    """Return what the golden day gives, as the golden files hold it."""
    store = bench.home.artifacts
    snapshots = bench.index(SNAPSHOTS, SnapshotsIndex, DAY)
    features = bench.index(FEATURES, FeaturesIndex, DAY)
    runs = bench.index(SCORE_RUNS, ScoreRunsIndex, DAY)
    (quarantine,) = (bench.home.quarantine / DAY).iterdir()
    sessions = read_rows(store, snapshots.sessions, StandingSession)
    return {
        "snapshots.jsonl": b"".join(
            canonical_json(
                [each.assessment_id, each.session_id, each.attempt, each.response_snapshot_id]
            )
            + b"\n"
            for each in sessions
        ),
        "quarantine.jsonl": quarantine.read_bytes(),
        "features.jsonl": b"".join(store.read(chunk.features) for chunk in features.chunks),
        "results.jsonl": b"".join(store.read(chunk.results) for chunk in runs.chunks),
        **files_below(bench.home.export_folder(DAY)),
    }


def inputs() -> str:
    """Return one hash over the deliveries and rubrics of the golden day."""
    given: dict[str, Json] = {
        f"{kind}/{name}": hash_bytes(content)
        for kind in ("deliveries", "rubrics")
        for name, content in files_below(FOLDER / kind).items()
    }
    return hash_bytes(canonical_json(given))


def pinned() -> dict[str, Json]:
    if not (EXPECTED / PINNED).exists():
        return {}
    read: dict[str, Json] = json.loads((EXPECTED / PINNED).read_bytes())
    return read


def unexcused(found: dict[str, bytes]) -> list[str]:
    """Return why golden files may not change: none of their versions did, nor the input."""
    before = pinned()
    if not before or before["inputs"] != inputs():
        return []
    versions = before["versions"]
    assert isinstance(versions, dict)
    return [
        f"{name} is other than it was: change {names[0].upper()} in core/versions.py"
        for name, names in VERSIONS_OF.items()
        if (EXPECTED / name).read_bytes() != found[name]
        and all(versions[each] == VERSIONS[each] for each in names)
    ]


def test_nothing_changes_without_its_version(found: dict[str, bytes]) -> None:
    assert sorted(found) == sorted(VERSIONS_OF)
    assert unexcused(found) == []


def test_the_golden_files_are_those_of_this_version(
    found: dict[str, bytes], pytestconfig: pytest.Config
) -> None:
    now: dict[str, Json] = {
        "inputs": inputs(),
        "sha256": {name: hash_bytes(content) for name, content in sorted(found.items())},
        "versions": dict(VERSIONS),
    }
    if pytestconfig.getoption("--update-golden"):
        assert unexcused(found) == []
        EXPECTED.mkdir(exist_ok=True)
        for name, content in found.items():
            (EXPECTED / name).write_bytes(content)
        (EXPECTED / PINNED).write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    advice = "run pytest with --update-golden and read the diff"
    assert pinned() == now, advice
    assert files_below(EXPECTED).keys() == {*found, PINNED}, advice
    for name, content in found.items():
        assert (EXPECTED / name).read_bytes() == content, f"{name}: {advice}"


def test_the_golden_day_verifies(bench: Bench) -> None:
    assert bench.verify().outcome is VerificationOutcome.RIGHT


def test_every_rule_is_in_the_golden_day(bench: Bench) -> None:
    shown = {row["rule"] for row in bench.table("evidence", DAY)}

    assert set(RULE_NAMES) - shown == set(), "add an item to golden/, as its README.md says"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (
            "item_status",
            {
                "scored",
                "scored_missing",
                "pending_ratings",
                "unscorable",
                "voided",
                "excluded",
                "error",
            },
        ),
        (
            "response_state",
            {"answered", "omitted", "not_reached", "not_presented", "invalid", "absent"},
        ),
    ],
)
def test_every_status_and_state_is_in_the_golden_day(
    bench: Bench, column: str, values: set[str]
) -> None:
    assert {row[column] for row in bench.table("evidence", DAY)} == values


def test_every_outcome_of_a_line_is_in_the_golden_day(bench: Bench) -> None:
    index = bench.index(SNAPSHOTS, SnapshotsIndex, DAY)

    assert index.counts.duplicates > 0
    assert index.counts.replaced > 0
    assert index.counts.in_progress > 0
    assert len(index.reasons) > 10
    assert {row["status"] for row in bench.table("scorecards", DAY)} == {
        "blocked",
        "complete",
        "provisional",
        "voided",
    }
