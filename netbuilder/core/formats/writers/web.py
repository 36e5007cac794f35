"""One web page that predicts without a network: the trained network, forms, and its own code."""

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
from netbuilder.core.engine.build.assembly import assemble
from netbuilder.core.engine.build.graph_to_keras import model_inputs
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import FormatError, UserError
from netbuilder.core.folders import resource
from netbuilder.core.formats.keras_prediction import predict_rows
from netbuilder.core.formats.writers.roundtrip_check import check_agreement, random_rows
from netbuilder.core.formats.writers.web_network import replay, web_network
from netbuilder.core.i18n import gettext as _, html_language, ngettext
from netbuilder.core.project.atomic import replace_atomically
from netbuilder.core.project.graph_ends import byte_input_layer
from netbuilder.core.results.drawn_sample import picture_style
from netbuilder.core.results.own_units import has_dates, loss_of, preprocessing_of
from netbuilder.core.results.unusual_values import KNOWS_NOTHING
from netbuilder.core.tensorflow_output import mute_output
from netbuilder.core.wording import format_list, format_number, format_with_unit, join_sentences

#: A browser on a phone opens no page of more weights.
MOST_WEIGHTS = 25_000_000
SCRIPTS = ("numbers.js", "layers.js", "inputs.js", "page.js")
_LOOKED_AT = 16  # training pictures, for whether they are dark or bright
_TITLE = "HTML"


def save(trained: TrainedModel, path: Path) -> None:
    """Write the trained network as one ``.html`` that predicts in any browser.

    The page holds weights in 32 bits (with 16 the probabilities of a softmax are off by up to
    1e-3) and its own code; it loads nothing, and its policy forbids it to.

    Raises:
        FormatError: the page's code lacks a layer or a sort of input, the network is too large,
            or what was written predicts something else.
        UserError: the place cannot be written.
    """
    if trained.model.count_params() > MOST_WEIGHTS:
        raise FormatError(
            _(
                "The network has {count} parameters, too many for a web page.",
                count=format_number(trained.model.count_params(), ","),
            ),
            _("Export the model as .h5, .keras or .tflite."),
            code="web_page_too_large",
        )
    model, novelty = trained.model, trained.novelty
    if novelty is not None:
        model = assemble(
            trained.training_model, trained.project, trained.preprocessing, hidden=novelty.nodes
        )
    made = web_network(model)
    if novelty is not None:
        made.know_training_data(novelty)
    about = {
        "language": html_language(),
        "texts": _texts(),
        "network": made.as_json(),
        "inputs": _inputs(trained, path.parent),
        "outputs": _outputs(trained),
    }
    text = _page(trained.project.name or path.stem, about, made.weights())
    with replace_atomically(path) as temporary:
        temporary.write_text(text, "utf-8", newline="\n")
        verify(trained, temporary)


def verify(trained: TrainedModel, path: Path) -> None:
    """Make the network again from what the page at ``path`` holds, and ask it the same rows.

    Keras's own layers stand in for the page's code, which the tests compare in a browser.

    Raises:
        FormatError: the network in the page predicts something else.
    """
    text = path.read_text("utf-8")
    parts = [
        re.search(rf'<script type="[^"]+" id="{name}">([^<]*)</script>', text)
        for name in ("network", "weights")
    ]
    rows = random_rows(trained)
    try:
        about, weights = (one[1] for one in parts if one)
        with mute_output():
            found = replay(json.loads(about)["network"], weights, rows)
    # Whatever Keras says, it is about this page.
    except Exception as error:
        raise FormatError(
            _(
                "The web page was written, but its network cannot be read: {reason}",
                reason=str(error)[:200],
            ),
            _("Save it as .h5, .keras or .tflite."),
            code="written_file_not_readable",
        ) from error
    expected = predict_rows(trained.model, rows)
    check_agreement(found[: len(expected)], expected, _TITLE)


def _page(title: str, about: Mapping[str, Any], weights: str) -> str:
    """Return the page's text. In JSON no letter stands that could end the element around it."""
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
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], text)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inputs(trained: TrainedModel, base: Path) -> list[dict[str, Any]]:
    preprocessing, found = preprocessing_of(trained), []
    for name in model_inputs(trained.project.graph):
        entry = preprocessing.inputs[name]
        form = modality_of(entry)
        about: dict[str, Any] = {"name": name, "shape": list(entry.shape)}
        columns = [_column(one) for one in entry.columns]
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
        found.append(about)
    return found


def _column(column: FittedColumn) -> dict[str, Any]:
    """Return a column as the page's form needs it; what is not known is left out."""
    kept = {
        key: value
        for key, value in asdict(column).items()
        if not (value is None or value == "" or (isinstance(value, float) and not isfinite(value)))
    }
    if column.kind == "date" and has_dates(column.low, column.high):
        kept["days"] = True
    return kept


def _picture(
    trained: TrainedModel, name: str, entry: InputPreprocessing, base: Path
) -> dict[str, Any]:
    """Return what black and white are, and whether ink is dark (None: not known)."""
    dark: bool | None = None
    try:
        plan = prepare_data(trained.project, base)
        like = modality_of(entry).read(plan.samples, entry, slice(_LOOKED_AT))
        low, high, dark = picture_style(like.mean(axis=0), entry.value_range)
    except (UserError, OSError, ValueError):
        whole = byte_input_layer(trained.project.graph, name) is not None
        known = entry.value_range or (0.0, 255.0 if whole else 1.0)
        low, high = float(known[0]), float(known[-1])
    words = _(
        "Draw in the square, open a picture, or use the camera. The arrow keys move the pen; "
        "with Shift they draw."
    )
    return {"low": low, "high": high, "dark": dark, "help": words}


def _text(entry: InputPreprocessing) -> dict[str, Any]:
    words = list(entry.vocabulary)
    if entry.level:
        return {
            "kind": "tokens", "vocabulary": words, "level": entry.level,
            "lowercase": all(one == one.lower() for one in words[2:]),
            "help": _("Start of the text"),
        }  # fmt: skip
    return {"kind": "text", "vocabulary": words, "split": entry.split, "help": _("Text")}


def _numbers(entry: InputPreprocessing) -> dict[str, Any]:
    """Return numbers in lines, with rows to begin from: what is typical of the training rows."""
    steps, names = entry.shape[0], format_list([one.name for one in entry.columns], 12)
    count = int(np.prod([side or 0 for side in entry.shape]))
    if entry.columns and len(entry.features) == entry.shape[-1]:
        row = [one.typical if one.typical is not None else one.low for one in entry.columns]
        words = ngettext(
            "The last row ({columns}).",
            "The last {count} rows, the oldest first, one row a line ({columns}).",
            int(steps or 0),
            columns=names,
        )
    else:
        row = [0.0] * int(np.prod([side or 1 for side in entry.shape[1:]]))
        words = (
            ngettext(
                "{count} number.",
                "{count} numbers, with spaces or line breaks between them.",
                count,
            )
            if count
            else _("Numbers, with spaces or line breaks between them.")
        )
    line = " ".join(one if isinstance(one, str) else f"{one or 0.0:.6g}" for one in row)
    return {"help": words, "start": "\n".join([line] * int(steps or 1))}


def _outputs(trained: TrainedModel) -> list[dict[str, Any]]:
    preprocessing, graph = preprocessing_of(trained), trained.project.graph
    pictures = [entry.shape for entry in preprocessing.inputs.values() if len(entry.shape) == 3]
    found = []
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
        found.append(about)
    return found


def _activation(
    trained: TrainedModel, name: str, target: OutputPreprocessing, sides: list[int]
) -> str:
    """Return what the loss applied to raw scores in training, and the page has to apply too."""
    loss = loss_of(trained, name)
    if target.task == REGRESSION or not (loss and loss.params.get("from_logits")):
        return ""
    return "sigmoid" if target.task == MULTI_LABEL or sides[-1] == 1 else "softmax"


def _wanted_numbers(count: int) -> str:
    return ngettext(
        "The network takes {wanted} number, not {found}.",
        "The network takes {wanted} numbers, not {found}.",
        count,
        wanted="{wanted}",
        found="{found}",
    )


def _texts() -> dict[str, str]:
    """Return the page's sentences in the program's language; the page fills their placeholders."""
    return {
        "pad": _("Drawing pad"),
        "seen": _("Input of the network"),
        "clear": _("Clear drawing"),
        "open_picture": _("Open a picture…"),
        "camera": _("Camera"),
        "take_picture": _("Take the picture"),
        "invert": _("Invert"),
        "go_on": _("Add the next word or character"),
        "empty": join_sentences((_("'{column}' is empty."), _("Fill in a value."))),
        "unknown": _("'{column}' has no value '{value}'."),
        "number": _("'{column}' must be a number, not '{value}'."),
        "not_number": _("'{value}' is not a number."),
        "cells": _("The line '{line}' must have {count} numbers."),
        "count": _wanted_numbers(2),
        "count_one": _wanted_numbers(1),
        "nothing_drawn": _("Draw or open a picture to get a prediction."),
        "no_text": _("Write a text to get a prediction."),
        "no_known": _(KNOWS_NOTHING),
        "unknown_words": _("Unknown words: {words}."),
        "out_of_range": _(
            "'{column}' is {value}, but the training rows range from {low} to {high}: the "
            "prediction is a guess."
        ),
        "unlike": _("Unlike the training data: the prediction may be wrong."),
        "not_finite": _("The prediction is not a number (NaN)."),
        "no_label": _("none of the labels"),
        "no_picture": _("The picture '{name}' cannot be opened."),
    }
