"""Verify a bundle: it is checked by itself, every difference is named, and nothing is written."""

import json
import os
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from assessment_pipeline.core.bundles import (
    BUNDLE,
    CONSISTENCY,
    IN_PROGRESS,
    LEDGER,
    PROOF,
    SNAPSHOTS,
    rubric_hash,
    rubric_member,
)
from assessment_pipeline.core.hashing import Json, canonical_json, content_hash, hash_bytes
from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.errors import IntegrityError, NothingThereError, UsageError
from assessment_pipeline.services import bundle_file, bundle_rows
from assessment_pipeline.services import verify_bundle as verifying
from assessment_pipeline.services.bundle import bundle
from assessment_pipeline.services.bundle_file import BundleFile
from assessment_pipeline.services.steps import VERSIONS
from assessment_pipeline.services.verification import VerificationOutcome
from assessment_pipeline.services.verify_bundle import BundleVerification, verify_bundle
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.builders import DAY, RUBRIC, Bench, answers, files_below
from assessment_pipeline_tests.bundles import described, forge, members_of, pack
from assessment_pipeline_tests.deliveries import response

RIGHT, DIFFERENCE, INCOMPLETE = VerificationOutcome
SCORECARDS, SUBSCORES = "exports/scorecards.csv", "exports/subscores.csv"
EVIDENCE, MANIFEST = "exports/evidence.csv", "exports/manifest.json"


def scored(folder: Path, first: object = "B") -> Bench:
    """Return a home with two days; the first has all that a day can have."""
    bench = Bench(folder)
    bench.write_rubric("1", RUBRIC + "dimensions: {cps: {items: [q01]}}\n")
    replaced = RUBRIC.replace('version: "1"', 'version: "2"') + 'replaces: "1"\nreason: typo\n'
    bench.write_rubric("2", replaced + "dimensions: {cps: {items: [q01]}}\n")
    bench.write_rubric(
        "1",
        'assessment_id: features\nversion: "1"\nitems:\n  q01: {rule: feature_bands, '
        "bands: [{feature: n_tokens, minimum: 1, points: 1}]}\n",
        "features",
    )
    named = {"assessment_id": "numeracy", "version": "1"}
    bench.deliver(
        answers("s1", first),
        answers("s2", 'A, "x"\ny'),
        answers("s3", status="in_progress"),
        answers("s4", status="voided"),
        answers("s5", assessment_id="none"),
        b"no JSON",
        answers("s1", first),
    )
    bench.deliver(
        {**answers("s6"), "assessment_id": "features"},
        answers("s7") | {"responses": [response("q01", "B", rubric=named)]},
        name="b",
    )
    bench.run()
    bench.deliver(answers("s1"), answers("s8"), day="2025-11-21")
    bench.run("2025-11-21")
    return bench


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return a home that no test changes."""
    return scored(tmp_path_factory.mktemp("scored") / "home")


def anchor_of(bench: Bench, size: int | None = None) -> Anchor:
    with Ledger.read(bench.home.ledger) as ledger:
        return ledger.anchor(size)


def make(bench: Bench, path: Path, anchor: Anchor | None = None) -> Path:
    with Ledger.read(bench.home.ledger) as ledger:
        return bundle(bench.home, ledger, DAY, path, anchor).path


@pytest.fixture
def path(home: Bench, tmp_path: Path) -> Path:
    """Return a bundle of the first day."""
    return make(home, tmp_path / "day.zip")


def named(found: BundleVerification) -> str:
    assert found.outcome is DIFFERENCE
    return "\n".join(found.differences)


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def test_a_bundle_verifies_without_the_home(tmp_path: Path) -> None:
    bench = scored(tmp_path / "home")
    path = make(bench, tmp_path / "day.zip")
    shutil.rmtree(bench.home.folder)
    os.chdir(tmp_path)
    before = files_below(tmp_path)

    found = verify_bundle(path)

    assert (found.outcome, found.differences, found.gaps) == (RIGHT, [], [])
    (day,) = found.days
    assert (day.files, day.lines, day.sessions, day.score_runs) == (2, 9, 7, 6)
    assert day.csv_rows == 6 + 3 + 10
    assert day.is_complete
    assert files_below(tmp_path) == before


def test_what_is_not_shown_is_said(path: Path) -> None:
    anchor, rest = verify_bundle(path).remarks

    assert "not checked against an anchor" in anchor
    assert "9 lines read: 7 accepted, 1 duplicates, 1 quarantined" in rest
    assert "what came after entry" in rest


def test_the_anchor_of_that_moment_fits_as_it_is(home: Bench, path: Path) -> None:
    size = verify_bundle(path).size
    anchor = anchor_of(home, size)

    for known in (anchor, anchor.model_copy(update={"root": None})):
        found = verify_bundle(path, known)
        assert (found.outcome, found.is_anchored) == (RIGHT, True)
        assert not any("anchor" in remark for remark in found.remarks)


def test_a_later_anchor_fits_a_bundle_that_was_made_for_it(
    home: Bench, path: Path, tmp_path: Path
) -> None:
    anchor = anchor_of(home)
    made = make(home, tmp_path / "anchored.zip", anchor)

    assert verify_bundle(made, anchor).is_anchored
    assert verify_bundle(made, anchor).outcome is RIGHT
    assert verify_bundle(made).outcome is RIGHT
    assert members_of(made).keys() - members_of(path).keys() == {CONSISTENCY}
    found = verify_bundle(path, anchor)
    assert (found.outcome, found.is_anchored) == (INCOMPLETE, False)
    assert "make it again with `export --bundle FILE --anchor ANCHOR`" in found.gaps[0]


def test_a_bundle_made_for_the_anchor_of_that_moment_is_the_one_made_without(
    home: Bench, path: Path, tmp_path: Path
) -> None:
    anchor = anchor_of(home, verify_bundle(path).size)

    assert make(home, tmp_path / "b.zip", anchor).read_bytes() == path.read_bytes()


def test_an_anchor_from_before_shows_nothing_of_the_day(home: Bench, path: Path) -> None:
    found = verify_bundle(path, anchor_of(home, 2))

    assert (found.outcome, found.is_anchored) == (INCOMPLETE, False)


def test_a_bundle_cannot_be_made_for_an_anchor_that_does_not_fit(
    home: Bench, tmp_path: Path
) -> None:
    anchor = anchor_of(home)
    for bad, error in (
        (anchor_of(home, 2), UsageError),
        (anchor.model_copy(update={"root": None}), UsageError),
        (anchor.model_copy(update={"root": "sha256:" + "0" * 64}), IntegrityError),
        (anchor.model_copy(update={"size": anchor.size + 1}), IntegrityError),
    ):
        with pytest.raises(error):
            make(home, tmp_path / "bad.zip", bad)
    assert not (tmp_path / "bad.zip").exists()


def test_a_score_doctored_from_the_response_to_the_ledger_shows_with_an_anchor_alone(
    home: Bench, path: Path, tmp_path: Path
) -> None:
    forged = make(scored(tmp_path / "forged", first="A"), tmp_path / "forged.zip")
    assert members_of(forged)[SCORECARDS] != members_of(path)[SCORECARDS]

    alone = verify_bundle(forged)
    assert (alone.outcome, alone.is_anchored) == (RIGHT, False)
    assert "is not shown" in alone.remarks[0]
    against = verify_bundle(forged, anchor_of(home, alone.size))
    assert "not of the ledger that was anchored" in named(against)


def test_a_forged_tie_to_an_anchor_shows(home: Bench, tmp_path: Path) -> None:
    forger = scored(tmp_path / "forged", first="A")
    size = verify_bundle(make(forger, tmp_path / "forged.zip")).size + 1
    anchor = anchor_of(home, size)
    forged = make(forger, tmp_path / "forged.zip", anchor_of(forger, size))
    tie = json.loads(members_of(forged)[CONSISTENCY])

    assert "not of the ledger that was anchored" in named(verify_bundle(forged, anchor))
    forge(forged, {CONSISTENCY: canonical_json({**tie, "root": anchor.root})})
    assert f"{CONSISTENCY} does not show" in named(verify_bundle(forged, anchor))
    assert f"{CONSISTENCY} does not show" in named(verify_bundle(forged))


def test_every_flipped_bit_is_found_before_anything_is_derived(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "home")
    bench.deliver(answers("s1"))
    bench.run()
    content = bytearray(make(bench, tmp_path / "day.zip").read_bytes())
    assert BundleFile(bytes(content)).differences == []
    unseen = []
    for place in range(len(content)):
        bit = 1 << place % 8
        content[place] ^= bit
        if not BundleFile(bytes(content)).differences:
            unseen.append(place)
        content[place] ^= bit
    assert unseen == []


def test_a_flipped_bit_anywhere_ends_as_a_difference(path: Path) -> None:
    content = path.read_bytes()
    for place in range(0, len(content), len(content) // 60):
        altered = bytearray(content)
        altered[place] ^= 1 << place % 7
        path.write_bytes(altered)
        assert verify_bundle(path).outcome is DIFFERENCE


@pytest.mark.parametrize("size", [0, 1, 29, 30])
def test_a_file_that_is_cut_before_its_first_name_is_no_bundle(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])

    with pytest.raises(UsageError, match="is no bundle"):
        verify_bundle(path)


@pytest.mark.parametrize("size", [41, 100, -1, -22, -200])
def test_a_cut_file_ends_as_a_difference(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])

    assert verify_bundle(path).outcome is DIFFERENCE


def test_bytes_before_between_or_after_are_found(path: Path) -> None:
    content = path.read_bytes()
    for altered in (b"x" + content, content + b"x", content + content, content[:-22] + content):
        path.write_bytes(altered)
        assert verify_bundle(path).outcome is DIFFERENCE


def test_a_file_that_is_too_large_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_file, "MAX_BYTES", 1_000)

    assert "more than 1000 bytes" in named(verify_bundle(path))


def test_a_document_or_a_line_that_is_too_large_is_not_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_file, "MAX_LINE_BYTES", 100)
    found = named(verify_bundle(path))
    assert f"{SNAPSHOTS} has a line of more than 100 bytes" in found
    assert f"{LEDGER} has a line of more than 100 bytes" in found
    monkeypatch.setattr(bundle_file, "MAX_DOCUMENT_BYTES", 100)
    assert f"{BUNDLE} is larger than 100 bytes" in named(verify_bundle(path))


@pytest.mark.parametrize("name", sorted([BUNDLE, PROOF, LEDGER, SNAPSHOTS, IN_PROGRESS, EVIDENCE]))
def test_a_missing_member_is_named(path: Path, name: str) -> None:
    members = members_of(path)
    del members[name]
    pack(path, *(members if name == BUNDLE else described(members)).items())

    assert f"{name} is missing" in named(verify_bundle(path))


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/passwd", "exports/", "notes.txt", "rubrics/x.json", "x" * 300]
)
def test_a_member_that_no_bundle_has_is_named(path: Path, name: str) -> None:
    pack(path, *described({**members_of(path), name: b"x"}).items())

    found = named(verify_bundle(path))

    assert f"{name[:100]}" in found
    assert "is no member of a bundle" in found
    assert len(found) < 1_000


def test_a_member_that_is_there_twice_is_named(path: Path) -> None:
    pack(path, *members_of(path).items(), (EVIDENCE, b"x"))

    assert f"{EVIDENCE} is there twice" in named(verify_bundle(path))


def test_members_in_another_order_are_named(path: Path) -> None:
    pack(path, *reversed(members_of(path).items()))

    assert named(verify_bundle(path)) == "The members are not in the order of a bundle."


def test_a_member_that_the_manifest_does_not_fit_is_named(path: Path) -> None:
    members = members_of(path)
    manifest = json.loads(members[BUNDLE])
    manifest["members"]["absent"] = manifest["members"].pop(SUBSCORES)
    manifest["members"][EVIDENCE]["bytes"] += 1
    pack(path, *{**members, BUNDLE: canonical_json(manifest)}.items())

    found = named(verify_bundle(path))

    assert f"{SUBSCORES} is not in bundle.json" in found
    assert f"{EVIDENCE} is sha256:" in found
    assert "lists 1 members that are not there" in found


CELLS = [
    (SCORECARDS, b",complete,3,", b",complete,4,", "session s1, attempt 1: raw_score:"),
    (SUBSCORES, b",cps,1,1,", b",cps,0,1,", "session s1, attempt 1, dimension cps: raw_score:"),
    (EVIDENCE, b"q01,scored,answered,B,", b"q01,scored,answered,C,", "item q01: response:"),
    (EVIDENCE, b"q02,scored", b'"q02",scored', "item q02: the row is written otherwise"),
    (SCORECARDS, b"sha256:", b"sha512:", "response_snapshot_id is sha512:"),
    (EVIDENCE, b"delivery_date", b"date", "the first row is not the header"),
    (EVIDENCE, b"\n2025", b"\n\n2025", "there is a row that is of no session"),
    (EVIDENCE, b"\n2025", b"\n\xff\n2025", "there is a row that is of no session"),
    (EVIDENCE, b"s1,1,c-9f2", b"s1,x,c-9f2", "there is a row that is of no session"),
    (SCORECARDS, b",s1,", b",s0,", "there is a row too many, of session s0, attempt 1"),
    (EVIDENCE, b"q02,", b"q03,", "session s6, attempt 1 has a row too many"),
    (EVIDENCE, b"s1,1,c-9f2,q01", b"s1,1,c-9f2,q02", "attempt 1, item q01 has no row"),
    (EVIDENCE, b'"A, ""x""', b'"A, ""x"', f"{EVIDENCE}: "),
]


@pytest.mark.parametrize(("name", "old", "new", "problem"), CELLS)
def test_a_changed_cell_is_named_by_session_item_and_column(
    path: Path, name: str, old: bytes, new: bytes, problem: str
) -> None:
    content = members_of(path)[name]
    assert old in content
    forge(path, {name: content.replace(old, new, 1)})

    found = verify_bundle(path)

    assert problem in named(found)
    assert f"{name} has {len(content) - len(old) + len(new)} bytes; the sessions" in named(found)
    assert not any("C" in each.split() or "x" in each.split() for each in found.differences)


def test_rows_that_are_gone_or_too_many_are_named(path: Path) -> None:
    header, *rows = lines_of(members_of(path)[SCORECARDS])
    extra = rows[-1].replace(b",s5,", b",z9,")
    forge(path, {SCORECARDS: b"".join([header, *rows[1:], rows[-1], extra, b"no row"])})

    found = named(verify_bundle(path))

    assert "session s6, attempt 1 has no row" in found
    assert f"{SCORECARDS}: there is a row too many, of session s7, attempt 1" in found
    assert "no row ends after byte" in found


def test_of_very_many_differences_the_first_are_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_rows, "MOST_DIFFERENCES", 3)
    content = members_of(path)[EVIDENCE]
    forge(path, {EVIDENCE: content.replace(b"scored", b"stored") + b"\n" * 50})

    found = [each for each in verify_bundle(path).differences if EVIDENCE in each]

    assert len(found) == 3 + 2
    assert found[-2:-1] == [f"{EVIDENCE}: the rest was not compared."]


def test_a_changed_response_is_found_from_the_ledger_to_the_csv_row(path: Path) -> None:
    content = members_of(path)[SNAPSHOTS]
    old = b'"item_id":"q01","value":"B"}'
    assert content.count(old) > 1
    first, *rest = lines_of(content)
    place = next(number for number, line in enumerate(lines_of(content)) if b'"s1"' in line)
    lines = [first, *rest]
    lines[place] = lines[place].replace(old, old.replace(b'"B"', b'"A"'))
    forge(path, {SNAPSHOTS: b"".join(lines)})

    found = named(verify_bundle(path))

    for text in (
        "session s1, attempt 1: raw_score, raw_score_exact",
        "response_snapshot_id is sha256:",
        "item q01: response, raw_score",
        "no entry records SCORING_RUN_CREATED of session s1, attempt 1",
        "(SCORING_RUN_CREATED) records nothing that the sessions",
        "RESPONSE_SNAPSHOTS_CAPTURED is of 7 sessions",
        f"{MANIFEST} is not what the sessions and rubrics give",
        "no entry records CSV_EXPORTED",
        "no entry records SCORECARDS_GENERATED",
    ):
        assert text in found


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda content: content[:-1], "ends without LF"),
        (lambda content: b"{}\n" + content, "line 1 is no delivery session: missing_field"),
        (lambda content: content.replace(b'{"', b'{ "', 1), "line 1 is not canonical JSON"),
        (lambda content: b"".join(reversed(lines_of(content))), "line 2 is not in export order"),
        (lambda content: lines_of(content)[0] + content, "line 2 is not in export order"),
        (lambda content: content.replace(b'"voided"', b'"in_progress"'), "is in progress"),
        (lambda content: b"".join(lines_of(content)[1:]), "(SCORING_RUN_CREATED) records nothing"),
    ],
)
def test_snapshots_that_are_none_or_not_those_are_named(
    path: Path, change: Callable[[bytes], bytes], problem: str
) -> None:
    forge(path, {SNAPSHOTS: change(members_of(path)[SNAPSHOTS])})

    assert problem in named(verify_bundle(path))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "RESPONSE_SNAPSHOTS_CAPTURED is of 7 sessions"),
        (b"[]\n", "line 1 is no pair of hashes"),
        (b'["a","b"]\n', "line 1 is no pair of hashes"),
        (b"[" * 9_999 + b"\n", "line 1 is no pair of hashes"),
    ],
)
def test_sessions_in_progress_that_are_not_those_are_named(
    path: Path, content: bytes, problem: str
) -> None:
    forge(path, {IN_PROGRESS: content})

    assert problem in named(verify_bundle(path))


def rubric_names(path: Path) -> list[str]:
    return [name for name in members_of(path) if rubric_hash(name)]


def test_a_changed_rubric_is_named(path: Path) -> None:
    for name in rubric_names(path):
        content = members_of(path)[name]
        forged = path.with_name("forged.zip")
        shutil.copy(path, forged)
        forge(forged, {name: content.replace(b'"q01"', b'"q09"')})
        found = named(verify_bundle(forged))
        assert f"{name} holds the rubric sha256:" in found
        assert "no entry records SCORING_RUN_CREATED" in found


def test_what_is_no_rubric_is_named(path: Path) -> None:
    name = rubric_names(path)[0]
    forge(path, {name: b"{}"})

    assert f"{name} is no rubric that this release can read" in named(verify_bundle(path))


def test_a_rubric_too_many_is_named(path: Path) -> None:
    document: dict[str, Json] = {
        "assessment_id": "other",
        "version": "1",
        "items": {"q": {"rule": "void"}},
    }
    name = rubric_member(content_hash(document))
    members = dict(sorted({**members_of(path), name: canonical_json(document)}.items()))
    manifest = members.pop(BUNDLE)
    pack(path, *described({BUNDLE: manifest, **members}).items())

    assert "The rubric other/1" in named(verify_bundle(path))


def test_rubrics_that_contradict_each_other_are_named(path: Path) -> None:
    name = next(each for each in rubric_names(path) if b'"replaces"' in members_of(path)[each])
    document = json.loads(members_of(path)[name])
    del document["replaces"], document["reason"]
    members = members_of(path)
    del members[name]
    members[rubric_member(content_hash(document))] = canonical_json(document)
    pack(path, *described(members).items())

    found = named(verify_bundle(path))

    assert "The rubrics of the bundle: " in found
    assert "is valid from the beginning too" in found


def with_lines(path: Path, change: Callable[[list[dict[str, object]]], object]) -> str:
    """Change the entries of a bundle, and return what is found."""
    lines = [json.loads(line) for line in members_of(path)[LEDGER].splitlines()]
    change(lines)
    forge(path, {LEDGER: b"".join(canonical_json(line) + b"\n" for line in lines)})
    return named(verify_bundle(path))


def test_a_changed_entry_is_named(path: Path) -> None:
    def change(lines: list[dict[str, object]]) -> None:
        lines[3]["body"] = str(lines[3]["body"]).replace('"actor":"', '"actor":"x')

    found = with_lines(path, change)

    assert f"{PROOF}: the entries give the root" in found
    assert "line 5: entry" in found


def test_a_missing_entry_is_named(path: Path) -> None:
    found = with_lines(path, lambda lines: lines.pop(0))

    assert "no entry records DELIVERY_CAPTURED" not in found  # it cannot be derived
    assert "counts 9 lines_read, the entries of the files" in found
    assert f"{PROOF}: the entries give the root" in found


def test_a_missing_last_entry_is_named(path: Path) -> None:
    found = with_lines(path, lambda lines: lines.pop())

    assert "no entry records CSV_EXPORTED of 2025-11-20" in found
    assert "the last one here is entry" in found


def test_entries_in_another_order_are_named(path: Path) -> None:
    assert "does not follow" in with_lines(path, lambda lines: lines.reverse())


def test_an_entry_that_is_there_twice_is_named(path: Path) -> None:
    def change(lines: list[dict[str, object]]) -> None:
        lines.append({**lines[0], "seq": 99})

    found = with_lines(path, change)

    assert "records what an earlier one does" in found
    assert "column seq is not what the body says" in found


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"v":1', '"v":2', "is no ledger body"),
        ('"lines_read":', '"lines":', "is no DELIVERY_CAPTURED"),
        ("DELIVERY_CAPTURED", "SOMETHING_ELSE", "has the event type"),
        (DAY, "2025-11-22", "is of the delivery of another day"),
    ],
)
def test_an_entry_that_says_something_else_is_named(
    path: Path, old: str, new: str, problem: str
) -> None:
    def change(lines: list[dict[str, object]]) -> None:
        lines[0]["body"] = str(lines[0]["body"]).replace(old, new)

    assert problem in with_lines(path, change)


def test_an_entry_with_another_output_is_named(path: Path) -> None:
    def change(lines: list[dict[str, object]]) -> None:
        for line in lines:
            if "SCORING_RUN_CREATED" in str(line["body"]):
                head, name, rest = str(line["body"]).partition('"output_hash":"sha256:')
                line["body"] = head + name + "0" * 64 + rest[64:]

    assert "records SCORING_RUN_CREATED of session s1, attempt 1 with another content" in (
        with_lines(path, change)
    )


def test_a_line_that_is_no_entry_is_named(path: Path) -> None:
    forge(path, {LEDGER: b"[]\n" + members_of(path)[LEDGER]})

    assert f"{LEDGER}, line 1 is no ledger entry" in named(verify_bundle(path))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"nodes": []}, "is no proof of these entries"),
        ({"root": "sha256:" + "0" * 64}, "bundle.json says"),
        ({"size": 2**62}, "the last one here is entry"),
        ({"nodes": 1}, "none that this release can read: see nodes"),
    ],
)
def test_a_proof_that_is_none_is_named(path: Path, fields: dict[str, Json], problem: str) -> None:
    proof = json.loads(members_of(path)[PROOF])
    forge(path, {PROOF: canonical_json({**proof, **fields})})

    found = verify_bundle(path, Anchor(size=1, head="sha256:" + "0" * 64))

    assert problem in named(found)
    assert not found.is_anchored


def test_a_tie_to_an_anchor_that_is_none_is_named(home: Bench, tmp_path: Path) -> None:
    path = make(home, tmp_path / "day.zip", anchor_of(home))
    forge(path, {CONSISTENCY: b"{}"})

    assert f"{CONSISTENCY} is none that this release can read" in named(verify_bundle(path))


def test_another_day_in_the_manifest_is_named(path: Path) -> None:
    forge(path, {}, delivery_date="2025-11-22")

    found = named(verify_bundle(path))

    assert "of another day than 2025-11-22" in found
    assert f"{EVIDENCE}: session s1, attempt 1, item q01: delivery_date:" in found


def test_a_manifest_of_another_form_is_named_and_nothing_is_derived(path: Path) -> None:
    forge(path, {}, bundle_version="9")

    found = verify_bundle(path)

    assert "see bundle_version" in named(found)
    assert found.days == []
    assert "Nothing was derived anew" in found.gaps[0]


def test_of_a_bundle_by_other_versions_hashes_and_ledger_are_checked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = {**VERSIONS, "engine_version": "999"}
    monkeypatch.setattr(verifying, "VERSIONS", versions)

    found = verify_bundle(path)

    assert (found.outcome, found.differences) == (INCOMPLETE, [])
    assert "take the release that has those versions" in found.gaps[0]
    assert found.ledger_entries > 0
    name = next(islice(rubric_names(path), 1))
    pack(path, *{**members_of(path), name: b"x"}.items())
    assert f"{name} is {hash_bytes(b'x')}" in named(verify_bundle(path))


def test_no_such_file_is_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(NothingThereError, match="no file"):
        verify_bundle(tmp_path / "none.zip")


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    for name in ("pipe.zip", ""):
        with pytest.raises(UsageError):
            verify_bundle(tmp_path / name)
