"""Write a web page that predicts offline: the trained network, its forms and code."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from netbuilder.core.data.data_facts import MULTI_LABEL, REGRESSION
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    FittedColumn,
    InputPreprocessing,
    OutputPreprocessing,
)
from netbuilder.core.data.registry import modality_of
from netbuilder.core.engine.networks.assembly import assemble
from netbuilder.core.engine.networks.graph_to_keras import model_inputs
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.error_texts import format_error, sentences_of
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.folders import resource, resource_json
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.writers.roundtrip_check import check_agreement, random_rows
from netbuilder.core.formats.writers.web_network import replay, web_network
from netbuilder.core.i18n import gettext as _, html_language
from netbuilder.core.process.tensorflow_output import mute_output
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.project.graph_ends import byte_input_layer
from netbuilder.core.results.drawn_sample import picture_style
from netbuilder.core.results.own_units import has_dates, loss_of, preprocessing_of
from netbuilder.core.results.unusual_values import KNOWS_NOTHING
from netbuilder.core.wording import format_list, format_number, format_with_unit, join_sentences

#: A phone's browser cannot open pages with more weights.
MOST_WEIGHTS = 25_000_000
SCRIPTS = ("numbers.js", "layers.js", "inputs.js", "page.js")
_LOOKED_AT = 16  # training images, to detect a dark or bright background
_TITLE = "HTML"
_sentence, _about_numbers = sentences_of("web_page"), sentences_of("web_numbers")


def save(trained: TrainedModel, path: Path) -> None:
    """Write the trained network as one ``.html`` that predicts in any browser and loads nothing.

    Weights have 32 bits: with 16, softmax probabilities would be off by up to 1e-3.
    """
    if trained.model.count_params() > MOST_WEIGHTS:
        raise format_error(
            "web_page_too_large", count=format_number(trained.model.count_params(), ",")
        )
    model, novelty = trained.model, trained.novelty
    if novelty is not None:
        model = assemble(
            trained.training_model, trained.project, trained.preprocessing, hidden=novelty.nodes
        )
    network = web_network(model)
    if novelty is not None:
        network.know_training_data(novelty)
    about = {
        "language": html_language(),
        "texts": _texts(),
        "network": network.as_json(),
        "inputs": _inputs(trained, path.parent),
        "outputs": _outputs(trained),
    }
    text = _page(trained.project.name or path.stem, about, network.weights())
    with replace_atomically(path) as temporary:
        temporary.write_text(text, "utf-8", newline="\n")
        verify(trained, temporary)


def verify(trained: TrainedModel, path: Path) -> None:
    """Rebuild the network in a page with Keras's layers and compare its predictions."""
    text = path.read_text("utf-8")
    parts = [
        re.search(rf'<script type="[^"]+" id="{name}">([^<]*)</script>', text)
        for name in ("network", "weights")
    ]
    rows = random_rows(trained)
    try:
        about, weights = (part[1] for part in parts if part)
        with mute_output():
            predictions = replay(json.loads(about)["network"], weights, rows)
    # Any error of Keras is about this page.
    except Exception as error:
        raise format_error("written_file_not_readable:6", reason=str(error)[:200]) from error
    expected = predict_rows(trained.model, rows)
    check_agreement(predictions[: len(expected)], expected, _TITLE)


def _page(title: str, about: Mapping[str, Any], weights: str) -> str:
    """Return the page's text; its JSON is escaped so that it cannot end its element."""
    data = json.dumps(about, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        data = data.replace(letter, f"\\u{ord(letter):04x}")
    script = "".join(resource("web", name).read_text("utf-8") for name in SCRIPTS)
    script = f'(() => {{\n"use strict";\n{script}}})();\n'
    style = resource("web", "page.css").read_text("utf-8")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src blob:; media-src blob: mediastream:; base-uri 'none'; form-action 'none'"
    )
    parts = {
        "language": str(about["language"]),
        "title": html.escape(title),
        "policy": policy,
        "style": style,
        "script": script,
        "network": data,
        "weights": weights,
        "noscript": html.escape(_("This page needs JavaScript to predict.")),
        "footer": html.escape(
            _("Made with NetBuilder. The page predicts on this device and sends nothing.")
        ),
    }
    text = resource("web", "page.html").read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], text)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inputs(trained: TrainedModel, base: Path) -> list[dict[str, Any]]:
    preprocessing, inputs = preprocessing_of(trained), []
    for name in model_inputs(trained.project.graph):
        entry = preprocessing.inputs[name]
        form = modality_of(entry)
        about: dict[str, Any] = {"name": name, "shape": list(entry.shape)}
        columns = [_column(column) for column in entry.columns]
        if form.no_web_page:
            raise FormatError(
                _(form.no_web_page),
                _("Export the model as .h5, .keras or .tflite."),
                code="web_input_missing",
            )
        if form.row_columns(entry):
            about |= {"kind": "table", "columns": columns}
        elif form.is_picture(entry) and len(entry.shape) == 3 and entry.shape[2] in {1, 3}:
            about |= {"kind": "picture", **_picture(trained, name, entry, base)}
        elif entry.vocabulary:
            about |= _text(entry)
        else:
            about |= {"kind": "numbers", **_numbers(entry)}
            if len(entry.features) == entry.shape[-1]:
                about["columns"] = columns
        inputs.append(about)
    return inputs


def _column(column: FittedColumn) -> dict[str, Any]:
    """Return a column as the page's form needs it, without unknown values."""
    entry = {
        key: value
        for key, value in asdict(column).items()
        if not (value is None or value == "" or (isinstance(value, float) and not isfinite(value)))
    }
    if column.kind == "date" and has_dates(column.low, column.high):
        entry["days"] = True
    return entry


def _picture(
    trained: TrainedModel, name: str, entry: InputPreprocessing, base: Path
) -> dict[str, Any]:
    """Return the values of black and white, and whether ink is dark (None: unknown)."""
    dark: bool | None = None
    try:
        plan = prepare_data(trained.project, base)
        like = modality_of(entry).read(plan.samples, entry, slice(_LOOKED_AT))
        low, high, dark = picture_style(like.mean(axis=0), entry.value_range)
    except (UserError, OSError, ValueError):
        whole = byte_input_layer(trained.project.graph, name) is not None
        known = entry.value_range or (0.0, 255.0 if whole else 1.0)
        low, high = float(known[0]), float(known[-1])
    drawn = entry.shape[2] == 1  # colour pictures are photos
    about: dict[str, Any] = {"low": low, "high": high, "dark": dark, "drawn": drawn}
    about["help"] = _sentence("help_drawing" if drawn else "help_photo")
    outputs = preprocessing_of(trained).outputs.values()
    if names := [name for target in outputs for name in target.classes]:
        about["knows"] = _sentence("classes", names=format_list(names, 40))
    return about


def _text(entry: InputPreprocessing) -> dict[str, Any]:
    words = list(entry.vocabulary)
    if entry.level:
        return {
            "kind": "tokens", "vocabulary": words, "level": entry.level,
            "lowercase": all(word == word.lower() for word in words[2:]),
            "help": _("Start of the text"),
        }  # fmt: skip
    return {"kind": "text", "vocabulary": words, "split": entry.split, "help": _("Text")}


def _numbers(entry: InputPreprocessing) -> dict[str, Any]:
    """Return the form for numbers in lines, filled with typical training values."""
    steps, names = entry.shape[0], format_list([column.name for column in entry.columns], 12)
    count = int(np.prod([side or 0 for side in entry.shape]))
    if entry.columns and len(entry.features) == entry.shape[-1]:
        row = [c.typical if c.typical is not None else c.low for c in entry.columns]
        words = _about_numbers("rows", count=int(steps or 0), columns=names)
    else:
        row = [0.0] * int(np.prod([side or 1 for side in entry.shape[1:]]))
        words = _about_numbers("numbers", count=count) if count else _about_numbers("any")
    line = " ".join(value if isinstance(value, str) else f"{value or 0.0:.6g}" for value in row)
    return {"help": words, "start": "\n".join([line] * int(steps or 1))}


def _outputs(trained: TrainedModel) -> list[dict[str, Any]]:
    preprocessing, graph = preprocessing_of(trained), trained.project.graph
    pictures = [entry.shape for entry in preprocessing.inputs.values() if len(entry.shape) == 3]
    outputs = []
    for name, tensor in zip(graph.outputs, trained.model.outputs, strict=True):
        target = preprocessing.outputs[name]
        sides = [int(side or 1) for side in tensor.shape[1:]]
        about: dict[str, Any] = {
            "name": name, "task": target.task, "columns": list(target.columns),
            "classes": list(target.classes), "then": _activation(trained, name, target, sides),
            "title": _("Prediction: {target}", target=format_list(target.columns or (name,), 6)),
            "units": [format_with_unit("{number}", unit) for unit in target.column_units],
        }  # fmt: skip
        whole = int(np.prod(sides))
        if len(pictures) == 1 and target.task == REGRESSION and whole >= 4:
            like = [int(side or 0) for side in pictures[0]]
            about["picture"] = like if int(np.prod(like)) == whole else None
        outputs.append(about)
    return outputs


def _activation(
    trained: TrainedModel, name: str, target: OutputPreprocessing, sides: list[int]
) -> str:
    """Return the activation that the loss applies to raw scores, and the page must apply."""
    loss = loss_of(trained, name)
    if target.task == REGRESSION or not (loss and loss.params.get("from_logits")):
        return ""
    return "sigmoid" if target.task == MULTI_LABEL or sides[-1] == 1 else "softmax"


def _texts() -> dict[str, str]:
    """Return the page's sentences, whose placeholders the page fills."""
    filled = {"wanted": "{wanted}", "found": "{found}"}
    return {key: _(text) for key, text in resource_json("texts.json")["web_page"].items()} | {
        "empty": join_sentences((_("'{column}' is empty."), _("Fill in a value."))),
        "count": _about_numbers("wanted", count=2, **filled),
        "count_one": _about_numbers("wanted", count=1, **filled),
        "no_known": _(KNOWS_NOTHING),
    }
