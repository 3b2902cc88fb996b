"""QTI results: what leaves the home is what was scored, valid, whole, and the same again.

The samples and the golden day are written and read back by the standard library; totals are
computed anew from the items, and everything is held against the CSV files.
"""

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.points import decimal_text
from assessment_pipeline.core.qti_results.documents import NAMESPACES, QtiVersion
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.samples import sample_deliveries, sample_rubrics
from assessment_pipeline.services.indexes import (
    SCORE_RUNS,
    SCORECARDS,
    ScorecardsIndex,
    ScoreRunsIndex,
    artifacts_of,
)
from assessment_pipeline.services.qti_results import MANIFEST, file_name, write_qti_results
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline_tests.builders import DAY, Bench, answers, files_below
from assessment_pipeline_tests.core.qti_results.published_structure import published_structure
from assessment_pipeline_tests.core.qti_results.results import ReadPart, ReadResult
from assessment_pipeline_tests.golden import test_golden

GOLDEN_DAY = test_golden.DAY
SAMPLE_DAYS = ("2026-11-18", "2026-11-19", "2026-11-20")
VERSIONS = tuple(NAMESPACES)
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "qti-results.md"


# The columns of the CSV files, and where they stand in a result.
_CARD_COLUMNS = {
    "status": "SCORECARD_STATUS",
    "raw_score": "{prefix}SCORE",
    "raw_score_exact": "{prefix}SCORE_EXACT",
    "max_score": "{prefix}MAXSCORE",
    "percent": "PERCENT",
    "scale_score": "SCALE_SCORE_EXACT",
    "performance_level": "PERFORMANCE_LEVEL",
    "rubric_version": "RUBRIC_VERSION",
    "feature_version": "FEATURE_VERSION",
    "engine_version": "ENGINE_VERSION",
    "response_snapshot_id": "RESPONSE_SNAPSHOT_ID",
    "supersedes": "SUPERSEDES",
    "score_run_id": "SCORE_RUN_ID",
    "output_hash": "OUTPUT_HASH",
    "delivery_date": "DELIVERY_DATE",
    "submitted_at": "SUBMITTED_AT",
}
_ITEM_COLUMNS = {
    "item_status": "ITEM_STATUS",
    "response_state": "RESPONSE_STATE",
    "rule": "RULE",
    "rubric_version": "RUBRIC_VERSION",
    "raw_score": "SCORE",
    "raw_score_exact": "SCORE_EXACT",
    "max_score": "MAXSCORE",
    "weight": "WEIGHT_EXACT",
    "explanation": "EXPLANATION",
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return the samples scored, without the thousand examinees of LSAT-6."""
    bench = Bench(tmp_path_factory.mktemp("samples") / "home")
    for rubric in sample_rubrics():
        bench.write_rubric(rubric.version, rubric.content.decode(), rubric.assessment_id)
    for delivery in sample_deliveries():
        if delivery.name != "lsat6.jsonl":
            path = bench.home.delivery_folder(delivery.day) / delivery.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(delivery.content)
    for day in SAMPLE_DAYS:
        bench.run(day)
    return bench


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return the golden day scored: every rule, state and status once."""
    bench = Bench(tmp_path_factory.mktemp("golden") / "home")
    shutil.rmtree(bench.home.rubrics)
    shutil.copytree(test_golden.FOLDER / "rubrics", bench.home.rubrics)
    shutil.copytree(test_golden.FOLDER / "deliveries", bench.home.deliveries)
    bench.run(GOLDEN_DAY)
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Return a small home, scored."""
    bench = Bench(tmp_path / "home")
    bench.deliver(answers("s-1"), answers("S-1", "=1+1"), answers("s-1", "A", attempt=2))
    bench.run()
    return bench


def _results(bench: Bench, day: str, to: Path, version: QtiVersion = "3.0") -> list[ReadResult]:
    """Return a day's results, written and read again, each held against the structure."""
    written = write_qti_results(bench.home, day, to, version)
    results = [ReadResult((written.folder / name).read_bytes()) for name in written.files]
    for result in results:
        published_structure(version).assertValid(result.tree())
    return results


def _key(result: ReadResult) -> tuple[str, str]:
    return result.sessions[0]["identifier"], result.test.value("ATTEMPT") or ""


def _sum(result: ReadResult, name: str) -> Fraction:
    return sum((Fraction(item.value(name) or "0") for item in result.items), Fraction(0))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_totals_of_the_samples_come_out_of_their_items(
    samples: Bench, tmp_path: Path, version: QtiVersion
) -> None:
    statuses: Counter[str | None] = Counter()
    for day in SAMPLE_DAYS:
        for result in _results(samples, day, tmp_path / day, version):
            test = result.test
            status = test.value("SCORECARD_STATUS")
            statuses[status] += 1
            if status == "voided":
                continue
            is_final = status == "complete"
            prefix = "" if is_final else "PROVISIONAL_"
            total = Fraction(test.value(f"{prefix}SCORE_EXACT") or "")
            assert total == _sum(result, "SCORE_EXACT")
            assert test.value(f"{prefix}MAXSCORE") == decimal_text(_sum(result, "MAXSCORE_EXACT"))
            assert (test.value("SCORE") is not None) is is_final
            if is_final:
                assert {item.attributes["sessionStatus"] for item in result.items} == {"final"}
    assert statuses.keys() == {"complete", "blocked", "voided"}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_samples_say_what_their_csv_files_say(
    samples: Bench, tmp_path: Path, version: QtiVersion
) -> None:
    for day in SAMPLE_DAYS:
        _hold_against_the_csv_files(samples, day, _results(samples, day, tmp_path / day, version))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_golden_day_says_what_its_csv_files_say(
    golden: Bench, tmp_path: Path, version: QtiVersion
) -> None:
    results = _results(golden, GOLDEN_DAY, tmp_path, version)
    _hold_against_the_csv_files(golden, GOLDEN_DAY, results)
    found = {item.attributes["sessionStatus"] for result in results for item in result.items}
    pending = {"pendingResponseProcessing"} | (
        {"pendingExternalScoring"} if version == "3.0" else set()
    )
    assert found == {"final"} | pending


def _hold_against_the_csv_files(bench: Bench, day: str, results: list[ReadResult]) -> None:
    by_key = {_key(result): result for result in results}
    cards = bench.table("scorecards", day)
    assert [(row["session_id"], row["attempt"]) for row in cards] == list(map(_key, results))
    evidence: dict[tuple[str, str], list[dict[str, str]]] = {key: [] for key in by_key}
    for row in bench.table("evidence", day):
        evidence[row["session_id"], row["attempt"]].append(row)
    for row in cards:
        result = by_key[row["session_id"], row["attempt"]]
        prefix = "" if row["status"] == "complete" else "PROVISIONAL_"
        assert result.context == {"sourcedId": row["candidate_id"]}
        # A leap second is none to a schema.
        stamp = row["submitted_at"].replace(":60Z", ":59Z")
        assert result.test.attributes["datestamp"] == stamp
        told = _told(result.test, _CARD_COLUMNS, prefix)
        assert told == _same_columns(row, told)
        for item, of_item in zip(
            result.items, evidence[row["session_id"], row["attempt"]], strict=True
        ):
            assert item.attributes["identifier"] == of_item["item_id"]
            told = _told(item, _ITEM_COLUMNS)
            assert told == _same_columns(of_item, told)
            assert _values(item) == _values_of_cell(of_item["response"])
            assert _milliseconds(item) == of_item["duration_ms"]


def _told(part: ReadPart, columns: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    names = {column: name.format(prefix=prefix) for column, name in columns.items()}
    return {column: part.value(name) or "" for column, name in names.items()}


def _same_columns(row: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    return {column: row[column] for column in told}


def _values(item: ReadPart) -> list[str]:
    exact = item.value("RESPONSE_JSON")
    values = list(item.variables["RESPONSE"].values) if exact is None else json.loads(exact)
    return values if isinstance(values, list) else [values]


def _values_of_cell(response: str) -> list[str]:
    """Return the values of a response in evidence.csv; one alone and a list of it are the same."""
    if response.startswith("["):
        values: list[str] = json.loads(response)
        return values
    return [response] if response else []


def _milliseconds(item: ReadPart) -> str:
    seconds = item.value("duration")
    if seconds is None:
        return item.value("DURATION_MS") or ""
    return str(Fraction(seconds) * 1000)


def test_every_variable_that_is_written_is_described(
    samples: Bench, golden: Bench, tmp_path: Path
) -> None:
    described = DOCUMENTATION.read_text(encoding="utf-8")
    results = _results(golden, GOLDEN_DAY, tmp_path / "golden")
    for day in SAMPLE_DAYS:
        results += _results(samples, day, tmp_path / day)
    written = {
        name.partition("-")[0] + ("-*d*" if "-" in name else "")
        for result in results
        for part in (result.test, *result.items)
        for name in part.variables
    }
    assert {"SUBSCORE-*d*", "PROVISIONAL_SUBSCORE-*d*", "duration", "RESPONSE_JSON"} <= written
    assert [name for name in sorted(written) if name not in described] == []


def test_every_rule_of_the_samples_has_its_own_types(samples: Bench, tmp_path: Path) -> None:
    first, *_ = _results(samples, SAMPLE_DAYS[0], tmp_path)
    found = {
        item.attributes["identifier"]: (
            item.variables["RESPONSE"].cardinality,
            item.variables["RESPONSE"].base_type,
        )
        for item in first.items
    }
    assert found == {
        "h01": ("single", "identifier"),
        "h02": ("multiple", "identifier"),
        "h03": ("ordered", "identifier"),
        "h04": ("multiple", "pair"),
        "h05": ("multiple", "identifier"),
        "h06": ("single", "float"),
        "h07": ("single", "float"),
        "h08": ("single", "float"),
        "h09": ("multiple", "identifier"),
        "h10": ("multiple", "identifier"),
        "h11": ("single", "string"),
        "h12": ("single", "string"),
        "h13": ("single", "string"),
        "h14": ("single", "boolean"),
        "h15": ("single", "string"),
    }


def test_a_response_scored_by_another_assessment_has_that_ones_key(
    samples: Bench, tmp_path: Path
) -> None:
    results = _results(samples, "2026-11-19", tmp_path)
    (knots,) = (
        item
        for result in results
        for item in result.items
        if item.attributes["identifier"] == "knots"
    )
    assert knots.value("RUBRIC_VERSION") == "seamanship/1"
    assert knots.variables["RESPONSE"].correct == (
        "bowline",
        "figure_eight_loop",
        "alpine_butterfly",
    )


def test_the_manifest_names_each_file_with_its_hash_and_session(
    bench: Bench, tmp_path: Path
) -> None:
    write_qti_results(bench.home, DAY, tmp_path / "out", "2.2")
    contents = files_below(tmp_path / "out")
    manifest = json.loads(contents.pop(MANIFEST))
    assert (manifest["delivery_date"], manifest["qti_version"]) == (DAY, "2.2")
    index = bench.index(SCORECARDS, ScorecardsIndex)
    assert manifest["source"] == {"content_hash": index.content_hash}
    assert {name: (each["sha256"], each["bytes"]) for name, each in manifest["files"].items()} == {
        name: (hash_bytes(content), len(content)) for name, content in contents.items()
    }
    sessions = [(each["session_id"], each["attempt"]) for each in manifest["files"].values()]
    assert sorted(sessions) == [("S-1", 1), ("s-1", 1), ("s-1", 2)]
    for name, content in contents.items():
        assert _key(ReadResult(content))[0] == manifest["files"][name]["session_id"]


def test_a_second_export_gives_the_same_bytes(bench: Bench, samples: Bench, tmp_path: Path) -> None:
    for home, day in ((bench.home, DAY), (samples.home, "2026-11-20")):
        write_qti_results(home, day, tmp_path / "one")
        write_qti_results(home, day, tmp_path / "two")
        assert files_below(tmp_path / "one") == files_below(tmp_path / "two")


def test_the_home_is_only_read(bench: Bench, tmp_path: Path) -> None:
    before = files_below(bench.home.folder)
    write_qti_results(bench.home, DAY, tmp_path / "out")
    assert files_below(bench.home.folder) == before


def test_one_session_has_all_its_attempts_and_no_other(bench: Bench, tmp_path: Path) -> None:
    all_of_them = write_qti_results(bench.home, DAY, tmp_path / "all")
    written = write_qti_results(bench.home, DAY, tmp_path / "one", session_id="s-1")
    assert list(written.files) == [file_name("s-1", 1), file_name("s-1", 2)]
    assert written.files.items() <= all_of_them.files.items()
    assert files_below(tmp_path / "one").keys() == {*written.files, MANIFEST}


def test_files_are_named_safely_and_apart_where_case_does_not_count() -> None:
    ids = ["a", "A", "a:b", "a+b", "a" * 255, "a" * 254 + "b", "con", "_.", "a--"]
    names = [file_name(each, attempt) for each in ids for attempt in (1, 2, 11)]
    assert len({name.lower() for name in names}) == len(names)
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert all(set(name) <= allowed and len(name) < 128 for name in names)
    assert not any(name.startswith((".", "-", "con.")) for name in names)


def test_files_are_readable_by_their_owner_alone(bench: Bench, tmp_path: Path) -> None:
    folder = write_qti_results(bench.home, DAY, tmp_path / "out").folder
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_a_day_that_is_not_scored_and_an_unknown_session_are_nothing_there(
    bench: Bench, tmp_path: Path
) -> None:
    with pytest.raises(NothingThereError, match="2025-11-19"):
        write_qti_results(bench.home, "2025-11-19", tmp_path / "out")
    with pytest.raises(NothingThereError, match="s-9"):
        write_qti_results(bench.home, DAY, tmp_path / "out", session_id="s-9")
    assert not (tmp_path / "out").exists()


def test_an_empty_day_is_a_manifest_without_files(bench: Bench, tmp_path: Path) -> None:
    bench.run("2025-11-21")
    assert write_qti_results(bench.home, "2025-11-21", tmp_path / "out").files == {}
    assert files_below(tmp_path / "out").keys() == {MANIFEST}


def test_what_is_no_date_and_what_is_no_folder_outside_is_refused(
    bench: Bench, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="YYYY-MM-DD"):
        write_qti_results(bench.home, "../x", tmp_path / "out")
    (tmp_path / "link").symlink_to(bench.home.exports)
    for inside in (bench.home.folder, bench.home.exports / DAY, tmp_path / "link"):
        with pytest.raises(UsageError, match="outside"):
            write_qti_results(bench.home, DAY, inside)
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(UsageError, match="not a folder"):
        write_qti_results(bench.home, DAY, tmp_path / "file")


def _artifacts_read(bench: Bench) -> list[ArtifactRef]:
    cards = bench.index(SCORECARDS, ScorecardsIndex)
    rubrics = bench.index(SCORE_RUNS, ScoreRunsIndex).rubrics
    return [*artifacts_of(cards), *(ArtifactRef(each, 0) for each in rubrics)]


def test_whatever_is_read_is_checked_before_anything_is_written(
    bench: Bench, tmp_path: Path
) -> None:
    read = _artifacts_read(bench)
    assert len(read) == 3
    for ref in read:
        path = bench.home.artifacts.path(ref)
        content = path.read_bytes()
        bench.flip_byte(ref)
        with pytest.raises(IntegrityError, match=path.name):
            write_qti_results(bench.home, DAY, tmp_path / "out")
        path.unlink()
        with pytest.raises(IntegrityError, match=path.name):
            write_qti_results(bench.home, DAY, tmp_path / "out")
        path.write_bytes(content)
    assert not (tmp_path / "out").exists()
    assert len(write_qti_results(bench.home, DAY, tmp_path / "out").files) == 3


def test_a_rubric_file_that_was_changed_or_removed_since_changes_nothing(
    bench: Bench, tmp_path: Path
) -> None:
    before = files_below(write_qti_results(bench.home, DAY, tmp_path / "before").folder)
    shutil.rmtree(bench.home.rubrics)
    assert files_below(write_qti_results(bench.home, DAY, tmp_path / "after").folder) == before


def test_an_index_whose_parts_do_not_belong_together_is_named(bench: Bench, tmp_path: Path) -> None:
    cards = bench.index(SCORECARDS, ScorecardsIndex)
    (chunk,) = cards.chunks
    nothing = bench.home.artifacts.put(b"")
    torn = msgspec.structs.replace(
        cards, chunks=[msgspec.structs.replace(chunk, evaluations=nothing)]
    )
    bench.point_to(SCORECARDS, torn)
    with pytest.raises(IntegrityError, match="verify"):
        write_qti_results(bench.home, DAY, tmp_path / "out")


def test_a_rubric_that_this_release_cannot_read_is_named(bench: Bench, tmp_path: Path) -> None:
    index = bench.index(SCORE_RUNS, ScoreRunsIndex)
    ref = bench.home.artifacts.put(b'{"assessment_id":"numeracy","items":{},"version":1.5}')
    other = msgspec.structs.replace(index, rubrics={ref.sha256: "numeracy/1"})
    bench.point_to(SCORE_RUNS, other)
    with pytest.raises(IntegrityError, match="numeracy/1"):
        write_qti_results(bench.home, DAY, tmp_path / "out")
