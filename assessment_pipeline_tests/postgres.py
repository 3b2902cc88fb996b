"""A private Postgres for tests: on loopback, on a free port, gone afterwards.

Needs the programs of Debian's `postgresql`. Postgres refuses to run as root; then it runs as the
user `postgres`, in a folder of its own.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

USER = "scoring"
# Looked for in every error: nothing may show it.
PASSWORD = "s3cret-canary"  # noqa: S105 - of a server that lives for seconds

_ATTEMPTS = 3
# Nothing here outlives the machine, so nothing is synced.
_OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= "
    "-c max_connections=200 -c fsync=off"
)


def programs() -> Path | None:
    """Return the folder of the newest Postgres that is installed, or None."""
    on_path = shutil.which("initdb")
    if on_path is not None and shutil.which("postgres") is not None:
        return Path(on_path).resolve().parent
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    return None if newest is None else newest.parent


@contextmanager
def private_postgres() -> Iterator[str]:
    """Run a server, and yield the URL of a database in it; skip where there is no Postgres."""
    folder = programs()
    user = _user()
    if folder is None or user is None:
        pytest.skip("there is no postgres (Debian: postgresql), or no user to run it as")
    with tempfile.TemporaryDirectory(prefix="assessment-pipeline-postgres-") as name:
        home = Path(name)
        password = home / "password"
        password.write_text(PASSWORD)
        for path in (home, password):
            shutil.chown(path, user.pw_uid, user.pw_gid)
        cluster, log = f"--pgdata={home / 'cluster'}", f"--log={home / 'postgres.log'}"
        arguments = [f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256"]
        arguments += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", cluster]
        made = _run([str(folder / "initdb"), *arguments], user, home)
        assert made.returncode == 0, "initdb failed"
        control = [str(folder / "pg_ctl"), "--silent", "--wait", cluster]
        for _ in range(_ATTEMPTS):
            port = _free_port()
            options = _OPTIONS.format(port=port)
            if _run([*control, log, f"--options={options}", "start"], user, home).returncode == 0:
                break
        else:
            pytest.fail(f"Postgres does not start: {(home / 'postgres.log').read_text()}")
        try:
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "--mode=fast", "stop"], user, home)


def _free_port() -> int:
    """Return a port that is free just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert isinstance(port, int)
    return port


def empty(url: str) -> None:
    """Remove all that a test before has left in a database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS assessment_pipeline, public CASCADE")
        connection.execute("CREATE SCHEMA public")


def _user() -> pwd.struct_passwd | None:
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _run(
    command: Sequence[str], user: pwd.struct_passwd, home: Path
) -> subprocess.CompletedProcess[str]:
    is_other = os.getuid() != user.pw_uid
    return subprocess.run(
        command,
        cwd=home,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        # The server would keep a pipe open.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        user=user.pw_uid if is_other else None,
        group=user.pw_gid if is_other else None,
        extra_groups=[] if is_other else None,
    )
