"""Pictures and sounds that are damaged are named at the first look, and left out by one edit."""

import io
import zlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netbuilder.core.data.kinds.images.script import folder_code
from netbuilder.core.data.kinds.kind import ScriptRequest
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Data, Graph, Node, Project

NODES = (Node("input", "Input"), Node("flat", "Flatten"), Node("out", "Dense", {"units": 1}))
GRAPH = Graph(NODES, tuple(pairwise(node.id for node in NODES)))
FORMATS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP", "tif": "TIFF"}


def content(shade, ending="png"):
    pixels = np.random.default_rng(shade).integers(0, 256, (24, 24, 3), np.uint8)
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, FORMATS[ending])
    return held.getvalue()


@pytest.fixture
def project(tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / "p" / label).mkdir(parents=True)
        for index in range(10):
            (tmp_path / "p" / label / f"{index}.png").write_bytes(content(index))
    return Project(graph=GRAPH, data=Data("images", path="p"))


def refused(project, folder):
    with pytest.raises(DataError) as raised:
        load_facts(project, folder)
    return raised.value


@pytest.mark.parametrize("ending", list(FORMATS))
def test_a_picture_cut_in_half_is_named_at_the_first_look(tmp_path, project, ending):
    whole = content(3, ending)
    (tmp_path / "p" / "cat" / f"whole.{ending}").write_bytes(whole)
    assert load_facts(project, tmp_path).rows
    (tmp_path / "p" / "cat" / f"bad.{ending}").write_bytes(whole[: len(whole) // 2])
    error = refused(project, tmp_path)
    assert error.code == "files_damaged"
    assert f"'cat/bad.{ending}'" in error.what


def test_what_a_camera_writes_behind_a_picture_does_not_matter(tmp_path, project):
    (tmp_path / "p" / "cat" / "more.jpg").write_bytes(content(1, "jpg") + b"SEFT" * 100)
    (tmp_path / "p" / "cat" / "more.png").write_bytes(content(1) + bytes(100))
    assert load_facts(project, tmp_path).rows


def test_all_that_are_damaged_are_left_out_by_one_edit_and_come_back_by_another(tmp_path, project):
    for label, name in (("cat", "a b.png"), ("dog", "5.png")):
        (tmp_path / "p" / label / name).write_bytes(content(5)[:300])
    error = refused(project, tmp_path)
    assert error.code == "files_damaged"
    assert "2 files are damaged" in error.what
    assert "'cat/a b.png' and 'dog/5.png'" in error.what
    (fix,) = error.fixes
    assert fix.label == "Leave these 2 files out"

    mended = apply_data_fix(project, fix)
    found = load_dataset(mended, tmp_path)
    parts = (found.train, found.validation, found.test)
    assert sum(len(part.y["out"]) for part in parts if part is not None) == 19
    (told,) = (one for one in found.facts.findings if one.code == "files-left-out")
    assert "2 files are left out: 'cat/a b.png' and 'dog/5.png'" in told.message
    assert told.fixes[0].edit(mended) == project

    (tmp_path / "p" / "cat" / "more.png").write_bytes(b"")
    (more,) = refused(mended, tmp_path).fixes
    assert len(apply_data_fix(mended, more).data.options["skip_files"]) == 3


def test_a_picture_that_is_damaged_within_is_named_with_its_mend_when_it_is_read(tmp_path, project):
    bad = tmp_path / "p" / "dog" / "7.png"
    bad.write_bytes(bad.read_bytes().replace(b"IDAT", b"IDAT" + zlib.compress(b"x")[:4], 1))
    with pytest.raises(DataError, match=r"'7\.png' cannot be read") as raised:
        load_dataset(project, tmp_path)
    found = load_dataset(apply_data_fix(project, raised.value.fixes[0]), tmp_path)
    assert found.facts.rows + found.facts.validation_rows + found.facts.test_rows == 19


def test_the_file_of_the_same_name_in_the_test_folder_stays(tmp_path, project):
    for label in ("cat", "dog"):
        (tmp_path / "t" / label).mkdir(parents=True)
        for index in range(3):
            (tmp_path / "t" / label / f"{index}.png").write_bytes(content(index))
    data = Data("images", path="p", test_path="t", options={"skip_files": ["p/cat/1.png"]})
    found = load_facts(Project(graph=GRAPH, data=data), tmp_path)
    assert (found.rows + found.validation_rows, found.test_rows) == (19, 6)


def test_the_script_leaves_them_out_too(tmp_path, project, monkeypatch):
    data = Data("images", path="p", options={"skip_files": ["p/cat/1.png"], "image_size": [8, 8]})
    code = folder_code(ScriptRequest(Project(graph=GRAPH, data=data), None, "binary"))
    known: dict[str, object] = {"np": np}
    monkeypatch.chdir(tmp_path)
    exec("\n".join(line for line in code.lines if not line.startswith("x = ")), known)
    files = known["files"]
    assert len(files) == 19
    assert Path("p/cat/1.png") not in files
    assert len(known["y"]) == 19


def test_a_damaged_sound_is_left_out_by_one_edit(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    for label in ("low", "high"):
        (tmp_path / "s" / label).mkdir(parents=True)
        for index in range(5):
            wave = np.sin(np.arange(800) * (0.1 if label == "low" else 0.5))
            soundfile.write(tmp_path / "s" / label / f"{index}.wav", wave, 8000)
    (tmp_path / "s" / "low" / "bad.wav").write_bytes(b"RIFF")
    one = Project(graph=GRAPH, data=recipe_for(tmp_path / "s", "s"))
    (fix,) = refused(one, tmp_path).fixes
    assert fix.label == "Leave this file out"
    assert load_facts(apply_data_fix(one, fix), tmp_path).rows
