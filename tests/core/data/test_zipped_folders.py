"""A zip of sample folders is read as the folder is, by every kind that reads folders."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from netbuilder.core.data.load import load_dataset
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.project.model import Data, Project


def a_text(path, number):
    path.with_suffix(".txt").write_text(f"word{number} and {path.parent.name} again")


def a_sound(path, number):
    pitch = (300 if path.parent.name == "a" else 2000) + number
    wave = 0.5 * np.sin(2 * np.pi * pitch * np.arange(3200) / 16_000)
    soundfile.write(path.with_suffix(".wav"), wave, 16_000)


def a_picture(path, number):
    pixels = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path.with_suffix(".png"))


SAMPLES = {"text": a_text, "sounds": a_sound, "images": a_picture}


@pytest.mark.parametrize("parts", [("",), ("train", "test")])
@pytest.mark.parametrize("kind", SAMPLES)
def test_a_zip_is_read_as_its_folder_is(tmp_path, monkeypatch, kind, parts):
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path / "home"))
    write: Callable[[Path, int], None] = SAMPLES[kind]
    for part in parts:
        for label in ("a", "b"):
            place = tmp_path / "s" / part / label
            place.mkdir(parents=True)
            for number in range(12):
                write(place / f"{number:02}", number)
    shutil.make_archive(str(tmp_path / "s"), "zip", tmp_path, "s")
    found = {}
    for name in ("s", "s.zip"):
        recipe = recipe_for(tmp_path / name, name)
        assert (recipe.kind, recipe.options.get("task")) == (kind, None), name
        found[name] = load_dataset(Project(data=recipe), tmp_path)
    of_folder, of_zip = found["s"], found["s.zip"]
    assert of_zip.facts.classes == of_folder.facts.classes == ("a", "b")
    assert of_zip.test is not None and of_folder.test is not None
    for one, other in ((of_zip.train, of_folder.train), (of_zip.test, of_folder.test)):
        assert len(one) == len(other) > 0
        np.testing.assert_array_equal(one.raw_x["input"], other.raw_x["input"])
        np.testing.assert_array_equal(one.raw_y["output"], other.raw_y["output"])


def test_a_table_or_a_long_text_in_a_zip_is_no_folder_of_samples(tmp_path):
    for name, said in (("t.csv", "a,y\n1,2\n2,3\n"), ("t.txt", "a\ty\n1\t2\n2\t3\n")):
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, said)
            archive.writestr("__MACOSX/._t.txt", "x")
        assert recipe_for(path, path.name).kind == "csv", name
    project = Project(data=Data("csv", path="t.csv.zip", target=("y",)))
    assert load_dataset(project, tmp_path).train.raw_x["input"].shape[1:] == (1,)
