"""Pictures: folders of them, damaged ones, drawn ones, zipped ones, and the range of pixels."""

import hashlib
import io
import shutil
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from netbuilder.core.check.diagnostics import diagnose
from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.kinds.builtin.drawn_sets import drawn_digits, drawn_shapes
from netbuilder.core.data.kinds.images.picture_files import decode_pictures
from netbuilder.core.data.kinds.images.script import folder_code
from netbuilder.core.data.kinds.kind import ScriptRequest
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.readers import class_folders
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.edits_data import apply_data_fix
from netbuilder.core.project.model import Data, Graph, Node, Project

CLASSES = ("cat", "dog")


def paint(folder, count, value=0, ending=".png"):
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        Image.new("RGB", (8, 6), (value, value, value)).save(folder / f"{index}{ending}")


def project(path="p", **more: object):
    return Project(data=Data("images", path=path, options=more))


@pytest.mark.parametrize("train", ["train", "Trainingsdaten", "training_set"])
@pytest.mark.parametrize("watch", ["valid", "validation", "val"])
@pytest.mark.parametrize("test", ["test", "Testbilder"])
def test_part_folders_are_parts(tmp_path, train, watch, test):
    for name, count in ((train, 6), (watch, 3), (test, 2)):
        for label in CLASSES:
            paint(tmp_path / "p" / name / label, count)
    found = load_facts(project(), tmp_path)
    assert (found.rows, found.validation_rows, found.test_rows) == (12, 6, 4)
    assert found.classes == CLASSES


def test_train_and_test_leave_some_for_watching(tmp_path):
    for label in CLASSES:
        paint(tmp_path / "p" / "train" / label, 10)
        paint(tmp_path / "p" / "test" / label, 4)
    found = load_facts(project(), tmp_path)
    assert (found.rows, found.validation_rows, found.test_rows) == (18, 2, 8)
    assert found.class_counts == (9, 9)


def test_a_train_beside_a_bus_is_a_class(tmp_path):
    for label in ("bus", "car", "train"):
        paint(tmp_path / "p" / label, 6)
    assert load_facts(project(), tmp_path).classes == ("bus", "car", "train")


def test_what_may_be_a_part_or_the_classes_is_told(tmp_path):
    for folder in ("a/cat", "a/dog", "b/cat", "b/dog"):
        paint(tmp_path / "p" / folder, 5)
    assert any(
        "contains the folders cat and dog" in one for one in load_facts(project(), tmp_path).notes
    )
    for folder in ("cat", "dog", "test"):
        paint(tmp_path / "q" / folder, 5)
    assert any(
        "'test' is used as a class" in one for one in load_facts(project("q"), tmp_path).notes
    )


def test_documents_beside_texts_are_named(tmp_path):
    for label in CLASSES:
        (tmp_path / "t" / label).mkdir(parents=True)
        for index in range(8):
            (tmp_path / "t" / label / f"{index}.txt").write_text(f"a {label} story {index}")
        (tmp_path / "t" / label / "long.docx").write_bytes(b"PK")
    found = load_facts(Project(data=Data("text", path="t")), tmp_path)
    assert "2 .docx files cannot be read." in found.notes


def test_kaggles_test_folder_without_labels_is_named(tmp_path):
    for label in CLASSES:
        paint(tmp_path / "p" / "train" / label, 10)
    paint(tmp_path / "p" / "test", 5)
    found = load_facts(project(), tmp_path)
    assert found.rows + found.validation_rows + found.test_rows == 20
    assert "The 5 files in 'test' have no class" in " ".join(found.notes)


def test_what_systems_leave_behind_is_no_picture(tmp_path):
    for label in CLASSES:
        paint(tmp_path / "p" / label, 6)
        (tmp_path / "p" / label / "Thumbs.db").write_bytes(b"x")
        (tmp_path / "p" / label / "._0.png").write_bytes(b"resource fork")
        (tmp_path / "p" / label / "photo.heic").write_bytes(b"x")
    (tmp_path / "p" / "__MACOSX" / "cat").mkdir(parents=True)
    (tmp_path / "p" / "__MACOSX" / "cat" / "._0.png").write_bytes(b"x")
    (tmp_path / "p" / ".ipynb_checkpoints").mkdir()
    found = load_facts(project(), tmp_path)
    assert found.classes == CLASSES
    assert found.rows + found.validation_rows + found.test_rows == 12
    assert "2 .heic files cannot be read." in found.notes


def test_the_wrapper_of_an_unzipped_folder(tmp_path):
    for label in CLASSES:
        paint(tmp_path / "p" / "pets-master" / "train" / label, 5)
        paint(tmp_path / "p" / "pets-master" / "val" / label, 2)
    found = load_facts(project(), tmp_path)
    assert (found.classes, found.rows, found.validation_rows) == (CLASSES, 10, 4)
    assert "The samples are read from the inner folder 'pets-master'." in found.notes


def test_a_flat_folder_with_the_class_in_the_names(tmp_path):
    (tmp_path / "p").mkdir()
    for index in range(10):
        for name in (f"cat.{index}.png", f"dog ({index}).png"):
            Image.new("L", (8, 8)).save(tmp_path / "p" / name)
    found = load_facts(project(), tmp_path)
    assert found.classes == CLASSES
    assert "file names: cat and dog" in " ".join(found.notes)


def test_one_class_is_not_taken_for_a_wrapper(tmp_path):
    paint(tmp_path / "p" / "cat", 6)
    (tmp_path / "p" / "labels.csv").write_text("name,label\n")
    with pytest.raises(DataError, match="6 samples of p have the same class, 'cat'") as told:
        load_facts(project(), tmp_path)
    assert "one folder per class into a single folder" in told.value.fix
    assert "choose a table in that folder: 'labels.csv'" in told.value.fix


def test_pictures_side_by_side_without_a_class(tmp_path):
    (tmp_path / "p").mkdir()
    for index in range(6):
        Image.new("L", (8, 8)).save(tmp_path / "p" / f"{index}.png")
    with pytest.raises(DataError, match="The 6 files in 'p' have no class") as told:
        load_facts(project(), tmp_path)
    assert "one folder per class" in told.value.fix


def zipped(tmp_path, build):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        build(archive)
    return tmp_path / "p.zip"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NETBUILDER_DATA_DIR", str(tmp_path_factory.mktemp("home")))


def test_a_zip_of_class_folders(tmp_path):
    for label in CLASSES:
        paint(tmp_path / "in" / label, 6)

    def build(archive):
        for file in sorted((tmp_path / "in").rglob("*.png")):
            archive.write(file, f"pets/{file.parent.name}/{file.name}")

    path = zipped(tmp_path, build)
    assert recipe_for(path, "p.zip").kind == "images"
    found = load_dataset(project("p.zip"), tmp_path)
    assert found.facts.classes == CLASSES
    assert found.train.raw_x["input"].shape[1:] == (6, 8, 3)


def test_a_zip_that_climbs_out_or_is_a_bomb(tmp_path):
    path = zipped(tmp_path, lambda archive: archive.writestr("../../evil/cat/0.png", b"x"))
    with pytest.raises(DataError, match="would write outside its folder"):
        load_facts(project("p.zip"), tmp_path)
    assert not list(tmp_path.parent.glob("evil"))

    def bomb(archive):
        with archive.open(zipfile.ZipInfo("cat/0.png"), "w", force_zip64=True) as file:
            pass
        archive.compression = zipfile.ZIP_DEFLATED
        with archive.open("cat/1.png", "w") as file:
            for _ in range(300):
                file.write(bytes(2**20))

    path.unlink()
    zipped(tmp_path, bomb)
    with pytest.raises(DataError, match="would unpack to 300 MiB"):
        load_facts(project("p.zip"), tmp_path)
    (tmp_path / "p.zip").write_bytes(b"PK nonsense")
    with pytest.raises(DataError, match="damaged, protected by a password, or not a zip file"):
        load_facts(project("p.zip"), tmp_path)


@pytest.mark.parametrize(("answer", "task"), [("label", "binary"), ("age", "regression")])
def test_a_table_of_paths_with_labels_or_numbers(tmp_path, answer, task):
    (tmp_path / "photos").mkdir()
    rows = ["file,label,age"]
    for index in range(30):
        Image.new("L", (8, 8), index * 8).save(tmp_path / "photos" / f"{index}.png")
        rows.append(f"{index}.png,{CLASSES[index % 2]},{index * 1.25}")
    rows.append("gone.png,cat,3")
    (tmp_path / "t.csv").write_text("\n".join(rows))
    assert recipe_for(tmp_path / "t.csv", "t.csv").kind == "images"
    recipe = Data("images", path="t.csv", target=(answer,), options={"color_mode": "grayscale"})
    found = load_dataset(Project(data=recipe), tmp_path)
    assert found.facts.task == task
    assert found.facts.target_names == (answer,)
    assert "1 of 31 pictures was not found" in " ".join(found.facts.notes)
    brightness = found.train.raw_x["input"][:, 0, 0, 0] / 8
    if task == "regression":
        assert found.train.raw_y["output"][:, 0].tolist() == (brightness * 1.25).tolist()
    else:
        assert found.train.raw_y["output"].tolist() == (brightness % 2).tolist()


@pytest.mark.parametrize(
    ("pixels", "span"),
    [
        (np.array([[0, 4095], [1000, 7]], np.uint16), (0.0, 4095.0)),
        (np.array([[0, 65535], [40_000, 7]], np.uint16), (0.0, 65535.0)),
        (np.array([[0.0, 1.0], [0.25, 0.5]], np.float32), (0.0, 1.0)),
        (np.array([[-3.5, 120.0], [0.25, 0.5]], np.float32), (-3.5, 120.0)),
        (np.array([[0, 100_000], [5, 7]], np.int32), (0.0, 100_000.0)),
    ],
    ids=["12 bits", "16 bits", "float", "measured", "32 bits"],
)
def test_deep_pictures_keep_their_range(tmp_path, pixels, span):
    for label in CLASSES:
        (tmp_path / "p" / label).mkdir(parents=True)
        for index in range(5):
            Image.fromarray(pixels).save(tmp_path / "p" / label / f"{index}.tif")
    found = load_dataset(project(color_mode="grayscale"), tmp_path)
    assert found.facts.value_range == span
    raw = found.train.raw_x["input"]
    np.testing.assert_array_equal(raw[0, :, :, 0], pixels.astype(np.float32))
    low, high = span
    x = found.train.x["input"][0, :, :, 0]
    np.testing.assert_allclose(x, (pixels - low) / (high - low), atol=1e-6)
    # What is asked later is read the same way.
    again = read_split(project(color_mode="grayscale").data, found.preprocessing, tmp_path / "p")
    np.testing.assert_array_equal(again.raw_x["input"][0, :, :, 0], pixels.astype(np.float32))


def test_the_camera_says_which_way_up(tmp_path):
    picture = Image.new("L", (6, 3))
    picture.putpixel((0, 0), 255)
    exif = picture.getexif()
    exif[0x0112] = 6
    for label in CLASSES:
        (tmp_path / "p" / label).mkdir(parents=True)
        for index in range(5):
            picture.save(tmp_path / "p" / label / f"{index}.png", exif=exif)
    found = load_dataset(project(color_mode="grayscale"), tmp_path)
    assert found.facts.input_shapes["input"] == (6, 3, 1), "on its side: 6 high, 3 wide"
    assert found.train.raw_x["input"][0, 0, 2, 0] == 255


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<html>no picture</html>"])
def test_empty_cut_off_and_wrongly_named_pictures(tmp_path, content):
    for label in CLASSES:
        paint(tmp_path / "p" / label, 5)
    (tmp_path / "p" / "cat" / "bad.png").write_bytes(content)
    with pytest.raises(
        DataError,
        match=r"1 file is damaged or not in the format that its extension indicates: 'cat/bad.png'",
    ):
        load_facts(project(), tmp_path)


def test_a_huge_picture_is_refused_before_it_is_read(tmp_path):
    for label in CLASSES:
        paint(tmp_path / "p" / label, 5)
    Image.new("1", (20_000, 20_000)).save(tmp_path / "p" / "cat" / "poster.png")
    with pytest.raises(DataError, match=r"'poster.png' is too large"):
        load_facts(project(), tmp_path)


def test_paths_with_blanks_and_other_letters(tmp_path):
    for label in ("кошка", "犬 と 猫"):
        paint(tmp_path / "меня зовут" / label, 6)
    found = load_facts(project("меня зовут"), tmp_path)
    assert set(found.classes) == {"кошка", "犬 と 猫"}


def test_eight_bits_where_sixteen_were_learned(tmp_path):
    Image.new("L", (2, 2), 128).save(tmp_path / "a.png")
    pixels = decode_pictures([tmp_path / "a.png"], (2, 2, 1), (0.0, 65535.0))
    assert pixels[0, 0, 0, 0] == pytest.approx(128 / 255 * 65535)


def test_texts_in_parts_as_aclimdb_lays_them(tmp_path):
    for part, count in (("train", 8), ("test", 3)):
        for label in ("neg", "pos"):
            folder = tmp_path / "aclImdb" / part / label
            folder.mkdir(parents=True)
            for index in range(count):
                (folder / f"{index}_7.txt").write_text(f"a {label} film {index}")
    (tmp_path / "aclImdb" / "train" / "unsup").mkdir()
    (tmp_path / "aclImdb" / "train" / "unsup" / "0_0.txt").write_text("who knows")
    (tmp_path / "aclImdb" / "imdb.vocab").write_text("a\nfilm")
    assert recipe_for(tmp_path / "aclImdb", "aclImdb").kind == "text"
    found = load_facts(Project(data=Data("text", path="aclImdb")), tmp_path)
    assert found.classes == ("neg", "pos")
    assert (found.rows + found.validation_rows, found.test_rows) == (16, 6)
    assert "The folder without labels was left out." in found.notes


def test_the_files_are_looked_for_once_where_there_is_no_folder_for_testing(tmp_path, monkeypatch):
    for label in CLASSES:
        paint(tmp_path / "p" / label, 5)
    walked: list[str] = []
    real = class_folders._walk
    monkeypatch.setattr(
        class_folders, "_walk", lambda top, stop: walked.append(Path(top).name) or real(top, stop)
    )
    assert load_facts(project(), tmp_path).rows
    assert sorted(walked) == sorted(CLASSES)


def noise(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        pixels = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{seed}.png")


def test_equal_pictures_and_known_test_pictures_are_told(tmp_path):
    for place, label in enumerate(CLASSES):
        noise(tmp_path / "p" / label, range(100 * place, 100 * place + 20))
        noise(tmp_path / "t" / label, range(100 * place + 50, 100 * place + 60))
    recipe = project()
    tested = replace(recipe, data=replace(recipe.data, test_path="t"))
    assert make_report(tested, tmp_path).notes == ()
    (tmp_path / "p" / "dog" / "copy.png").write_bytes((tmp_path / "p/dog/101.png").read_bytes())
    noise(tmp_path / "t" / "cat", range(4))
    notes = {note.code: note for note in make_report(tested, tmp_path).notes}
    assert set(notes) == {"rows-twice", "test-rows-known"}
    assert "dog/101.png and dog/copy.png" in notes["rows-twice"].message
    assert "4 of 24" in notes["test-rows-known"].message
    for note in notes.values():
        tested = note.fixes[0].edit(tested)
    after = make_report(tested, tmp_path)
    assert {note.code for note in after.notes} == {"files-left-out"}
    assert (after.rows["train"] + after.rows["validation"], after.rows["test"]) == (40, 20)
    same = replace(recipe, data=replace(recipe.data, test_path="p"))
    codes = {note.code: note for note in make_report(same, tmp_path).notes}
    assert codes["test-is-training"].fixes[0].edit(same).data.test_path == ""


def test_equal_pictures_of_an_array_are_told(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 255, (60, 8, 8), np.uint8)
    recipe = Project(data=Data("arrays", path="a.npz"))
    for copies, codes in ((0, set()), (6, {"rows-twice"})):
        pixels[:copies] = pixels[30 : 30 + copies]
        np.savez(tmp_path / "a.npz", x=pixels, y=np.arange(60) % 2)
        notes = [note for note in make_report(recipe, tmp_path).notes if note.code != "done"]
        assert {note.code for note in notes} == codes


NODES = (Node("input", "Input"), Node("flat", "Flatten"), Node("out", "Dense", {"units": 1}))
GRAPH = Graph(NODES, tuple(pairwise(node.id for node in NODES)))
FORMATS = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP", "webp": "WEBP", "tif": "TIFF"}


def content(shade, ending="png"):
    pixels = np.random.default_rng(shade).integers(0, 256, (24, 24, 3), np.uint8)
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, FORMATS[ending])
    return held.getvalue()


@pytest.fixture
def damaged(tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / "p" / label).mkdir(parents=True)
        for index in range(10):
            (tmp_path / "p" / label / f"{index}.png").write_bytes(content(index))
    return Project(graph=GRAPH, data=Data("images", path="p"))


def refused(damaged, folder):
    with pytest.raises(DataError) as raised:
        load_facts(damaged, folder)
    return raised.value


@pytest.mark.parametrize("ending", list(FORMATS))
def test_a_picture_cut_in_half_is_named_at_the_first_look(tmp_path, damaged, ending):
    whole = content(3, ending)
    (tmp_path / "p" / "cat" / f"whole.{ending}").write_bytes(whole)
    assert load_facts(damaged, tmp_path).rows
    (tmp_path / "p" / "cat" / f"bad.{ending}").write_bytes(whole[: len(whole) // 2])
    error = refused(damaged, tmp_path)
    assert error.code == "files_damaged"
    assert f"'cat/bad.{ending}'" in error.what


def test_what_a_camera_writes_behind_a_picture_does_not_matter(tmp_path, damaged):
    (tmp_path / "p" / "cat" / "more.jpg").write_bytes(content(1, "jpg") + b"SEFT" * 100)
    (tmp_path / "p" / "cat" / "more.png").write_bytes(content(1) + bytes(100))
    assert load_facts(damaged, tmp_path).rows


def test_all_that_are_damaged_are_left_out_by_one_edit_and_come_back_by_another(tmp_path, damaged):
    for label, name in (("cat", "a b.png"), ("dog", "5.png")):
        (tmp_path / "p" / label / name).write_bytes(content(5)[:300])
    error = refused(damaged, tmp_path)
    assert error.code == "files_damaged"
    assert "2 files are damaged" in error.what
    assert "'cat/a b.png' and 'dog/5.png'" in error.what
    (fix,) = error.fixes
    assert fix.label == "Leave these 2 files out"

    mended = apply_data_fix(damaged, fix)
    found = load_dataset(mended, tmp_path)
    parts = (found.train, found.validation, found.test)
    assert sum(len(part.y["out"]) for part in parts if part is not None) == 19
    (told,) = (one for one in found.facts.findings if one.code == "files-left-out")
    assert "2 files are left out: 'cat/a b.png' and 'dog/5.png'" in told.message
    assert told.fixes[0].edit(mended) == damaged

    (tmp_path / "p" / "cat" / "more.png").write_bytes(b"")
    (more,) = refused(mended, tmp_path).fixes
    assert len(apply_data_fix(mended, more).data.options["skip_files"]) == 3


def test_a_picture_that_is_damaged_within_is_named_with_its_mend_when_it_is_read(tmp_path, damaged):
    bad = tmp_path / "p" / "dog" / "7.png"
    bad.write_bytes(bad.read_bytes().replace(b"IDAT", b"IDAT" + zlib.compress(b"x")[:4], 1))
    with pytest.raises(DataError, match=r"'7\.png' cannot be read") as raised:
        load_dataset(damaged, tmp_path)
    found = load_dataset(apply_data_fix(damaged, raised.value.fixes[0]), tmp_path)
    assert found.facts.rows + found.facts.validation_rows + found.facts.test_rows == 19


def test_the_file_of_the_same_name_in_the_test_folder_stays(tmp_path, damaged):
    for label in ("cat", "dog"):
        (tmp_path / "t" / label).mkdir(parents=True)
        for index in range(3):
            (tmp_path / "t" / label / f"{index}.png").write_bytes(content(index))
    data = Data("images", path="p", test_path="t", options={"skip_files": ["p/cat/1.png"]})
    found = load_facts(Project(graph=GRAPH, data=data), tmp_path)
    assert (found.rows + found.validation_rows, found.test_rows) == (19, 6)


def test_the_script_leaves_them_out_too(tmp_path, damaged, monkeypatch):
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


def fingerprint(pictures):
    return hashlib.sha256(pictures.tobytes()).hexdigest()[:16]


def test_the_same_pixels_everywhere():
    """Written down once; a change of the pictures is a change of everybody's results."""
    assert fingerprint(drawn_digits(50)[0]) == "05fd22ab4a9daaa9"
    assert fingerprint(drawn_shapes(50)[0]) == "296859da7aeb36bb"
    assert fingerprint(drawn_digits(50, seed=1)[0]) != fingerprint(drawn_digits(50)[0])


@pytest.mark.parametrize(("draw", "classes"), [(drawn_digits, 10), (drawn_shapes, 6)])
def test_grey_pictures_with_every_class_as_often(draw, classes):
    pictures, labels = draw(60 * classes)
    assert pictures.shape == (60 * classes, 28, 28, 1)
    assert pictures.dtype == np.uint8
    assert (pictures.min(), pictures.max()) == (0, 255)
    assert np.unique(labels, return_counts=True)[1].tolist() == [60] * classes
    # Nothing runs over the edge on the whole, and each picture has something on it.
    assert pictures[:, [0, -1]].mean() < 5
    assert (pictures.reshape(len(pictures), -1) > 128).sum(axis=1).min() > 15


def test_digits_can_be_told_apart_but_not_by_counting_ink():
    from sklearn.neighbors import KNeighborsClassifier

    pictures, digits = drawn_digits(900)
    flat = pictures.reshape(900, -1) / 255.0
    near = KNeighborsClassifier(3).fit(flat[:700], digits[:700])
    assert near.score(flat[700:], digits[700:]) > 0.65
    ink = flat.sum(axis=1, keepdims=True)
    assert KNeighborsClassifier(3).fit(ink[:700], digits[:700]).score(ink[700:], digits[700:]) < 0.4


def test_options_change_the_hand():
    thin, thick = (drawn_digits(40, thickness=size)[0].mean() for size in (0.5, 2.5))
    assert thick > 2 * thin
    steady = drawn_digits(40, distortion=0.0)
    zeros = steady[0][steady[1] == 0]
    assert len(np.unique(zeros, axis=0)) == 2, "a closed one and an open one"
    grainy = drawn_digits(40, noise=0.5)[0]
    assert grainy[:, 0, 0].std() > 10


def test_larger_and_in_colours():
    """The same strokes, each with a pen and paper of its own that can be told apart."""
    grey, digits = drawn_digits(60, size=40)
    pictures, same = drawn_digits(60, size=40, color_mode="rgb")
    assert pictures.shape == (60, 40, 40, 3)
    assert pictures.dtype == np.uint8
    assert (digits == same).all()
    assert fingerprint(drawn_shapes(50, size=32, color_mode="rgb")[0]) == "66ed5b4e40bc82cd"
    wide = pictures.astype(int)
    for picture, strokes in zip(wide, grey[..., 0], strict=True):
        paper, pen = picture[strokes == 0], picture[strokes == 255]
        assert (paper == paper[0]).all()
        assert (pen == pen[0]).all()
        assert (abs(paper[0] - pen[0]) >= 85).all()
    papers = wide[:, 0, 0]
    assert papers.std(axis=0).min() > 40, "no colour gives the digit away"


@pytest.fixture
def folder(tmp_path):
    """Black and white pictures with one grey pixel each."""
    for label, value in (("black", 0), ("white", 255)):
        (tmp_path / label).mkdir()
        for index in range(8):
            pixels = np.full((32, 32, 3), value, np.uint8)
            pixels[0, 0] = 100
            Image.fromarray(pixels).save(tmp_path / label / f"{index}.png")
    return tmp_path


def scaled(*layers: tuple[str, dict[str, object]], scaling="auto"):
    nodes = [Node("input", "Input"), *(Node(f"n{i}", *one) for i, one in enumerate(layers))]
    nodes += [Node("flat", "Flatten"), Node("out", "Dense", {"units": 1, "activation": "sigmoid"})]
    edges = tuple(pairwise(node.id for node in nodes))
    return Project(graph=Graph(tuple(nodes), edges), data=Data("images", path=".", scaling=scaling))


def pixels_of(found, folder):
    return [round(float(one), 4) for one in np.unique(load_dataset(found, folder).train.x["input"])]


BODY = ("MobileNetV2", {"weights": "none"})
COLOURS = ("Conv2D", {"filters": 3, "kernel_size": [1, 1]})
DIVIDE = ("Rescaling", {"scale": 1 / 255})


@pytest.mark.parametrize(
    "layers",
    [
        (DIVIDE,),
        (BODY,),
        (("EfficientNetB0", {"weights": "none"}),),
        (("RandomFlip", {}), DIVIDE),
        (("Resizing", {"height": 40, "width": 40}), BODY),
        (("Resizing", {"height": 40, "width": 40}), COLOURS, BODY),
    ],
)
def test_what_scales_itself_gets_bytes(layers, folder):
    found = scaled(*layers)
    assert pixels_of(found, folder) == [0.0, 100.0, 255.0]
    assert "from 0 to 255" in " ".join(load_facts(found, folder).notes)


@pytest.mark.parametrize(
    "layers",
    [
        (),
        (("Conv2D", {"filters": 2, "kernel_size": 3}),),
        (("Rescaling", {"scale": 2.0, "offset": -1.0}),),
        (("MobileNetV2", {"weights": "none", "preprocess": False}),),
        (("Conv2D", {"filters": 3, "kernel_size": 3}), BODY),
        (("Conv2D", {"filters": 3, "kernel_size": 1, "activation": "relu"}), BODY),
        (COLOURS, ("Conv2D", {"filters": 8, "kernel_size": 3})),
    ],
)
def test_all_else_gets_0_to_1(layers, folder):
    assert pixels_of(scaled(*layers), folder) == [0.0, 0.3922, 1.0]


def test_a_changed_network_is_noticed(folder):
    """The same data and the same ends: only a layer in between says what it expects."""
    assert pixels_of(scaled(), folder) == [0.0, 0.3922, 1.0]
    assert pixels_of(scaled(DIVIDE), folder) == [0.0, 100.0, 255.0]


def test_what_is_chosen_is_done(folder):
    assert pixels_of(scaled(BODY, scaling="none"), folder) == [0.0, 100.0, 255.0]
    assert pixels_of(scaled(BODY, scaling="minmax"), folder) == [0.0, 0.3922, 1.0]


def test_other_ranges_are_brought_to_bytes():
    """scikit-learn's digits run from 0 to 16."""
    nodes = (Node("input", "Input"), Node("r", *DIVIDE), Node("f", "Flatten"),
             Node("out", "Dense", {"units": 10}))  # fmt: skip
    graph = Graph(nodes, tuple(pairwise(node.id for node in nodes)))
    x = load_dataset(Project(graph=graph, data=Data("builtin", name="digits")), Path()).train.x[
        "input"
    ]
    assert (x.min(), x.max()) == (0.0, 255.0)
    assert sorted(np.unique(x).round(2))[1] == pytest.approx(255 / 16, abs=0.01)


def test_raw_pixels_in_columns_stay_for_a_rescaling(tmp_path):
    rows = [",".join(["label", *(f"p{i}" for i in range(9))])]
    rows += [",".join(map(str, [i % 2, *([255 * (i % 2)] * 9)])) for i in range(40)]
    (tmp_path / "p.csv").write_text("\n".join(rows))
    nodes = (Node("input", "Input"), Node("r", *DIVIDE), Node("out", "Dense", {"units": 1}))
    graph = Graph(nodes, tuple(pairwise(node.id for node in nodes)))
    found = load_dataset(
        Project(graph=graph, data=Data("csv", path="p.csv", target=("label",))), tmp_path
    )
    assert set(np.unique(found.train.x["input"])) == {0.0, 255.0}


def codes(found, folder):
    return {one.code: one for one in diagnose(found, load_facts(found, folder))}


def test_two_scalings_that_meet_are_a_warning(folder):
    twice = scaled(BODY, scaling="minmax")
    problem = codes(twice, folder)["scaled-twice"]
    mended = problem.fix.edit(twice)
    assert mended.data.scaling == "auto"
    assert "scaled-twice" not in codes(mended, folder)
    layers = scaled(DIVIDE, BODY)
    problem = codes(layers, folder)["two-rescalings"]
    mended = problem.fix.edit(layers)
    assert [node.layer for node in mended.graph.nodes][1] == "MobileNetV2"
    assert pixels_of(replace(mended, data=layers.data), folder) == [0.0, 100.0, 255.0]
    assert not {"scaled-twice", "two-rescalings"} & set(codes(scaled(BODY), folder))


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
