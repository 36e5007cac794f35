"""Names from macOS, whose accents are letters apart (NFD), beside those that people type (NFC)."""

import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.readers.class_folders import TEST, TRAIN, find_samples
from netbuilder.core.data.readers.sample_collection import check_class_name
from netbuilder.core.errors import DataError
from netbuilder.core.grading.rubric import DEFAULT_RUBRIC, Override
from netbuilder.core.grading.scoring import award_points
from netbuilder.core.grading.submission import FAILED, Submission
from netbuilder.core.project import files
from netbuilder.core.project.model import Data, Graph, Node, Project

NFC = "Käse"
NFD = unicodedata.normalize("NFD", NFC)


def _picture(path, shade):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 4), shade, np.uint8)).save(path)


@pytest.fixture(autouse=True)
def distinct(tmp_path):
    (tmp_path / NFD).touch()
    if (tmp_path / NFC).exists():
        pytest.skip("this disk takes both forms for the same name")
    (tmp_path / NFD).unlink()


def test_a_class_is_the_same_in_both_forms(tmp_path):
    for part, name in (("train", NFD), ("test", NFC)):
        for i in range(3):
            _picture(tmp_path / part / name / f"{i}.png", 10)
            _picture(tmp_path / part / "Brot" / f"{i}.png", 200)
    found = find_samples(tmp_path, (".png",))
    assert set(found.parts[TRAIN].labels) == set(found.parts[TEST].labels) == {NFC, "Brot"}


def test_a_new_class_is_not_made_twice():
    with pytest.raises(DataError):
        check_class_name(NFC, (NFD,))
    assert check_class_name(NFD, ()) == NFC


def test_pictures_that_a_table_names_are_found(tmp_path):
    rows = []
    for i in range(8):
        _picture(tmp_path / "pictures" / f"{NFD} {i}.png", 25 * i)
        rows.append(f"{NFC} {i}.png,{'ja' if i % 2 else 'nein'}")
    (tmp_path / "t.csv").write_text("file,fresh\n" + "\n".join(rows), encoding="utf-8")
    graph = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 2})), (("input", "out"),))
    data = Data("images", path="t.csv", target=("fresh",))
    loaded = load_dataset(Project("p", graph, data), tmp_path)
    assert sum(len(part) for part in (loaded.train, loaded.validation, loaded.test)) == 8


def test_a_project_finds_data_whose_name_was_taken_apart(tmp_path):
    (tmp_path / f"{NFD}.csv").write_text("a,b\n1,2\n")
    path = tmp_path / "p.netbuilder"
    files.write(Project(data=Data("csv", path=f"{NFC}.csv", test_path="none.csv")), path)
    found = files.read(path).data
    assert (tmp_path / found.path).is_file()
    assert found.test_path == "none.csv"


def test_what_a_teacher_wrote_of_a_file_holds_for_both_forms():
    rules = replace(DEFAULT_RUBRIC, overrides={f"{NFC}.h5": Override(points=7.0)})
    given = Submission(f"{NFD}.h5", NFC, FAILED)
    assert award_points(given, rules, None).score == 7.0
