"""`rubric diff`: what changes from one rubric version to another, in words."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.options import common_options, json_option
from assessment_pipeline.cli.output import print_json, say

if TYPE_CHECKING:
    from assessment_pipeline.core.rubrics.catalogue import RubricVersion
    from assessment_pipeline.core.rubrics.differences import Difference
    from assessment_pipeline.services.rubric_diff import RubricComparison

_FILE = click.Path(path_type=Path)


@click.command("diff", short_help="Say what changes from one rubric to another.")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@json_option
@common_options
def diff(old: Path, new: Path, as_json: bool) -> None:
    """Say what changes from the rubric OLD to the rubric NEW.

    First what a candidate would notice, then what changes otherwise, last what only changes
    wording. Writing a default out, or options in another order, is no change.
    """
    from assessment_pipeline.services.rubric_diff import compare_rubrics

    compared = compare_rubrics(old, new)
    if as_json:
        print_json(_json(compared))
        return
    found = compared.differences
    say(f"From {compared.old.label} to {compared.new.label}:")
    _say_group("A candidate would notice", found.noticed)
    _say_group("Otherwise", found.otherwise)
    _say_group("Only wording", found.wording)
    if compared.old.content_hash == compared.new.content_hash:
        say("The two are the same document.")
    elif not (found.noticed or found.otherwise or found.wording):
        say("The two differ only in their version, or in how they are written.")
    if found.is_same_structure:
        say("The structure hash is the same: every response gets the same points.")
    elif not found.noticed:
        say("The structure hash differs, but nothing that a candidate would notice does.")
    else:
        say("The structure hash differs.")


def _say_group(heading: str, found: tuple["Difference", ...]) -> None:
    if found:
        say(f"{heading}:")
    for difference in found:
        say(f"  {difference.message}")


def _json(compared: "RubricComparison") -> dict[str, object]:
    found = compared.differences
    groups = {"noticed": found.noticed, "otherwise": found.otherwise, "wording": found.wording}
    return {
        "is_same_structure": found.is_same_structure,
        "new": _version_json(compared.new),
        "old": _version_json(compared.old),
        **{
            name: [{"message": each.message, "pointer": each.pointer} for each in group]
            for name, group in groups.items()
        },
    }


def _version_json(version: "RubricVersion") -> dict[str, str]:
    return {
        "content_hash": version.content_hash,
        "rubric": version.label,
        "structure_hash": version.structure_hash,
    }
