"""The process that serves the intake: uvicorn, without any log of requests."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from assessment_pipeline.intake.app import build_app
from assessment_pipeline.services.spool import Spool
from assessment_pipeline.services.steps import utc_now
from assessment_pipeline.settings import Settings
from assessment_pipeline.storage.home import Home

# Each may hold a body in memory.
_MOST_REQUESTS = 64
_GRACE_SECONDS = 10


def serve(settings: Settings, address: str, port: int) -> None:
    """Serve the intake of a home until SIGINT or SIGTERM; then all that was taken is delivered."""
    home = Home(settings.home)
    home.create()
    token = settings.intake_token
    app = build_app(
        Spool(home, settings.timezone, utc_now),
        token=token.get_secret_value() if token else None,
        seal_seconds=settings.intake_seal_seconds,
    )
    config = uvicorn.Config(
        app,
        host=address,
        port=port,
        # A traceback could hold what a candidate wrote; the app logs sentences of its own.
        log_level="critical",
        access_log=False,
        # Whom a request comes from decides nothing here, so nobody is to say it.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_REQUESTS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    with _ending_in_peace():
        uvicorn.Server(config).run()


@contextmanager
def _ending_in_peace() -> Iterator[None]:
    """Take the signal that uvicorn raises again once it has ended: it was what was wanted."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
