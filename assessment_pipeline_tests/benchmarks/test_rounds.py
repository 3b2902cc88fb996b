"""Running what is measured, and refusing to compare what is not the same work."""

import os
import sys
from pathlib import Path

import pytest

from benchmarks.children import BenchmarkError, run
from benchmarks.homes import DAY, OTHER_DAY, deliver
from benchmarks.rounds import EXPORTED, require_equal


def python(program: str) -> list[str | Path]:
    return [sys.executable, "-c", program]


def test_a_child_costs_what_it_and_its_own_children_used(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"

    usage, _ = run(python(program), tmp_path, DAY)

    assert usage.cpu_seconds > 0.3


def test_the_peak_is_that_of_the_child(tmp_path: Path) -> None:
    usage, _ = run(python("held = bytes(range(256)) * 1_600_000"), tmp_path, DAY)

    # No upper bound: the process that starts it counts too, and that is a test runner here.
    assert usage.peak_mb > 400


def test_settings_of_an_installation_here_do_not_reach_a_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSESSMENT_PIPELINE_DATABASE_URL", "postgresql://elsewhere")
    monkeypatch.setenv("DAGSTER_HOME", "elsewhere")
    told = "import os; print([os.environ.get(name) for name in %r])"
    names = [
        "ASSESSMENT_PIPELINE_DATABASE_URL",
        "DAGSTER_HOME",
        "ASSESSMENT_PIPELINE_FIRST_DATE",
    ]

    _, said = run(python(told % names), tmp_path, DAY)

    assert said.strip() == f"[None, None, {DAY!r}]"


def test_a_child_that_fails_ends_the_benchmark_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="ended with code 3: no such day"):
        run(python("import sys; print('no such day'); sys.exit(3)"), tmp_path, DAY)


@pytest.mark.parametrize("changed", EXPORTED)
def test_one_other_byte_ends_the_benchmark(tmp_path: Path, changed: str) -> None:
    plain, exported = tmp_path / "plain", tmp_path / "exported"
    for folder in (plain, exported):
        folder.mkdir()
        for name in EXPORTED:
            (folder / name).write_bytes(b"1,2\n")
    require_equal(plain, exported)

    times = (exported / changed).stat()
    (exported / changed).write_bytes(b"1,3\n")
    os.utime(exported / changed, ns=(times.st_atime_ns, times.st_mtime_ns))

    with pytest.raises(BenchmarkError, match=changed.replace(".", r"\.")):
        require_equal(plain, exported)


def test_more_sessions_begin_with_the_same_ones(tmp_path: Path) -> None:
    few = deliver(tmp_path / "few", 3)
    more = deliver(tmp_path / "more", 5)

    assert more.files[0].read_bytes().startswith(few.files[0].read_bytes())
    assert more.responses > few.responses


def test_the_other_day_has_other_sessions(tmp_path: Path) -> None:
    delivered = deliver(tmp_path / "delivered", 3)

    home = delivered.two_day_home(tmp_path / "home")

    name = delivered.files[0].name
    first, other = (
        (home / "deliveries" / day / name).read_text().splitlines() for day in (DAY, OTHER_DAY)
    )
    assert len(first) == len(other) == 3
    assert all(line.startswith('{"session_id":"t-') for line in other)


def test_one_more_session_leaves_the_deliveries_of_other_homes_alone(tmp_path: Path) -> None:
    delivered = deliver(tmp_path / "delivered", 3)
    home = delivered.home(tmp_path / "home")

    delivered.deliver_one_more(home)

    assert len(list((home / "deliveries" / DAY).iterdir())) == 2
    assert len(delivered.files) == 1
