"""Where deliveries come from: a day's folder read line by line, and sources that fill the folder.

A day is a pure function of its own folder, so whatever brings deliveries from elsewhere - an
object store (`objects`), a Postgres table (`table`) - brings them as files into that folder,
through the port (`port`), and nothing else ever reads them there.

Nothing here judges a line (`core.reading`) or writes anything itself. Whatever lies in a delivery
folder is taken for hostile: links are not followed, nothing is waited for, no stream is trusted to
end.
"""
