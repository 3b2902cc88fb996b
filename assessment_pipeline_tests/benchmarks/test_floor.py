"""The native floor: it does what it is said to do, with and without libraries."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.children import run
from benchmarks.deliveries import ITEMS
from benchmarks.floor import Floor, build
from benchmarks.homes import DAY, Delivered, deliver
from benchmarks.plain.__main__ import score_day

pytestmark = pytest.mark.slow

# Not optimised, which for simdjson takes a compiler many seconds.
VARIANTS: list[tuple[str, ...]] = [("-O0", "-lsimdjson", "-lcrypto"), ("-O0", "-DFLOOR_ALONE")]
NASTY = ['say "so", twice', "two\nlines", "a\r\nb", "Malmö", "\u2028😀\t", "\\", ""]


@pytest.fixture(scope="module", params=VARIANTS, ids=["libraries", "alone"])
def floor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Floor:
    """Return a floor that was built with these options."""
    folder = tmp_path_factory.mktemp("floor")
    built = build(folder, {"this": request.param})
    if built is None:
        pytest.skip("no C++ compiler here builds it so")
    return built


def rows_of(floor: Floor, delivered: Delivered, folder: Path) -> list[dict[str, str]]:
    output = folder / "floor.csv"
    run(floor.command(delivered, output), folder, DAY)
    with output.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def nasty_session() -> dict[str, Any]:
    values = [*NASTY, ["A", "b,c"], 3.25, -7, True, None]
    return {
        "responses": [
            {"duration_ms": number, "value": value, "item_id": f"q{number:02}"}
            for number, value in enumerate(values)
        ],
        "context": {"site": "north", "nested": "}]"},
        "candidate_id": "c-1",
        "session_id": "s-1",
        "assessment_id": "harbour-test",
        "attempt": 2,
    }


@pytest.mark.parametrize("is_ascii", [True, False], ids=["escaped", "UTF-8"])
def test_rows_say_what_was_delivered(floor: Floor, tmp_path: Path, is_ascii: bool) -> None:
    delivered = deliver(tmp_path / "delivered", 1)
    line = json.dumps(nasty_session(), ensure_ascii=is_ascii, separators=(",", ":"))
    delivered.files[0].write_text(line + "\n", encoding="utf-8")

    rows = rows_of(floor, delivered, tmp_path)

    said = [row["response"] for row in rows[:12]]
    assert said == [*NASTY, '["A","b,c"]', "3.25", "-7", "true", ""]
    assert [row["duration_ms"] for row in rows[:12]] == [str(number) for number in range(12)]
    assert {row["attempt"] for row in rows} == {"2"}
    digest = hashlib.sha256(line.encode()).hexdigest()
    assert {row["score_run_id"] for row in rows} == {f"sha256:{digest}"}


def test_as_many_rows_and_bytes_are_written_as_in_the_evidence(
    floor: Floor, tmp_path: Path
) -> None:
    delivered = deliver(tmp_path / "delivered", 50)
    score_day(delivered.folder, DAY, tmp_path / "plain")

    rows = rows_of(floor, delivered, tmp_path)

    assert len(rows) == 50 * len(ITEMS)
    written = (tmp_path / "floor.csv").stat().st_size
    evidence = (tmp_path / "plain" / "evidence.csv").stat().st_size
    assert written == pytest.approx(evidence, rel=0.03)
