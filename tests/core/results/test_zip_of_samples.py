"""A zip of class folders is evaluated and predicted for as the folder is."""

import shutil

import numpy as np
import pytest
from PIL import Image

from netbuilder.core.data.defaults import fit_output_to_data
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.errors import DataError
from netbuilder.core.project import edits
from netbuilder.core.project.model import Data, Graph, Node, Project
from netbuilder.core.results.evaluate import evaluate
from netbuilder.core.results.predict_file import predictions_of_file

COLORS = {"blue": (20, 40, 200), "green": (30, 180, 40), "red": (200, 30, 20)}


def write_pictures(folder, count, seed):
    random = np.random.default_rng(seed)
    for name, color in COLORS.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = np.clip(random.normal(color, 20, (8, 8, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    # One that is in the wrong folder, so that an evaluation has something to find.
    Image.new("RGB", (8, 8), COLORS["red"]).save(folder / "blue" / "wrong.png")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    write_pictures(folder / "train", 12, 1)
    nodes = (Node("input", "Input"), Node("flat", "Flatten"), Node("output", "Dense", {"units": 3}))
    graph = Graph(nodes, (("input", "flat"), ("flat", "output")))
    project = Project(data=Data("images", path="train"), graph=graph)
    dataset = load_dataset(project, folder)
    project = edits.set_training(fit_output_to_data(project, dataset.facts), epochs=30)
    return Session(project, dataset, storage=RunStorage(record=False)).run()


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "in a folder"])
def test_a_zip_gives_what_its_folder_gives(trained, tmp_path, wrapped):
    write_pictures(tmp_path / "new", 5, 2)
    parts = (tmp_path, "new") if wrapped else (tmp_path / "new",)
    zipped = shutil.make_archive(str(tmp_path / "zipped" / "new"), "zip", *parts)
    by_folder, by_zip = (evaluate(trained, path) for path in (tmp_path / "new", zipped))
    assert by_zip.samples == 16
    assert by_zip.metrics == pytest.approx(by_folder.metrics)
    assert by_zip.metrics["accuracy"] == pytest.approx(15 / 16)
    tables = [predictions_of_file(trained, path).table for path in (tmp_path / "new", zipped)]
    assert list(tables[0]["predicted class"]) == list(tables[1]["predicted class"])
    assert len(tables[1]) == 16


def test_a_zip_of_something_else_is_refused(trained, tmp_path):
    (tmp_path / "other").mkdir()
    for name in ("a.doc", "b.doc"):
        (tmp_path / "other" / name).write_text("no picture")
    zipped = shutil.make_archive(str(tmp_path / "other"), "zip", tmp_path / "other")
    with pytest.raises(DataError) as caught:
        evaluate(trained, zipped)
    assert caught.value.code == "archive_not_one_table"
