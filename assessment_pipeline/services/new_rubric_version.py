"""Write a rubric version that was made of something else: a table of keys, QTI items.

The version is checked as loading will check it, beside the other versions of its assessment,
before anything is written. A version that is there is never overwritten.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assessment_pipeline.core.answer_key import RubricHeading
from assessment_pipeline.core.fitting_ids import require_id
from assessment_pipeline.core.rubrics.catalogue import (
    RubricCatalogue,
    RubricFile,
    RubricVersion,
    load_version,
)
from assessment_pipeline.errors import RubricError, UsageError
from assessment_pipeline.storage.files import read_file, write_durably
from assessment_pipeline.storage.home import Home

_SHOWN_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True)
class NewRubricVersion:
    """A rubric version that is in the home now."""

    path: Path
    """Its file."""
    label: str
    """The version as `assessment_id/version`."""
    content_hash: str
    items: int
    was_there: bool
    """Whether the same version was there before."""


def checked_heading(heading: RubricHeading) -> RubricHeading:
    """Return a heading whose ids can name a folder and a file.

    Raises:
        UsageError: they cannot.
    """
    require_id(heading.assessment_id, "an assessment_id")
    require_id(heading.version, "a version")
    return heading


def write_rubric_version(home: Home, heading: RubricHeading, content: bytes) -> NewRubricVersion:
    """Write a rubric version into the home, unless the same one is there.

    Raises:
        UsageError: the version is there with other content.
        RubricError: loading would refuse it.
    """
    path = home.rubrics / heading.assessment_id / f"{heading.version}.yaml"
    file = f"rubrics/{heading.assessment_id}/{path.name}"
    new = RubricFile(heading.assessment_id, file, content)
    loaded = load_version(new)
    if not isinstance(loaded, RubricVersion):
        raise _refused(loaded)
    was_there = path.exists()
    if was_there:
        _require_same(path, new, loaded)
    else:
        _require_agreement(path.parent, new)
        write_durably(path, content)
    items = len(loaded.rubric.items)
    return NewRubricVersion(path, loaded.label, loaded.content_hash, items, was_there)


def _require_same(path: Path, new: RubricFile, loaded: RubricVersion) -> None:
    there = load_version(new._replace(content=read_file(path)))
    if isinstance(there, RubricVersion) and there.content_hash == loaded.content_hash:
        return
    raise UsageError(
        f"{path} is there already with other content, and versions are never overwritten: use "
        f"--version {_next(path.parent)}, with --valid-from for the time from which it scores, "
        f"or with --replaces {loaded.rubric.version} and --reason to correct that one."
    )


def _next(folder: Path) -> int:
    """Return the number that no version has yet."""
    taken = [int(path.stem) for path in folder.glob("*.yaml") if _is_number(path.stem)]
    return max(taken, default=1) + 1


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _require_agreement(folder: Path, new: RubricFile) -> None:
    """See that the assessment's versions go together at least as well as without the new one."""
    others = [
        new._replace(file=f"rubrics/{folder.name}/{path.name}", content=read_file(path))
        for path in sorted(folder.glob("*.yaml"))
    ]
    before = set(RubricCatalogue(others).problems)
    problems = [
        problem for problem in RubricCatalogue([*others, new]).problems if problem not in before
    ]
    if problems:
        raise _refused(tuple(problems))


def _refused(problems: tuple[object, ...]) -> RubricError:
    shown = " ".join(str(problem) for problem in problems[:_SHOWN_PROBLEMS])
    more = len(problems) - _SHOWN_PROBLEMS
    return RubricError(f"{shown} And {more} more." if more > 0 else shown)
