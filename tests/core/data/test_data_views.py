"""What is shown of data is what the network gets."""

from datetime import date, timedelta

import h5py
import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image

from netbuilder.core.data.data_report import make_report
from netbuilder.core.data.data_views import (
    MOST_ROWS,
    SplitDataView,
    TableDataView,
    correlation,
    find_data_views,
    table_data_view,
)
from netbuilder.core.data.kinds.arrays.view import ArraysDataView, arrays_data_view, set_array_use
from netbuilder.core.data.kinds.images.view import (
    PictureQuery,
    PicturesDataView,
    raw_pictures,
    select_pictures,
)
from netbuilder.core.data.kinds.series.view import LOOKED_BACK_AT, SequencesDataView, SeriesDataView
from netbuilder.core.data.kinds.sounds.view import SoundsDataView, load_clip
from netbuilder.core.data.kinds.text.view import TextsDataView
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.preprocessing.cells import number_summary
from netbuilder.core.project.model import Data, Graph, Node, Project

GRAPH = Graph((Node("input", "Input"), Node("out", "Dense", {"units": 1})), (("input", "out"),))


def _project(data):
    return Project("t", GRAPH, data)


def _looks(data, base):
    project = _project(data)
    return {type(one): one for one in find_data_views(project, base, make_report(project, base))}


def test_a_table_shows_how_its_classes_are_shared_out(tmp_path):
    rows = [f"{n},{2 * n % 7},{'cat' if n % 4 else 'dog'}" for n in range(200)]
    (tmp_path / "t.csv").write_text("a,b,pet\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = Data("csv", path="t.csv", target=("pet",), validation_split=0.25, test_split=0.2)
    found = _looks(data, tmp_path)
    assert set(found) == {TableDataView, SplitDataView}
    parts = found[SplitDataView]
    assert parts.names == ("cat", "dog")
    # 150 cats, 50 dogs; a fifth judges, a quarter of the rest watches.
    assert parts.counts.tolist() == [[90, 30, 30], [30, 10, 10]]


def test_a_number_is_counted_by_ranges_and_a_test_file_counts_as_test(tmp_path):
    lines = "a,price\n" + "\n".join(f"{n},{100 * n}" for n in range(121)) + "\n"
    (tmp_path / "t.csv").write_text(lines, encoding="utf-8")
    (tmp_path / "own.csv").write_text("a,price\n1,150\n2,11950\n3,11990\n", encoding="utf-8")
    data = Data("csv", path="t.csv", test_path="own.csv", target=("price",), validation_split=0)
    parts = _looks(data, tmp_path)[SplitDataView]
    assert parts.names[0] == "0 to 1000"
    assert parts.counts[:, 0].tolist() == [10] * 11 + [11]
    assert parts.counts[:, 2].tolist() == [1, *[0] * 10, 2]


def test_texts_show_unknown_words_and_what_is_cut_off(tmp_path):
    rows = ["good good film rare extra", "bad bad film", *["good film", "bad film"] * 20]
    lines = [f"{text},{'yes' if 'good' in text else 'no'}" for text in rows]
    (tmp_path / "t.csv").write_text("text,liked\n" + "\n".join(lines) + "\n", encoding="utf-8")
    data = Data(
        "text", path="t.csv", target=("liked",), validation_split=0, test_split=0,
        options={"max_words": 5, "sequence_length": 4},
    )  # fmt: skip
    look = _looks(data, tmp_path)[TextsDataView]
    assert (look.count, look.vocabulary, look.cut) == (42, 3, 4)
    first = look.rows[0]
    assert first.label == "yes"
    assert [(t.text, t.unknown, t.cut) for t in first.tokens] == [
        ("good", False, False), ("good", False, False), ("film", False, False),
        ("rare", True, False), ("extra", True, True),
    ]  # fmt: skip
    assert (look.longer, look.measured) == (1, 42)
    assert look.unknown == pytest.approx(2 / (5 + 3 + 80))
    assert sum(look.lengths) == 42
    # What the network gets is the same numbers.
    plan = prepare_data(_project(data), tmp_path)
    entry = plan.preprocessing.inputs["input"]
    assert [entry.vocabulary[t.number] for t in first.tokens[:3]] == ["good", "good", "film"]


def test_a_long_text_shows_its_windows_and_what_follows(tmp_path):
    (tmp_path / "t.txt").write_text("abcd" * 40, encoding="utf-8")
    options = {"task": "next_token", "window": 3}
    look = _looks(Data("text", path="t.txt", options=options), tmp_path)[TextsDataView]
    assert look.windows
    assert "".join(token.text for token in look.rows[0].tokens) == "abc"
    assert look.rows[0].label == "d"


def test_no_window_spans_a_gap_and_the_rows_behind_it_are_only_looked_back_at(tmp_path):
    start = date(2024, 1, 1)
    days = [n for n in range(100) if not 40 <= n < 50]
    rows = [f"{start + timedelta(n)},{n},{100 - n}" for n in days]
    (tmp_path / "t.csv").write_text("day,up,down\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = Data(
        "series", path="t.csv", target=("up",), validation_split=0.25, test_split=0.2,
        options={"window": 5},
    )  # fmt: skip
    look = _looks(data, tmp_path)[SeriesDataView]
    assert look.columns == ("up", "down")
    assert (look.order, look.dates, look.window, look.horizon) == ("day", True, 5, 1)
    before, behind = look.stretches
    epoch = (start - date(1970, 1, 1)).days
    assert (before.times[0], before.times[-1]) == (epoch, epoch + 39)
    assert (behind.times[0], behind.times[-1]) == (epoch + 50, epoch + 99)
    for stretch in (before, behind):
        assert (stretch.parts[:5] == LOOKED_BACK_AT).all()
        assert (stretch.parts[5:] != LOOKED_BACK_AT).all()
    # 80 windows: 64 to learn and watch, of these 48 and 16, then 16 to judge; in order of time.
    told = np.concatenate([before.parts[5:], behind.parts[5:]])
    assert told.tolist() == [0] * 48 + [1] * 16 + [2] * 16
    assert before.values["up"].tolist() == list(range(40))


def test_of_several_steps_ahead_the_first_rows_alone_are_never_predicted(tmp_path):
    rows = "\n".join(str(n) for n in range(60))
    (tmp_path / "t.csv").write_text(f"x\n{rows}\n", encoding="utf-8")
    data = Data("series", path="t.csv", target=("x",), options={"window": 5, "horizon": 3})
    (stretch,) = _looks(data, tmp_path)[SeriesDataView].stretches
    assert np.flatnonzero(stretch.parts == LOOKED_BACK_AT).tolist() == [0, 1, 2, 3, 4]
    assert (stretch.parts[5:8] == 0).all(), "the targets of the first sample, which is trained on"


def test_a_series_that_comes_along_is_whole_again(tmp_path):
    data = Data("builtin", name="temperatures", options={"years": 1})
    look = _looks(data, tmp_path)[SeriesDataView]
    (stretch,) = look.stretches
    from netbuilder.core.data.kinds.builtin.generated import temperatures

    made = np.asarray(temperatures(1, 0))
    assert np.allclose(stretch.values["temperature"], made[:-1])
    assert (stretch.parts[:14] == LOOKED_BACK_AT).all()


def test_sequences_of_each_class(tmp_path):
    look = _looks(Data("builtin", name="waves"), tmp_path)[SequencesDataView]
    assert {name: look.labels.count(name) for name in set(look.labels)} == dict.fromkeys(
        ("noise", "sawtooth", "sine", "square"), 6
    )
    sine = look.values[look.labels.index("sine"), :, 0]
    square = look.values[look.labels.index("square"), :, 0]
    assert np.abs(np.diff(sine)).max() < np.abs(np.diff(square)).max()


def test_a_tone_is_loudest_at_its_own_pitch(tmp_path):
    seconds = np.arange(8000) / 16_000
    for name, pitch in (("low", 200.0), ("high", 3000.0)):
        (tmp_path / "tones" / name).mkdir(parents=True)
        for number in range(6):
            wave = 0.5 * np.sin(2 * np.pi * pitch * seconds).astype("float32")
            soundfile.write(tmp_path / "tones" / name / f"{number}.wav", wave, 16_000)
    look = _looks(Data("sounds", path="tones"), tmp_path)[SoundsDataView]
    assert sorted(set(look.labels)) == ["high", "low"]
    assert set(look.parts) <= {0, 1, 2}
    loudest = {}
    for name in ("low", "high"):
        heard = load_clip(look, look.labels.index(name))
        assert heard.wave.max() == pytest.approx(0.5, abs=0.01)
        loudest[name] = int(heard.pitches[10].argmax())
        # The mel scale: 2595 log10(1 + f / 700) of 2840 up to 8,000 Hz, in 40 pitches.
        mel = 2595 * np.log10(1 + {"low": 200.0, "high": 3000.0}[name] / 700)
        assert abs(loudest[name] - (mel / 2840 * 41 - 1)) <= 1
    assert loudest["low"] < loudest["high"]


@pytest.fixture
def pictures(tmp_path):
    for part, count in (("train", 12), ("test", 4)):
        for name, grey in (("dark", 40), ("light", 200)):
            folder = tmp_path / "pics" / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                Image.new("L", (9, 7), grey + number).save(folder / f"{number}.png")
    return tmp_path


def test_pictures_by_class_and_part(pictures):
    data = Data("images", path="pics", validation_split=0.25, options={"color_mode": "grayscale"})
    look = _looks(data, pictures)[PicturesDataView]
    assert (look.classes, look.count) == (("dark", "light"), 32)
    plan = prepare_data(_project(data), pictures)
    mixed = select_pictures(plan, PictureQuery())
    assert (len(mixed.images), mixed.matching) == (32, 32)
    for image, label in zip(mixed.images, mixed.labels, strict=True):
        assert (image.mean() > 100) == (label == "light")
    tested = select_pictures(plan, PictureQuery("light", 2))
    assert set(tested.labels) == {"light"}
    assert set(tested.parts) == {2}
    assert sorted(int(image[0, 0, 0]) for image in tested.images) == [200, 201, 202, 203]
    raw = raw_pictures(plan, plan.preprocessing.inputs["input"], tested.rows)
    assert np.array_equal(raw, tested.images)
    assert select_pictures(plan, PictureQuery("dark", 1)).matching == 3
    some = [
        select_pictures(plan, PictureQuery(draw=draw, count=5)).rows.tolist() for draw in (0, 0, 1)
    ]
    assert some[0] == some[1] != some[2]


def test_data_that_cannot_be_trained_on_shows_its_table_all_the_same(tmp_path):
    rows = "\n".join(f"{n},{'' if n == 3 else n * n}" for n in range(30))
    (tmp_path / "t.csv").write_text(f"a,b\n{rows}\n", encoding="utf-8")
    assert set(_looks(Data("csv", path="t.csv", target=("b",)), tmp_path)) == {TableDataView}


@pytest.fixture
def measured(tmp_path):
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["run1/signal"] = np.random.default_rng(0).normal(size=(30, 8)).astype("float32")
        file["run1/state"] = np.arange(30, dtype="int16") % 2
        file["names"] = ["a", "b"]
        file["elsewhere"] = h5py.SoftLink("/run1/state")
    return tmp_path


def test_arrays_of_any_name_are_seen_before_it_is_clear_what_they_are(measured):
    project = _project(Data("arrays", path="m.h5"))
    look = arrays_data_view(project, measured)
    assert {n: (i.shape, i.type) for n, i in look.arrays.items()} == {
        "run1/signal": ((30, 8), "float32"), "run1/state": ((30,), "int16"),
        "names": ((2,), "text"),
    }  # fmt: skip
    assert look.uses == {}, "three arrays of no usual name: it is asked"
    assert find_data_views(project, measured, None) == (look,)
    project = set_array_use(project, "run1/state", "y")
    project = set_array_use(project, "run1/signal", "x")
    assert project.data.options == {"x": "run1/signal", "y": "run1/state"}
    found = {
        type(one): one for one in find_data_views(project, measured, make_report(project, measured))
    }
    again = found[ArraysDataView]
    assert again.uses == {"run1/signal": "x", "run1/state": "y"}
    assert found[SplitDataView].counts.sum() == 30
    project = set_array_use(project, "names", "x")
    assert project.data.options == {"x": "names", "y": "run1/state"}
    project = set_array_use(project, "names", "")
    assert project.data.options == {"y": "run1/state"}


def test_arrays_go_to_several_inputs(tmp_path):
    rows = np.arange(24.0).reshape(12, 2)
    np.savez(tmp_path / "a.npz", one=rows, two=rows + 1, hit=np.arange(12) % 3)
    nodes = (Node("left", "Input"), Node("right", "Input"), Node("out", "Concatenate"))
    graph = Graph(nodes, (("left", "out"), ("right", "out")))
    project = Project("t", graph, Data("arrays", path="a.npz"))
    look = arrays_data_view(project, tmp_path)
    assert look.arrays["hit"].type == "int64"
    assert list(look.choices) == ["", "left", "right", "y", "x_test", "y_test"]
    for name, use in (("two", "left"), ("one", "right"), ("hit", "y")):
        project = set_array_use(project, name, use)
    assert project.data.inputs == {"left": ("two",), "right": ("one",)}
    plan = prepare_data(project, tmp_path)
    assert plan.preprocessing.inputs["left"].source == "two"
    look = arrays_data_view(project, tmp_path)
    assert look.uses == {"two": "left", "one": "right", "hit": "y"}


def test_a_link_out_of_the_file_is_not_followed(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["x"] = np.zeros((9, 2))
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["x"] = h5py.ExternalLink("secret.h5", "/x")
        file["y"] = np.zeros(9)
    assert arrays_data_view(_project(Data("arrays", path="m.h5")), tmp_path) is None


def _look(tmp_path, text, target):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    project = Project("t", GRAPH, Data("csv", path="t.csv", target=(target,)))
    return table_data_view(project, tmp_path, make_report(project, tmp_path))


def test_correlation_of_columns_whose_relation_is_known(tmp_path):
    rows = [f"{n},{10 - 2 * n},{7},{(n * 7919) % 13}" for n in range(40)]
    look = _look(tmp_path, "up,down,same,mixed\n" + "\n".join(rows) + "\n", "mixed")
    r = correlation(look)
    names = look.names
    up, down = names.index("up"), names.index("down")
    assert r[up, down] == -1
    assert r[up, up] == 1
    if "same" in names:
        assert np.isnan(r[up, names.index("same")])
    wanted = np.corrcoef(range(40), [(n * 7919) % 13 for n in range(40)])[0, 1]
    assert np.isclose(r[up, names.index("mixed")], wanted)


def test_classes_colour_the_points_and_large_tables_are_sampled(tmp_path):
    rows = [f"{n},{n % 5},{'cat' if n % 2 else 'dog'}" for n in range(MOST_ROWS + 500)]
    look = _look(tmp_path, "a,b,pet\n" + "\n".join(rows) + "\n", "pet")
    assert set(look.labels) == {"cat", "dog"}
    assert (len(look.values), look.sampled, look.target) == (MOST_ROWS, 500, "pet")
    a = look.values[:, look.names.index("a")]
    assert all(
        (value % 2 == 1) == (label == "cat") for value, label in zip(a, look.labels, strict=True)
    )


def test_numbers_at_a_glance_are_what_pandas_says_of_them():
    """NumPy on the values of a column, against pandas: the careful way."""
    source = np.random.default_rng(0)
    for turn in range(200):
        series = pd.Series(source.normal(size=source.integers(1, 90)) * 100).round(turn % 3)
        if turn % 4 == 1:
            series[source.random(len(series)) < 0.2] = np.nan
        series = series.astype(int) if turn % 4 == 2 else series
        values = series.astype(float).dropna()
        found = number_summary(series)
        if found is None:
            assert not len(values)
            continue
        whole = bool((values == values.round()).all())
        assert tuple(found) == (
            values.min(), values.max(), values.mean(), values.median(), values.mode()[0], whole,
            series.nunique(),
        )  # fmt: skip
