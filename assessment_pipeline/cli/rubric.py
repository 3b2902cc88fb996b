"""`rubric`: check rubric files, try one on a response, make one of a table of keys.

Comparing versions, the schema and QTI have modules of their own.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assessment_pipeline.cli.import_qti import import_qti
from assessment_pipeline.cli.options import (
    common_options,
    current_home,
    current_settings,
    existing_home,
    json_option,
)
from assessment_pipeline.cli.outcomes import DONE, WRONG_USAGE
from assessment_pipeline.cli.output import count_of, print_json, say, shown_path
from assessment_pipeline.cli.rubric_diff import diff
from assessment_pipeline.cli.rubric_schema import schema

if TYPE_CHECKING:
    from assessment_pipeline.core.rubrics.problems import RubricProblem
    from assessment_pipeline.services.rubric_trial import RubricCheck, Trial

_FILE = click.Path(path_type=Path)


@click.group("rubric")
@common_options
def command() -> None:
    """Check, try and compare rubrics; make one of a table of keys or of QTI items."""


for _command in (diff, schema, import_qti):
    command.add_command(_command)


@command.command("check", short_help="Say what is wrong with rubrics, run their examples.")
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]...")
@click.option("--strict", is_flag=True, help="End with 2 for warnings too.")
@json_option
@common_options
def check(files: tuple[Path, ...], strict: bool, as_json: bool) -> int:
    """Say everything that is wrong with rubric files, and run their examples.

    Without FILE: all rubrics of the home. A file of the home is checked together with the other
    versions of its assessment, and with what is published already. A warning names what is likely
    not meant, such as an answer that an earlier one always takes; such a rubric scores all the
    same.
    """
    from assessment_pipeline.services.rubric_trial import check_home_rubrics, check_rubrics

    url = current_settings().ledger_url
    if files:
        found = check_rubrics(current_home(), files, ledger_url=url)
    else:
        found = check_home_rubrics(existing_home(), ledger_url=url)
    if as_json:
        print_json(_check_json(found))
    else:
        for problem in (*found.problems, *found.warnings):
            say(str(problem))
        for version in found.versions:
            rubric = version.rubric
            examples = sum(len(item.examples) for item in rubric.items.values())
            say(
                f"{version.label} is good: {count_of(len(rubric.items), 'item')}, "
                f"{count_of(examples, 'example')}, {version.content_hash}"
            )
        if found.problems:
            say(f"{count_of(len(found.problems), 'problem')} found.")
        if found.warnings:
            say(f"{count_of(len(found.warnings), 'warning')} found.")
    return WRONG_USAGE if found.problems or (strict and found.warnings) else DONE


def _check_json(found: "RubricCheck") -> object:
    return {
        "problems": [_problem_json(problem) for problem in found.problems],
        "versions": [
            {
                "assessment_id": version.rubric.assessment_id,
                "content_hash": version.content_hash,
                "items": len(version.rubric.items),
                "structure_hash": version.structure_hash,
                "version": version.rubric.version,
            }
            for version in found.versions
        ],
        "warnings": [_problem_json(warning) for warning in found.warnings],
    }


def _problem_json(problem: "RubricProblem") -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "message": problem.message,
        "pointer": problem.pointer,
        "remedy": problem.remedy,
    }


@command.command("try", short_help="Show what a rule gives for one response, and why.")
@click.argument("file", type=_FILE)
@click.argument("item")
@click.option(
    "--response", required=True, metavar="JSON", help="The response's value, such as '\"B\"'."
)
@click.option(
    "--ratings", default="[]", metavar="JSON", help="Its ratings, a list as in a delivery."
)
@json_option
@common_options
def try_item(file: Path, item: str, response: str, ratings: str, as_json: bool) -> None:
    """Show what the rule of an item gives for one response, and why.

    The rule alone, before weight and without the missing policy.
    """
    from assessment_pipeline.services.rubric_trial import try_response

    trial = try_response(file, item, response, ratings)
    shown = _trial_json(trial)
    if as_json:
        print_json(shown)
        return
    points = shown["status"] if trial.award.unfinished else f"{shown['points']} of"
    say(f"{points} {shown['max_points']} points ({shown['rule']}), {shown['state']}")
    say(trial.award.explanation)
    if trial.item.weight != 1:
        say(f"In a score it counts times {shown['weight']}.")
    say("Trace:")
    print_json(shown["trace"])


def _trial_json(trial: "Trial") -> dict[str, object]:
    from assessment_pipeline.core.points import exact_text

    return {
        "explanation": trial.award.explanation,
        "item_id": trial.item_id,
        "max_points": exact_text(trial.item.maximum()),
        "points": None if trial.award.unfinished else exact_text(trial.award.points),
        "rubric": trial.version.label,
        "rule": trial.item.rule,
        "state": trial.response_state,
        "status": trial.award.unfinished or "scored",
        "trace": trial.award.trace,
        "weight": exact_text(trial.item.weight),
    }


@command.command("from-csv", short_help="Make a rubric version of a table of keys.")
@click.argument("keys", type=_FILE, metavar="KEYS.csv")
@click.option("--assessment", "assessment_id", required=True, metavar="A", help="What it scores.")
@click.option("--version", default="1", show_default=True, help="The new version.")
@click.option("--valid-from", metavar="T", help="Scores sessions submitted from then on.")
@click.option("--replaces", metavar="V", help="The version that it corrects, with --reason.")
@click.option("--reason", metavar="TEXT", help="Why it corrects that version.")
@json_option
@common_options
def from_csv(
    keys: Path,
    assessment_id: str,
    version: str,
    valid_from: str | None,
    replaces: str | None,
    reason: str | None,
    as_json: bool,
) -> None:
    """Make a rubric version of a table of keys: item_id, key, and rule, points, dimension if any.

    A version that is there is never overwritten.
    """
    from assessment_pipeline.services.rubric_from_csv import rubric_from_csv

    made = rubric_from_csv(
        current_home(),
        keys,
        assessment_id,
        version=version,
        valid_from=valid_from,
        replaces=replaces,
        reason=reason,
    )
    if as_json:
        print_json(
            {
                "content_hash": made.content_hash,
                "items": made.items,
                "path": str(made.path),
                "rubric": made.label,
                "was_there": made.was_there,
            }
        )
        return
    done = "is there already" if made.was_there else "written"
    say(f"{shown_path(made.path)} {done}: {made.label}, {count_of(made.items, 'item')}.")
