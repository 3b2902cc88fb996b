"""`statistics`: how an assessment and its items did, over many candidates."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from assessment_pipeline.cli.options import common_options, existing_home, json_option
from assessment_pipeline.cli.output import count_of, print_json, print_table, say, shown_path

if TYPE_CHECKING:
    from assessment_pipeline.core.statistics.results import ItemStatistics, Statistics


# Nobody who types this means a folder.
_is_like_a_date: Final = re.compile(r"[0-9]+(-[0-9]+)+|[0-9]{8}").fullmatch


@click.command("statistics")
@click.option("--assessment", required=True, metavar="A", help="The assessment.")
@click.option("--from", "first", metavar="D", help="The first delivery date [all scored days].")
@click.option("--rubric-version", metavar="V", help="Only what this version scored [each].")
@click.option(
    "--groups",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A CSV file with candidate_id and group, for DIF; it is read and not kept.",
)
@click.option(
    "--group-by", metavar="KEY", help="Instead of --groups: a key of the deliveries' context."
)
@click.option(
    "--reference", metavar="GROUP", help="The group that others are compared with [the largest]."
)
@click.option(
    "--to",
    "ends",
    multiple=True,
    metavar="D|DIR",
    help="A date: the last delivery date. Anything else: the folder to write page and tables to.",
)
@json_option
@common_options
def command(
    assessment: str,
    first: str | None,
    rubric_version: str | None,
    groups: Path | None,
    group_by: str | None,
    reference: str | None,
    ends: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show reliability and the items of an assessment that need a look, and why.

    Over complete scorecards, of each candidate the first attempt. Nothing is written into the
    home. With --to: a page, CSV files and JSON, for each rubric version.
    """
    from assessment_pipeline.cli.days import require_order
    from assessment_pipeline.services.candidate_groups import grouping_of
    from assessment_pipeline.services.item_statistics import compute_statistics, days_with_scores
    from assessment_pipeline.storage.home import parse_day

    home = existing_home()
    last, to = _ends(ends)
    require_order(first, last)
    days = days_with_scores(home, *(day and parse_day(day) for day in (first, last)))
    found, too_few = compute_statistics(
        home, days, assessment, rubric_version, grouping_of(groups, group_by, reference)
    )
    paths: tuple[Path, ...] = ()
    if to is not None:
        from assessment_pipeline.services.folders_outside import folder_outside
        from assessment_pipeline.services.statistics_files import write_files

        paths = write_files(folder_outside(home, to), found)
    if as_json:
        _print_json(found, too_few, paths)
        return
    for each in found:
        _print_statistics(each)
        if groups is not None or group_by is not None:
            say(_dif_in_words(each))
            say()
    for version in too_few:
        say(f"{assessment}, rubric version {version}: too few candidates for statistics.")
    for path in paths:
        say(shown_path(path))


def _ends(ends: tuple[str, ...]) -> tuple[str | None, Path | None]:
    """Return the last day and the folder, both of which `--to` names, as elsewhere."""
    from assessment_pipeline.core.instants import is_day

    for end in ends:
        if _is_like_a_date(end) and not is_day(end):
            raise click.UsageError(
                f"--to {end} is no date: write it as YYYY-MM-DD; a folder of that name is ./{end}"
            )
    days = [end for end in ends if is_day(end)]
    folders = [Path(end) for end in ends if not is_day(end)]
    if len(days) > 1 or len(folders) > 1:
        raise click.UsageError("--to can name one date and one folder")
    return next(iter(days), None), next(iter(folders), None)


def _print_json(
    found: "tuple[Statistics, ...]", too_few: tuple[str, ...], paths: tuple[Path, ...]
) -> None:
    from assessment_pipeline.core.hashing import hash_bytes
    from assessment_pipeline.core.statistics.results import plain, statistics_line

    print_json(
        {
            "content_hashes": {
                each.rubric_version: hash_bytes(statistics_line(each)) for each in found
            },
            "files": [str(path) for path in paths],
            "statistics": [plain(each) for each in found],
            "too_few_candidates": list(too_few),
        }
    )


def _print_statistics(found: "Statistics") -> None:
    scores, reliability = found.scores, found.reliability
    say(
        f"{found.assessment_id}, rubric version {found.rubric_version}: "
        f"{count_of(scores.n, 'candidate')} on {count_of(len(found.inputs), 'day')}"
    )
    print_table(
        ("items", "mean", "SD", "maximum", "alpha", "KR-20", "standard error"),
        [
            (
                reliability.items,
                _number(scores.mean),
                _number(scores.standard_deviation),
                _number(scores.max_score),
                _number(reliability.alpha, 3),
                _number(reliability.kr20, 3),
                _number(reliability.sem),
            )
        ],
    )
    if reliability.n != scores.n:
        say(f"Reliability: over the {reliability.n:,} for whom all items count.")
    for reason, count in found.left_out.items():
        say(f"Left out, {reason}: {count:,}.")
    flagged = [item for item in found.items if item.flags]
    say()
    if not flagged:
        say("No item is flagged.")
        return
    say(f"{len(flagged)} of {count_of(len(found.items), 'item')} need a look:")
    print_table(
        ("item", "difficulty", "discrimination", "why"),
        [row for item in flagged for row in _rows(item)],
    )
    say()


def _dif_in_words(found: "Statistics") -> str:
    """Say whether DIF was found, or why there is none: silence would look like fairness."""
    compared = [dif for item in found.items for dif in item.dif]
    if not compared:
        if any(item.is_dichotomous for item in found.items):
            return (
                "No DIF: no candidate has a group, or all have the same. Look at the ids of "
                "--groups, or at the key of --group-by."
            )
        return "No DIF: no item is right or wrong and nothing in between."
    tested = sum(any(dif.p_value is not None for dif in item.dif) for item in found.items)
    flagged = sum(any(flag.code.startswith("dif") for flag in item.flags) for item in found.items)
    who = ", ".join(dict.fromkeys(dif.focal for dif in compared))
    told = (
        f"DIF, {who} against {compared[0].reference}: {tested} of "
        f"{count_of(len(found.items), 'item')} tested, {flagged} flagged"
    )
    why = next((dif.reason for dif in compared if dif.reason is not None), None)
    return f"{told}." if tested or why is None else f"{told}: {why}."


def _rows(item: "ItemStatistics") -> list[tuple[str, str, str, str]]:
    numbers = (item.item_id, _number(item.difficulty), _number(item.discrimination))
    return [
        (*(numbers if place == 0 else ("", "", "")), flag.reason)
        for place, flag in enumerate(item.flags)
    ]


def _number(value: float | None, places: int = 2) -> str:
    return "" if value is None else f"{value:.{places}f}"
