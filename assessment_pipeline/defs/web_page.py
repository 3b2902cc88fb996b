"""Dagster's web page behind the guard, and its daemon: the process that `ui` starts and ends.

It does what `dagster dev` does - one code server for both, the daemon as a child - with the page
in this process, so that it can be guarded. Whoever starts it ends it with SIGINT.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import dagster as dg
import uvicorn
import yaml
from dagster._cli.proxy_server_manager import ProxyServerManager
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import ModuleTarget, WorkspaceFileTarget
from dagster_webserver.webserver import DagsterWebserver

from assessment_pipeline.defs.guard import Guard
from assessment_pipeline.defs.instance import open_instance
from assessment_pipeline.errors import AssessmentPipelineError
from assessment_pipeline.settings import PREFIX, Settings, load_settings
from assessment_pipeline.storage.home import Home

PASSWORD_VARIABLE: Final = f"{PREFIX}UI_PASSWORD"

_LOG_LEVEL: Final = "warning"
_DAEMON_GRACE_SECONDS: Final = 10.0
# An open websocket does not keep the page from ending.
_PAGE_GRACE_SECONDS: Final = 2
_POLL_MILLISECONDS: Final = 2000


def page_addresses(address: str, port: int, others: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the addresses that a page may be opened by.

    >>> page_addresses("127.0.0.1", 3000)[:2]
    ('http://127.0.0.1:3000', 'http://localhost:3000')
    """
    bound = f"[{address}]" if ":" in address else address
    names = dict.fromkeys((bound, "localhost", "127.0.0.1", "[::1]"))
    return (*(f"http://{name}:{port}" for name in names), *others)


def serve(address: str, port: int, settings: Settings) -> None:
    """Serve the page of a home, with its daemon, until SIGINT raises KeyboardInterrupt.

    It returns only if the page or the daemon ended by itself.
    """
    with ExitStack() as stack:
        instance = stack.enter_context(open_instance(Home(settings.home), settings))
        workspace = stack.enter_context(_code_server(instance))
        context = stack.enter_context(
            WorkspaceProcessContext(
                instance,
                version=dg.__version__,
                read_only=settings.ui_read_only,
                workspace_load_target=WorkspaceFileTarget(paths=[str(workspace)]),
                code_server_log_level=_LOG_LEVEL,
            )
        )
        password = settings.ui_password
        guard = Guard(
            DagsterWebserver(context, live_data_poll_rate=_POLL_MILLISECONDS).create_asgi_app(),
            addresses=page_addresses(address, port, settings.ui_addresses),
            password=password.get_secret_value() if password else None,
            read_only=settings.ui_read_only,
        )
        server = uvicorn.Server(
            uvicorn.Config(
                guard,
                host=address,
                port=port,
                log_level=_LOG_LEVEL,
                lifespan="off",
                # Whom a request comes from decides nothing here, so nobody is to say it.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=_PAGE_GRACE_SECONDS,
            )
        )
        stack.enter_context(_daemon(workspace, server))
        server.run()


@contextmanager
def _code_server(instance: dg.DagsterInstance) -> Iterator[Path]:
    """Start the one code server, and yield the workspace file that leads to it."""
    target = ModuleTarget(
        module_name="assessment_pipeline.definitions",
        attribute=None,
        working_directory=None,
        location_name="assessment_pipeline",
    )
    with (
        ProxyServerManager(instance, target, code_server_log_level=_LOG_LEVEL) as servers,
        tempfile.TemporaryDirectory() as folder,
    ):
        path = Path(folder) / "workspace.yaml"
        path.write_text(
            yaml.safe_dump({"load_from": servers.get_code_server_specs()}), encoding="utf-8"
        )
        yield path


@contextmanager
def _daemon(workspace: Path, server: uvicorn.Server) -> Iterator[None]:
    """Run the daemon as a child; the page ends if the daemon does."""
    command = [sys.executable, "-m", "dagster._daemon", "run"]
    child = subprocess.Popen(  # noqa: S603 - our own interpreter, and nothing given by others
        [*command, "--workspace", str(workspace), "--log-level", _LOG_LEVEL]
    )

    def watch() -> None:
        child.wait()
        server.should_exit = True

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        # To Dagster the same as SIGINT, but silent while the daemon is still starting.
        child.terminate()
        watcher.join(_DAEMON_GRACE_SECONDS)
        if watcher.is_alive():
            child.kill()
            watcher.join()


def main() -> None:
    """Serve the page of the settings' home on the address and port given."""
    os.umask(0o077)
    address, port = sys.argv[1:]
    settings = load_settings()
    # The daemon and the runs have no use for it.
    os.environ.pop(PASSWORD_VARIABLE, None)
    with suppress(KeyboardInterrupt):
        try:
            serve(address, int(port), settings)
        except AssessmentPipelineError as error:
            sys.exit(f"Error: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
