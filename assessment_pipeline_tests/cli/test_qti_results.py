"""`qti-results` on the command line: what it writes, what it says, how it ends."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET  # our own documents, and nothing else

import pytest

from assessment_pipeline.core.hashing import hash_bytes
from assessment_pipeline.core.qti_results.documents import NAMESPACES
from assessment_pipeline_tests.cli.command_lines import json_of, run, scored_installation
from assessment_pipeline_tests.installations import DAY, Installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Return a home with two sessions scored on one day; tests only read it."""
    return scored_installation(tmp_path_factory.mktemp("scored") / "home")


def test_a_days_results_are_written_in_3_0_and_counted(
    installation: Installation, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = run("qti-results", "--date", DAY, "--to", out, home=installation.home.folder)
    assert result.exit_code == 0
    assert result.stdout == f"{out}: 2 results in QTI 3.0, named in qti-results.json\n"
    (first, second) = sorted(out.glob("*.xml"))
    for path in (first, second):
        root = ET.parse(path).getroot()  # noqa: S314  our own document
        assert root.tag == f"{{{NAMESPACES['3.0']}}}assessmentResult"


def test_as_json_it_names_each_file_of_the_session_asked_for(
    installation: Installation, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ("--date", DAY, "--to", out, "--session", "s-2", "--version", "2.2", "--json")
    printed = json_of(run("qti-results", *arguments, home=installation.home.folder))
    ((name, file),) = printed["files"].items()
    assert (printed["delivery_date"], printed["qti_version"]) == (DAY, "2.2")
    assert printed["folder"] == str(out)
    assert (file["session_id"], file["attempt"], file["status"]) == ("s-2", 1, "complete")
    content = (out / name).read_bytes()
    assert (file["sha256"], file["bytes"]) == (hash_bytes(content), len(content))
    assert NAMESPACES["2.2"].encode() in content
    assert json.loads((out / "qti-results.json").read_bytes())["files"].keys() == {name}


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("--date", DAY), 2),
        (("--date", "20 November", "--to", "out"), 2),
        (("--date", DAY, "--to", "out", "--version", "1.2"), 2),
        (("--date", "2025-11-19", "--to", "out"), 3),
        (("--date", DAY, "--to", "out", "--session", "s-9"), 3),
    ],
)
def test_what_cannot_be_written_ends_with_a_sentence_and_its_code(
    installation: Installation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    exit_code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("qti-results", *arguments, home=installation.home.folder)
    assert result.exit_code == exit_code
    assert result.stderr.strip()
    assert not (tmp_path / "out").exists()


def test_an_altered_artifact_ends_with_4_and_is_named(tmp_path: Path) -> None:
    installation = scored_installation(tmp_path / "home")
    for path in installation.home.artifacts.folder.iterdir():
        if b"match_correct" in path.read_bytes():
            path.write_bytes(path.read_bytes().replace(b"match_correct", b"match_incorrec"))
    out = tmp_path / "out"
    result = run("qti-results", "--date", DAY, "--to", out, home=installation.home.folder)
    assert result.exit_code == 4
    assert "altered" in result.stderr
    assert not out.exists()
