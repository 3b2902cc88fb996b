"""Where deliveries come from: listing a day's folder, and reading its files line by line.

Nothing here judges a line (`core.reading`) or writes anything. Whatever lies in a delivery folder
is taken for hostile: links are not followed, nothing is waited for, no stream is trusted to end.
"""
