"""All that training can use, by name, and the other names that Keras knows it by.

Left out:

- metrics: Mean, Sum and MeanMetricWrapper (helpers) and Accuracy (for predicted class numbers);
- callbacks: BackupAndRestore and OrbaxCheckpoint (every run can be resumed), LambdaCallback and
  LearningRateScheduler (they hold code), RemoteMonitor (sends data away), History, ProgbarLogger
  and TerminateOnNaN (the session does it itself);
- optimizers: Adafactor and Lamb (Keras 3.15.1 cannot open a .h5 compiled with them);
  LossScaleOptimizer, MultiOptimizer and OptimizerMap, which wrap other optimizers (mixed precision
  makes the first by itself); Muon's exclude_layers, a list of layers;
- losses: CTC, whose targets are lists of different lengths, which no kind of data here gives;
  CategoricalGeneralizedCrossEntropy, since Keras 3.15.1 cannot open a .h5 compiled with it;
- the initializer STFT, which fills the weights of spectrogram layers and nothing else;
- activations: threshold, which needs arguments that a name cannot give, and glu, which
  halves the channels, while layers count on an activation to keep the shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from netbuilder.core.catalog.catalog_file import activations, object_specs
from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.folders import resource_json
from netbuilder.core.i18n import gettext as _, language, noop as N_

ACCURACY_BY_TASK: Final[Mapping[str, str]] = resource_json("keras_names.json")["accuracy_by_task"]
"""The metric for which "accuracy" stands, by the kind of target."""

LOSSES: Final = object_specs("losses")
OPTIMIZERS: Final = object_specs("optimizers")
SCHEDULES: Final = object_specs("schedules")
METRICS: Final = object_specs("metrics")
CALLBACKS: Final = object_specs("callbacks")
INITIALIZERS: Final = object_specs("initializers")
REGULARIZERS: Final = object_specs("regularizers")
CONSTRAINTS: Final = object_specs("constraints")
ACTIVATIONS: Final = activations()
"""Functions of ``keras.activations`` by name, with one line about each, the usual ones first."""

#: What a run measures, within a sentence.
_METRIC_WORDS: Final[Mapping[str, str]] = resource_json("texts.json")["metrics"]


#: Why the last point of a curve and the training set's value on Evaluate differ.
TWO_TRAINING_VALUES = N_(
    "Curves shows the training set's mean during each epoch, with Dropout on; Evaluate computes it "
    "after training, with Dropout off."
)


def loss_title(name: str) -> str:
    """Return the name of a loss in a sentence."""
    spec = LOSSES.get(name)
    title = spec.display_title if spec else name
    return title if language() == "de" else title.lower()  # German writes nouns with a capital


def metric_words(name: str) -> str:
    """Return the name of a quantity of a run in the chosen language: "mean absolute error"."""
    if name in _METRIC_WORDS:
        return _(_METRIC_WORDS[name])
    if name in METRICS:
        return METRICS[name].display_title
    for known, words in _METRIC_WORDS.items():
        if name.endswith(f"_{known}") and not name.endswith("_squared_error"):
            return f"{name.removesuffix(known).replace('_', ' ')}{_(words)}"
    return name.replace("_", " ")


_SHORT: Final[Mapping[str, str]] = resource_json("tables.json")["short_names"]


def canonical(table: Mapping[str, ObjectSpec], name: str) -> str | None:
    """Return the name in ``table`` of what Keras (or a person) calls ``name``, or None.

    Knows short names ("mse"), class names and any mixture of cases and underscores ("he_normal").
    """
    names = [name]
    while (short := _SHORT.get(names[-1]) or _SHORT.get(names[-1].lower())) is not None:
        names.append(short)
    for candidate in names:
        if candidate in table:
            return candidate
    for plain in filter(None, map(_plain, names)):
        for spec in table.values():
            if plain in (_plain(spec.name), _plain(spec.keras_class)):
                return spec.name
    return None


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
