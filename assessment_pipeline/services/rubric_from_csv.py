"""Make a rubric version of an answer key: a CSV file becomes a YAML file of the home.

What a table can say is `core.answer_key`; writing the version is `new_rubric_version`.
"""

from pathlib import Path

from assessment_pipeline.core.answer_key import RubricHeading, read_answer_key
from assessment_pipeline.services.given_files import read_given
from assessment_pipeline.services.new_rubric_version import (
    NewRubricVersion,
    checked_heading,
    write_rubric_version,
)
from assessment_pipeline.storage.home import Home


def rubric_from_csv(
    home: Home,
    keys: Path,
    assessment_id: str,
    *,
    version: str = "1",
    valid_from: str | None = None,
    replaces: str | None = None,
    reason: str | None = None,
) -> NewRubricVersion:
    """Write an answer key as a rubric version.

    Args:
        home: where to write it.
        keys: the CSV file: item_id, key, and optionally rule, points, dimension.
        assessment_id: what it scores.
        version: its version.
        valid_from: from when on it scores; needed beside other versions.
        replaces: the version that it corrects, instead of valid_from.
        reason: why it corrects that.

    Raises:
        NothingThereError: the file does not exist.
        UsageError: it is no answer key, or the version is there with other content.
        RubricError: loading would refuse it.
    """
    heading = checked_heading(RubricHeading(assessment_id, version, valid_from, replaces, reason))
    made = read_answer_key(read_given(keys), keys.name, heading)
    return write_rubric_version(home, heading, made.content)
