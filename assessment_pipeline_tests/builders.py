"""Builders for tests of whole days: a home that is scored step by step, and what is then in it.

The clock stands still. All people and answers are made up.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from assessment_pipeline.core.ledger import Entry
from assessment_pipeline.core.ledger_events import EventPayload, RubricPublished
from assessment_pipeline.services import derivation, rubrics
from assessment_pipeline.services import score as score_module
from assessment_pipeline.services.capture import capture
from assessment_pipeline.services.export import export
from assessment_pipeline.services.extract import extract
from assessment_pipeline.services.indexes import RUBRICS, Index, current_index
from assessment_pipeline.services.report import report
from assessment_pipeline.services.score import score
from assessment_pipeline.services.steps import StepResult, Workplace
from assessment_pipeline.services.verification import Verification
from assessment_pipeline.services.verify import verify
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.installations import DAY, RUBRIC, Installation, answers

__all__ = ["DAY", "RUBRIC", "Bench", "answers", "cut_small_chunks", "files_below"]

Payload = TypeVar("Payload", bound=EventPayload)

CORRECTION = """\
assessment_id: numeracy
version: "2"
replaces: "1"
reason: the key of q01 was wrong
items:
  q01: {rule: match_correct, correct: C}
  q02: {rule: numeric, answers: [{value: "3.14"}], points: 2}
"""


def _noon() -> datetime:
    return datetime(2025, 11, 23, 12, tzinfo=UTC)


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def cut_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut a chunk after each session, so that few sessions are many chunks."""
    for module in (score_module, derivation):
        monkeypatch.setattr(module, "ends_chunk", lambda _, sessions, *__: sessions == 1)


class Bench(Installation):
    """An installation whose steps are run and looked at one by one."""

    @contextmanager
    def workplace(self, run_id: str = "run-1") -> Iterator[Workplace]:
        """Open the home and its ledger, with a clock that stands still."""
        with super().workplace(run_id) as place:
            yield replace(place, clock=_noon)

    def run(self, day: str = DAY, *, accept_changed: bool = False) -> dict[str, StepResult]:
        """Run all steps of a day and return what each reports."""
        with self.workplace() as place:
            captured = capture(place, day, accept_changed=accept_changed)
            extracted = extract(place, day)
            catalogue, loaded = rubrics.load(place)
            results = {
                captured.asset: captured,
                extracted.asset: extracted,
                loaded.asset: loaded,
            }
            for result in (score(place, day, catalogue), report(place, day), export(place, day)):
                results[result.asset] = result
        return results

    def verify(self, day: str | None = None) -> Verification:
        """Verify the home."""
        return verify(self.home, day)

    def index(self, asset: str, shape: type[Index], day: str = DAY) -> Index:
        """Return the current index of an asset."""
        index = current_index(self.home, asset, day, shape)
        assert index is not None, asset
        return index

    def scored_by(self) -> dict[str, str]:
        """Return which rubric version scored each session of the day."""
        return {row["session_id"]: row["rubric_version"] for row in self.table("scorecards")}

    def table(self, name: str, day: str = DAY) -> list[dict[str, str]]:
        """Return the rows of one of a day's CSV files, as the standard library reads them."""
        text = (self.home.export_folder(day) / f"{name}.csv").read_bytes().decode()
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    def entries(self) -> list[Entry]:
        """Return all entries of the ledger."""
        with Ledger.read(self.home.ledger) as ledger:
            return list(ledger.entries())

    def payloads(self, model: type[Payload]) -> list[Payload]:
        """Return what the ledger has recorded of one kind."""
        with Ledger.read(self.home.ledger) as ledger:
            return list(ledger.payloads(model))

    def published(self) -> list[str]:
        """Return the rubric versions that are frozen, as `assessment_id/version`."""
        found = self.payloads(RubricPublished)
        return [f"{payload.assessment_id}/{payload.version}" for payload in found]

    def content(self) -> dict[str, bytes]:
        """Return all that was made of deliveries and rubrics, without the ledger's own file."""
        made = ("artifacts/", "current/", "exports/", "quarantine/")
        return {
            name: content
            for name, content in files_below(self.home.folder).items()
            if name.startswith(made) and "/.lock" not in name
        }

    def flip_byte(self, path: Path | ArtifactRef, position: int = -2) -> Path:
        """Change one bit of a file, as a disk or a hand might."""
        if isinstance(path, ArtifactRef):
            path = self.home.artifacts.path(path)
        content = bytearray(path.read_bytes())
        content[position] ^= 1
        path.write_bytes(content)
        return path


def skipped(results: dict[str, StepResult]) -> Sequence[str]:
    """Return the assets whose step had nothing to do."""
    return [asset for asset, result in results.items() if result.was_skipped]


def worked(results: dict[str, StepResult]) -> Sequence[str]:
    """Return the assets whose step did something; loading rubrics is always done."""
    return [
        asset for asset, result in results.items() if not result.was_skipped and asset != RUBRICS
    ]
