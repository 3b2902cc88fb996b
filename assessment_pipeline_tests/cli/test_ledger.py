"""`ledger`: anchors, entries as JSON, and a verdict with an exit code."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import json_of, run, scored_installation
from assessment_pipeline_tests.installations import Installation, answers

CHECKER = Path(__file__).parents[2] / "docs" / "check_proof.py"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return scored_installation(tmp_path / "home")


def shown(installation: Installation, *arguments: str) -> list[dict[str, object]]:
    """Return the entries that `ledger show --json` prints."""
    result = run("ledger", "show", "--json", *arguments, home=installation.home.folder)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def tamper(installation: Installation, statement: str) -> None:
    """Change the ledger as somebody with the file could."""
    connection = sqlite3.connect(installation.home.ledger)
    triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    for (name,) in triggers.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_the_head_as_json_is_an_anchor(installation: Installation, tmp_path: Path) -> None:
    home = installation.home.folder
    printed = run("ledger", "head", "--json", home=home)
    anchor = tmp_path / "anchor.json"
    anchor.write_text(printed.stdout)

    assert set(json_of(printed)) == {"size", "head", "root"}
    result = run("ledger", "verify", "--anchor", anchor, home=home)
    assert result.exit_code == 0
    assert f"continues from the anchor of {json_of(printed)['size']} entries." in result.stdout


def test_entries_are_shown_in_order_with_their_payload(installation: Installation) -> None:
    entries = shown(installation)
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0]["event_type"] == "LEDGER_CREATED"
    assert entries[0]["payload"] == {"timezone": "UTC"}


def test_entries_are_chosen_by_position_type_and_subject(installation: Installation) -> None:
    (third,) = shown(installation, "--seq", "3")
    assert third["seq"] == 3
    runs = shown(installation, "--type", "scoring_run_created")
    assert {entry["event_type"] for entry in runs} == {"SCORING_RUN_CREATED"}
    assert len(runs) == 2
    (rubric,) = shown(installation, "--subject", "numeracy/1")
    assert rubric["event_type"] == "RUBRIC_PUBLISHED"


def test_a_session_is_found_by_its_id(installation: Installation) -> None:
    (entry,) = shown(installation, "--session", "s-2")
    assert entry["event_type"] == "SCORING_RUN_CREATED"
    assert shown(installation, "--subject", str(entry["subject"])) == [entry]


def test_a_limit_is_told(installation: Installation) -> None:
    result = run("ledger", "show", "--limit", "2", "--json", home=installation.home.folder)
    assert len(result.stdout.splitlines()) == 2
    assert "--limit 0" in result.stderr
    assert len(shown(installation, "--limit", "0")) > 2


def test_entries_can_be_read_by_people(installation: Installation) -> None:
    result = run("ledger", "show", "--seq", "1", home=installation.home.folder)
    assert "LEDGER_CREATED" in result.stdout
    assert "timezone: UTC" in result.stdout


@pytest.mark.parametrize(
    "arguments", [("--seq", "999"), ("--type", "NIX"), ("--session", "s-9"), ("--subject", "x")]
)
def test_an_entry_that_is_not_there_ends_with_3(
    installation: Installation, arguments: tuple[str, str]
) -> None:
    assert run("ledger", "show", *arguments, home=installation.home.folder).exit_code == 3


def test_a_home_without_a_ledger_ends_with_3(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    for command in ("head", "show", "verify"):
        assert run("ledger", command, home=installation.home.folder).exit_code == 3


def test_a_right_ledger_without_an_anchor_says_so(installation: Installation) -> None:
    result = run("ledger", "verify", home=installation.home.folder)
    assert result.exit_code == 0
    assert "Not checked against an anchor" in result.stdout


def test_a_changed_entry_is_a_difference_that_names_it(installation: Installation) -> None:
    tamper(installation, "UPDATE ledger_entry SET subject = 'x' WHERE seq = 2")
    home = installation.home.folder
    result = run("ledger", "verify", home=home)
    assert result.exit_code == 1
    assert "entry 2" in result.stdout
    found = json_of(run("ledger", "verify", "--json", home=home))
    assert (found["outcome"], found["is_anchored"]) == ("difference", False)


def test_hashes_that_are_none_are_shown_all_the_same(installation: Installation) -> None:
    tamper(installation, "UPDATE ledger_entry SET entry_hash = 'x' WHERE seq = 2")
    assert shown(installation, "--seq", "2")[0]["entry_hash"] == "x"
    assert run("ledger", "verify", home=installation.home.folder).exit_code == 1


def test_a_cut_ledger_shows_against_its_anchor(installation: Installation, tmp_path: Path) -> None:
    home = installation.home.folder
    anchor = tmp_path / "anchor.json"
    anchor.write_text(run("ledger", "head", "--json", home=home).stdout)
    tamper(installation, "DELETE FROM ledger_entry WHERE seq = (SELECT max(seq) FROM ledger_entry)")

    assert run("ledger", "verify", home=home).exit_code == 0
    result = run("ledger", "verify", "--anchor", anchor, home=home)
    assert result.exit_code == 1
    assert "was cut" in result.stdout


def test_the_anchor_can_come_from_the_settings(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = installation.home.folder
    (tmp_path / "a.json").write_text(run("ledger", "head", "--json", home=home).stdout)
    monkeypatch.setenv("ASSESSMENT_PIPELINE_ANCHOR", str(tmp_path / "a.json"))
    assert json_of(run("ledger", "verify", "--json", home=home))["is_anchored"] is True


def test_an_anchor_that_is_not_there_ends_with_3(
    installation: Installation, tmp_path: Path
) -> None:
    result = run("ledger", "verify", "--anchor", tmp_path / "x", home=installation.home.folder)
    assert result.exit_code == 3


def test_a_proof_can_be_checked_by_whoever_has_the_anchor(
    installation: Installation, tmp_path: Path
) -> None:
    home = installation.home.folder
    (tmp_path / "a.json").write_text(run("ledger", "head", "--json", home=home).stdout)
    old = json.loads((tmp_path / "a.json").read_text())["size"]
    installation.deliver(answers("s-3"), name="b")
    installation.score()
    printed = run("ledger", "prove", "3", "--against", str(old), home=home)
    assert json_of(printed)["size"] > old
    (tmp_path / "proof.json").write_text(printed.stdout)
    command: list[str | Path] = [
        sys.executable,
        "-I",
        CHECKER,
        tmp_path / "proof.json",
        tmp_path / "a.json",
    ]
    checked = subprocess.run(command, capture_output=True, text=True, check=True)
    assert checked.stdout.startswith("Entry 3 of")


@pytest.mark.parametrize(
    ("arguments", "code"), [(("999",), 3), (("1", "--against", "999"), 2), (("0",), 2), ((), 2)]
)
def test_what_cannot_be_proved_is_said(
    installation: Installation, arguments: tuple[str, ...], code: int
) -> None:
    home = installation.home.folder
    assert run("ledger", "prove", *arguments, home=home).exit_code == code


def test_what_came_after_an_anchor_can_be_verified_alone(
    installation: Installation, tmp_path: Path
) -> None:
    home, anchor = installation.home.folder, tmp_path / "a.json"
    anchor.write_text(run("ledger", "head", "--json", home=home).stdout)
    installation.deliver(answers("s-3"), name="b")
    installation.score()
    result = run("ledger", "verify", "--since", anchor, home=home)
    assert result.exit_code == 0
    assert "was not looked at" in result.stdout
    tamper(installation, "UPDATE ledger_entry SET subject = 'x' WHERE seq = 2")
    found = json_of(run("ledger", "verify", "--json", "--since", anchor, home=home))
    assert (found["outcome"], found["since"]) == ("right", json.loads(anchor.read_text())["size"])
    tamper(
        installation,
        "UPDATE ledger_entry SET subject = 'x' WHERE seq = (SELECT max(seq) FROM ledger_entry)",
    )
    assert run("ledger", "verify", "--since", anchor, home=home).exit_code == 1


def test_since_and_anchor_exclude_each_other(installation: Installation, tmp_path: Path) -> None:
    home = installation.home.folder
    result = run("ledger", "verify", "--since", tmp_path, "--anchor", tmp_path, home=home)
    assert result.exit_code == 2


def test_a_database_that_is_not_there_is_no_traceback_and_shows_no_password(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://scoring:s3cret-canary@127.0.0.1:1/scoring"
    monkeypatch.setenv("ASSESSMENT_PIPELINE_DATABASE_URL", url)
    result = run("ledger", "head", home=installation.home.folder)
    assert result.exit_code == 4
    assert "in database scoring on 127.0.0.1" in result.output
    assert "s3cret-canary" not in result.output


def test_looking_at_the_ledger_changes_nothing(installation: Installation) -> None:
    installation.deliver(answers("s-9"), name="b")
    home = installation.home.folder
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    for command in ("head", "show", "verify"):
        run("ledger", command, home=home)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_an_upgrade_says_what_it_did_and_a_second_one_has_nothing_to_do(
    installation: Installation,
) -> None:
    home = installation.home.folder
    before = shown(installation)
    tamper(installation, "DROP TABLE alembic_version")

    first = json_of(run("ledger", "upgrade", "--json", home=home))
    second = run("ledger", "upgrade", home=home)

    assert (first["revision_before"], first["revision"]) == (None, "0001")
    assert second.exit_code == 0
    assert "has the revision of this release, 0001" in second.stdout
    assert shown(installation) == before


def test_there_is_nothing_to_upgrade_in_a_home_without_a_ledger(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")

    assert run("ledger", "upgrade", home=installation.home.folder).exit_code == 3
    assert not installation.home.ledger.exists()


def test_a_ledger_of_a_newer_release_is_refused_and_verify_calls_it_a_gap(
    installation: Installation,
) -> None:
    home = installation.home.folder
    tamper(installation, "UPDATE alembic_version SET version_num = '9999'")

    for command in (("ledger", "upgrade"), ("ledger", "head")):
        refused = run(*command, home=home)
        assert refused.exit_code == 2
        assert "made by a newer release" in refused.stderr
    for options in ((), ("--session", "s-1")):
        verified = run("verify", *options, home=home)
        assert verified.exit_code == 3
        assert "made by a newer release" in verified.output


def test_a_setting_that_is_no_database_is_wrong_usage_and_no_difference(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in ("mysql://a:x@h/d", "postgresql://a:p@Secret9/x@127.0.0.1:1/d"):
        monkeypatch.setenv("ASSESSMENT_PIPELINE_DATABASE_URL", url)
        for command in (("verify",), ("verify", "--session", "s-1"), ("ledger", "verify")):
            result = run(*command, home=installation.home.folder)
            assert result.exit_code == 2, result.output
            assert "Secret9" not in result.output
