"""`export --bundle` and `verify FILE.zip`: what they print, and how they end."""

from pathlib import Path

import pytest

from assessment_pipeline_tests.builders import files_below
from assessment_pipeline_tests.bundles import forge, members_of, packed
from assessment_pipeline_tests.cli.command_lines import (
    json_of,
    run,
    run_fresh,
    scored_installation,
)
from assessment_pipeline_tests.installations import DAY, Installation, answers


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return scored_installation(tmp_path / "home")


@pytest.fixture
def bundle(installation: Installation, tmp_path: Path) -> Path:
    path = tmp_path / "day.zip"
    result = run("export", "--date", DAY, "--bundle", path, home=installation.home.folder)
    assert result.exit_code == 0
    assert "7 entries of the ledger's first 8, root sha256:" in result.stdout
    return path


def anchor_of(installation: Installation, path: Path) -> Path:
    path.write_text(run("ledger", "head", "--json", home=installation.home.folder).stdout)
    return path


def test_a_bundle_verifies_and_says_what_it_does_not_show(bundle: Path) -> None:
    result = run("verify", bundle)

    assert result.exit_code == 0
    assert "The bundle was not checked against an anchor" in result.stdout
    assert "Not in a bundle: raw lines" in result.stdout
    assert result.stdout.endswith(
        "The bundle verifies: 2 score runs derived anew, 7 ledger entries proved to be in one "
        "ledger.\n"
    )


def test_its_counts_are_written_as_everywhere(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "large")
    installation.deliver(*[answers("s-1")] * 1_200)
    installation.score()
    made = tmp_path / "day.zip"
    run("export", "--date", DAY, "--bundle", made, home=installation.home.folder)
    said = run("verify", made).stdout
    assert "1,200 lines read: 1 accepted, 1,199 duplicates, 0 quarantined" in said


def test_with_an_anchor_it_says_that_the_ledger_is_that_one(
    installation: Installation, bundle: Path, tmp_path: Path
) -> None:
    result = run("verify", bundle, "--anchor", anchor_of(installation, tmp_path / "anchor"))

    assert result.exit_code == 0
    assert "7 ledger entries proved to be in the ledger that was anchored." in result.stdout


def test_with_a_later_anchor_it_has_to_be_made_for_it(
    installation: Installation, bundle: Path, tmp_path: Path
) -> None:
    installation.deliver(answers("s-3"), day="2025-11-21")
    installation.score("2025-11-21")
    anchor = anchor_of(installation, tmp_path / "anchor")

    result = run("verify", bundle, "--anchor", anchor)
    assert result.exit_code == 3
    assert "Not everything could be verified" in result.stdout
    home, made = installation.home.folder, tmp_path / "anchored.zip"
    again = run("export", "--date", DAY, "--bundle", made, "--anchor", anchor, home=home)
    assert again.exit_code == 0
    assert run("verify", made, "--anchor", anchor).exit_code == 0


def test_a_difference_is_named_and_ends_with_1(bundle: Path) -> None:
    name = "exports/scorecards.csv"
    forge(bundle, {name: members_of(bundle)[name].replace(b",complete,3,", b",complete,4,")})

    result = run("verify", bundle)

    assert result.exit_code == 1
    assert f"Difference: {name}: session s-1, attempt 1: raw_score:" in result.stdout
    assert "2 differences: this is not what was scored." in result.stdout


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"<html>",
        b"In a bundle there are bundle.json and exports/scorecards.csv.",
        packed(("word/document.xml", b"<x/>")),
    ],
)
def test_what_never_was_a_bundle_ends_with_2_and_one_sentence(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)

    result = run("verify", path)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {path} is no bundle: ")
    assert result.stderr.count("\n") == 1


def test_a_bundle_that_was_altered_however_much_is_a_difference(bundle: Path) -> None:
    whole = bundle.read_bytes()
    others = [member for member in members_of(bundle).items() if member[0] != "bundle.json"]
    for content in (b"x" + whole, whole[:400], whole[len(whole) // 2 :], packed(*others)):
        bundle.write_bytes(content)
        result = run("verify", bundle)
        assert result.exit_code == 1
        assert "Difference: " in result.stdout


def test_a_folder_is_no_bundle_and_a_home_is_named_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("school").mkdir()
    result = run("verify", "school")
    assert result.exit_code == 2
    assert "Error: school is a folder: " in result.stderr
    assert "--home school" in result.stderr


def test_no_such_file_ends_with_3(tmp_path: Path) -> None:
    assert run("verify", tmp_path / "none.zip").exit_code == 3


def test_json_says_the_same(installation: Installation, bundle: Path, tmp_path: Path) -> None:
    home = installation.home.folder
    made = json_of(run("export", "--date", DAY, "--bundle", bundle, "--json", home=home))
    found = json_of(run("verify", bundle, "--json"))

    assert (found["outcome"], found["differences"], found["gaps"]) == ("right", [], [])
    assert found["days"][0]["score_runs"] == 2
    assert (found["ledger_size"], found["ledger_root"]) == (made["size"], made["root"])
    assert (found["ledger_entries"], found["is_anchored"]) == (made["ledger_entries"], False)
    assert made["bytes"] == bundle.stat().st_size
    anchor = anchor_of(installation, tmp_path / "anchor")
    assert json_of(run("verify", bundle, "--anchor", anchor, "--json"))["is_anchored"] is True


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--to", "x", "--bundle", "y.zip"),
        ("--bundle", "y.zip", "--dialect", "excel"),
        ("--to", "x", "--anchor", "a"),
    ],
)
def test_export_options_that_do_not_go_together_end_with_2(
    installation: Installation, arguments: tuple[str, ...]
) -> None:
    home = installation.home.folder
    assert run("export", "--date", DAY, *arguments, home=home).exit_code == 2


@pytest.mark.parametrize("option", [("--date", DAY), ("--session", "s-1"), ("--attempt", "1")])
def test_a_bundle_is_verified_as_a_whole(bundle: Path, option: tuple[str, str]) -> None:
    assert run("verify", bundle, *option).exit_code == 2


@pytest.mark.slow
def test_any_process_makes_the_same_bytes_and_checks_them_without_dagster(
    installation: Installation, bundle: Path, tmp_path: Path
) -> None:
    expected = bundle.read_bytes()
    for number, zone in enumerate(("Asia/Tokyo", "America/St_Johns")):
        made = tmp_path / f"{number}.zip"
        result = run_fresh(
            *("export", "--date", DAY, "--bundle", made),
            home=installation.home.folder,
            TZ=zone,
            PYTHONHASHSEED=str(number),
            LC_ALL="C",
        )
        assert (result.returncode, result.stderr) == (0, "")
        assert made.read_bytes() == expected
    before = files_below(tmp_path)

    result = run_fresh("verify", bundle, PYTHONPROFILEIMPORTTIME="1")

    assert result.returncode == 0
    assert "assessment_pipeline.core.bundles" in result.stderr
    assert "dagster" not in {line.split("|")[-1].strip() for line in result.stderr.splitlines()}
    assert files_below(tmp_path) == before


def test_a_file_that_is_no_bundle_is_not_replaced(
    installation: Installation, tmp_path: Path
) -> None:
    other = tmp_path / "README.md"
    other.write_text("mine")
    home = installation.home.folder
    result = run("export", "--date", DAY, "--bundle", other, home=home)
    assert result.exit_code == 2
    assert "no bundle" in result.stderr
    assert other.read_text() == "mine"
