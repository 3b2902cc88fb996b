"""`deliver`, `import-csv`, `export`, `rubric`, `verify`: what they print and how they end."""

from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import json_of, run, scored_installation
from assessment_pipeline_tests.installations import DAY, RUBRIC, Installation, answers


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return scored_installation(tmp_path / "home")


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    path = tmp_path / "new.jsonl"
    path.write_text("{}\n")
    return path


def test_a_delivered_file_lies_in_the_folder_of_its_day(tmp_path: Path, delivery: Path) -> None:
    result = run("deliver", delivery, "--date", DAY, home=tmp_path / "home")
    assert result.exit_code == 0
    assert f"score --date {DAY}" in result.stdout
    stored = tmp_path / "home" / "deliveries" / DAY / "new.jsonl"
    assert stored.read_bytes() == delivery.read_bytes()


def test_delivering_again_does_nothing(tmp_path: Path, delivery: Path) -> None:
    first = run("deliver", delivery, "--date", DAY, "--json", home=tmp_path / "home")
    second = run("deliver", delivery, "--date", DAY, "--json", home=tmp_path / "home")
    assert json_of(first)["delivered"] == ["new.jsonl"]
    assert json_of(second)["delivered"] == []
    assert json_of(second)["was_there"] == ["new.jsonl"]


def test_other_content_under_the_same_name_ends_with_2(tmp_path: Path, delivery: Path) -> None:
    run("deliver", delivery, "--date", DAY, home=tmp_path / "home")
    delivery.write_text("other\n")
    assert run("deliver", delivery, "--date", DAY, home=tmp_path / "home").exit_code == 2


def test_a_delivery_that_is_not_there_ends_with_3(tmp_path: Path) -> None:
    missing = tmp_path / "missing.jsonl"
    assert run("deliver", missing, "--date", DAY, home=tmp_path / "home").exit_code == 3


def test_without_a_date_it_is_todays_delivery(tmp_path: Path, delivery: Path) -> None:
    result = run("deliver", delivery, "--json", home=tmp_path / "home")
    day = json_of(result)["delivery_date"]
    assert (tmp_path / "home" / "deliveries" / day / "new.jsonl").is_file()


@pytest.mark.parametrize("day", ["2999-01-01", "2000-01-01", "yesterday", "2026-1-1", "20261120"])
@pytest.mark.parametrize("command", ["deliver", "score", "import-csv"])
def test_a_day_without_a_partition_ends_with_2(
    tmp_path: Path, delivery: Path, command: str, day: str
) -> None:
    arguments = {
        "deliver": ("deliver", delivery),
        "score": ("score",),
        "import-csv": ("import-csv", delivery, "--assessment", "x"),
    }[command]
    result = run(*arguments, "--date", day, home=tmp_path / "home")
    assert result.exit_code == 2
    assert day in result.stderr
    assert not (tmp_path / "home").exists()


def test_a_table_of_answers_becomes_a_delivery(tmp_path: Path) -> None:
    table = tmp_path / "answers.csv"
    table.write_text("who,q1,q2\nAnn Ash,A,\nbob,B,C\n")
    arguments = ("import-csv", table, "--assessment", "x", "--date", DAY)

    imported = json_of(run(*arguments, "--json", home=tmp_path / "home"))
    again = run(*arguments, home=tmp_path / "home")

    assert (imported["candidates"], imported["items"], imported["empty_cells"]) == (2, 2, 1)
    assert Path(imported["id_map"]).is_file()
    assert imported["mapped_ids"] == 1
    assert "is there already" in again.stdout
    assert "Ann" not in again.stdout


def test_what_may_not_be_meant_in_a_table_of_answers_is_noted(tmp_path: Path) -> None:
    table = tmp_path / "answers.csv"
    table.write_text("who;q1\nann;3,14\n")
    arguments = ("import-csv", table, "--assessment", "x", "--date", DAY)
    told = run(*arguments, home=tmp_path / "home")
    assert told.exit_code == 0
    assert "Note: 1 cell looks like a number with a decimal comma in column q1" in told.stdout
    home = tmp_path / "other"
    imported = json_of(run(*arguments, "--decimal-comma", "--json", home=home))
    assert imported["notes"] == []
    assert '"value":"3.14"' in Path(imported["delivery"]).read_text()


def test_a_table_of_keys_becomes_a_rubric_that_checks(tmp_path: Path) -> None:
    keys = tmp_path / "keys.csv"
    keys.write_text("item_id,key\nq1,A\nq2,B\n")
    home = tmp_path / "home"
    made = json_of(run("rubric", "from-csv", keys, "--assessment", "x", "--json", home=home))
    assert (made["rubric"], made["items"], made["was_there"]) == ("x/1", 2, False)
    assert run("rubric", "check", made["path"], home=home).exit_code == 0
    again = run("rubric", "from-csv", keys, "--assessment", "x", home=home)
    assert "is there already" in again.stdout


def test_a_good_rubric_is_called_good(installation: Installation) -> None:
    result = run("rubric", "check", home=installation.home.folder)
    assert result.exit_code == 0
    assert "numeracy/1 is good: 2 items, 0 examples" in result.stdout


def test_a_bad_rubric_ends_with_2_and_says_where_and_what_to_do(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(RUBRIC.replace("correct: B", "corect: B"))
    result = run("rubric", "check", bad)
    assert result.exit_code == 2
    assert f"{bad} at /items/q01/corect: there is no field corect here" in result.stdout

    found = json_of(run("rubric", "check", bad, "--json"))
    assert {"file", "line", "message", "pointer", "remedy"} == set(found["problems"][0])


def test_a_rubric_file_that_is_not_there_ends_with_3(tmp_path: Path) -> None:
    assert run("rubric", "check", tmp_path / "nix.yaml").exit_code == 3
    assert run("rubric", "check", home=tmp_path).exit_code == 3


def test_a_trial_shows_points_state_and_why(tmp_path: Path) -> None:
    rubric = tmp_path / "r.yaml"
    rubric.write_text(RUBRIC)
    arguments = ("rubric", "try", rubric, "q02", "--response")
    assert "2 of 2 points (numeric), answered" in run(*arguments, "3.14").stdout
    tried = json_of(run(*arguments, '"12 euro"', "--json"))
    assert (tried["points"], tried["max_points"], tried["state"]) == ("0", "2", "invalid")
    assert tried["trace"]["invalid"] == "not_a_number"


def test_a_response_that_is_no_json_ends_with_2(tmp_path: Path) -> None:
    rubric = tmp_path / "r.yaml"
    rubric.write_text(RUBRIC)
    result = run("rubric", "try", rubric, "q01", "--response", "B")
    assert result.exit_code == 2
    assert "double quotes" in result.stderr


def test_exports_are_copied_in_the_dialect_asked_for(
    installation: Installation, tmp_path: Path
) -> None:
    home = installation.home.folder
    out = tmp_path / "out"
    arguments = ("export", "--date", DAY, "--to", out, "--dialect", "excel")
    assert "evidence.csv: 4 rows" in run(*arguments, home=home).stdout
    assert ",'=1+1," in (out / "evidence.csv").read_text("utf-8-sig")
    copied = json_of(run(*arguments, "--json", home=home))
    assert copied["files"]["scorecards.csv"]["rows"] == 2


def test_exporting_a_day_that_is_not_scored_ends_with_3(
    installation: Installation, tmp_path: Path
) -> None:
    arguments = ("export", "--date", "2025-11-19", "--to", tmp_path / "out")
    assert run(*arguments, home=installation.home.folder).exit_code == 3


def test_exporting_an_altered_file_ends_with_4_and_names_it(
    installation: Installation, tmp_path: Path
) -> None:
    altered = installation.home.export_folder(DAY) / "scorecards.csv"
    altered.write_bytes(altered.read_bytes() + b"x")
    arguments = ("export", "--date", DAY, "--to", tmp_path / "out")
    result = run(*arguments, home=installation.home.folder)
    assert result.exit_code == 4
    assert str(altered) in result.stderr


def test_what_is_right_verifies(installation: Installation) -> None:
    home = installation.home.folder
    result = run("verify", home=home)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("Everything verifies: 2 score runs")
    assert "anchor" in result.stdout

    found = json_of(run("verify", "--date", DAY, "--json", home=home))
    assert (found["outcome"], found["differences"]) == ("right", [])
    assert found["days"][0]["sessions"] == 2


def test_a_changed_byte_of_an_export_is_a_difference_that_names_the_file(
    installation: Installation,
) -> None:
    path = installation.home.export_folder(DAY) / "evidence.csv"
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    result = run("verify", home=installation.home.folder)
    assert result.exit_code == 1
    assert f"exports/{DAY}/evidence.csv" in result.stdout


def test_a_day_that_is_not_scored_cannot_be_verified(installation: Installation) -> None:
    installation.deliver(answers("s-7"), day="2025-11-21")
    home = installation.home.folder
    assert run("verify", "--date", "2025-11-21", home=home).exit_code == 3
    assert run("verify", home=home).exit_code == 3
    assert run("verify", "--date", DAY, home=home).exit_code == 0


def test_verifying_what_is_no_day_ends_with_2(installation: Installation) -> None:
    assert run("verify", "--date", "../x", home=installation.home.folder).exit_code == 2
