"""The search for canaries finds them in every form; else the tests that use it could not fail."""

import base64
import gzip
import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from assessment_pipeline_tests.canaries import is_in, places

WORD = "kanarienvogel7q"


@pytest.mark.parametrize(
    "hidden",
    [
        b"a kanarienvogel7q b",
        b"KanarienVogel7Q",
        "kanarienvogel7q".encode("utf-16-le"),
        b"x" + "kanarienvogel7q".encode("utf-16-be"),
        *(base64.b64encode(b"." * before + b"kanarienvogel7q....") for before in range(6)),
        *(base64.b64encode(b"." * before + b"kanarienvogel7q") for before in range(3)),
        b"kanarienvogel7q".hex().upper().encode(),
        json.dumps("Zsófia kanarienvogel7q").encode(),
    ],
)
def test_a_word_is_found_in_every_form(hidden: bytes) -> None:
    assert is_in(WORD, [b"", hidden])
    # The last letter may share its bits with what follows.
    assert not is_in("kanarienvogel5q", [hidden])


def test_a_word_is_found_in_files_and_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(WORD.encode()))
    (tmp_path / "b.gz").write_bytes(gzip.compress(WORD.encode())[:-6])
    (tmp_path / "c.zst").write_bytes(zstandard.ZstdCompressor().compress(WORD.encode()))
    (tmp_path / WORD).mkdir()
    (tmp_path / "other").write_bytes(b"nothing")
    with closing(sqlite3.connect(tmp_path / "d.db")) as connection:
        connection.execute("CREATE TABLE t (a, b)")
        connection.execute("INSERT INTO t VALUES (1, ?)", (zlib.compress(WORD.encode()),))
        connection.commit()

    assert places(WORD, tmp_path) == {"a.gz", "b.gz", "c.zst", "d.db", WORD}
