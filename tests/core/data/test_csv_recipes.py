"""What is found out about a table: tasks, categories, splits, scaling."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from netbuilder.core.data.load import load_dataset, load_facts
from netbuilder.core.data.preprocessing.cells import as_label, labels_of
from netbuilder.core.data.preprocessing.fitted_preprocessing import Preprocessing
from netbuilder.core.project.model import Data, Graph, Node, Project

SALES = Path(__file__).resolve().parents[4] / "shared" / "data"


def table(folder, **columns: object):
    pd.DataFrame(columns).to_csv(folder / "d.csv", index=False)


def project(graph=None, **data: object):
    options = data.pop("options", {})
    target = data.pop("target", ("y",))
    recipe = Data("csv", path="d.csv", target=target, options=options, **data)
    return Project(graph=graph or Graph(), data=recipe)


def dense(units):
    return Graph(
        (Node("input", "Input"), Node("out", "Dense", {"units": units})), (("input", "out"),)
    )


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (np.linspace(0, 1, 60), "regression", ()),
        (np.arange(60), "regression", ()),
        (np.arange(60) % 3, "classes", ("0", "1", "2")),
        (np.arange(60) % 12 + 1, "classes", tuple(str(i) for i in range(1, 13))),
        (np.arange(60) % 2, "binary", ("0", "1")),
        (["no", "yes", "yes"] * 20, "binary", ("no", "yes")),
        (["no", "yes", "yes "] * 20, "binary", ("no", "yes")),
        ([True, False, False] * 20, "binary", ("False", "True")),
        (["a", "c", "b"] * 20, "classes", ("a", "b", "c")),
    ],
)
def test_the_task_is_found(tmp_path, values, task, classes):
    table(tmp_path, x=np.arange(60.0), y=values)
    found = load_facts(project(), tmp_path)
    assert (found.task, found.classes) == (task, classes)


def test_the_task_can_be_set(tmp_path):
    table(tmp_path, x=np.arange(60.0), y=np.arange(60) % 3)
    assert load_facts(project(options={"task": "regression"}), tmp_path).task == "regression"


def test_several_0_1_targets_are_labels_and_several_numbers_are_numbers(tmp_path):
    table(tmp_path, x=np.arange(60.0), a=np.arange(60) % 2, b=np.arange(60) // 2 % 2)
    found = load_dataset(project(target=("a", "b")), tmp_path)
    assert found.facts.task == "multi_label"
    assert found.train.y["output"].shape[1] == 2
    table(tmp_path, x=np.arange(60.0), a=np.arange(60) * 1.5, b=np.arange(60) % 7)
    found = load_dataset(project(target=("a", "b")), tmp_path)
    assert (found.facts.task, found.facts.output_units) == ("regression", {"output": 2})


def test_text_columns_become_0_1_features(tmp_path):
    table(tmp_path, colour=["red", "blue", "green"] * 20, x=np.arange(60.0), y=np.arange(60.0))
    found = load_dataset(project(scaling="minmax", validation_split=0.0, test_split=0.0), tmp_path)
    assert found.facts.column_names == ("colour=blue", "colour=green", "colour=red", "x")
    assert found.train.raw_x["input"][:2, :3].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert set(np.unique(found.train.x["input"][:, :3])) == {0.0, 1.0}


def test_columns_of_names_are_left_out_with_a_note(tmp_path):
    names = [f"person {i}" for i in range(60)]
    table(tmp_path, name=names, x=np.arange(60.0), y=np.arange(60.0))
    found = load_facts(project(), tmp_path)
    assert found.column_names == ("x",)
    assert any("'name' contains" in note and "left out" in note for note in found.notes)


def test_a_row_counter_is_no_feature_and_a_file_without_header_works(tmp_path):
    frame = pd.DataFrame({"x": np.arange(60.0) ** 2, "y": np.arange(60.0) * 1.5})
    frame.to_csv(tmp_path / "d.csv")
    assert load_facts(project(), tmp_path).column_names == ("x",)
    frame.assign(z=3.5).to_csv(tmp_path / "d.csv", header=False, index=False)
    found = load_facts(project(target=("column 2",)), tmp_path)
    assert found.column_names == ("column 1", "column 3")
    assert found.rows + found.validation_rows + found.test_rows == 60


def test_splits_keep_the_share_of_classes_and_follow_the_seed(tmp_path):
    table(tmp_path, x=np.arange(400.0), y=["rare"] * 40 + ["usual"] * 360)
    found = load_dataset(project(), tmp_path)
    assert (found.facts.rows, found.facts.validation_rows, found.facts.test_rows) == (288, 32, 80)
    assert found.validation is not None
    assert int(found.test.y["output"].sum()) == 72
    again = load_dataset(project(), tmp_path)
    assert np.array_equal(again.train.x["input"], found.train.x["input"])
    rows = [part.raw_x["input"][:, 0] for part in (found.train, found.validation, found.test)]
    assert sorted(np.concatenate(rows)) == list(range(400))


def test_a_class_of_one_row_does_not_stop_the_split(tmp_path):
    table(tmp_path, x=np.arange(61.0), y=["a", "b", "b"] * 20 + ["lonely"])
    assert load_facts(project(), tmp_path).classes == ("a", "b", "lonely")


def test_minmax_and_standard_equal_scikit_learn_on_training_rows_only(tmp_path):
    random = np.random.default_rng(0)
    table(tmp_path, a=random.normal(5, 3, 200), b=random.uniform(0, 900, 200), c=[7.0] * 200,
          y=random.normal(0, 1e5, 200))  # fmt: skip
    for name, scaler in (("minmax", MinMaxScaler()), ("standard", StandardScaler())):
        found = load_dataset(project(scaling=name), tmp_path)
        raw = found.train.raw_x["input"].astype(np.float64)
        assert np.allclose(found.train.x["input"], scaler.fit_transform(raw), atol=1e-5)
        expected = scaler.transform(found.test.raw_x["input"].astype(np.float64))
        assert np.allclose(found.test.x["input"], expected, atol=1e-5)


def test_targets_are_scaled_too_and_come_back(tmp_path):
    values = np.linspace(1e4, 3e5, 60)
    table(tmp_path, x=np.arange(60.0), y=values)
    found = load_dataset(project(scaling="minmax", test_split=0.0, validation_split=0.0), tmp_path)
    scaled = found.train.y["output"]
    assert (scaled.min(), scaled.max()) == (0.0, 1.0)
    back = found.preprocessing.outputs["output"].undo(scaled)
    assert np.allclose(back[:, 0], values, rtol=1e-6)


def test_preprocessing_survives_json(tmp_path):
    table(tmp_path, c=["p", "q", "q"] * 20, x=np.arange(60.0), y=np.arange(60.0))
    preprocessing = load_dataset(project(), tmp_path).preprocessing
    assert Preprocessing.from_json(json.loads(json.dumps(preprocessing.to_json()))) == preprocessing


def test_two_classes_fit_one_unit_or_two(tmp_path):
    table(tmp_path, x=np.arange(60.0), y=np.arange(60) % 2)
    one = load_dataset(project(dense(1)), tmp_path).train.y["out"]
    assert (one.shape, one.dtype) == ((43, 1), np.float32)
    two = load_dataset(project(dense(2)), tmp_path).train.y["out"]
    assert (two.shape, two.dtype) == ((43,), np.int32)
    hot = load_dataset(project(dense(2), options={"one_hot": True}), tmp_path).train.y["out"]
    assert hot.shape == (43, 2)


def test_columns_go_to_inputs_and_targets_to_outputs_by_id(tmp_path):
    table(tmp_path, a=np.arange(60.0), b=np.arange(60.0), c=np.arange(60.0),
          price=np.arange(60.0), kind=["p", "q", "r"] * 20)  # fmt: skip
    graph = Graph(
        (Node("left", "Input"), Node("right", "Input"), Node("join", "Concatenate"),
         Node("number", "Dense", {"units": 1}), Node("class", "Dense", {"units": 3})),
        (("left", "join"), ("right", "join"), ("join", "number"), ("join", "class")),
    )  # fmt: skip
    found = load_dataset(
        project(
            graph,
            target=(),
            inputs={"left": ("a", "b"), "right": ("c",)},
            targets={"class": ("kind",), "number": ("price",)},
        ),
        tmp_path,
    )
    assert found.facts.input_shapes == {"left": (2,), "right": (1,)}
    assert found.facts.tasks == {"number": "regression", "class": "classes"}
    assert found.facts.output_classes["class"] == ("p", "q", "r")
    assert {key: value.shape[1:] for key, value in found.train.y.items()} == {
        "number": (1,),
        "class": (),
    }


def test_nine_columns_can_be_a_picture(tmp_path):
    table(tmp_path, **{f"p{i}": np.arange(60.0) + i for i in range(9)}, y=np.arange(60.0))
    graph = Graph((Node("input", "Input", {"shape": [3, 3, 1]}),))
    found = load_dataset(project(graph, scaling="minmax"), tmp_path)
    assert found.train.x["input"].shape[1:] == (3, 3, 1)
    assert len(found.preprocessing.inputs["input"].scale) == 1


def test_sample_weights_come_from_a_column(tmp_path):
    table(tmp_path, x=np.arange(60.0), w=np.linspace(0, 1, 60), y=np.arange(60.0))
    found = load_dataset(project(options={"sample_weight": "w"}), tmp_path)
    assert found.facts.column_names == ("x",)
    assert len(found.train.sample_weight) == found.facts.rows


def test_a_changed_file_is_read_again_and_an_edited_graph_is_not(tmp_path):
    table(tmp_path, x=np.arange(60.0), y=np.arange(60.0))
    first = load_facts(project(), tmp_path)
    assert load_facts(project(), tmp_path) is first
    table(tmp_path, x=np.arange(70.0), y=np.arange(70.0))
    assert load_facts(project(), tmp_path).rows > first.rows


@pytest.mark.skipif(not SALES.exists(), reason="the course's data is not here")
def test_sales_are_scaled_as_in_the_course():
    recipe = Data(
        "csv",
        path="sales_training.csv",
        test_path="sales_test.csv",
        target=("total_earnings",),
        scaling="minmax",
        validation_split=0.0,
    )
    found = load_dataset(Project(data=recipe), SALES)
    frame = pd.read_csv(SALES / "sales_training.csv")
    scaler = MinMaxScaler().fit(frame)
    test = pd.read_csv(SALES / "sales_test.csv")
    names = list(found.facts.column_names)
    for part, values in ((found.train, frame), (found.test, test)):
        scaled = pd.DataFrame(scaler.transform(values), columns=frame.columns)
        assert np.allclose(part.x["input"], scaled[names], atol=1e-6)
        assert np.allclose(part.y["output"][:, 0], scaled["total_earnings"], atol=1e-6)


def test_numbers_can_be_categories_and_stand_by_size(tmp_path):
    table(tmp_path, month=np.arange(60) % 12 + 1, y=np.arange(60.0))
    found = load_facts(project(options={"categories": "month"}), tmp_path)
    assert found.column_names == tuple(f"month={number}" for number in range(1, 13))


def test_a_column_that_is_named_twice_counts_once(tmp_path):
    table(tmp_path, x=np.arange(60.0), y=np.arange(60.0))
    found = load_dataset(
        project(dense(1), inputs={"input": ("x", "x")}, targets={"out": ("y", "y")}), tmp_path
    )
    assert found.facts.input_shapes == {"input": (1,)}
    assert found.train.y["out"].shape[1] == 1


def test_labels_of_a_column_are_those_of_its_cells():
    nothing = float("nan")
    for cells in (
        [1.0, 2.5, nothing, 1.0], [3, 3, 12], [" a", "a ", None, "b"], [True, 1, "x", None],
        [True, False],
    ):  # fmt: skip
        series = pd.Series(cells, index=range(7, 7 + len(cells)), name="c")
        found = labels_of(series)
        assert found.index.equals(series.index)
        said = [None if value != value or value is None else value for value in found]  # noqa: PLR0124
        assert said == [None if pd.isna(cell) else as_label(cell) for cell in cells]
