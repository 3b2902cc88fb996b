"""The rubrics of a bundle: those that scored a day, and those from which they have their validity.

Holds the choice alone, for making a bundle. Read from the documents kept under their hashes; a
version that scored nothing yet, and is replaced by one that did, is read from its file.
"""

from assessment_pipeline.core.rubrics.catalogue import (
    RubricFile,
    RubricVersion,
    load_version,
)
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.services.rubrics import published_versions, rubric_files
from assessment_pipeline.services.stored_day import StoredDay
from assessment_pipeline.storage.artifacts import ArtifactRef, ArtifactStore
from assessment_pipeline.storage.ledger import Ledger


def rubric_documents(stored: StoredDay, ledger: Ledger) -> list[RubricVersion]:
    """Return the versions that a day's scores follow from; IntegrityError if one is lost."""
    store = stored.home.artifacts
    published = published_versions(ledger)
    found: dict[str, RubricVersion] = {}
    pending = [_kept(store, content_hash) for content_hash in stored.score_runs.rubrics]
    while pending:
        version = pending.pop()
        found[version.content_hash] = version
        rubric = version.rubric
        if rubric.replaces is not None:
            key = (rubric.assessment_id, rubric.replaces)
            frozen = published.get(key)
            replaced = _current(stored, key) if frozen is None else _kept(store, frozen)
            if replaced.content_hash not in found:
                pending.append(replaced)
    return sorted(found.values(), key=lambda version: version.content_hash)


def _kept(store: ArtifactStore, content_hash: str) -> RubricVersion:
    # Canonical JSON is YAML of our dialect, and reading checks it against its hash.
    content = store.read(ArtifactRef(content_hash, 0))
    version = load_version(RubricFile("", content_hash, content))
    if not isinstance(version, RubricVersion):
        raise IntegrityError(f"The rubric kept as {content_hash} cannot be read by this release.")
    return version


def _current(stored: StoredDay, key: tuple[str, str]) -> RubricVersion:
    for file in rubric_files(stored.home):
        version = load_version(file)
        if isinstance(version, RubricVersion) and version.key == key:
            return version
    raise IntegrityError(
        f"rubrics/{key[0]}/{key[1]}.yaml, which a version that scored {stored.partition} replaces, "
        "is gone or cannot be read; bring it back."
    )
