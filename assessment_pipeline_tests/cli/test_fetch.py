"""`fetch` and `intake` on the command line."""

import os
import sys
from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import json_of, run
from assessment_pipeline_tests.installations import DAY

TOKEN = "a token for tests, of 32 or more characters"  # noqa: S105 - of a service that never runs


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the day's folder of another system."""
    folder = tmp_path / "outbox" / DAY
    folder.mkdir(parents=True)
    monkeypatch.setenv("ASSESSMENT_PIPELINE_DELIVERY_SOURCE", f"file://{folder.parent}")
    return folder


def write(path: Path, content: bytes = b"{}\n") -> None:
    path.write_bytes(content)
    os.utime(path, (1, 1))


def test_new_files_are_fetched_and_named(tmp_path: Path, outbox: Path) -> None:
    write(outbox / "a.jsonl")
    first, second = (run("fetch", home=tmp_path / "home") for _ in range(2))

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert f"deliveries/{DAY}/a.jsonl fetched." in first.stdout
    assert "0 new files" in second.stdout
    assert (tmp_path / "home" / "deliveries" / DAY / "a.jsonl").read_bytes() == b"{}\n"


def test_an_object_that_changed_ends_with_4_and_is_named(tmp_path: Path, outbox: Path) -> None:
    write(outbox / "a.jsonl")
    run("fetch", home=tmp_path / "home")
    write(outbox / "a.jsonl", b"other\n")
    shown = run("fetch", home=tmp_path / "home")
    told = run("fetch", "--json", home=tmp_path / "home")

    assert (shown.exit_code, told.exit_code) == (4, 4)
    assert f"deliveries/{DAY}/a.jsonl is not what" in shown.stderr
    (source,) = json_of(told)["sources"]
    assert (source["files"], len(source["problems"])) == ([], 1)


def test_from_start_asks_for_everything_again(tmp_path: Path, outbox: Path) -> None:
    write(outbox / "a.jsonl")
    run("fetch", home=tmp_path / "home")
    (tmp_path / "home" / "deliveries" / DAY / "a.jsonl").unlink()
    assert run("fetch", home=tmp_path / "home").exit_code == 4
    assert run("fetch", "--from-start", home=tmp_path / "home").exit_code == 0


def test_without_a_source_there_is_nothing_to_work_on(tmp_path: Path) -> None:
    result = run("fetch", home=tmp_path / "home")

    assert result.exit_code == 3
    assert "ASSESSMENT_PIPELINE_DELIVERY_SOURCE" in result.stderr


def test_the_sql_of_the_table_is_that_of_the_documentation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "delivery-sources.md").read_text(encoding="utf-8")
    assert f"```sql\n{run('fetch', '--table-sql').stdout}```" in page

    monkeypatch.setenv("ASSESSMENT_PIPELINE_DELIVERY_TABLE", "exams.finished")
    assert "CREATE TABLE exams.finished (" in run("fetch", "--table-sql").stdout


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])  # noqa: S104 - refused
def test_an_intake_that_others_can_reach_wants_a_token(host: str, tmp_path: Path) -> None:
    result = run("intake", "--host", host, home=tmp_path / "home")

    assert result.exit_code == 2
    assert "ASSESSMENT_PIPELINE_INTAKE_TOKEN" in result.stderr
    assert not (tmp_path / "home").exists()


def test_a_short_token_is_refused_without_showing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_INTAKE_TOKEN", TOKEN[:31])
    result = run("intake", home=tmp_path / "home")

    assert result.exit_code == 2
    assert TOKEN[:31] not in result.output


def test_an_intake_without_its_packages_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastapi", None)
    for name in [name for name in sys.modules if name.startswith("assessment_pipeline.intake")]:
        monkeypatch.delitem(sys.modules, name)
    result = run("intake", home=tmp_path / "home")

    assert result.exit_code == 2
    assert "`pip install '.[intake]'`" in result.stderr
