"""Rubrics: read the files of the home, hold them against the published ones, store their content.

Which rubric scores what is `core.rubrics.catalogue`; this module only brings the bytes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from assessment_pipeline.core.hashing import content_hash
from assessment_pipeline.core.rubrics.catalogue import (
    RubricCatalogue,
    RubricFile,
    RubricVersion,
    load_version,
)
from assessment_pipeline.services.indexes import RUBRICS
from assessment_pipeline.services.steps import StepResult, Workplace
from assessment_pipeline.storage.artifacts import ArtifactRef
from assessment_pipeline.storage.files import read_file
from assessment_pipeline.storage.home import Home
from assessment_pipeline.storage.ledger import Ledger


def published_versions(ledger: Ledger) -> Mapping[tuple[str, str], str]:
    """Return the content hash of every version that has scored, by assessment and version."""
    return {
        (payload.assessment_id, payload.version): payload.content_hash
        for payload in ledger.published_rubrics()
    }


def rubric_files(home: Home) -> list[RubricFile]:
    """Read all rubric files of the home."""
    files = []
    if home.rubrics.is_dir():
        for folder in sorted(path for path in home.rubrics.iterdir() if path.is_dir()):
            for path in sorted(folder.glob("*.yaml")):
                name = path.relative_to(home.folder).as_posix()
                files.append(RubricFile(folder.name, name, read_file(path)))
    return files


def load_catalogue(home: Home, published: Mapping[tuple[str, str], str]) -> RubricCatalogue:
    """Load all rubric files of the home; bad ones block their assessment and are named."""
    return RubricCatalogue(rubric_files(home), published)


def catalogue_of(files: Iterable[RubricFile], content_hashes: Collection[str]) -> RubricCatalogue:
    """Return the catalogue of just these versions: those that a day was scored by.

    With the ones that they replace, from which they have their validity. A version that none of
    the day's sessions was scored by decides nothing about them, nor does one that came later.
    """
    loaded = {file: load_version(file) for file in files}
    versions = {file: each for file, each in loaded.items() if isinstance(each, RubricVersion)}
    by_key = {version.key: version for version in versions.values()}
    pending = [each for each in versions.values() if each.content_hash in content_hashes]
    wanted: set[RubricVersion] = set()
    while pending:
        version = pending.pop()
        wanted.add(version)
        replaced = by_key.get((version.rubric.assessment_id, version.rubric.replaces or ""))
        if replaced is not None and replaced not in wanted:
            pending.append(replaced)
    return RubricCatalogue(file for file, version in versions.items() if version in wanted)


def content_hashes(files: Iterable[RubricFile]) -> Mapping[str, str]:
    """Return the content hash of every version that can be read, by its label."""
    versions = (load_version(file) for file in files)
    return {each.label: each.content_hash for each in versions if isinstance(each, RubricVersion)}


def catalogue_as_scored(
    home: Home, files: Sequence[RubricFile], rubrics: Mapping[str, str]
) -> RubricCatalogue:
    """Return the rubrics that scored a day, given as content hash to label.

    Of a file that was changed since, the document that was kept is taken, so that the change is
    the one difference that is seen, and not all that would follow from it.
    """
    now = content_hashes(files)
    kept = {}
    for content_hash_, label in rubrics.items():
        ref = ArtifactRef(content_hash_, 0)
        if now.get(label) != content_hash_ and home.artifacts.path(ref).is_file():
            assessment_id, _, version = label.partition("/")
            name = f"rubrics/{assessment_id}/{version}.yaml"
            # Canonical JSON is YAML of our dialect, and reading checks it against its hash.
            kept[name] = RubricFile(assessment_id, name, home.artifacts.read(ref))
    intact = [file for file in files if file.file not in kept]
    return catalogue_of([*intact, *kept.values()], rubrics)


def load(place: Workplace) -> tuple[RubricCatalogue, StepResult]:
    """Load the rubrics and keep the content of every good version in the artifact store."""
    catalogue = load_catalogue(place.home, published_versions(place.ledger))
    for version in catalogue.versions:
        place.home.artifacts.put(version.document)
    hashes = {version.label: version.content_hash for version in catalogue.versions}
    result = StepResult(
        asset=RUBRICS,
        partition="all",
        content_hash=content_hash(dict(sorted(hashes.items()))),
        input_hashes=dict(sorted(hashes.items())),
        is_changed=False,
        was_skipped=False,
        counts={
            "versions": len(catalogue.versions),
            "problems": len(catalogue.problems),
            "blocked_assessments": len(catalogue.blocked),
        },
        rubric_versions=tuple(sorted(hashes)),
        notes=tuple(str(problem) for problem in catalogue.problems),
    )
    return catalogue, result
