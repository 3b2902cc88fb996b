"""Asking a time-stamp authority: whatever it does, an answer of a size or one sentence."""

import socket
import threading

import pytest

from assessment_pipeline.errors import StorageError, UsageError
from assessment_pipeline.sources.timestamp_authority import LARGEST_ANSWER, ask
from assessment_pipeline_tests.timestamp_authorities import served


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def test_a_query_is_posted_and_its_answer_returned() -> None:
    with served(lambda query: b"seen: " + query) as url:
        assert ask(url, b"query") == b"seen: query"


def test_a_huge_answer_is_not_read_to_its_end() -> None:
    with served(lambda _: bytes(LARGEST_ANSWER)) as url:
        assert len(ask(url, b"")) == LARGEST_ANSWER
    with (
        served(lambda _: bytes(LARGEST_ANSWER + 1)) as url,
        pytest.raises(StorageError, match="more than 256 KiB"),
    ):
        ask(url, b"")


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_an_error_or_a_redirection_is_said_and_not_followed(status: int) -> None:
    with served(lambda _: b"no", status) as url, pytest.raises(StorageError, match=str(status)):
        ask(url, b"")


def test_nobody_there_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(StorageError, match="cannot be asked"):
            ask(url, b"")


def test_what_speaks_no_http_is_said() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(10)

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1_000)
                connection.sendall(b"220 mail\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(StorageError, match="cannot be asked"):
            ask(f"http://127.0.0.1:{server.getsockname()[1]}/", b"q")
        thread.join()


@pytest.mark.parametrize(
    "url",
    ["", "file:///etc/passwd", "ftp://host/", "host", "http://", "https://h:x/", "http://h/a b",
     "http://h/\n", "data:,x"],
)  # fmt: skip
def test_no_other_address_is_taken(url: str) -> None:
    with pytest.raises(UsageError, match="begins with https"):
        ask(url, b"")
