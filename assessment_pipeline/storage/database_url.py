"""The one URL of a Postgres database, as the drivers of the ledger and of Dagster want it.

It may carry a password, so it goes to the driver, and neither into an error nor anywhere else.
The environment variable that it comes from is named here for those who tell people to mend it.
"""

from contextlib import suppress
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from assessment_pipeline.core.connection_urls import has_unescaped_signs
from assessment_pipeline.errors import UsageError

VARIABLE: Final = "ASSESSMENT_PIPELINE_DATABASE_URL"
REMEDY: Final = (
    f"check that the server runs, and host, database, user and password in {VARIABLE}; "
    "then run again"
)

_DEFAULT_QUERY: Final = {"application_name": "assessment-pipeline", "connect_timeout": "5"}
_SEARCH_PATH: Final = "search_path"


def ledger_url(url: str) -> URL:
    """Return the URL for the ledger, whose driver is psycopg 3."""
    return _parse(url).set(drivername="postgresql+psycopg")


def dagster_url(url: str) -> URL:
    """Return the URL for Dagster's storage, whose driver is psycopg2.

    Its tables go to the schema `public`, unless the URL names another search path: by default
    they would go to the schema that is named like the user, which may be the ledger's own.
    """
    parsed = _parse(url).set(drivername="postgresql+psycopg2")
    given = parsed.query.get("options", ())
    options = (given,) if isinstance(given, str) else given
    if not any(_SEARCH_PATH in option for option in options):
        options = (*options, f"-c {_SEARCH_PATH}=public")
    # One parameter: of several, libpq takes the last alone.
    return parsed.update_query_dict({"options": " ".join(options)})


def place_of(url: URL) -> str:
    """Return where a database is, in words that hold no secret."""
    return f"in database {url.database or url.username} on {url.host or 'this machine'}"


def cause_of(error: Exception, url: URL) -> str:
    """Return the first line of what a driver says; what comes after it are values and addresses."""
    lines = str(error).strip().splitlines()
    cause = lines[0].strip() if lines else type(error).__name__
    return cause.replace(str(url.password), "***") if url.password else cause


def _parse(url: str) -> URL:
    if has_unescaped_signs(url):
        raise UsageError(
            f"the user or password in {VARIABLE} holds one of @ / ? # as it is: write %40 %2F %3F "
            "%23 instead"
        )
    parsed = None
    with suppress(ArgumentError, ValueError):  # a port that is no number is a ValueError
        parsed = make_url(url)
    if parsed is None or parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise UsageError(
            f"{VARIABLE} is no URL of a Postgres database, such as "
            "postgresql://user:password@host/database: mend it, or unset it to keep everything "
            "in SQLite files of the home"
        )
    return parsed.update_query_dict(
        {name: value for name, value in _DEFAULT_QUERY.items() if name not in parsed.query}
    )
