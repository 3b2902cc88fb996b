"""Figures are the same whatever the user's matplotlibrc says, and tell nobody what was written."""

import hashlib
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import matplotlib as mpl

from assessment_pipeline.pages.bars import bar
from assessment_pipeline.pages.figure_style import figure_style
from assessment_pipeline_tests.pages.drawn_items import item_with, page_with

HOSTILE = """\
axes.facecolor: black
axes.grid.which: both
axes.xmargin: 0.3
figure.dpi: 17
font.size: 31
legend.fontsize: 40
lines.linewidth: 9
patch.force_edgecolor: True
path.simplify: False
savefig.bbox: tight
savefig.pad_inches: 2
svg.fonttype: path
svg.hashsalt: another
text.color: yellow
timezone: Asia/Tokyo
"""
PROGRAM = """
import hashlib
from fractions import Fraction
from assessment_pipeline.pages.bars import bar
from assessment_pipeline_tests.pages.drawn_items import item_with, page_with
print(bar(Fraction(1, 3)))
print(hashlib.sha256(page_with(item_with("A", "B"))).hexdigest())
"""


def test_neither_bars_nor_figures_depend_on_the_users_matplotlibrc(tmp_path: Path) -> None:
    path = tmp_path / "matplotlibrc"
    path.write_text(HOSTILE, encoding="utf-8")
    there = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path), "MATPLOTLIBRC": str(path)},
        capture_output=True,
        check=True,
        text=True,
    )
    here = hashlib.sha256(page_with(item_with("A", "B"))).hexdigest()
    assert there.stdout.splitlines() == [bar(Fraction(1, 3)), here]


def test_settings_are_as_they_were_afterwards() -> None:
    with mpl.rc_context({"font.size": 31}):
        before = dict(mpl.rcParams)
        with figure_style({"font.size": 8}):
            assert mpl.rcParams["font.size"] == 8
        assert dict(mpl.rcParams) == before


def test_nothing_names_the_signs_of_an_option_on_the_error_output() -> None:
    program = (
        "from assessment_pipeline_tests.pages.drawn_items import item_with, page_with\n"
        "page_with(item_with('\\u05d1', '\\u6f22\\u5b57'))"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "always", "-c", program],
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert "Glyph" not in ran.stderr
    assert "HEBREW" not in ran.stderr
