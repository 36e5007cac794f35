"""``netbuilder explain`` and ``netbuilder tune`` as other programs use them."""

import json

import numpy as np
import pytest

from netbuilder.cli import main
from netbuilder.core.formats import registry
from netbuilder.core.project import files
from netbuilder.core.project.model import Data, Project, Training
from netbuilder.core.results.explain.methods import explain
from tests.core.results.conftest import chain, digits_model, house_folder, house_model, houses

__all__ = ["digits_model", "house_folder", "house_model"]


@pytest.mark.slow
def test_a_row_of_a_table(house_model, tmp_path, capsys):
    registry.save_network(house_model[0], tmp_path / "m.h5")
    houses(60, 5).to_csv(tmp_path / "new.csv", index=False)
    houses(60, 5)[["size", "town"]].to_csv(tmp_path / "bare.csv", index=False)
    for name in ("new.csv", "bare.csv"):
        words = ["explain", str(tmp_path / "m.h5"), str(tmp_path / name), "--row", "2", "--json"]
        assert main([*words, "-o", str(tmp_path / "why.png")]) == 0
        found = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert found["method"] == "importance"
        assert found["answer"].startswith("price: ")
        assert list(found["importance"]) == ["size", "town"]
        assert found["importance"]["size"] > found["importance"]["town"] > 0
    assert (tmp_path / "why.png").stat().st_size > 1000
    assert main([*words[:3], "--row", "60"]) == 1
    assert "There is no row 60. Rows are numbered from 0 to 59." in capsys.readouterr().err
    assert main([*words[:3], "--method", "grad_cam"]) == 1
    assert "The method 'grad_cam' does not fit this network." in capsys.readouterr().err
    assert main(["explain", str(tmp_path / "m.h5"), "absent.csv"]) == 1
    assert "There is no file 'absent.csv'." in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_says_what_the_window_says(digits_model, tmp_path, capsys):
    """Each way for a picture, also where Grad-CAM is black: the very heat map and sentence."""
    trained, data = digits_model
    raw = data.test.raw_x["input"][:12]
    np.savez(tmp_path / "p.npz", x=raw)
    registry.save_network(trained, tmp_path / "m.h5")
    for row in range(4):
        for method in ("grad_cam", "integrated_gradients", "occlusion"):
            words = ["explain", str(tmp_path / "m.h5"), str(tmp_path / "p.npz"), "--row", str(row)]
            assert main([*words, "--method", method, "--json"]) == 0
            said = json.loads(capsys.readouterr().out.splitlines()[-1])
            shown = explain(trained, {"input": raw[row]}, method)
            assert said["sentence"] == shown.sentence
            assert said["method"] == shown.method
            assert np.allclose(said["heatmap"], shown.heatmap, atol=1e-4)


@pytest.mark.slow
def test_variants_are_tried(house_folder, tmp_path, capsys):
    graph = chain(("hidden", "Dense", {"units": 4}), ("out", "Dense", {"units": 1}))
    recipe = Data("csv", path="houses.csv", target=("price",), scaling="standard")
    project = Project("Houses", graph, recipe, Training(epochs=2))
    files.write(project, house_folder / "p.netbuilder")
    out = tmp_path / "best.netbuilder"
    words = ["tune", str(house_folder / "p.netbuilder"), "--vary", "hidden.units=2,16"]
    words += ["--vary", "training.optimizer.learning_rate=log:1e-4:1e-1", "--trials", "3"]
    assert main([*words, "--json", "-o", str(out)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(found["trials"]) == 3
    assert set(found["trials"][0]) >= {"values", "score", "epochs", "pruned"}
    assert set(found["importance"]) == set(found["best"])
    best = registry.read_project(out)
    assert best.graph.by_id["hidden"].params["units"] == found["best"]["hidden.units"]
    assert (out.parent / best.data.path).resolve() == (house_folder / "houses.csv").resolve()
    assert main(["tune", str(out), "--vary", "hidden.unit=1"]) == 1
    assert "Did you mean 'units'?" in capsys.readouterr().err
