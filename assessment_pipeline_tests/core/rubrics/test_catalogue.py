import pytest

from assessment_pipeline.core.hashing import content_hash
from assessment_pipeline.core.instants import parse_instant
from assessment_pipeline.core.rubrics.catalogue import (
    RubricCatalogue,
    RubricFile,
    structure_hash,
)
from assessment_pipeline_tests.core.builders import AnyJson, a_rubric, a_rubric_file

_SPRING, _AUTUMN = "2026-03-01T00:00:00Z", "2026-09-01T00:00:00Z"
_BAD = RubricFile("maths", "rubrics/maths/9.yaml", b"items: [")


def _selected(catalogue: RubricCatalogue, submitted_at: str) -> str | None:
    version = catalogue.select("maths", parse_instant(submitted_at))
    return version.rubric.version if version else None


def _pointers(*files: RubricFile) -> list[str]:
    return [problem.pointer for problem in RubricCatalogue(files).problems]


def test_a_session_is_scored_by_the_version_valid_when_it_was_submitted() -> None:
    catalogue = RubricCatalogue(
        [a_rubric_file(name="2", valid_from=_AUTUMN), a_rubric_file(name="1", valid_from=_SPRING)]
    )
    assert _selected(catalogue, "2026-02-28T23:59:59.999Z") is None
    assert _selected(catalogue, "2026-03-01T00:00:00Z") == "1"
    assert _selected(catalogue, "2026-09-01T01:59:59+02:00") == "1"
    assert _selected(catalogue, "2026-09-01T02:00:00+02:00") == "2"


def test_a_version_without_valid_from_is_valid_from_the_beginning() -> None:
    catalogue = RubricCatalogue([a_rubric_file(), a_rubric_file(name="2", valid_from=_AUTUMN)])
    assert _selected(catalogue, "0001-01-01T00:00:00Z") == "1"
    assert [each.valid_from is None for each in catalogue.chain("maths")] == [True, False]


def test_a_correction_takes_over_the_validity_of_what_it_replaces() -> None:
    catalogue = RubricCatalogue(
        [
            a_rubric_file(name="1"),
            a_rubric_file(name="2", valid_from=_AUTUMN),
            a_rubric_file(name="1a", replaces="1", reason="wrong key"),
            a_rubric_file(name="1b", replaces="1a", reason="still wrong"),
        ]
    )
    assert _selected(catalogue, _SPRING) == "1b"
    assert _selected(catalogue, _AUTUMN) == "2"
    assert catalogue.named("maths", "1") is not None


def test_an_unknown_assessment_has_no_version() -> None:
    catalogue = RubricCatalogue([])
    assert _selected(catalogue, _SPRING) is None
    assert catalogue.named("maths", "1") is None
    assert catalogue.chain("maths") == ()


def test_a_bad_file_blocks_its_own_assessment_only() -> None:
    catalogue = RubricCatalogue([_BAD, a_rubric_file(), a_rubric_file("reading")])
    assert catalogue.blocked == {"maths"}
    assert [version.label for version in catalogue.versions] == ["reading/1"]
    assert _selected(catalogue, _SPRING) is None
    assert catalogue.named("maths", "1") is None


def test_the_order_of_the_files_does_not_matter() -> None:
    files = [_BAD, a_rubric_file(), a_rubric_file("reading"), a_rubric_file("reading", "2")]
    one, other = RubricCatalogue(files), RubricCatalogue(files[::-1])
    assert one.problems == other.problems
    assert one.blocked == other.blocked


@pytest.mark.parametrize(
    ("files", "pointers"),
    [
        ([RubricFile("a", "a/1.yaml", a_rubric_file().content)], ["/assessment_id"]),
        ([RubricFile("maths", "maths/2.yaml", a_rubric_file().content)], ["/version"]),
        ([RubricFile("maths", "maths/1.yml", a_rubric_file().content)], ["/version"]),
        ([a_rubric_file(), a_rubric_file(name="2")], ["/valid_from"]),
        (
            [
                a_rubric_file(valid_from=_AUTUMN),
                a_rubric_file(name="2", valid_from="2026-09-01T02:00:00+02:00"),
            ],
            ["/valid_from"],
        ),
        ([a_rubric_file(replaces="0", reason="x")], ["/replaces"]),
        (
            [
                a_rubric_file(),
                a_rubric_file(name="2", replaces="1", reason="x"),
                a_rubric_file(name="3", replaces="1", reason="x"),
            ],
            ["/replaces"],
        ),
        ([a_rubric_file(replaces="1", reason="x")], ["/replaces"]),
        (
            [
                a_rubric_file(replaces="2", reason="x"),
                a_rubric_file(name="2", replaces="1", reason="x"),
                a_rubric_file(name="3", replaces="4", reason="x"),
                a_rubric_file(name="4"),
            ],
            ["/replaces", "/replaces"],
        ),
    ],
)
def test_versions_that_contradict_each_other_are_refused(
    files: list[RubricFile], pointers: list[str]
) -> None:
    assert _pointers(*files) == pointers


def test_a_correction_of_a_file_that_cannot_be_read_is_not_a_problem_of_its_own() -> None:
    assert _pointers(_BAD, a_rubric_file(replaces="9", reason="x")) == [""]


def test_a_published_version_is_frozen() -> None:
    file, key = a_rubric_file(), ("maths", "1")
    published = {key: a_rubric().content_hash, ("reading", "1"): "sha256:00"}
    catalogue = RubricCatalogue([file, a_rubric_file("reading")], published)
    assert catalogue.blocked == {"reading"}
    (problem,) = catalogue.problems
    assert "was changed since" in problem.message
    assert '`replaces: "1"`' in problem.remedy


def test_a_published_version_may_not_vanish() -> None:
    catalogue = RubricCatalogue([], {("maths", "1"): "sha256:00"})
    assert catalogue.blocked == {"maths"}
    assert str(catalogue.problems[0]) == (
        "maths/1.yaml: version 1 has scored and its file is gone; bring the file back as it was."
    )


def test_a_version_carries_the_hash_of_its_document() -> None:
    version = a_rubric(title="Maths")
    assert version.content_hash == content_hash(
        {
            "assessment_id": "maths",
            "version": "1",
            "title": "Maths",
            "items": {"q1": {"rule": "match_correct", "correct": "A"}},
        }
    )
    assert RubricCatalogue([a_rubric_file(title="Maths")]).label(version.content_hash) == "maths/1"


def test_the_structure_hash_leaves_out_wording_version_and_validity() -> None:
    one = a_rubric(title="Maths", valid_from=_SPRING)
    other = a_rubric(
        name="2",
        title="Mathematics",
        items={
            "q1": {
                "rule": "match_correct",
                "correct": "A",
                "examples": [{"response": "A", "points": 1}],
            }
        },
    )
    assert one.structure_hash == other.structure_hash
    assert one.content_hash != other.content_hash


def test_the_structure_hash_changes_with_a_key_and_with_an_item_called_title() -> None:
    changed = a_rubric(items={"q1": {"rule": "match_correct", "correct": "B"}})
    assert changed.structure_hash != a_rubric().structure_hash
    with_item: AnyJson = {"items": {"title": {"rule": "void", "title": "x"}}}
    assert structure_hash(with_item) == content_hash({"items": {"title": {"rule": "void"}}})
