"""The catalogue: all rubric versions there are, and which of them scores what.

Holds the rules between versions: a file lies where its ids say, validity, corrections, and the
freezing of what has scored. Reading folders is `sources`; what one version means is `models`.
A problem blocks its own assessment only.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from assessment_pipeline.core.hashing import Json, canonical_json, content_hash
from assessment_pipeline.core.instants import Instant
from assessment_pipeline.core.rubrics.documents import Document, read_document
from assessment_pipeline.core.rubrics.lint import parse_rubric
from assessment_pipeline.core.rubrics.models import Rubric
from assessment_pipeline.core.rubrics.problems import RubricProblem

_SUFFIX = ".yaml"
_WORDING = frozenset({"title", "descriptor", "examples"})
_IDENTITY = frozenset({"version", "valid_from", "replaces", "reason"})
_KEYED_BY_ID = frozenset({"items", "dimensions"})

VersionKey: TypeAlias = tuple[str, str]
Published: TypeAlias = Mapping[VersionKey, str]


class RubricFile(NamedTuple):
    """A file that lies in the folder of an assessment."""

    assessment_id: str
    """The name of the folder."""
    file: str
    """The name to show; its last part is the file's own name."""
    content: bytes

    @property
    def version(self) -> str:
        """The version that the file's name says."""
        return self.file.rsplit("/", 1)[-1].removesuffix(_SUFFIX)


@dataclass(frozen=True, slots=True, eq=False)
class RubricVersion:
    """A rubric with what identifies it. One catalogue holds one object for each version."""

    rubric: Rubric
    content_hash: str
    structure_hash: str
    """Equal for versions that differ in wording, validity and version only."""
    document: bytes
    """The document as canonical JSON, over which the content hash is taken."""

    @property
    def key(self) -> VersionKey:
        """What names this version."""
        return self.rubric.assessment_id, self.rubric.version

    @property
    def label(self) -> str:
        """This version as `assessment_id/version`."""
        return f"{self.rubric.assessment_id}/{self.rubric.version}"


class Validity(NamedTuple):
    """From when on which version scores; None: from the beginning."""

    valid_from: Instant | None
    version: RubricVersion


def structure_hash(document: Document) -> str:
    """Return the hash of what can change a score: a document without wording, version, validity.

    Left out are version, valid_from, replaces and reason, and everywhere title, descriptor and
    examples (but not items or dimensions that happen to have such an id).
    """
    structure = {key: value for key, value in document.items() if key not in _IDENTITY}
    return content_hash(_without_wording(structure))


def _without_wording(value: Json, *, is_keyed_by_id: bool = False) -> Json:
    if isinstance(value, dict):
        return {
            key: _without_wording(each, is_keyed_by_id=not is_keyed_by_id and key in _KEYED_BY_ID)
            for key, each in value.items()
            if is_keyed_by_id or key not in _WORDING
        }
    if isinstance(value, list):
        return [_without_wording(each) for each in value]
    return value


class RubricCatalogue:
    """All rubric versions, which of them scores what, and why some assessments cannot be scored."""

    versions: tuple[RubricVersion, ...]
    """Every version of every assessment that is not blocked, sorted by its key."""
    problems: tuple[RubricProblem, ...]
    """What is wrong, sorted by assessment."""
    blocked: frozenset[str]
    """Assessments with a problem: none of their versions is selected or named."""

    def __init__(
        self, files: Iterable[RubricFile], published: Published = MappingProxyType({})
    ) -> None:
        """Read and check all rubric files.

        Args:
            files: in any order; it does not matter.
            published: the content hash of every version that has scored, by its key.
        """
        by_assessment: dict[str, list[RubricFile]] = {name: [] for name, _ in published}
        for file in files:
            by_assessment.setdefault(file.assessment_id, []).append(file)
        shelves = [
            _Shelf(assessment_id, by_assessment[assessment_id], published)
            for assessment_id in sorted(by_assessment)
        ]
        sound = [shelf for shelf in shelves if not shelf.problems]
        self.problems = tuple(problem for shelf in shelves for problem in shelf.problems)
        self.blocked = frozenset(shelf.assessment_id for shelf in shelves if shelf.problems)
        self.versions = tuple(version for shelf in sound for version in shelf.in_order())
        self._chains = {shelf.assessment_id: shelf.chain() for shelf in sound}
        self._by_key = {version.key: version for version in self.versions}
        self._labels = {version.content_hash: version.label for version in self.versions}

    def select(self, assessment_id: str, submitted_at: Instant) -> RubricVersion | None:
        """Return the version that scores what was submitted then; None if there is none."""
        chain = self.chain(assessment_id)
        place = bisect_right(chain, _rank(submitted_at), key=lambda each: _rank(each.valid_from))
        return chain[place - 1].version if place else None

    def named(self, assessment_id: str, version: str) -> RubricVersion | None:
        """Return exactly this version; None if there is none or its assessment is blocked."""
        return self._by_key.get((assessment_id, version))

    def chain(self, assessment_id: str) -> tuple[Validity, ...]:
        """Return from when on which version scores, corrections followed, in time order."""
        return self._chains.get(assessment_id, ())

    def label(self, content_hash: str) -> str:
        """Return which version has this content hash, as `assessment_id/version`."""
        return self._labels[content_hash]


def load_version(file: RubricFile) -> RubricVersion | tuple[RubricProblem, ...]:
    """Read one rubric file by itself; all its problems if it has any."""
    document = read_document(file.content, file.file)
    if isinstance(document, RubricProblem):
        return (document,)
    rubric = parse_rubric(document, file.file)
    if isinstance(rubric, tuple):
        return rubric
    return RubricVersion(
        rubric, content_hash(document), structure_hash(document), canonical_json(document)
    )


def _rank(instant: Instant | None) -> tuple[bool, Instant | None]:
    """Order instants, with the beginning of time before all of them."""
    return instant is not None, instant


class _Shelf:
    """The versions of one assessment, checked against each other."""

    def __init__(self, assessment_id: str, files: list[RubricFile], published: Published) -> None:
        self.assessment_id = assessment_id
        self.versions: dict[str, RubricVersion] = {}
        self._names: dict[str, str] = {}
        self.problems: list[RubricProblem] = []
        for file in sorted(files):
            self._names.setdefault(file.version, file.file)
            loaded = load_version(file)
            if isinstance(loaded, RubricVersion):
                self.problems += self._misplaced(file, loaded)
                self.versions.setdefault(file.version, loaded)
            else:
                self.problems += loaded
        self._successors: dict[str, str] = {}
        self.problems += self._corrections()
        self.problems += self._validities()
        self.problems += self._frozen(published)

    def in_order(self) -> list[RubricVersion]:
        return [self.versions[version] for version in sorted(self.versions)]

    def chain(self) -> tuple[Validity, ...]:
        roots = [each for each in self.versions.values() if each.rubric.replaces is None]
        roots.sort(key=lambda each: _rank(each.rubric.valid_from))
        return tuple(
            Validity(each.rubric.valid_from, self._latest(each.rubric.version)) for each in roots
        )

    def _latest(self, version: str) -> RubricVersion:
        while version in self._successors:
            version = self._successors[version]
        return self.versions[version]

    def _problem(self, version: str, pointer: str, message: str, remedy: str) -> RubricProblem:
        file = self._names.get(version, f"{self.assessment_id}/{version}{_SUFFIX}")
        return RubricProblem(file, pointer, message, remedy)

    def _misplaced(self, file: RubricFile, loaded: RubricVersion) -> Iterator[RubricProblem]:
        rubric = loaded.rubric
        if rubric.assessment_id != file.assessment_id:
            yield RubricProblem(
                file.file,
                "/assessment_id",
                f"assessment_id is {rubric.assessment_id}, the folder is {file.assessment_id}",
                "move the file or correct the id",
            )
        if rubric.version != file.version or not file.file.endswith(_SUFFIX):
            yield RubricProblem(
                file.file,
                "/version",
                f"version is {rubric.version}, which the file's name does not say",
                f"name the file {rubric.version}{_SUFFIX} or correct the version",
            )

    def _corrections(self) -> Iterator[RubricProblem]:
        for version in sorted(self.versions):
            replaced = self.versions[version].rubric.replaces
            if replaced is None:
                continue
            if replaced not in self._names:
                yield self._problem(
                    version,
                    "/replaces",
                    f"there is no version {replaced} to replace",
                    "correct replaces, or bring the version back",
                )
            elif replaced in self._successors:
                yield self._problem(
                    version,
                    "/replaces",
                    f"version {self._successors[replaced]} replaces {replaced} too",
                    "let the later correction replace the earlier one",
                )
            else:
                self._successors[replaced] = version
        for version in self._in_a_circle():
            yield self._problem(
                version,
                "/replaces",
                "the versions replace each other in a circle",
                "take replaces out of the first of them",
            )

    def _in_a_circle(self) -> Iterator[str]:
        """Yield versions whose corrections come back to themselves."""
        for start in sorted(self._successors):
            version = self._successors[start]
            visited = {start}
            while version in self._successors and version not in visited:
                visited.add(version)
                version = self._successors[version]
            if version == start:
                yield start

    def _validities(self) -> Iterator[RubricProblem]:
        seen: dict[Instant | None, str] = {}
        for version in sorted(self.versions):
            rubric = self.versions[version].rubric
            if rubric.replaces is not None:
                continue
            first = seen.setdefault(rubric.valid_from, version)
            if first != version:
                since = "from the beginning" if rubric.valid_from is None else "from this instant"
                yield self._problem(
                    version,
                    "/valid_from",
                    f"version {first} is valid {since} too",
                    "give one of them another valid_from, or let one replace the other",
                )

    def _frozen(self, published: Published) -> Iterator[RubricProblem]:
        for (assessment_id, version), frozen_hash in sorted(published.items()):
            if assessment_id != self.assessment_id:
                continue
            if version not in self._names:
                yield self._problem(
                    version,
                    "",
                    f"version {version} has scored and its file is gone",
                    "bring the file back as it was",
                )
            elif version in self.versions and self.versions[version].content_hash != frozen_hash:
                yield self._problem(
                    version,
                    "",
                    f"version {version} has scored and was changed since",
                    f"restore it, and put the change into a new version with `replaces: "
                    f'"{version}"` and a reason',
                )
