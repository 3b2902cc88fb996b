"""Locks: one at a time on a day, and none left behind."""

import fcntl
from pathlib import Path

from assessment_pipeline.services.locks import score_lock, step_lock
from assessment_pipeline.storage.home import Home


def is_free(path: Path) -> bool:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_a_day_is_locked_inside_of_the_block_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = home.current / ".lock-2025-11-20"
    with step_lock(home, "2025-11-20"):
        assert not is_free(path)
    assert is_free(path)


def test_other_days_and_the_other_lock_stay_free(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with (
        score_lock(home, "2025-11-20"),
        step_lock(home, "2025-11-20"),
        score_lock(home, "2025-11-21"),
        step_lock(home, "2025-11-21"),
    ):
        assert len(list(home.current.iterdir())) == 4


def test_who_has_to_wait_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.current.mkdir()
    told = []
    held = (home.current / ".lock-score-2025-11-20").open("w")
    fcntl.flock(held, fcntl.LOCK_EX)

    def release() -> None:
        told.append("waiting")
        held.close()

    with score_lock(home, "2025-11-20", release):
        pass
    assert told == ["waiting"]


def test_lock_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with step_lock(home, "2025-11-20"):
        (path,) = home.current.iterdir()
        assert path.stat().st_mode & 0o777 == 0o600
