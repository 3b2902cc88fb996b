"""The one tree of errors: what is wrong, and what to do about it, in one sentence each.

Exit codes are chosen in the command line alone. Messages carry ids, counts and hashes, never a
response or a name.
"""


class AssessmentPipelineError(Exception):
    """Anything this package refuses or cannot do; its text is fit to be shown to an operator."""


class UsageError(AssessmentPipelineError):
    """What was asked for is not something that can be asked for."""


class RubricError(UsageError):
    """A rubric cannot be used as it is."""


class NothingThereError(AssessmentPipelineError):
    """There is no such file, day or session to work on."""


class DeliveryChangedError(AssessmentPipelineError):
    """A delivery file that was captured has changed or vanished since."""


class IntegrityError(AssessmentPipelineError):
    """Something stored is not what its hash says."""


class LedgerError(IntegrityError):
    """The audit ledger contradicts itself, or what is to be recorded contradicts it."""


class StorageError(AssessmentPipelineError):
    """A file or a database could not be read or written."""


class AlertError(AssessmentPipelineError):
    """People could not be told of something."""
