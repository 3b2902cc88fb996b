"""The intake: a small HTTP service that delivery systems push finished sessions to.

Needs the extra `intake`; nothing but `assessment-pipeline intake` imports it. What is accepted
and how it is written is `services.spool`; here are addresses, answers, and who may ask.
"""
