"""The one tree of errors: what is wrong, and what to do about it, in one sentence each.

Exit codes are chosen in the command line alone. Messages carry ids, counts and hashes, never a
response or a name.
"""

import traceback


class AssessmentPipelineError(Exception):
    """Anything this package refuses or cannot do; its text is fit to be shown to an operator."""


class UsageError(AssessmentPipelineError):
    """What was asked for is not something that can be asked for."""


class RubricError(UsageError):
    """A rubric cannot be used as it is."""


class NewerReleaseError(UsageError):
    """Something stored was made by a newer release than this one."""


class NothingThereError(AssessmentPipelineError):
    """There is no such file, day or session to work on."""


class DeliveryChangedError(AssessmentPipelineError):
    """A delivery file that was captured has changed or vanished since."""


class IntegrityError(AssessmentPipelineError):
    """Something stored is not what its hash says."""


class TimestampError(IntegrityError):
    """A time stamp does not show what it is held up for."""


class LedgerError(IntegrityError):
    """The audit ledger contradicts itself, or what is to be recorded contradicts it."""


class StorageError(AssessmentPipelineError):
    """A file or a database could not be read or written."""


class OutOfReachError(StorageError):
    """A database did not answer, or let nobody in."""


class AlertError(AssessmentPipelineError):
    """People could not be told of something."""


def how_to_install(extra: str) -> str:
    """Say how an extra is installed: from the clone, for the package is in no registry.

    >>> how_to_install("pdf")
    "in the clone, run `make setup`, which installs every extra, or `pip install '.[pdf]'`"
    """
    return (
        f"in the clone, run `make setup`, which installs every extra, or `pip install '.[{extra}]'`"
    )


def describe_defect(error: BaseException) -> str:
    """Say in a sentence where a program went wrong, without the text that the error carries.

    Call it in the frame that caught the error: that frame is left out.
    """
    frames = traceback.extract_tb(error.__traceback__)[1:][-4:]
    places = " > ".join(
        f"{_module(frame.filename)}.{frame.name}:{frame.lineno}" for frame in frames
    )
    return (
        f"A defect of this program, {type(error).__name__} at {places}: "
        "report it with this sentence; its data is left out on purpose."
    )


def _module(filename: str) -> str:
    # By hand: the core, which imports this module, is to know nothing of paths.
    return filename.rpartition("/")[2].removesuffix(".py")
