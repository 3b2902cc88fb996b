"""Check what `ledger prove` printed: python3 check_proof.py PROOF [ANCHOR]; see hashes.md."""

import json
import sys
from hashlib import sha256


def climb(path, index, last, old, new):  # RFC 9162, sections 2.1.3.2 and 2.1.4.2
    for other in (bytes.fromhex(text[7:]) for text in path):
        if not last:
            return "a path that is too long"
        if index & 1 or index == last:
            old, new = (sha256(b"\1" + other + node).digest() for node in (old, new))
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = sha256(b"\1" + new + other).digest()
        index, last = index >> 1, last >> 1
    return "a path that is too short" if last else (old, new)


proof, *anchors = (json.load(open(name, "rb")) for name in sys.argv[1:3])
prev, entry, root = (bytes.fromhex(proof[name][7:]) for name in ("prev_hash", "entry_hash", "root"))
seq, size, older, body = proof["seq"], proof["size"], proof.get("consistency"), proof["body"]
is_right = {"seq": json.loads(body)["seq"] == seq and 0 < seq <= size}
made = sha256(b"assessment-pipeline/ledger/v1\0" + prev + body.encode()).digest()
leaf = sha256(b"\0" + entry).digest()
is_right["entry_hash"] = made == entry
is_right["inclusion"] = climb(proof["inclusion"], seq - 1, size - 1, leaf, leaf)[1] == root
known = {size: proof["root"]}
if older and 0 < older["size"] < size:
    node, last, known[older["size"]] = older["size"] - 1, size - 1, older["root"]
    while node & 1:
        node, last = node >> 1, last >> 1
    first, *path = [older["root"]] * (not node) + older["path"]
    ends = climb(path, node, last, *[bytes.fromhex(first[7:])] * 2)
    is_right["consistency"] = ends == (bytes.fromhex(older["root"][7:]), root)
is_right["anchor"] = all(known.get(each["size"]) == each.get("root", 0) for each in anchors)
wrong = ", ".join(name for name in is_right if not is_right[name])
sys.exit(f"Not proved: {wrong}." if wrong else print(f"Entry {seq} of {size}, root {known[size]}"))
