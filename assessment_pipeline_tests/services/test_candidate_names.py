"""Names are joined from outside of the home, and no error repeats one."""

from pathlib import Path

import pytest

from assessment_pipeline.errors import NothingThereError, UsageError
from assessment_pipeline.services.candidate_names import read_names
from assessment_pipeline.storage.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    return home


def names(home: Home, text: str) -> Path:
    path = home.folder.parent / "names.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_candidate_has_the_name_of_the_file(home: Home) -> None:
    path = names(home, '\ufeffcandidate_id;name\nc-1;"Doe; Ann"\nc-2;Bø\n')
    assert read_names(home, path) == {"c-1": "Doe; Ann", "c-2": "Bø"}


def test_a_file_in_the_home_is_refused_however_it_is_named(home: Home, tmp_path: Path) -> None:
    (home.folder / "names.csv").write_text("candidate_id,name\n")
    (tmp_path / "link.csv").symlink_to(home.folder / "names.csv")
    for path in (home.folder / "names.csv", tmp_path / "link.csv"):
        with pytest.raises(UsageError, match="lies in the home"):
            read_names(home, path)


def test_no_file_is_nothing_there(home: Home) -> None:
    with pytest.raises(NothingThereError):
        read_names(home, home.folder.parent / "none.csv")
