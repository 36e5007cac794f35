"""Data that would fill the memory is refused in one sentence, before it does."""

import gzip
import lzma
import os
import time
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from netbuilder.core.data.kinds.kind import DataLocation
from netbuilder.core.data.load import load_dataset, load_facts, load_preview
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.readers import class_folders
from netbuilder.core.data.registry import KINDS, recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import ColumnChoice, Data, Project

MANY = 60_000
IN_FILES = [name for name, kind in KINDS.items() if kind.files.place is not DataLocation.NOWHERE]
FOLDERS = [name for name in IN_FILES if KINDS[name].files.place is not DataLocation.FILE]


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    lines = [f"n{i},{i % 7},{i}" for i in range(MANY)]
    (folder / "d.csv").write_text("name,size,price\n" + "\n".join(lines), encoding="utf-8")
    return folder


def peak():
    """What this process has taken at most, in MiB."""
    resource = pytest.importorskip("resource")  # not on Windows
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


def refused(data, folder):
    """The message, and that it came before gigabytes were taken."""
    before = peak()
    with pytest.raises(DataError) as caught:
        load_dataset(Project(data=data), folder)
    assert caught.value.fix
    assert peak() - before < 1024
    return str(caught.value)


def test_a_category_of_60000_values(names):
    columns = {"name": ColumnChoice(type="category")}
    said = refused(Data("csv", path="d.csv", target=("price",), columns=columns), names)
    assert "Column 'name' of d.csv is a category with 43,200 different values" in said
    assert "the limit is 1,024 MiB" in said
    assert '"memory_limit_mb"' in said


def test_the_limit_is_the_recipes(tmp_path):
    lines = [f"n{i % 70},{i}" for i in range(4000)]
    (tmp_path / "d.csv").write_text("name,price\n" + "\n".join(lines), encoding="utf-8")
    data = Data("csv", path="d.csv", target=("price",), options={"categories": ["name"]})
    assert len(load_facts(Project(data=data), tmp_path).column_names) == 70
    tight = {"categories": ["name"], "memory_limit_mb": 2}
    said = refused(Data("csv", path="d.csv", target=("price",), options=tight), tmp_path)
    assert "a category with 70 different values" in said
    assert "the limit is 2 MiB" in said


def test_a_target_of_60000_classes(names):
    data = Data("csv", path="d.csv", target=("name",), options={"task": "classes"})
    said = refused(data, names)
    assert "has 60000 classes" in said
    assert "At most 1000" in said


def packed(path, text, times):
    """A packed table that says ``text`` again and again below its names."""
    with ExitStack() as stack:
        if path.suffix == ".zip":
            archive = stack.enter_context(zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED))
            file = stack.enter_context(archive.open("d.csv", "w"))
        else:
            opener = {".gz": gzip.open, ".xz": lzma.open}[path.suffix]
            file = stack.enter_context(opener(path, "wb"))
        file.write(b"a,b,y\n")
        for _ in range(times):
            file.write(text)


@pytest.mark.parametrize("ending", ["gz", "xz", "zip"])
@pytest.mark.parametrize("text", [b"1,2,3\n" * 100_000, b"1,2,3," * 100_000])
def test_a_packed_table_that_unpacks_to_far_more(tmp_path, ending, text):
    path = tmp_path / f"d.csv.{ending}"
    packed(path, text, 60)
    data = Data("csv", path=path.name, target=("y",), options={"memory_limit_mb": 30})
    for ask in (load_facts, load_preview):
        with pytest.raises(DataError) as caught:
            ask(Project(data=data), tmp_path)
        assert caught.value.code == "archive_too_large"
        assert "more than 31 MB; the limit is 30 MiB" in str(caught.value)
        assert caught.value.fix


def test_an_honest_packed_table_is_streamed(tmp_path):
    rows = "".join(f"{i * 7919 % 10007},{i % 7},{i}\n" for i in range(30_000))
    packed(tmp_path / "d.csv.gz", rows.encode(), 1)
    small = (tmp_path / "d.csv.gz").stat().st_size
    limit = 3.5 * small / 2**20  # of what it has on the disk it is not large
    options = {"memory_limit_mb": max(1, limit)}
    assert len(rows) > options["memory_limit_mb"] * 2**20 / 3
    data = Data("csv", path="d.csv.gz", target=("y",), options=options)
    plan = prepare_data(Project(data=data), tmp_path)
    assert plan.scan is not None
    found = plan.facts
    assert found.rows + found.validation_rows + found.test_rows == 30_000


def test_a_packed_series_is_held_to_the_limit(tmp_path):
    rows = "".join(f"{i * 7919 % 10007},{i}\n" for i in range(200_000))
    packed(tmp_path / "d.csv.gz", rows.encode(), 1)
    data = Data("series", path="d.csv.gz", target=("y",), options={"memory_limit_mb": 1})
    with pytest.raises(DataError, match="the limit is 1 MiB"):
        load_facts(Project(data=data), tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="a disk is called otherwise")
@pytest.mark.parametrize("kind", FOLDERS)
def test_a_whole_disk_is_no_folder_of_samples(kind):
    began = time.monotonic()
    with pytest.raises(DataError) as caught:
        load_facts(Project(data=Data(kind, path="/")), Path("/"))
    assert time.monotonic() - began < 20
    assert caught.value.fix


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no pipes in folders")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["d.zip", "d.csv", "d.txt", "d.npz", "d.gz", "d.wav", "d.png"])
def test_a_pipe_is_no_data(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match="is a pipe, not a file"):
        recipe_for(tmp_path / name)
    for kind in IN_FILES:
        with pytest.raises(DataError, match="is a pipe, not a file"):
            load_facts(Project(data=Data(kind, path=name)), tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no pipes in folders")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("ending", [".png", ".txt"])
def test_pipes_and_devices_among_samples_are_none(tmp_path, ending):
    for label in "ab":
        (tmp_path / label).mkdir()
        for place in range(3):
            file = tmp_path / label / f"{place}{ending}"
            if ending == ".png":
                Image.new("L", (4, 4), 40 * place).save(file)
            else:
                file.write_text("one two three", encoding="utf-8")
        os.mkfifo(tmp_path / label / f"pipe{ending}")
        (tmp_path / label / f"zero{ending}").symlink_to("/dev/zero")
    recipe = recipe_for(tmp_path)
    assert recipe.kind == ("images" if ending == ".png" else "text")
    found = load_facts(Project(data=recipe), tmp_path)
    assert found.rows + found.validation_rows + found.test_rows == 6
    if ending == ".txt":
        told = Data("text", path=str(tmp_path), options={"task": "next_token", "window": 2})
        assert load_facts(Project(data=told), tmp_path).rows > 0


def test_a_tree_of_other_files(tmp_path, monkeypatch):
    monkeypatch.setattr(class_folders, "_MOST_OTHERS", 40)
    for label in "ab":
        (tmp_path / label).mkdir()
        for place in range(4):
            (tmp_path / label / f"{place}.png").touch()
            for more in range(5):
                (tmp_path / label / f"{place}-{more}.xml").touch()
    # A few files beside each picture are no reason.
    assert len(class_folders.find_samples(tmp_path, (".png",)).parts[0].files) == 8
    for place in range(100):
        (tmp_path / "b" / f"{place}.log").touch()
    with pytest.raises(DataError, match="more than 40 files and folders, but only"):
        class_folders.find_samples(tmp_path, (".png",))


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="here everything may be read",
)
def test_a_folder_that_may_not_be_read(tmp_path):
    for label in ("a", "b", "c"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.png").touch()
    for locked in (tmp_path / "b", tmp_path):
        locked.chmod(0)
        try:
            with pytest.raises(DataError, match=f"'{locked.name}'.* cannot be read .Permission"):
                load_facts(Project(data=Data("images", path=str(tmp_path))), tmp_path)
        finally:
            locked.chmod(0o700)
