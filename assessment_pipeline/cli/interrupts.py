"""Interrupts: noticing Ctrl-C where Dagster would take it for the failure of one run and go on."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ENDING = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def noticing_interrupts() -> Iterator[Callable[[], bool]]:
    """Give a way to ask whether this process was told to end since the `with` block began.

    Dagster puts its own handlers in place while a run lasts and ends that run alone; but Python
    also writes every signal to a descriptor, whoever handles it.
    """
    ours, pythons = socket.socketpair()
    with ours, pythons:
        ours.settimeout(0)
        pythons.settimeout(0)

        def was_interrupted() -> bool:
            try:
                return not _ENDING.isdisjoint(ours.recv(4096))
            except BlockingIOError:
                return False

        before = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
        try:
            yield was_interrupted
        finally:
            signal.set_wakeup_fd(before)
