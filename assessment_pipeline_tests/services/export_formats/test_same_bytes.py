"""Every format: the same bytes when made again, in another home, at another time, by others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assessment_pipeline.core.columns import EVIDENCE, SCORECARDS, TABLES
from assessment_pipeline.errors import IntegrityError
from assessment_pipeline.services.copy_exports import FORMATS, Format, copy_exports
from assessment_pipeline.storage.home import Home
from assessment_pipeline_tests.exported_homes import (
    DAY,
    answer,
    card,
    exported_home,
    subscore,
)
from assessment_pipeline_tests.services.test_copy_exports import contents_of

ALL = ",".join(FORMATS)
PROGRAM = f"""
import os, sys
from pathlib import Path
from assessment_pipeline.services.copy_exports import copy_exports
from assessment_pipeline.storage.home import Home
os.umask(0)
copy_exports(Home(Path(sys.argv[1])), "{DAY}", Path(sys.argv[2]), formats="{ALL}".split(","))
"""


def made(folder: Path) -> Home:
    return exported_home(
        folder,
        cards=[card(), card(session_id="s-2", candidate_id="c-2")],
        subscores=[subscore()],
        evidence=[answer(f"{number}=\r\n", item_id=f"q{number:03}") for number in range(300)],
    )


@pytest.mark.slow
def test_another_process_with_another_home_clock_and_umask_writes_the_same(tmp_path: Path) -> None:
    first = contents_of(
        copy_exports(made(tmp_path / "a"), DAY, tmp_path / "one", formats=FORMATS).folder
    )
    made(tmp_path / "b" / "home")
    environment = {**os.environ, "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "7", "LC_ALL": "C"}

    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "b" / "home"), str(tmp_path / "two")],
        env=environment,
        check=True,
    )

    assert contents_of(tmp_path / "two") == first
    assert len(first) == 13


@pytest.mark.parametrize("form", FORMATS)
def test_a_second_export_into_the_same_folder_changes_no_byte(tmp_path: Path, form: Format) -> None:
    home = made(tmp_path / "home")
    first = contents_of(copy_exports(home, DAY, tmp_path / "out", formats=[form]).folder)
    assert contents_of(copy_exports(home, DAY, tmp_path / "out", formats=[form]).folder) == first


@pytest.mark.parametrize(
    ("form", "name"),
    [
        *((form, name) for form in ("csv", "parquet", "xlsx") for name in TABLES),
        *((form, name) for form in ("wide", "wide-responses") for name in (SCORECARDS, EVIDENCE)),
        *((form, SCORECARDS) for form in ("canvas", "moodle")),
    ],
)
def test_an_altered_file_leaves_the_home_in_no_form(
    tmp_path: Path, form: Format, name: str
) -> None:
    home = made(tmp_path / "home")
    path = home.export_folder(DAY) / name
    # A row that can be read, so that its hash alone is against it.
    path.write_bytes(path.read_bytes().replace(b",s-1,1,c-1,", b",s-1,1,c-7,", 1))
    (tmp_path / "out").mkdir()

    with pytest.raises(IntegrityError, match=f"{name} is not as it was exported"):
        copy_exports(home, DAY, tmp_path / "out", formats=[form])

    assert contents_of(tmp_path / "out") == {}


def test_files_of_all_formats_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    copied = copy_exports(made(tmp_path / "home"), DAY, tmp_path / "out", formats=FORMATS)
    assert {path.stat().st_mode & 0o077 for path in copied.folder.iterdir()} == {0}
