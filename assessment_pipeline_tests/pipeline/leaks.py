"""Deliveries full of canaries, and everything that can be done with them: for `test_no_leaks`."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from assessment_pipeline_tests.deliveries import response, session
from assessment_pipeline_tests.installations import RUBRIC

ROOT: Final = Path(__file__).parents[2]
DAY: Final = "2025-11-20"
LATER: Final = "2025-11-21"

# Each is a word of its own; where it may be found stands in `test_no_leaks`.
CANDIDATE: Final = "candidateKanarienvogel7q"
ANSWER: Final = "answerKanarienvogel7q"
CONTEXT: Final = "contextKanarienvogel7q"
NONCE: Final = "nonceKanarienvogel7q"
SESSION: Final = "sessionKanarienvogel7q"
FILE: Final = "fileKanarienvogel7q"
BAD_NAME: Final = "nameOfBadLineKanarienvogel7q"
BAD_MAIL: Final = "mailOfBadLineKanarienvogel7q"
BAD_ANSWER: Final = "answerOfBadLineKanarienvogel7q"
UI_PASSWORD: Final = "uiSecretKanarienvogel7q"  # noqa: S105 - to be looked for
DATABASE_PASSWORD: Final = "dbSecretKanarienvogel7q"  # noqa: S105 - the same
SECRETS: Final = (UI_PASSWORD, DATABASE_PASSWORD)


def _good(session_id: str, answer: str, **fields: object) -> dict[str, Any]:
    return session(
        session_id=session_id,
        # An address where a pseudonym belongs is a valid id, and shall not get any further.
        candidate_id=f"{CANDIDATE}@example.org",
        submitted_at="2025-11-20T09:00:00Z",
        responses=[
            response("q01", answer),
            response("q02", f"{answer} €"),
            response("q09", [answer]),
        ],
        **fields,
    )


def good_lines() -> list[bytes]:
    """Return sessions that are taken, with an in-progress one and a voided one among them."""
    return [
        json.dumps(each, ensure_ascii=False).encode()
        for each in (
            _good(SESSION, ANSWER, context={"site": CONTEXT}, nonce=NONCE),
            _good("s-2", ANSWER, status="voided"),
            _good("s-3", ANSWER, status="in_progress"),
            _good("s-4", ANSWER, assessment_id="literacy"),
            _good("s-5", ANSWER, assessment_id="unknown"),
            _good("s-6", "B"),
        )
    ]


def bad_lines() -> list[bytes]:
    """Return a line for every reason that a line can be refused for, each full of canaries."""
    base = session(
        session_id="s-bad",
        candidate_id=f"{BAD_MAIL}@example.org",
        context={"name": BAD_NAME},
        responses=[response("q01", BAD_ANSWER)],
    )
    plain = json.dumps(base).encode()
    quoted = f'"{BAD_ANSWER}"'.encode()

    def changed(**fields: object) -> bytes:
        return json.dumps({**base, **fields}, ensure_ascii=False).encode()

    def answered(**fields: object) -> bytes:
        return changed(responses=[{**response("q01", BAD_ANSWER), **fields}])

    return [
        plain + b" ]",
        f"{BAD_NAME},{BAD_MAIL}@example.org,{BAD_ANSWER}".encode(),
        plain.replace(b'{"session_id"', f'{{"{BAD_NAME}":1,"{BAD_NAME}":2,"session_id"'.encode()),
        plain.replace(quoted, quoted + b', "duration_ms": 1e999'),
        plain.replace(quoted, quoted + b', "duration_ms": 99999999999999999999'),
        plain.replace(quoted, b'"' + BAD_ANSWER.encode() + b'\xff"'),
        plain.replace(quoted, b'"' + BAD_ANSWER.encode() + rb'\ud800"'),
        b"\xef\xbb\xbf" + plain,
        plain.replace(quoted, b'"' + BAD_ANSWER.encode() + rb'\u0000"'),
        plain.replace(quoted, b"[" * 40 + quoted + b"]" * 40),
        plain + b" " * (1 << 20),
        answered(value=BAD_ANSWER + "a" * 65_536),
        changed(**{BAD_NAME: BAD_MAIL}),
        answered(**{BAD_NAME: BAD_MAIL}),
        changed(attempt=BAD_NAME),
        changed(status=BAD_NAME),
        changed(responses=BAD_ANSWER),
        answered(value={BAD_NAME: BAD_ANSWER}),
        answered(state=BAD_NAME),
        changed(nonce=BAD_NAME * 4),
        plain.replace(b'"submitted_at"', b'"started_at"'),
        changed(candidate_id=f"{BAD_NAME} Ødegård"),
        changed(session_id=f"{BAD_NAME} Ødegård"),
        changed(supersedes=BAD_NAME),
        answered(rubric={"assessment_id": f"{BAD_NAME}!", "version": "1"}),
        changed(submitted_at=f"{BAD_NAME}T09:00:00Z"),
        changed(responses=[response("q01", BAD_ANSWER)] * 2),
        changed(responses=[response(f"q{number}", BAD_ANSWER) for number in range(1_001)]),
        # The same session and attempt as a good one, with another answer.
        json.dumps(_good("s-6", BAD_ANSWER)).encode(),
        b"   ",
    ]


@dataclass
class Installation:
    """A home in a folder of its own, and what was said about it."""

    folder: Path
    said: dict[str, str] = field(default_factory=dict)
    """Standard output and error of each program that was run."""

    def __post_init__(self) -> None:
        """Deliver."""
        for name in ("temporary", "working"):
            (self.folder / name).mkdir(parents=True)
        rubrics = self.home / "rubrics"
        for name, text in (("numeracy", RUBRIC), ("literacy", "assessment_id: literacy\n")):
            (rubrics / name).mkdir(parents=True)
            (rubrics / name / "1.yaml").write_text(text, encoding="utf-8")
        self.deliver(DAY, f"{FILE}.jsonl", *good_lines(), *bad_lines())
        broken = gzip.compress(b"\n".join(bad_lines()))[:-9]
        (self.home / "deliveries" / DAY / "z-broken.jsonl.gz").write_bytes(broken)
        (self.home / "deliveries" / DAY / "link.jsonl").symlink_to("/etc/hostname")
        (self.home / "deliveries" / DAY / f"{FILE}.docx").write_bytes(BAD_ANSWER.encode())
        # The same session on another day, with another answer: a conflict across days.
        self.deliver(LATER, "a.jsonl", json.dumps(_good(SESSION, "other")).encode())

    @property
    def home(self) -> Path:
        """The home."""
        return self.folder / "home"

    def deliver(self, day: str, name: str, *lines: bytes) -> Path:
        """Write a delivery file."""
        path = self.home / "deliveries" / day / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path

    def run(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """Run a command; return what it says."""
        return self._run("assessment_pipeline", *arguments, code=code, **environment)

    def run_dagster(self, *arguments: str, code: int) -> str:
        """Run Dagster's own command line on the instance of the home."""
        instance = str(self.home / "dagster")
        return self._run("dagster", *arguments, code=code, DAGSTER_HOME=instance)

    def _run(self, program: str, *arguments: str, code: int, **environment: str) -> str:
        ended = subprocess.run(
            [sys.executable, "-m", program, *arguments],
            cwd=self.folder / "working",
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "TMPDIR": str(self.folder / "temporary"),
                "ASSESSMENT_PIPELINE_HOME": str(self.home),
                "ASSESSMENT_PIPELINE_FIRST_DATE": "2025-01-01",
                "ASSESSMENT_PIPELINE_UI_PASSWORD": UI_PASSWORD,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        said = ended.stdout + ended.stderr
        assert ended.returncode == code, said
        self.said[f"{len(self.said)} {' '.join(arguments)}"] = said
        return said

    def pieces_said(self) -> Iterator[bytes]:
        """Yield all that was said."""
        return (said.encode() for said in self.said.values())
