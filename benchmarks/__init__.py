"""How fast and how large: the product against a plain version and a native floor.

No part of the product; `make bench` runs it, docs/performance.md has what came out.
"""
