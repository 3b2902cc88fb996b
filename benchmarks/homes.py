"""Homes to measure on: deliveries made once, and linked into a new home for every run."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import deliveries

# Of the past, so that their partitions are there whatever the clock says.
DAY: Final = "2025-11-20"
OTHER_DAY: Final = "2025-11-21"


@dataclass(frozen=True, slots=True)
class Delivered:
    """Deliveries of one size, and how much they hold."""

    folder: Path
    sessions: int
    responses: int

    @property
    def files(self) -> list[Path]:
        """The delivery files."""
        return sorted((self.folder / "deliveries" / DAY).iterdir())

    @property
    def bytes(self) -> int:
        """The size of all delivery files."""
        return sum(path.stat().st_size for path in self.files)

    def home(self, folder: Path) -> Path:
        """Return a new home with these deliveries."""
        shutil.copytree(self.folder, folder, copy_function=os.link)
        return folder

    def empty_home(self, folder: Path) -> Path:
        """Return a new home with the rubric and nothing delivered."""
        shutil.copytree(self.folder / "rubrics", folder / "rubrics")
        return folder

    def two_day_home(self, folder: Path) -> Path:
        """Return a new home with as many deliveries again, of other sessions, on another day."""
        home = self.home(folder)
        day = home / "deliveries" / OTHER_DAY
        day.mkdir()
        for path in self.files:
            with path.open("rb") as lines, (day / path.name).open("wb") as other:
                other.writelines(
                    line.replace(b'"session_id":"s-', b'"session_id":"t-', 1) for line in lines
                )
        return home

    def deliver_one_more(self, home: Path) -> None:
        """Put a file with one more session, from the middle of the export order, into a home."""
        session = next(deliveries.sessions(1, seed=deliveries.SEED + 1))
        session["session_id"] = f"s-{self.sessions // 2:08}-added"
        path = home / "deliveries" / DAY / "one-more.jsonl"
        path.write_text(json.dumps(session, ensure_ascii=False) + "\n", encoding="utf-8")


def deliver(folder: Path, sessions: int) -> Delivered:
    """Make deliveries of so many sessions."""
    return Delivered(folder, sessions, deliveries.deliver(folder, sessions, day=DAY))
