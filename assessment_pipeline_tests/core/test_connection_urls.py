import pytest

from assessment_pipeline.core.connection_urls import has_unescaped_signs


@pytest.mark.parametrize("password", ["p@ss", "p@ss/w", "Top/Secret9", "a?b", "a#b"])
def test_a_sign_that_ends_a_password_too_soon_is_seen(password: str) -> None:
    assert has_unescaped_signs(f"postgresql://scoring:{password}@127.0.0.1:5432/scores")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://scoring:p%40ss%2Fw@127.0.0.1:5432/scores?sslmode=require",
        "postgresql://127.0.0.1/scores",
        "postgresql:///scores?host=/run/postgresql",
        "no URL",
        "",
    ],
)
def test_a_url_that_is_read_as_it_is_meant_is_none(url: str) -> None:
    assert not has_unescaped_signs(url)
