"""Passed before: a check looks again at what is new, changed or unknown, and at nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assessment_pipeline.core.hashing import Json
from assessment_pipeline.errors import StorageError
from assessment_pipeline.services.checks import passed_before as module
from assessment_pipeline.services.checks.passed_before import passed_before
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline_tests.builders import DAY, Bench

CHECK = "score_runs.hashes_rederive"


class Look:
    """Looks at parts and notes it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.seen: list[str] = []

    def at(self, parts: dict[str, ArtifactRef], wrong: str = "", also: Json = None) -> list[str]:
        """Look at parts by name, of which one may be wrong; return what is."""
        self.seen = []
        with (
            self.bench.workplace() as place,
            passed_before(place, DAY, CHECK) as before,
        ):
            return [
                problem
                for name, ref in parts.items()
                for problem in before.problems([ref], self._look(name, name == wrong), also)
            ]

    def _look(self, name: str, is_wrong: bool) -> Callable[[], list[str]]:
        def look() -> list[str]:
            self.seen.append(name)
            return [f"{name} is wrong"] if is_wrong else []

        return look


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "home")


@pytest.fixture
def look(bench: Bench) -> Look:
    return Look(bench)


@pytest.fixture
def parts(bench: Bench) -> dict[str, ArtifactRef]:
    return {name: bench.home.artifacts.put(name.encode()) for name in ("first", "second")}


def unreadable(path: Path) -> bytes:
    raise StorageError(f"Cannot read {path}: Permission denied.")


def kept(bench: Bench) -> Path:
    return bench.home.checked / CHECK / f"{DAY}.json"


def test_what_passed_is_not_looked_at_again(look: Look, parts: dict[str, ArtifactRef]) -> None:
    assert look.at(parts) == []
    assert look.seen == ["first", "second"]
    assert look.at(parts) == []
    assert look.seen == []


def test_what_is_wrong_is_told_each_time(look: Look, parts: dict[str, ArtifactRef]) -> None:
    for expected in (["first", "second"], ["second"]):
        assert look.at(parts, wrong="second") == ["second is wrong"]
        assert look.seen == expected


def test_a_new_part_is_looked_at_alone(
    look: Look, parts: dict[str, ArtifactRef], bench: Bench
) -> None:
    look.at(parts)
    parts["third"] = bench.home.artifacts.put(b"third")
    look.at(parts)
    assert look.seen == ["third"]


@pytest.mark.parametrize("content", [b"fir5t", b"", None], ids=["changed", "cut", "gone"])
def test_a_part_that_is_not_as_it_was_is_looked_at_until_it_is(
    look: Look, parts: dict[str, ArtifactRef], bench: Bench, content: bytes | None
) -> None:
    look.at(parts)
    path = bench.home.artifacts.path(parts["first"])
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    altered = f"Artifact {path.name} is missing or altered."
    seen = [] if content is None else ["first"]
    assert look.at(parts, wrong="first") == [altered, *(f"{name} is wrong" for name in seen)]
    # Also where the check finds nothing wrong with what lies there: it is something else.
    for _ in range(2):
        assert look.at(parts) == [altered]
        assert look.seen == seen
    path.write_bytes(b"first")
    assert look.at(parts) == []
    assert look.seen == ["first"]
    look.at(parts)
    assert look.seen == []


def test_what_else_the_answer_depends_on_makes_it_another(
    look: Look, parts: dict[str, ArtifactRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    look.at(parts, also="one")
    look.at(parts, also="two")
    assert look.seen == ["first", "second"]
    monkeypatch.setattr(module, "CHECKS_VERSION", "next")
    look.at(parts, also="two")
    assert look.seen == ["first", "second"]


@pytest.mark.parametrize("content", [b"", b"no JSON", b"\xff", b'{"passed":7}', b"[]", None])
def test_a_record_that_is_none_or_cannot_be_read_is_as_good_as_no_record(
    look: Look,
    parts: dict[str, ArtifactRef],
    bench: Bench,
    content: bytes | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look.at(parts)
    if content is None:
        with monkeypatch.context() as patch:
            patch.setattr(module, "read_file", unreadable)
            look.at(parts)
        assert look.seen == ["first", "second"]
        return
    kept(bench).write_bytes(content)
    look.at(parts)
    assert look.seen == ["first", "second"]
    look.at(parts)
    assert look.seen == []


def test_only_what_passed_now_is_kept(
    look: Look, parts: dict[str, ArtifactRef], bench: Bench
) -> None:
    look.at(parts)
    del parts["first"]
    look.at(parts)
    assert kept(bench).read_bytes().count(b"sha256:") == 1


def test_what_cannot_be_kept_is_told_all_the_same(
    look: Look, parts: dict[str, ArtifactRef], bench: Bench
) -> None:
    bench.home.checked.write_bytes(b"no folder")
    for _ in range(2):
        assert look.at(parts, wrong="second") == ["second is wrong"]
        assert look.seen == ["first", "second"]
