"""One URL, two drivers: what each gets, and that no error shows the password."""

import pytest

from assessment_pipeline.errors import UsageError
from assessment_pipeline.storage.database_url import cause_of, dagster_url, ledger_url, place_of
from assessment_pipeline_tests.postgres import PASSWORD

URL = f"postgresql://scoring:{PASSWORD}@db.example.org:5433/scores"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_each_side_gets_its_own_driver_whatever_the_scheme(scheme: str) -> None:
    url = URL.replace("postgresql", scheme)

    assert ledger_url(url).drivername == "postgresql+psycopg"
    assert dagster_url(url).drivername == "postgresql+psycopg2"


def test_what_the_url_says_of_tls_and_time_limits_reaches_both_sides() -> None:
    url = f"{URL}?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=2"

    for each in (ledger_url(url), dagster_url(url)):
        assert each.query["sslmode"] == "verify-full"
        assert each.query["sslrootcert"] == "/etc/ca.pem"
        assert each.query["connect_timeout"] == "2"
    assert ledger_url(URL).query["connect_timeout"] == "5"


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", "-c search_path=public"),
        ("?options=-c%20jit%3Doff", "-c jit=off -c search_path=public"),
        (
            "?options=-c%20jit%3Doff&options=-c%20x.y%3D1",
            "-c jit=off -c x.y=1 -c search_path=public",
        ),
        ("?options=-c%20search_path%3Ddagster", "-c search_path=dagster"),
    ],
)
def test_the_tables_of_dagster_go_to_public_or_where_the_url_says(query: str, options: str) -> None:
    assert dagster_url(URL + query).query["options"] == options


def test_a_place_names_database_and_host_and_no_secret() -> None:
    assert place_of(ledger_url(URL)) == "in database scores on db.example.org"
    assert place_of(ledger_url("postgresql://scoring@/")) == "in database scoring on this machine"


def test_a_cause_is_one_line_without_the_password() -> None:
    error = ValueError(f"no user with {PASSWORD}\nDETAIL: (1, 'c-000017')")

    assert cause_of(error, ledger_url(URL)) == "no user with ***"
    assert cause_of(ValueError(), ledger_url(URL)) == "ValueError"


@pytest.mark.parametrize("read", [ledger_url, dagster_url])
@pytest.mark.parametrize("url", [f"mysql://scoring:{PASSWORD}@localhost/scores", PASSWORD, ""])
def test_what_is_no_url_of_postgres_is_refused_without_naming_it(read: object, url: str) -> None:
    assert callable(read)
    with pytest.raises(UsageError, match="ASSESSMENT_PIPELINE_DATABASE_URL is no URL") as refusal:
        read(url)
    assert PASSWORD not in f"{refusal.value} {refusal.value.__context__!r}"
