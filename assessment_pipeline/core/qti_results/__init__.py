"""QTI Results Reporting: a scorecard with its evidence as an `assessmentResult` document.

Pure. Follows the Results Reporting of 1EdTech's QTI 2.2 and 3.0. `documents` builds and writes,
`values` says how a response is typed, `texts` what XML can hold, `identifiers` and `datestamps`
how ids and times are written. Which sessions, and where to, is `services.qti_results`. What each
field becomes stands in docs/qti-results.md.
"""
