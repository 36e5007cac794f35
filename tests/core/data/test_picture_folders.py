"""Folders, zips and tables of pictures as people bring them: parts, wrappers, junk, depths."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.kinds.images.picture_files import decode_pictures
from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.prepare.inference_data import read_split
from netbuilder.core.data.readers import class_folders
from netbuilder.core.data.registry import recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import Data, Project

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
