"""Checks: quick looks at what the steps of a day have left, each answered in one sentence.

They re-derive hashes and counts from the artifacts and compare; nothing is scored again, which is
`verify`'s task. Which of them are warnings, and how Dagster shows them, is `defs.checks`.
"""
