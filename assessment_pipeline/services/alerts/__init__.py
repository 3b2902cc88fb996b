"""Alerts: telling people that something failed, by mail and by Slack.

What is told holds ids, dates and our own sentences, never a response, a name or a score. Nothing
is sent where nothing is configured.
"""
