"""Canaries: words that stand for what must not leak, and where bytes of any form hold them.

A word is looked for as it is, in UTF-16, in base64 and in hexadecimal digits, whatever the case;
what JSON, URLs or Python escape leaves its letters as they are. Files are opened: gzip, zstd,
every value of a SQLite database, and what lies compressed in one.
"""

import base64
import gzip
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import zstandard

_SQLITE = b"SQLite format 3\0"
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


def forms(word: str) -> set[bytes]:
    """Return the forms that a word may hide in, for a haystack in lower case."""
    plain = word.encode()
    found = {plain, plain.hex().encode(), word.encode("utf-16-le"), word.encode("utf-16-be")}
    for shift in range(3):
        # A character is six bits: those at the ends may depend on what stands beside the word.
        encoded = base64.b64encode(b"\0" * shift + plain)
        found.add(encoded[-(-shift * 8 // 6) : (shift + len(plain)) * 8 // 6])
    return {form.lower() for form in found}


def is_in(word: str, pieces: Iterable[bytes]) -> bool:
    """Whether a word is in some bytes, in any form."""
    lowered = [piece.lower() for piece in pieces]
    return any(form in piece for form in forms(word) for piece in lowered)


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield what a file holds: its name, its bytes, and what is inside of them."""
    yield path.name.encode()
    if path.is_symlink() or not path.is_file():
        return
    content = path.read_bytes()
    yield content
    if content.startswith(_SQLITE):
        with closing(sqlite3.connect(path)) as connection:
            yield from _values(connection)
    elif content.startswith(_GZIP):
        # As far as it goes: it may be broken on purpose.
        yield zlib.decompressobj(wbits=31).decompress(content)
    elif content.startswith(_ZSTD):
        yield zstandard.ZstdDecompressor().decompressobj().decompress(content)


def _values(connection: sqlite3.Connection) -> Iterator[bytes]:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - names of its own
            for value in row:
                yield from _unpacked(value)


def postgres_pieces(url: str) -> Iterator[bytes]:
    """Yield every value of every table of a database."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            for row in connection.execute(f"SELECT * FROM {table}".encode()):  # noqa: S608 - the same
                for value in row:
                    yield from _unpacked(value)


def _unpacked(value: object) -> Iterator[bytes]:
    """Yield a value's bytes, and those that it holds compressed."""
    content = value if isinstance(value, bytes) else str(value).encode()
    yield content
    for unpack in (zlib.decompress, gzip.decompress):
        try:
            yield unpack(content)
        except (OSError, EOFError, zlib.error):
            continue


def places(word: str, folder: Path) -> set[str]:
    """Return the files below a folder that hold a word, or bear it as their name."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if is_in(word, pieces_of(path))
    }
