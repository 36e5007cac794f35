"""Large data: refused before it fills the memory, or prepared once to give the same."""

import gzip
import lzma
import os
import time
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from netbuilder.core.data import load as streaming, progress
from netbuilder.core.data.kinds.kind import DataLocation
from netbuilder.core.data.load import load_dataset, load_facts, load_preview
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.readers import class_folders, disk_cache, large_csv
from netbuilder.core.data.registry import KINDS, recipe_for
from netbuilder.core.errors import DataError
from netbuilder.core.project.model import ColumnChoice, Data, Project
from tests.core.data.stream_batches import stream_batches

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


ROWS = 2000


def project(**data: object):
    options = {"memory_limit_mb": 0.001, **data.pop("options", {})}
    settings = {"target": ("y",), "test_split": 0.0, "validation_split": 0.0, **data}
    return Project(data=Data("csv", path="d.csv", options=options, **settings))


@pytest.fixture
def folder(tmp_path, home, monkeypatch):
    monkeypatch.setattr(large_csv, "CHUNK_ROWS", 300)
    monkeypatch.setattr(large_csv, "HELD_ROWS", 100)
    monkeypatch.setattr(large_csv, "FIRST_ROWS", 300)
    return tmp_path


def frame():
    source = np.random.default_rng(3)
    steps = np.arange(ROWS)
    return pd.DataFrame(
        {
            "n": source.normal(50, 9, ROWS).round(3),
            "c": source.choice(["Ulm", "Köln", "Bonn"], ROWS),
            "money": [f"${v:,}" for v in source.integers(500, 9000, ROWS)],
            "day": pd.date_range("2020-01-01", periods=ROWS).strftime("%d.%m.%Y"),
            "ok": np.where(steps % 3 == 0, "yes", "no"),
            "y": source.normal(0, 1, ROWS).round(4),
        }
    )


CHOICES = {"day": ColumnChoice(type="date"), "ok": ColumnChoice(type="boolean")}


def whole(data, shuffle=False, seed=1):
    assert data.stream is not None
    batches = list(stream_batches(data.stream, 64, shuffle, seed))
    return (
        np.concatenate([batch[0]["input"] for batch in batches]),
        np.concatenate([batch[1]["output"] for batch in batches]),
    )


@pytest.mark.parametrize("scaling", ["none", "minmax", "standard"])
def test_the_numbers_are_those_of_a_table_in_memory(folder, scaling):
    frame().to_csv(folder / "d.csv", index=False)
    streamed = load_dataset(project(scaling=scaling, columns=CHOICES), folder)
    inside = load_dataset(
        project(scaling=scaling, columns=CHOICES, options={"memory_limit_mb": 500}), folder
    )
    assert inside.stream is None
    x, y = whole(streamed)
    np.testing.assert_allclose(x, inside.train.x["input"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(y, inside.train.y["output"], rtol=1e-5, atol=1e-6)
    mine, theirs = (d.preprocessing.inputs["input"].columns for d in (streamed, inside))
    assert [(c.name, c.kind, c.categories, c.style) for c in mine] == [
        (c.name, c.kind, c.categories, c.style) for c in theirs
    ]
    assert streamed.facts.column_names == ("n", "c=Bonn", "c=Köln", "c=Ulm", "money", "day", "ok")


@pytest.mark.parametrize("rule", ["drop", "mean", "median", "most_frequent"])
def test_missing_values_are_judged_over_the_whole_file(folder, rule):
    table = frame()[["n", "c", "y"]]
    table.loc[600:950, "n"] = None  # one chunk and more
    table.loc[1200, "c"] = None
    table.to_csv(folder / "d.csv", index=False)
    with pytest.raises(DataError, match=r"column 'n' in lines 602, 603, .*column 'c' in line 1202"):
        load_dataset(project(), folder)
    streamed = load_dataset(project(options={"missing": rule}, scaling="none"), folder)
    inside = load_dataset(
        project(options={"missing": rule, "memory_limit_mb": 500}, scaling="none"), folder
    )
    np.testing.assert_allclose(whole(streamed)[0], inside.train.x["input"], rtol=1e-6)


def test_a_rare_class_far_down_is_a_class(folder):
    table = frame().assign(y=["common"] * (ROWS - 3) + ["rare"] * 3)
    table.to_csv(folder / "d.csv", index=False)
    data = load_dataset(project(), folder)
    assert data.facts.classes == ("common", "rare")
    assert data.facts.class_counts == (ROWS - 3, 3)
    assert whole(data)[1].sum() == 3


def test_a_column_that_is_empty_throughout_is_left_out(folder):
    frame().assign(nothing=None)[["nothing", "n", "y"]].to_csv(folder / "d.csv", index=False)
    data = load_dataset(project(), folder)
    assert data.facts.column_names == ("n",)
    assert "Column 'nothing' is empty and was left out." in data.facts.notes


def test_each_row_comes_once_an_epoch_in_an_order_of_its_own(folder):
    frame().assign(n=np.arange(ROWS)).to_csv(folder / "d.csv", index=False)
    data = load_dataset(project(scaling="none"), folder)
    plain, first, second = (
        whole(data, s, n)[0][:, 0] for s, n in ((False, 0), (True, 1), (True, 2))
    )
    np.testing.assert_array_equal(plain, np.arange(ROWS))
    np.testing.assert_array_equal(np.sort(first), plain)
    assert not np.array_equal(first, second)
    assert abs(np.corrcoef(first, plain)[0, 1]) < 0.1


@pytest.mark.parametrize("run_bytes", [8, 200, 1 << 20])
def test_blocks_hold_each_row_once_whatever_their_size(folder, monkeypatch, run_bytes):
    monkeypatch.setattr(streaming, "_RUN_BYTES", run_bytes)
    frame().assign(n=np.arange(ROWS)).to_csv(folder / "d.csv", index=False)
    stream = load_dataset(project(scaling="none"), folder).stream
    assert stream is not None
    for size in (7, 128, ROWS):
        blocks = [stream.block(first, size, 5) for first in range(0, ROWS, size)]
        assert [len(one.order) for one in blocks[:-1]] == [size] * (
            ROWS // size - (ROWS % size == 0)
        )
        rows = np.concatenate([one.pick(one.order)[0]["input"][:, 0] for one in blocks])
        np.testing.assert_array_equal(np.sort(rows), np.arange(ROWS))
        plain = [stream.block(first, size, None) for first in range(0, ROWS, size)]
        kept = np.concatenate([one.pick(one.order)[0]["input"][:, 0] for one in plain])
        np.testing.assert_array_equal(kept, np.arange(ROWS))


def test_it_is_prepared_once(folder, monkeypatch):
    frame().to_csv(folder / "d.csv", index=False)
    told: list[tuple[int, int]] = []

    def listen(done, of):
        told.append((done, of))
        return True

    with progress.progress_listener(listen):
        load_dataset(project(), folder)
    assert told[-1] == (ROWS, ROWS)
    assert max(done for done, of in told if of != ROWS) == (folder / "d.csv").stat().st_size
    told.clear()
    with progress.progress_listener(listen):
        load_dataset(replace(project(), name="Again"), folder)
    assert told == []


def test_it_can_be_stopped_and_leaves_nothing_half_done(folder):
    frame().to_csv(folder / "d.csv", index=False)
    with (
        progress.progress_listener(lambda done, of: False),
        pytest.raises(progress.ReadingCancelledError),
    ):
        load_dataset(project(), folder)
    assert list(disk_cache.cache_folder().iterdir()) == []
    assert load_dataset(project(), folder).facts.rows == ROWS


def test_a_changed_file_is_prepared_anew(folder):
    frame().to_csv(folder / "d.csv", index=False)
    before = whole(load_dataset(project(scaling="none"), folder))[1]
    frame().assign(y=lambda t: t["y"] + 1).to_csv(folder / "d.csv", index=False)
    after = whole(load_dataset(project(scaling="none"), folder))[1]
    np.testing.assert_allclose(after, before + 1, atol=1e-5)


def test_what_was_not_used_for_longest_goes_first(home):
    def make(folder):
        (folder / "values").write_bytes(b"x" * 1000)
        (folder / "meta.json").write_text("{}")

    for index, key in enumerate("abc"):
        folder = disk_cache.prepared_folder(key, make)
        import os

        os.utime(folder / "meta.json", (index, index))
    disk_cache.prune_cache(keep="a", limit=2500)
    assert sorted(folder.name for folder in disk_cache.cache_folder().iterdir()) == ["a", "c"]


def test_pictures_are_decoded_once_and_stay_8_bit(tmp_path, home):
    for label, grey in (("dark", 40), ("light", 210)):
        (tmp_path / "p" / label).mkdir(parents=True)
        for index in range(30):
            Image.new("L", (16, 16), grey + index % 7).save(tmp_path / "p" / label / f"{index}.png")
    options = {"color_mode": "grayscale", "image_size": [16, 16]}
    recipe = Data("images", path="p", options={**options, "memory_limit_mb": 0.02})
    streamed = load_dataset(Project(data=recipe), tmp_path)
    inside = load_dataset(Project(data=replace(recipe, options=options)), tmp_path)
    x, y = whole(streamed)
    np.testing.assert_allclose(x, inside.train.x["input"], atol=1e-6)
    np.testing.assert_array_equal(y, inside.train.y["output"])
    sizes = {file.stat().st_size for file in disk_cache.cache_folder().glob("*/x0.bin")}
    assert sizes == {len(x) * 16 * 16}


def test_a_long_text_of_few_numbers_is_trained_in_memory(folder):
    table = frame().assign(note="a long remark that is nobody's number " * 20)[["note", "n", "y"]]
    table.to_csv(folder / "d.csv", index=False)
    columns = {"note": ColumnChoice("ignore")}
    recipe = project(columns=columns, scaling="none", options={"memory_limit_mb": 0.5})
    data = load_dataset(recipe, folder)
    assert (data.stream, data.facts.streamed, len(data.train)) == (None, False, ROWS)
    np.testing.assert_allclose(data.train.raw_x["input"][:, 0], table["n"], rtol=1e-6)
    np.testing.assert_allclose(data.train.raw_y["output"][:, 0], table["y"], rtol=1e-6)
