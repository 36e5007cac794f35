"""From a file to a network in one step: each kind gets what fits it, and learns."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import netbuilder as nb
from netbuilder.cli import main
from netbuilder.core.errors import DataError
from netbuilder.core.results.suggestion.selection import suggest


def layers(found):
    graph = found.project.graph
    return [graph.by_id[name].layer for name in graph.order]


@pytest.fixture
def table(tmp_path):
    """600 rows of a rule that is known: the price is 1000 + 40 a kilo, red costs 500 more."""
    random = np.random.default_rng(0)
    kilos, colour = random.uniform(1, 50, 600), random.choice(["red", "blue"], 600)
    price = 1000 + 40 * kilos + 500 * (colour == "red")
    frame = pd.DataFrame({"kg": kilos.round(1), "colour": colour, "price": price.round(0)})
    frame.loc[::50, "kg"] = np.nan
    frame.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


@pytest.mark.slow
def test_a_table_of_numbers_and_words(table):
    found = suggest(table, "price", seconds=0)
    assert found.task == "regression"
    assert layers(found)[0] == "Input"
    assert layers(found)[-1] == "Dense"
    assert found.project.data.options["missing"] == "median"
    assert len(found.reasons) >= 5
    model = nb.new(table, "price").train(seed=1, progress=False)
    said = model.predict([{"kg": 10.0, "colour": "red"}, {"kg": 10.0, "colour": "blue"}])
    assert said == pytest.approx([1900, 1400], rel=0.08)


def test_pictures_and_texts(tmp_path):
    for label, value in (("dark", 30), ("light", 220)):
        (tmp_path / "p" / label).mkdir(parents=True)
        for index in range(10):
            Image.new("RGB", (32, 32), (value + index,) * 3).save(
                tmp_path / "p" / label / f"{index}.png"
            )
    found = suggest(tmp_path / "p")
    assert layers(found).count("Conv2D") == 2
    said = {"text": ["a good film", "so bad and dull"] * 20, "mood": ["up", "down"] * 20}
    pd.DataFrame(said).to_csv(tmp_path / "t.csv", index=False)
    found = suggest(tmp_path / "t.csv", "mood")
    assert found.task == "binary"


def test_an_unknown_target_is_refused(table):
    with pytest.raises(DataError):
        suggest(table, "weight")


@pytest.mark.slow
def test_the_command(table, capfd):
    assert main(["new", str(table), "--target", "price", "--json"]) == 0
    found = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert set(found) == {"project", "target", "task", "layers", "reasons"}
    assert found["target"] == ["price"]
    assert main(["check", found["project"]]) == 0
