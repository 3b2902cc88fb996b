"""`verify --session`: what it prints, and how it ends."""

from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import (
    json_of,
    run,
    run_fresh,
    scored_installation,
)
from assessment_pipeline_tests.installations import DAY, Installation


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return scored_installation(tmp_path / "home")


def test_every_hop_of_a_score_is_printed(installation: Installation) -> None:
    result = run("verify", "--session", "s-1", home=installation.home.folder)

    assert result.exit_code == 0
    assert f"s-1, attempt 1, delivered {DAY}" in result.stdout
    for text in (
        f"ok      delivery: file deliveries/{DAY}/a.jsonl; line 1; byte offset 0;",
        "ok      rubric: label numeracy/1;",
        "“B” is correct: 1 of 1 point.",
        "ok      total: sum of items 3; floor 0;",
        f"ok      scorecards.csv: file exports/{DAY}/scorecards.csv; lines 2;",
        "ok      ledger entry: seq ",
    ):
        assert text in result.stdout
    assert "DIFFERS" not in result.stdout


def test_a_difference_is_named_and_ends_with_1(installation: Installation) -> None:
    path = installation.home.export_folder(DAY) / "scorecards.csv"
    path.write_bytes(path.read_bytes().replace(b",complete,3,", b",complete,4,", 1))

    result = run("verify", "--session", "s-1", home=installation.home.folder)

    assert result.exit_code == 1
    assert "DIFFERS scorecards.csv" in result.stdout
    assert "has other rows of this session than are derived" in result.stdout
    assert "2 differences: this is not what was scored." in result.stdout


@pytest.mark.parametrize(
    "arguments", [("nobody",), ("s-1", "--attempt", "2"), ("s-1", "--date", "2025-11-21")]
)
def test_no_such_session_ends_with_3(
    installation: Installation, arguments: tuple[str, ...]
) -> None:
    result = run("verify", "--session", *arguments, home=installation.home.folder)

    assert result.exit_code == 3
    assert result.stderr.startswith(f"Error: No session {arguments[0]}")
    assert result.stdout == ""


def test_json_says_the_same(installation: Installation) -> None:
    home = installation.home.folder

    found = json_of(run("verify", "--session", "s-2", "--date", DAY, "--json", home=home))

    assert (found["outcome"], found["differences"], found["gaps"]) == ("right", [], [])
    (score,) = found["scores"]
    assert (score["attempt"], score["delivery_date"], score["not_scored"]) == (1, DAY, None)
    assert all(hop["is_right"] for hop in score["hops"])
    delivery = score["hops"][0]
    assert (delivery["hop"], delivery["facts"]["line"]) == ("delivery", 2)
    assert [item["response"] for item in score["items"]] == ["=1+1", "3.14"]


def test_a_response_can_hold_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "home")
    line = (
        b'{"session_id":"s-1","candidate_id":"c","assessment_id":"numeracy",'
        b'"submitted_at":"2025-11-20T09:00:00Z",'
        b'"responses":[{"item_id":"q01","value":"\\u001b[2J"}]}'
    )
    installation.deliver(line)
    installation.score()

    result = run("verify", "--session", "s-1", home=installation.home.folder)

    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    "arguments", [("--attempt", "1"), ("--session", "s-1", "--anchor", "x"), ("--session",)]
)
def test_options_that_do_not_go_together_end_with_2(
    installation: Installation, arguments: tuple[str, ...]
) -> None:
    assert run("verify", *arguments, home=installation.home.folder).exit_code == 2


@pytest.mark.slow
def test_it_works_in_a_process_of_its_own(installation: Installation) -> None:
    result = run_fresh("verify", "--session", "s-1", home=installation.home.folder)

    assert (result.returncode, result.stderr) == (0, "")
