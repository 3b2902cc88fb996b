"""Proofs of entries, checked as an outsider does: by docs/check_proof.py, on its own."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assessment_pipeline.core.ledger import Anchor
from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.services.anchors import anchor_json
from assessment_pipeline.services.proofs import prove
from assessment_pipeline.storage.ledger import Ledger
from assessment_pipeline_tests.core.ledger_builders import ACTOR, RECORDED_AT, score_run, sha

CHECKER = Path(__file__).parents[2] / "docs" / "check_proof.py"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path, timezone="UTC", recorded_at=RECORDED_AT, actor=ACTOR) as ledger:
        events = list(map(score_run, range(12)))
        ledger.append(events, recorded_at=RECORDED_AT, run_id=None, actor=ACTOR)
        yield ledger


def checked(folder: Path, proof: object, anchor: Anchor | None = None) -> tuple[int, str]:
    """Return how the checker ends, and what it says."""
    (folder / "proof.json").write_text(json.dumps(proof))
    files = [folder / "proof.json"]
    if anchor is not None:
        files.append(folder / "anchor.json")
        files[1].write_bytes(anchor_json(anchor))
    command: list[str | Path] = [sys.executable, "-I", CHECKER, *files]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def proof_of(ledger: Ledger, seq: int, against: int | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Return a proof as whoever reads its file has it."""
    return json.loads(prove(ledger, seq, against).as_json())


def test_the_checker_is_short_and_needs_the_standard_library_alone() -> None:
    lines = CHECKER.read_text().splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(CHECKER.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported == {"json", "sys", "hashlib"}


@pytest.mark.parametrize("seq", [1, 2, 7, 8, 12, 13])
@pytest.mark.parametrize("against", [None, 0, 1, 4, 7, 12, 13])
def test_a_proof_is_accepted(ledger: Ledger, tmp_path: Path, seq: int, against: int | None) -> None:
    code, said = checked(tmp_path, proof_of(ledger, seq, against))
    assert (code, said) == (0, f"Entry {seq} of 13, root {ledger.anchor().root}\n")


def test_a_proof_is_accepted_with_the_anchor_of_its_ledger(ledger: Ledger, tmp_path: Path) -> None:
    assert checked(tmp_path, proof_of(ledger, 3), ledger.anchor())[0] == 0


def test_a_proof_is_accepted_with_an_older_anchor_it_was_made_against(
    ledger: Ledger, tmp_path: Path
) -> None:
    anchor = ledger.anchor(6)
    assert checked(tmp_path, proof_of(ledger, 3, against=6), anchor)[0] == 0
    # Without that nothing shows that this ledger continues the anchor's.
    assert checked(tmp_path, proof_of(ledger, 3), anchor) == (1, "Not proved: anchor.\n")


def test_a_proof_is_refused_with_the_anchor_of_another_ledger(
    ledger: Ledger, tmp_path: Path
) -> None:
    for size in (6, 13):
        other = Anchor(size=size, head=sha("other"), root=sha("other"))
        code, said = checked(tmp_path, proof_of(ledger, 3, against=6), other)
        assert (code, said) == (1, "Not proved: anchor.\n")


def test_an_anchor_without_a_root_proves_nothing(ledger: Ledger, tmp_path: Path) -> None:
    anchor = ledger.head().anchor()
    assert checked(tmp_path, proof_of(ledger, 3), anchor) == (1, "Not proved: anchor.\n")


@pytest.mark.parametrize(
    ("field", "value", "sign"),
    [
        ("seq", 4, "seq, inclusion"),
        ("prev_hash", sha("other"), "entry_hash"),
        ("entry_hash", sha("other"), "entry_hash, inclusion"),
        ("root", sha("other"), "inclusion, consistency"),
        ("size", 26, "inclusion, consistency"),
        ("inclusion", [], "inclusion"),
        ("inclusion", [sha("other")] * 4, "inclusion"),
        ("inclusion", [sha("other")] * 9, "inclusion"),
        ("consistency", {"size": 6, "root": sha("other"), "path": [sha("x")] * 4}, "consistency"),
    ],
)
def test_a_changed_proof_is_refused_and_says_which_part(
    ledger: Ledger, tmp_path: Path, field: str, value: object, sign: str
) -> None:
    proof = proof_of(ledger, 3, against=6)
    assert checked(tmp_path, {**proof, field: value}) == (1, f"Not proved: {sign}.\n")


def test_a_changed_body_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    proof = proof_of(ledger, 3)
    proof["body"] = proof["body"].replace("tests", "nobody")
    assert checked(tmp_path, proof) == (1, "Not proved: entry_hash.\n")


def test_an_entry_of_a_rewritten_ledger_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    anchor = ledger.anchor()
    path = tmp_path / "rewritten.sqlite"
    with Ledger.open(path, timezone="UTC", recorded_at=RECORDED_AT, actor=ACTOR) as rewritten:
        events = [score_run(number, output="better") for number in range(12)]
        rewritten.append(events, recorded_at=RECORDED_AT, run_id=None, actor=ACTOR)
        assert checked(tmp_path, proof_of(rewritten, 3))[0] == 0
        assert checked(tmp_path, proof_of(rewritten, 3), anchor)[0] == 1


def test_what_cannot_be_proved_is_named(ledger: Ledger) -> None:
    for seq in (0, 14):
        with pytest.raises(NothingThereError, match=f"no entry {seq}"):
            prove(ledger, seq)
    with pytest.raises(UsageError, match="cannot continue one of 14"):
        prove(ledger, 1, against=14)
