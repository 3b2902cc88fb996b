"""The native floor: building `floor.cpp` where a compiler is, and running it."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.deliveries import ITEMS
from benchmarks.homes import DAY, Delivered

_SOURCE: Final = Path(__file__).with_name("floor.cpp")
_OPTIONS: Final = ("-std=c++17", "-O3", "-march=native")
# The best that builds is taken: with the libraries, or with what the source has of its own.
_VARIANTS: Final = {
    "simdjson and OpenSSL": ("-lsimdjson", "-lcrypto"),
    "a parser and sha256 of its own": ("-DFLOOR_ALONE",),
}
# So long are explanations on average, to a byte.
_EXPLANATION_BYTES: Final = "53"


@dataclass(frozen=True, slots=True)
class Floor:
    """The program, and with what it parses and hashes."""

    program: Path
    variant: str

    def command(self, delivered: Delivered, output: Path) -> list[str | Path]:
        """Return the command that writes the evidence rows of deliveries."""
        return [
            self.program,
            DAY,
            str(len(ITEMS)),
            _EXPLANATION_BYTES,
            output,
            *delivered.files,
        ]


def build(folder: Path, variants: dict[str, tuple[str, ...]] | None = None) -> Floor | None:
    """Build the program into a folder; None if there is no compiler that does."""
    compiler = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    if compiler is None:
        return None
    program = folder / "floor"
    for variant, options in (variants or _VARIANTS).items():
        built = subprocess.run(  # noqa: S603 - a compiler on our own source
            [compiler, *_OPTIONS, _SOURCE, "-o", program, *options],
            capture_output=True,
            check=False,
        )
        if built.returncode == 0:
            return Floor(program, variant)
    return None
