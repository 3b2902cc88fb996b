"""A limit on the CPU time of a piece of work, for tests that nothing a person writes can hang it.

No measure of speed: what is tested takes milliseconds where it is right, and minutes where its
time grows with the square of a text.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

CPU_SECONDS = 5.0


@contextmanager
def cpu_limit(seconds: float = CPU_SECONDS) -> Iterator[None]:
    """Fail if the work within takes longer; time in which others have the processor is not counted.

    Regular expressions are interrupted too: Python's engine looks for signals as it goes.
    """

    def fail(_number: int, _frame: FrameType | None) -> None:
        message = f"this takes more than {seconds} s of CPU: its time grows faster than its input"
        raise AssertionError(message)

    before = signal.signal(signal.SIGVTALRM, fail)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
