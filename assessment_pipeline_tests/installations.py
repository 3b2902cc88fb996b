"""A small installation for tests: a home with deliveries and rubrics, scored without Dagster."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from assessment_pipeline.services import rubrics
from assessment_pipeline.services.capture import capture
from assessment_pipeline.services.export import export
from assessment_pipeline.services.extract import extract
from assessment_pipeline.services.indexes import put_index
from assessment_pipeline.services.report import report
from assessment_pipeline.services.score import score
from assessment_pipeline.services.steps import Workplace
from assessment_pipeline.settings import Settings, load_settings
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.deliveries import line_of, response, session

DAY = "2025-11-20"
RUBRIC = """\
assessment_id: numeracy
version: "1"
items:
  q01: {rule: match_correct, correct: B}
  q02: {rule: numeric, answers: [{value: "3.14"}], points: 2}
"""


def answers(session_id: str, first: object = "B", **fields: object) -> dict[str, Any]:
    """Return a delivered session with both items of the rubric answered."""
    return session(
        session_id=session_id,
        responses=[response("q01", first), response("q02", "3.14")],
        **fields,
    )


class Installation:
    """A home that tests deliver to, score, and break."""

    def __init__(self, folder: Path, **settings: object) -> None:
        """Use a folder that does not exist yet, with one rubric in it."""
        # Dates of the past, so that their partitions are there whatever the clock says.
        self.settings: Settings = load_settings(
            **{"home": folder, "first_date": "2025-01-01", **settings}
        )
        self.home = Home(folder)
        self.write_rubric("1", RUBRIC)

    def write_rubric(self, version: str, text: str, assessment_id: str = "numeracy") -> Path:
        """Write a rubric file."""
        path = self.home.rubrics / assessment_id / f"{version}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def deliver(
        self, *sessions: Mapping[str, Any] | bytes, day: str = DAY, name: str = "a"
    ) -> Path:
        """Write a delivery file of sessions and raw lines."""
        path = self.home.delivery_folder(day) / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [each if isinstance(each, bytes) else line_of(each) for each in sessions]
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path

    @contextmanager
    def workplace(self, run_id: str = "run-1") -> Iterator[Workplace]:
        """Open the home and its ledger."""
        self.home.create()
        with Ledger.open(
            self.home.ledger,
            url=self.settings.ledger_url,
            timezone=self.settings.timezone,
            recorded_at="2025-11-21T02:00:00Z",
            actor="test",
        ) as ledger:
            yield Workplace(self.home, ledger, run_id, "test")

    def score(self, day: str = DAY, run_id: str = "run-1") -> None:
        """Run all steps of a day."""
        with self.workplace(run_id) as place:
            capture(place, day)
            extract(place, day)
            catalogue, _ = rubrics.load(place)
            score(place, day, catalogue)
            report(place, day)
            export(place, day)

    def point_to(self, asset: str, index: msgspec.Struct, day: str = DAY) -> None:
        """Make another index the current one, as nobody should."""
        pointer = self.home.pointer(asset, day)
        assert pointer is not None
        ref = put_index(self.home.artifacts, index)
        self.home.point(msgspec.structs.replace(pointer, artifact=ref))

    def overwrite(self, ref: ArtifactRef, old: bytes, new: bytes) -> None:
        """Change bytes inside of an artifact, as nobody should."""
        path = self.home.artifacts.path(ref)
        content = path.read_bytes()
        assert old in content
        path.write_bytes(content.replace(old, new, 1))
