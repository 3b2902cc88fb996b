"""The map that `import-csv` wrote gives the names back."""

from pathlib import Path

import pytest

from assessment_pipeline.errors import UsageError
from assessment_pipeline.services.candidate_names import read_names
from assessment_pipeline.services.id_maps import read_id_map
from assessment_pipeline.services.import_csv import import_csv
from assessment_pipeline.storage.home import Home


def test_the_map_that_an_import_wrote_serves_as_names(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    table = tmp_path / "answers.csv"
    table.write_text('who,q1,Größe\n"Doe, Ann",A,1\nbob,B,2\n', encoding="utf-8")
    imported = import_csv(home, table, "quiz", day="2026-11-20")
    assert imported.id_map is not None
    (found,) = read_names(home, imported.id_map).items()
    assert found[0].startswith("c-")
    assert found[1] == "Doe, Ann"


def test_a_map_of_items_alone_names_nobody(tmp_path: Path) -> None:
    path = tmp_path / "x.ids.csv"
    path.write_text("kind,mapped,original\nitem_id,q-1,q 1\ncandidate_id\n")
    assert read_id_map(path) == {}


def test_another_table_is_no_map(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("candidate_id,name\nc-1,Ann\n")
    assert read_id_map(path) is None


def test_a_map_in_the_home_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    path = home.folder / "x.ids.csv"
    path.write_text("kind,mapped,original\n")
    with pytest.raises(UsageError, match="hold no names"):
        read_names(home, path)
