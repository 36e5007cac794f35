"""Models from elsewhere through the commands: what is left out or cannot be drawn is told."""

import json


def test_an_unknown_loss_is_noted(run, tmp_path):
    import h5py
    import keras
    import numpy as np

    path = tmp_path / "m.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)
    plan = {
        "optimizer_config": {"class_name": "Custom>RMSprop", "config": {"learning_rate": 0.01}},
        "loss": "my_own_loss",
    }
    with h5py.File(path, "r+") as file:
        file.attrs["training_config"] = json.dumps(plan)
    project, rows = tmp_path / "p.netbuilder", tmp_path / "r.npz"
    np.savez(rows, x=np.zeros((2, 3), "float32"))
    done = run("import", path, "-o", project, "--json")
    assert done.code == 0, done.err
    assert "my_own_loss" in done.json["notes"][0]
    training = json.loads(project.read_text(encoding="utf-8"))["training"]
    assert training["optimizer"] == {"name": "RMSprop", "params": {"learning_rate": 0.01}}
    assert "loss" not in training
    for words in (
        ("check", path),
        ("predict", path, rows),
        ("export", path, "-o", tmp_path / "x.keras"),
    ):
        done = run(*words)
        assert "my_own_loss" in done.err
        assert "Do not open" not in done.err
        assert done.code == (1 if words[0] == "check" else 0), done.err


def test_an_operation_that_is_no_layer_is_told(run, tmp_path):
    import keras

    start = keras.Input((4, 3))
    path = tmp_path / "m.keras"
    keras.Model(start, keras.ops.mean(start, axis=1) * 2).save(path)
    done = run("import", path, "-o", tmp_path / "p.netbuilder", "--json")
    assert done.code == 0, done.err
    assert len(done.json["placeholders"]) == 1
    assert "operation 'Mean'" in done.err
    assert "not dangerous" in done.err
    assert "GlobalAveragePooling1D" in done.err
