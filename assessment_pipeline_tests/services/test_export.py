"""Export: the CSV files and manifest of a day, and what the ledger says of them."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from assessment_pipeline.core.exports import COLUMNS, files_hash
from assessment_pipeline.core.hashing import canonical_json, content_hash, hash_bytes
from assessment_pipeline.core.ledger_events import CsvExported, RubricPublished
from assessment_pipeline.services import export
from assessment_pipeline.services.indexes import (
    EXPORTS,
    FEATURES,
    SCORE_RUNS,
    SCORECARDS,
    SNAPSHOTS,
    ExportedChunk,
    ExportsIndex,
    ScorecardsChunk,
)
from assessment_pipeline.services.steps import VERSIONS, Workplace, point_to
from assessment_pipeline_tests.builders import (
    DAY,
    RUBRIC,
    Bench,
    answers,
    cut_small_chunks,
    files_below,
)
from assessment_pipeline_tests.deliveries import response

HOSTILE = ["a\rb", 'say "no"', "a,b", "a\nb", "a\u2028b", "=1+1", "\ufeffx", "a\r\nb", "'", "\x1f"]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path / "home")
    bench.write_rubric("1", RUBRIC + "dimensions: {cps: {items: [q01]}}\n")
    return bench


def exported(bench: Bench) -> dict[str, bytes]:
    return files_below(bench.home.export_folder(DAY))


def test_a_day_has_three_tables_and_a_manifest(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    bench.run()

    assert sorted(exported(bench)) == [
        "evidence.csv",
        "manifest.json",
        "scorecards.csv",
        "subscores.csv",
    ]


def test_the_manifest_says_what_each_file_is_and_what_it_was_made_from(bench: Bench) -> None:
    bench.deliver(answers("s1"), answers("s2"))
    results = bench.run()
    files = exported(bench)

    manifest = json.loads(files["manifest.json"])

    rows = {"scorecards.csv": 2, "subscores.csv": 2, "evidence.csv": 4}
    assert manifest == {
        "delivery_date": DAY,
        "files": {
            name: {
                "bytes": len(files[name]),
                "rows": count,
                "sha256": f"sha256:{sha256(files[name]).hexdigest()}",
            }
            for name, count in rows.items()
        },
        "inputs": {
            "rubrics": [payload.content_hash for payload in bench.payloads(RubricPublished)],
            **{
                asset: results[asset].content_hash
                for asset in (SNAPSHOTS, FEATURES, SCORE_RUNS, SCORECARDS)
            },
        },
        "versions": VERSIONS,
    }
    assert canonical_json(manifest) == files["manifest.json"]
    assert results[EXPORTS].content_hash == content_hash(manifest["files"])


def test_an_export_is_recorded_with_the_hash_of_each_file(bench: Bench) -> None:
    bench.deliver(answers("s1"))
    result = bench.run()[EXPORTS]
    bench.run()

    (payload,) = bench.payloads(CsvExported)

    assert payload.content_hash == result.content_hash
    assert payload.files == {
        name: f"sha256:{sha256(content).hexdigest()}"
        for name, content in exported(bench).items()
        if name.endswith(".csv")
    }


def test_hostile_responses_come_back_as_they_were_given(bench: Bench) -> None:
    sessions = [
        answers(f"s{number:02}") | {"responses": [response("q01", value)]}
        for number, value in enumerate(HOSTILE)
    ]
    bench.deliver(*sessions)

    bench.run()

    rows = [row for row in bench.table("evidence") if row["item_id"] == "q01"]
    assert [row["response"] for row in rows] == ["" if not v.strip() else v for v in HOSTILE]


def test_every_file_is_utf_8_without_mark_and_ends_in_lf(bench: Bench) -> None:
    bench.deliver(answers("s1", "ŷ"))
    bench.run()

    for name, content in exported(bench).items():
        content.decode()
        assert not content.startswith(b"\xef\xbb\xbf")
        if name.endswith(".csv"):
            assert content.endswith(b"\n")
            assert content.startswith(",".join(COLUMNS[name]).encode() + b"\n")


def test_rows_are_sorted_by_assessment_session_attempt_and_item(bench: Bench) -> None:
    bench.write_rubric("1", RUBRIC.replace("numeracy", "Algebra"), assessment_id="Algebra")
    bench.deliver(
        answers("b", attempt=10),
        answers("b", attempt=2),
        answers("a") | {"responses": [response("z", "1"), response("Z", "1"), response("10", "1")]},
        answers("_b"),
        answers("z", assessment_id="Algebra"),
    )
    bench.run()

    keys = [
        (row["assessment_id"], row["session_id"], int(row["attempt"]), row["item_id"])
        for row in bench.table("evidence")
    ]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys)) == 13


def test_the_item_status_and_state_of_every_response_is_shown(bench: Bench) -> None:
    items = [response("q01", None, state="not_presented"), response("q02", "3.14", duration_ms=9)]
    bench.deliver(answers("s1") | {"responses": items})
    bench.run()

    first, second = bench.table("evidence")

    assert (first["item_status"], first["response_state"]) == ("excluded", "not_presented")
    assert (first["raw_score"], first["max_score"]) == ("", "")
    assert (second["duration_ms"], second["raw_score"], second["weight"]) == ("9", "2", "1")


def test_submitted_at_is_shown_as_delivered(bench: Bench) -> None:
    bench.deliver(answers("s1", submitted_at="2026-11-20T10:41:07.500+01:00"))
    bench.run()

    assert bench.table("scorecards")[0]["submitted_at"] == "2026-11-20T10:41:07.500+01:00"


def test_another_home_with_the_same_files_gives_the_same_exports(
    bench: Bench, tmp_path: Path
) -> None:
    other = Bench(tmp_path / "a longer way" / "home")
    other.write_rubric("1", RUBRIC + "dimensions: {cps: {items: [q01]}}\n")
    for each in (bench, other):
        each.deliver(answers("s1"), answers("s2", "A"))
        each.run()

    assert exported(bench) == exported(other)


def test_the_excel_dialect_is_not_what_is_exported(bench: Bench) -> None:
    bench.deliver(answers("s1", "=1+1"))
    bench.run()

    assert bench.table("evidence")[0]["response"] == "=1+1"


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small_chunks(monkeypatch)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the keys of the chunks whose rows are rendered."""
    keys: list[str] = []
    render = export._render

    def spied(place: Workplace, day: str, chunk: ScorecardsChunk, *more: Any) -> ExportedChunk:  # noqa: ANN401
        keys.append(chunk.key)
        return render(place, day, chunk, *more)

    monkeypatch.setattr(export, "_render", spied)
    return keys


@pytest.mark.usefixtures("small_chunks")
def test_a_late_session_leaves_the_rows_of_the_others_as_they_are(
    bench: Bench, rendered: list[str], tmp_path: Path
) -> None:
    early, late = [answers("s1", 'a "b", c\n'), answers("s3")], answers("s2", "late")
    bench.deliver(*early, name="a.jsonl")
    bench.run()
    assert len(rendered) == 2
    bench.deliver(late, name="b.jsonl")
    bench.run()
    assert len(rendered) == 3
    at_once = Bench(tmp_path / "at once")
    at_once.write_rubric("1", RUBRIC + "dimensions: {cps: {items: [q01]}}\n")
    at_once.deliver(*early, name="a.jsonl")
    at_once.deliver(late, name="b.jsonl")
    at_once.run()

    assert exported(bench) == exported(at_once)
    assert bench.verify().outcome == "right"


@pytest.mark.usefixtures("small_chunks")
def test_rows_are_taken_only_from_files_that_are_as_they_were_written(
    bench: Bench, rendered: list[str]
) -> None:
    bench.deliver(answers("s1"), answers("s2"))
    bench.run()
    path = bench.home.export_folder(DAY) / "evidence.csv"
    path.write_bytes(path.read_bytes().replace(b"s1", b"sX"))
    bench.run()

    assert len(rendered) == 4
    assert bench.verify().outcome == "right"


@pytest.mark.usefixtures("small_chunks")
def test_an_export_of_an_earlier_release_is_rendered_anew(
    bench: Bench, rendered: list[str]
) -> None:
    bench.deliver(answers("s1"), name="a.jsonl")
    bench.run()
    bench.point_to(EXPORTS, replace(bench.index(EXPORTS, ExportsIndex), chunks=[]))
    bench.deliver(answers("s2"), name="b.jsonl")
    bench.run()

    assert len(rendered) == 3
    assert bench.verify().outcome == "right"


def forge_export(bench: Bench, old: bytes, new: bytes) -> None:
    """Change scorecards.csv, and bring manifest, index and pointer into line, as nobody should."""
    folder = bench.home.export_folder(DAY)
    index = bench.index(EXPORTS, ExportsIndex)
    path = folder / "scorecards.csv"
    content = path.read_bytes()
    assert content.count(old) == 1
    assert len(old) == len(new)
    path.write_bytes(content.replace(old, new))
    forged = replace(index.files["scorecards.csv"], sha256=hash_bytes(path.read_bytes()))
    files = {**index.files, "scorecards.csv": forged}
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["scorecards.csv"]["sha256"] = forged.sha256
    (folder / "manifest.json").write_bytes(canonical_json(manifest))
    pointer = bench.home.pointer(EXPORTS, DAY)
    assert pointer is not None
    with bench.workplace() as place:
        hash_ = files_hash(files)
        manifest_hash = hash_bytes(canonical_json(manifest))
        forged_index = replace(
            index, files=files, content_hash=hash_, manifest_sha256=manifest_hash
        )
        point_to(place, EXPORTS, DAY, pointer.input_key, forged_index, hash_)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("is_late", [False, True], ids=["nothing new", "a late session"])
def test_rows_are_taken_only_from_an_export_that_the_ledger_knows(
    bench: Bench, is_late: bool
) -> None:
    bench.deliver(answers("s1"), answers("s2", "X"), name="a.jsonl")
    bench.run()
    scores = {row["session_id"]: row["raw_score"] for row in bench.table("scorecards")}
    forge_export(bench, f",{scores['s2']},".encode(), b",9,")
    if is_late:
        bench.deliver(answers("s3"), name="b.jsonl")
    bench.run()

    again = {row["session_id"]: row["raw_score"] for row in bench.table("scorecards")}
    assert scores.items() <= again.items()
    assert bench.verify().outcome == "right"
    assert len(bench.payloads(CsvExported)) == 1 + is_late


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("change", [{"bytes": 1}, {"bytes": -1}, {"rows": 1}, {"rows": -1}])
def test_rows_are_taken_only_where_the_chunks_are_all_of_the_file(
    bench: Bench, rendered: list[str], change: dict[str, int]
) -> None:
    bench.deliver(answers("s1"), answers("s2"), name="a.jsonl")
    bench.run()
    index = bench.index(EXPORTS, ExportsIndex)
    first = index.chunks[0]
    part = first.files["evidence.csv"]
    other = replace(part, **{name: getattr(part, name) + by for name, by in change.items()})
    chunk = replace(first, files={**first.files, "evidence.csv": other})
    bench.point_to(EXPORTS, replace(index, chunks=[chunk, *index.chunks[1:]]))
    bench.deliver(answers("s3"), name="b.jsonl")
    rendered.clear()
    bench.run()

    assert len(rendered) == 3
    assert bench.verify().outcome == "right"
