"""The layers: imports point down, core is pure, and the light commands stay light."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    arguments = ["--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"]
    return subprocess.run(
        [sys.executable, "-c", LINT, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_contract_between_the_layers_holds() -> None:
    found = lint(ROOT)

    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "module",
    [
        "assessment_pipeline.cli",
        "assessment_pipeline.services.verify",
        "assessment_pipeline.services.score",
        "assessment_pipeline.settings",
    ],
)
def test_what_needs_no_dagster_does_not_import_it(module: str) -> None:
    program = f"import sys, {module}; print('dagster' in sys.modules)"

    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert found.stdout == "False\n"


def test_nothing_is_pickled() -> None:
    # A pickle runs what it holds when it is read.
    for path in (ROOT / "assessment_pipeline").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert not any(
            word in source for word in ("import pickle", "from pickle", "pandas.to_pick")
        )


def test_no_word_sends_anybody_to_a_registry_for_us() -> None:
    # This package is in none, so whoever takes its name there would be trusted.
    folders = [ROOT / "assessment_pipeline", ROOT / "docs"]
    paths = [ROOT / "README.md", ROOT / "Makefile"]
    paths += [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    texts = [path for path in paths if path.suffix in {".py", ".md", ".html", ".json", ""}]
    asking = re.compile(r"install\s+(--?\S+\s+)*['\"]?assessment[-_]pipeline")
    assert len(texts) > 100
    assert not [path for path in texts if asking.search(path.read_text(encoding="utf-8"))]
