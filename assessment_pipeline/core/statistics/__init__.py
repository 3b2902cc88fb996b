"""Item statistics: numbers over many candidates that say how an assessment and its items did.

Pure: arrays of scores in, frozen results out, one subject a module. docs/statistics.md states
every convention with its source. Nothing here scores anybody, and no result names a candidate.
"""
