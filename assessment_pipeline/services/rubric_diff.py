"""Compare two rubric files: what changes from one to the other.

Nothing is stored and nothing is recorded. What a change means is decided in
`core.rubrics.differences`; this module only brings the files.
"""

from dataclasses import dataclass
from pathlib import Path

from assessment_pipeline.core.rubrics.catalogue import RubricFile, RubricVersion, load_version
from assessment_pipeline.core.rubrics.differences import Differences, differences
from assessment_pipeline.errors import RubricError
from assessment_pipeline.services.given_files import read_given


@dataclass(frozen=True, slots=True)
class RubricComparison:
    """Two rubric versions, and what changes from the one to the other."""

    old: RubricVersion
    new: RubricVersion
    differences: Differences


def compare_rubrics(old: Path, new: Path) -> RubricComparison:
    """Compare two rubric files, wherever they lie.

    Raises:
        NothingThereError: a file does not exist.
        RubricError: loading refuses one of them.
    """
    before, after = _loaded(old), _loaded(new)
    return RubricComparison(before, after, differences(before, after))


def _loaded(path: Path) -> RubricVersion:
    version = load_version(RubricFile(path.parent.name, str(path), read_given(path)))
    if not isinstance(version, RubricVersion):
        raise RubricError("\n".join(str(problem) for problem in version))
    return version
