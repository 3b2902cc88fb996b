"""`ledger timestamp`, and `verify` against what it made."""

from pathlib import Path

import pytest

from assessment_pipeline_tests.cli.command_lines import json_of, run, scored_installation
from assessment_pipeline_tests.cli.test_ledger import tamper
from assessment_pipeline_tests.installations import Installation, answers
from assessment_pipeline_tests.timestamp_authorities import TimestampAuthority, served


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return scored_installation(tmp_path / "home")


@pytest.fixture
def given(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str | Path, ...]:
    """Have the ledger stamped; return the options that name the stamp."""
    monkeypatch.setenv("no_proxy", "*")
    authority = TimestampAuthority(tmp_path / "authority")
    out = tmp_path / "day.tsr"
    with served(authority.answer) as url:
        result = run(
            *("ledger", "timestamp", "--tsa", url, "--tsa-root", authority.root, "--out", out),
            home=installation.home.folder,
        )
    assert result.exit_code == 0, result.output
    assert "saw the first" in result.stdout
    return ("--timestamp", out, "--tsa-root", authority.root)


def test_a_grown_ledger_continues_from_its_stamp(
    installation: Installation, given: tuple[str | Path, ...]
) -> None:
    home = installation.home.folder
    installation.deliver(answers("s-3"), name="b")
    installation.score()

    found = json_of(run("ledger", "verify", "--json", *given, home=home))
    assert (found["outcome"], found["is_anchored"]) == ("right", True)
    assert str(found["stamped_at"]).endswith("Z")
    whole = run("verify", *given, home=home)
    assert whole.exit_code == 0
    assert "saw the first" in whole.stdout
    assert "not checked against an anchor" not in whole.stdout


def test_a_ledger_that_was_cut_shows_against_its_stamp(
    installation: Installation, given: tuple[str | Path, ...]
) -> None:
    home = installation.home.folder
    tamper(installation, "DELETE FROM ledger_entry WHERE seq = (SELECT max(seq) FROM ledger_entry)")

    assert run("ledger", "verify", home=home).exit_code == 0
    for command in (("ledger", "verify"), ("verify",)):
        assert run(*command, *given, home=home).exit_code == 1


def test_a_forged_stamp_ends_with_1_and_one_sentence(
    installation: Installation, given: tuple[str | Path, ...]
) -> None:
    path = Path(given[1])
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)

    for command in (("ledger", "verify"), ("verify",)):
        result = run(*command, *given, home=installation.home.folder)
        assert result.exit_code == 1
        assert "does not hold" in " ".join(result.output.split())


@pytest.mark.parametrize("command", [("ledger", "verify"), ("verify",)])
@pytest.mark.parametrize(
    "options",
    [
        ("--timestamp", "a.tsr"),
        ("--tsa-root", "r.pem"),
        ("--timestamp", "a.tsr", "--tsa-root", "r.pem", "--anchor", "a.json"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    installation: Installation, command: tuple[str, ...], options: tuple[str, ...]
) -> None:
    assert run(*command, *options, home=installation.home.folder).exit_code == 2


def test_an_anchor_of_before_can_be_stamped(
    installation: Installation, given: tuple[str | Path, ...], tmp_path: Path
) -> None:
    anchor, out = Path(f"{given[1]}.json"), tmp_path / "again.tsr"
    authority = TimestampAuthority(tmp_path / "second")
    with served(authority.answer) as url:
        result = run(
            *("ledger", "timestamp", "--tsa", url, "--tsa-root", authority.root, "--out", out),
            *("--anchor", anchor, "--json"),
            home=installation.home.folder,
        )
    assert json_of(result)["timestamp_file"] == str(out)
    assert Path(f"{out}.json").read_bytes() == anchor.read_bytes()
