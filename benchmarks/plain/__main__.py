"""`python -m benchmarks.plain HOME DAY FOLDER`: score a day of a home into a folder."""

import sys
from contextlib import ExitStack
from pathlib import Path

from benchmarks.plain.deliveries import read_snapshots
from benchmarks.plain.exports import DayExports
from benchmarks.plain.features import features_line
from benchmarks.plain.hashing import canonical_json, hash_bytes, partition_hash
from benchmarks.plain.ledger import Ledger
from benchmarks.plain.rubric import read_rubric
from benchmarks.plain.scoring import score_session


def score_day(home: Path, day: str, folder: Path) -> None:
    """Score every session of a day: snapshots, features, results, CSV files, ledger, manifest."""
    (rubric,) = (home / "rubrics").glob("*/*.yaml")
    version = read_rubric(rubric)
    folder.mkdir(parents=True)
    snapshot_leaves, features_leaves, run_leaves = [], [], []
    with ExitStack() as stack:
        snapshots = stack.enter_context((folder / "snapshots.jsonl").open("wb"))
        features = stack.enter_context((folder / "features.jsonl").open("wb"))
        results = stack.enter_context((folder / "results.jsonl").open("wb"))
        evaluations = stack.enter_context((folder / "evaluations.jsonl").open("wb"))
        exports = stack.enter_context(DayExports(folder, day, version.rubric.version))
        ledger = stack.enter_context(Ledger(folder / "ledger.sqlite"))
        for snapshot in read_snapshots(home / "deliveries" / day):
            if snapshot.session.assessment_id != version.rubric.assessment_id:
                raise ValueError(f"session {snapshot.session.session_id} has no rubric")
            snapshot_id = snapshot.response_snapshot_id
            snapshots.write(snapshot.canonical + b"\n")
            line = features_line(snapshot)
            features.write(line + b"\n")
            run = score_session(snapshot, version)
            results.write(run.result + b"\n")
            judged = {
                "evaluations": [item.as_json() for item in run.items],
                "score_run_id": run.score_run_id,
            }
            evaluations.write(canonical_json(judged) + b"\n")
            exports.write(snapshot, run)
            ledger.record(snapshot, run, version.content_hash)
            snapshot_leaves.append([snapshot_id])
            features_leaves.append([snapshot_id, hash_bytes(line)])
            run_leaves.append([run.score_run_id, run.output_hash])
        runs_hash = partition_hash(run_leaves)
        inputs = {
            "response_snapshots": partition_hash(snapshot_leaves),
            "response_features": partition_hash(features_leaves),
            "rubrics": [version.content_hash] if run_leaves else [],
            "score_runs": runs_hash,
            "scorecards": runs_hash,
        }
        exports.write_manifest(inputs)


if __name__ == "__main__":
    score_day(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
