"""What anybody can do with a written network and plain Keras; NetBuilder is not there.

``python plain_reader.py FOLDER...`` prints, for each folder and each file in it, the answers to
the rows in ``cells.json``, as JSON. What a ``.h5`` cannot hold is read out of its attributes.
"""

import contextlib
import datetime
import functools
import io
import json
import math
import os
import re
import runpy
import sys
from pathlib import Path

sys.modules["netbuilder"] = None

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

# Tracing each script's training step takes seconds, its few steps themselves far less.
keras.Model.compile = functools.partialmethod(keras.Model.compile, run_eagerly=True)


def of_column(column, cells):
    """The features of a column, by what stands in the attribute ``netbuilder_preprocessing``."""
    cells = [column["fill"] if cell is None else cell for cell in cells]
    if column["kind"] == "category":
        known = column["categories"]
        return [[float(str(cell) == word) for word in known] for cell in cells]
    if column["kind"] == "boolean":
        return [[float(column["categories"].index(str(cell)))] for cell in cells]
    if column["kind"] == "date":
        return [[float(days(cell))] for cell in cells]
    return [[float(cell)] for cell in cells]


def days(date):
    return (datetime.date.fromisoformat(date) - datetime.date(1970, 1, 1)).days


def raw(entry, cells, name):
    if entry["kind"] == "table":
        parts = [of_column(column, cells[column["name"]]) for column in entry["columns"]]
        return np.concatenate(parts, axis=1)
    given = cells[name]
    numbers = {word: number for number, word in enumerate(entry["vocabulary"])}
    if entry["kind"] == "text":
        rows = np.zeros((len(given), entry["shape"][0]), "int32")
        for row, text in zip(rows, given, strict=True):
            bare = re.sub(r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']", "", text.lower())
            words = [numbers.get(word, 1) for word in bare.split()][: len(row)]
            row[: len(words)] = words
        return rows
    if entry["kind"] == "tokens":
        shown = {" ": "␣", "\n": "↵"}
        ids = [[numbers.get(shown.get(one, one), 1) for one in text.lower()] for text in given]
        size = entry["shape"][0]
        return np.array([([0] * size + one)[-size:] for one in ids], "int32")
    if entry["sound"]:
        return np.stack([log_mel(np.array(wave), entry) for wave in given])
    values = np.array(given, float)
    for place, column in enumerate(entry["columns"]):
        if column["fill"] is not None:
            values[..., place] = np.nan_to_num(values[..., place], nan=column["fill"])
    if len(entry["shape"]) == 3 and values.shape[1:3] != tuple(entry["shape"][:2]):
        values = keras.layers.Resizing(*entry["shape"][:2], antialias=True)(values).numpy()
    return values.reshape(len(values), *entry["shape"])


def log_mel(wave, entry):
    """A spectrogram as docs/project-file.md writes it down."""
    rate, _seconds, mels, _speech = (int(number) for number in entry["sound"])
    frame, hop = int(rate * 0.025), int(rate * 0.010)
    size = 2 ** math.ceil(math.log2(frame))
    frames = [wave[at : at + frame] for at in range(0, len(wave) - frame + 1, hop)]
    power = np.abs(np.fft.rfft(np.array(frames) * np.hanning(frame), size)) ** 2
    mel = np.linspace(0, 2595 * math.log10(1 + rate / 1400), mels + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    pitch = np.arange(size // 2 + 1) * rate / size
    rows = [np.interp(pitch, edges[i : i + 3], [0, 1, 0], 0, 0) for i in range(mels)]
    return np.log(power @ np.array(rows).T + 1e-6)


def ask_h5(path, cells, about):
    """Ask a ``.h5`` in the numbers that the attributes of ``about`` make of the cells."""
    model = keras.models.load_model(path)
    given = numbers_of(cells, about)
    return model.predict(given[0] if len(given) == 1 else given, verbose=0)


def numbers_of(cells, about):
    """What goes into each input, in their order, by what stands in the attributes of ``about``."""
    with h5py.File(about) as file:
        inputs = json.loads(file.attrs["netbuilder_preprocessing"])["inputs"]
    return [raw(entry, cells, name).astype(entry["dtype"]) for name, entry in inputs.items()]


def ask_tflite(path, cells, about):
    """One row after the other, inputs and outputs by their names."""
    runner = tf.lite.Interpreter(model_path=str(path)).get_signature_runner()
    with h5py.File(about) as file:
        facts = json.loads(file.attrs["netbuilder_preprocessing"])
    rows = dict(zip(facts["inputs"], numbers_of(cells, about), strict=True))
    found = []
    for at in range(len(next(iter(rows.values())))):
        said = runner(**{name: one[at : at + 1] for name, one in rows.items()})
        found.append([said[name] for name in facts["outputs"]])
    return [np.concatenate(one) for one in zip(*found, strict=True)]


def ask_onnx(path, cells, about):
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    named = zip(session.get_inputs(), numbers_of(cells, about), strict=True)
    return session.run(None, {one.name: rows for one, rows in named})


def tensor(cells, wanted):
    """Cells as an input takes them: an empty one is "" among words, NaN among numbers."""
    words = wanted.dtype == "string"
    if words:
        return tf.constant([["" if one is None else str(one)] for one in cells])
    if len(wanted.shape) == 2 and not isinstance(cells[0], list):
        # Dates go in as days since 1970-01-01; a script takes yes and no as 1 and 0.
        truth = {"yes": 1.0, "no": 0.0}
        cells = [
            [one if not isinstance(one, str) else truth[one] if one in truth else days(one)]
            for one in cells
        ]
    return tf.constant(np.array(cells, float).astype(wanted.dtype))


def given_to(model, cells):
    """The cells of each input by its name: that of a column without "/", or of an Input."""
    if not isinstance(model.input, dict):
        tensors = model.inputs
        if len(tensors) == 1 and tensors[0].name not in cells and len(cells) > 1:
            return np.stack([np.array(one, float) for one in cells.values()], axis=1)
        only = next(iter(cells.values())) if len(tensors) == 1 else []
        found = [tensor(cells.get(one.name, only), one) for one in tensors]
        return found[0] if len(found) == 1 else found
    by_name = {name.replace("/", "_"): one for name, one in cells.items()}
    return {
        name: tensor(by_name[name if name in by_name else re.sub(r"_\d+$", "", name)], one)
        if name in by_name or re.search(r"_\d+$", name)
        else np.array([[cell] for cell in cells["size"]], "float32")
        for name, one in model.input.items()
    }


def ask_keras(path, cells, served):
    model = keras.models.load_model(path)
    given = given_to(model, cells)
    if served is None:
        return model.predict(given, verbose=0)
    given = keras.tree.map_structure(lambda one, like: tf.cast(one, like.dtype), given, model.input)
    loaded = tf.saved_model.load(str(served))  # whose variables live as long as it does
    return keras.tree.map_structure(np.asarray, loaded.serve(given))


def in_small_letters(cells):
    """As the ``.keras`` of a script takes texts."""
    return {
        name: [one.lower() if name == "input" and isinstance(one, str) else one for one in column]
        for name, column in cells.items()
    }


def ask_scripts(folder, cells):
    """Run each script in its folder, and ask what it saved."""
    os.chdir(folder)
    for script in sorted(folder.glob("script*.py")):
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(script))
        yield f"{script.stem}.h5", ask_h5(Path("row_script.h5"), cells, folder / "m.h5")
        if Path("row_script.keras").exists():
            yield (
                f"{script.stem}.keras",
                ask_keras(Path("row_script.keras"), in_small_letters(cells), None),
            )
            Path("row_script.keras").unlink()


def answers(folder):
    cells = json.loads((folder / "cells.json").read_text("utf-8"))
    found = {
        "m.h5": ask_h5(folder / "m.h5", cells, folder / "m.h5"),
        "m.keras": ask_keras(folder / "m.keras", cells, None),
        "saved": ask_keras(folder / "m.keras", cells, folder / "saved"),
        **{
            name: ask(folder / name, cells, folder / "m.h5")
            for name, ask in (("m.tflite", ask_tflite), ("m.onnx", ask_onnx))
            if (folder / name).exists()
        },
        **dict(ask_scripts(folder, cells)),
    }
    return {
        name: [np.asarray(one, float).tolist() for one in keras.tree.flatten(values)]
        for name, values in found.items()
    }


if __name__ == "__main__":
    said = {Path(one).name: answers(Path(one)) for one in sys.argv[1:]}
    sys.stdout.write(json.dumps(said))
