"""The forms that a day's exports leave the home in, one module a form.

Each reads the exported CSV files, checked, and writes into an outbox; which forms there are, and
what is asked for, is `services.copy_exports`. No form reads an artifact.
"""
