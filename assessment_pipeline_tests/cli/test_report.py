"""`report`: pages from the command line."""

from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import json_of, run, scored_installation
from assessment_pipeline_tests.installations import DAY


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return scored_installation(tmp_path / "home").home.folder


def test_a_session_is_written_to_a_file_for_the_candidate(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "card.html"
    result = run("report", "--session", "s-2", "--to", path, "--json", home=home)
    assert json_of(result) == {"pages": 1, "path": str(path)}
    text = path.read_text(encoding="utf-8")
    assert "s-2" in text
    assert "=1+1" not in text
    assert path.stat().st_mode & 0o077 == 0


def test_without_to_it_goes_to_the_current_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("report", "--session", "s-2", "--responses", home=home).exit_code == 0
    (path,) = tmp_path.glob("s-2-1-*.html")
    assert "=1+1" in path.read_text(encoding="utf-8")


def test_a_page_that_shows_the_key_takes_no_other_ones_place(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    labels = tmp_path / "labels.json"
    labels.write_text("{}", encoding="utf-8")
    wishes: list[tuple[str | Path, ...]] = [
        (),
        ("--staff",),
        ("--responses",),
        ("--language", "de"),
        ("--staff", "--language", "de"),
        ("--language", "staff", "--labels", labels),
    ]
    for wish in wishes:
        assert run("report", "--session", "s-2", *wish, home=home).exit_code == 0
        assert run("report", "--date", DAY, "--to", "day", *wish, home=home).exit_code == 0
    ends = ["", "-staff", "-responses", ".de", "-staff.de", ".staff"]
    (name,) = (path.name.removesuffix("-staff.html") for path in tmp_path.glob("*-staff.html"))
    expected = sorted(f"{name}{end}.html" for end in ends)
    assert sorted(path.name for path in tmp_path.glob("*.html")) == expected
    assert sorted(path.name for path in (tmp_path / "day").glob("s-2*")) == expected


def test_a_day_is_written_to_a_folder_with_names_and_in_a_language(
    home: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.csv"
    names.write_text("candidate_id,name\nc-9f2,Ada Muster\n", encoding="utf-8")
    labels = tmp_path / "labels.json"
    labels.write_text('{"field.candidate": "Prüfling"}', encoding="utf-8")
    out = tmp_path / "out"
    options = ("--staff", "--names", names, "--language", "de", "--labels", labels, "--to", out)
    result = run("report", "--date", DAY, *options, home=home)
    assert result.exit_code == 0
    assert "Ada Muster" not in result.output
    index = (out / "index.html").read_text(encoding="utf-8")
    assert "Ada Muster" in index
    assert "Prüfling" in index
    assert len(list(out.glob("*.html"))) == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--date", DAY), 2),
        (("--date", DAY, "--to", "x", "--pdf"), 2),
        (("--session", "s-1", "--staff", "--responses"), 2),
        (("--session", "s-1", "--language", "xx"), 2),
        (("--session", "s-none"), 3),
        (("--date", "2025-12-01", "--to", "x"), 3),
    ],
)
def test_what_cannot_be_asked_for_is_told(
    home: Path, arguments: tuple[str, ...], code: int
) -> None:
    assert run("report", *arguments, home=home).exit_code == code
