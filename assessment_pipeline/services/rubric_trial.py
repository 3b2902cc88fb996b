"""Rubric trials: check rubric files before they score, and try one on a response.

Nothing is stored and nothing is recorded. What is wrong with a rubric is decided in
`core.rubrics`; this module only brings the files.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from assessment_pipeline.core.hashing import canonical_json
from assessment_pipeline.core.rubrics.catalogue import (
    RubricCatalogue,
    RubricFile,
    RubricVersion,
    load_version,
)
from assessment_pipeline.core.rubrics.cautions import cautions
from assessment_pipeline.core.rubrics.examples import example_value, trial_response
from assessment_pipeline.core.rubrics.problems import RubricProblem
from assessment_pipeline.core.rules import Award, ItemRule
from assessment_pipeline.errors import NothingThereError, RubricError, UsageError
from assessment_pipeline.services.given_files import read_given, require_file
from assessment_pipeline.services.rubrics import published_versions
from assessment_pipeline.storage.files import read_file
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger


@dataclass(frozen=True)
class RubricCheck:
    """What a check found: the versions that are good, and every problem of the others."""

    versions: tuple[RubricVersion, ...]
    problems: tuple[RubricProblem, ...]
    warnings: tuple[RubricProblem, ...] = ()
    """What in good versions is likely not meant."""


@dataclass(frozen=True)
class Trial:
    """What a rule says of one response: points before weight, and why."""

    version: RubricVersion
    item_id: str
    item: ItemRule
    response_state: str
    award: Award


def check_rubrics(
    home: Home, paths: Iterable[Path], *, ledger_url: str | None = None
) -> RubricCheck:
    """Check rubric files, each by itself; those of the home also against their neighbours.

    A file of the home is checked together with the other versions of its assessment, and with
    what the ledger says is published.
    """
    versions: list[RubricVersion] = []
    problems: list[RubricProblem] = []
    warnings: list[RubricProblem] = []
    assessments: set[str] = set()
    for path in paths:
        require_file(path)
        if path.resolve().parent.parent == home.rubrics.resolve():
            assessments.add(path.resolve().parent.name)
            continue
        loaded = load_version(RubricFile(path.parent.name, str(path), read_file(path)))
        if isinstance(loaded, RubricVersion):
            versions.append(loaded)
            warnings += cautions(loaded.rubric, str(path))
        else:
            problems += loaded
    if assessments:
        of_home = _check_home(home, assessments, ledger_url)
        versions += of_home.versions
        problems += of_home.problems
        warnings += of_home.warnings
    return RubricCheck(tuple(versions), tuple(problems), tuple(warnings))


def check_home_rubrics(home: Home, *, ledger_url: str | None = None) -> RubricCheck:
    """Check every rubric file of the home."""
    folders = home.rubrics.iterdir() if home.rubrics.is_dir() else ()
    assessments = {folder.name for folder in folders if folder.is_dir()}
    if not assessments:
        raise NothingThereError(
            f"There are no rubrics in {home.rubrics}; put one into ASSESSMENT/VERSION.yaml there."
        )
    return _check_home(home, assessments, ledger_url)


def _check_home(home: Home, assessments: set[str], ledger_url: str | None) -> RubricCheck:
    files = [
        RubricFile(name, path.relative_to(home.folder).as_posix(), read_file(path))
        for name in sorted(assessments)
        for path in sorted((home.rubrics / name).glob("*.yaml"))
    ]
    published = {}
    if ledger_url is not None or home.ledger.exists():
        with Ledger.read(home.ledger, url=ledger_url) as ledger:
            published = {
                key: hash_
                for key, hash_ in published_versions(ledger).items()
                if key[0] in assessments
            }
    catalogue = RubricCatalogue(files, published)
    # A version of the catalogue lies where its ids say.
    warnings = (
        warning
        for version in catalogue.versions
        for warning in cautions(version.rubric, f"rubrics/{version.label}.yaml")
    )
    return RubricCheck(catalogue.versions, catalogue.problems, tuple(warnings))


def try_response(path: Path, item_id: str, response_json: str, ratings_json: str = "[]") -> Trial:
    """Let the rule of one item judge one response, given as JSON: the rule alone.

    Rules over ratings judge those of `ratings_json`, a list as in a delivery.

    RubricError if the file is refused, NothingThereError if it or the item is not there.
    """
    version = load_version(RubricFile(path.parent.name, str(path), read_given(path)))
    if not isinstance(version, RubricVersion):
        raise RubricError("\n".join(str(problem) for problem in version))
    item = version.rubric.item(item_id)
    if item is None:
        raise NothingThereError(
            f"Rubric {version.label} has no item {item_id}; it has {_some(version.rubric.items)}."
        )
    try:
        value = example_value(_read_json(response_json))
    except ValueError as error:
        raise UsageError(f"No response can be this: {error}.") from None
    response = trial_response(item, item_id, value, ratings=_read_ratings(ratings_json))
    award = item.award(response)
    return Trial(version, item_id, item, "invalid" if award.is_invalid else response.state, award)


def _read_ratings(text: str) -> tuple[dict[str, Any], ...]:
    ratings = _read_json(text)
    if not isinstance(ratings, list) or not all(isinstance(each, dict) for each in ratings):
        raise UsageError(
            "Ratings are a list as in a delivery: "
            '[{"rater_id": "r1", "criterion_id": "c", "level_id": "l", "kind": "human"}].'
        )
    return tuple(ratings)


def _read_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    def refuse(_: str) -> NoReturn:
        raise ValueError("not JSON")

    try:
        value = json.loads(text, parse_constant=refuse)
        canonical_json(value)  # refuses halves of surrogate pairs, which no delivery can hold
    except (ValueError, RecursionError):
        raise UsageError(
            "The response is not JSON; write a text in double quotes within single ones, "
            'such as --response \'"B"\', a list as \'["A", "C"]\', a number as 3.14.'
        ) from None
    return value


def _some(names: Iterable[str]) -> str:
    known = sorted(names)
    shown = ", ".join(known[:8])
    return f"{shown} and {len(known) - 8} more" if len(known) > 8 else shown or "none"
