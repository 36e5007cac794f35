"""NetBuilder from Python: projects and trained models in scripts and notebooks.

``import netbuilder as nb`` loads nothing heavy; TensorFlow is loaded for training or predicting.
See ``docs/python.md``.
"""

from __future__ import annotations

import html
import numbers
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.error_texts import user_error
from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.process.process_setup import require_tensorflow_needs
from netbuilder.core.project.model import Choice, Project as ProjectValue
from netbuilder.core.wording import join_values

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas as pd

    from netbuilder.core.check.problems import Problem
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.results.evaluate import Evaluation
    from netbuilder.core.results.explain.explanation import Explanation

require_tensorflow_needs()  # before HDF5 reads its settings

__all__ = ["Model", "Project", "UserError", "from_keras", "load", "new", "register_layer"]
_BATCH_METHODS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")

Rows: TypeAlias = (
    "pd.DataFrame | pd.Series | np.ndarray | Mapping[str, object] | Sequence[Mapping[str, object]]"
    " | Sequence[str] | Sequence[Sequence[float]]"
)


def load(path: str | Path) -> Project | Model:
    """Open a project (``.netbuilder``) or a trained model (``.h5``, ``.keras``).

    Raises:
        UserError: the file is missing, damaged, or not safe to open.
    """
    from netbuilder.core.formats import registry

    path = Path(path)
    if not registry.is_model(path):
        return Project(registry.read_project(path), path.parent)
    from netbuilder.core.process.tensorflow_output import load_tensorflow

    load_tensorflow()
    return Model(registry.load_network(path), path.parent)


def new(data: str | Path | pd.DataFrame, target: str | None = None) -> Project:
    """Make a project with a network and settings that fit the data; ``reasons`` explains them.

    Args:
        data: a file, a folder with a folder for each class, or a data frame.
        target: the column to predict; None takes the likeliest.

    Raises:
        UserError: the data cannot be read, or has no such column.
    """
    from netbuilder.core.results.suggestion.selection import suggest

    path = Path(data) if isinstance(data, str | Path) else _as_file(data)
    suggestion = suggest(path, target)
    return Project(suggestion.project, path.parent, suggestion.reasons)


def from_keras(model: keras.Model) -> Project:
    """Put the network of a Keras model onto a canvas, with its compiled loss and optimizer.

    Layers of your own must be registered with ``keras.saving.register_keras_serializable``. The
    weights stay with the model.

    Raises:
        UserError: the model is not built from Keras's functional or sequential API.
    """
    import json

    import keras

    from netbuilder.core.formats.importing import import_graph
    from netbuilder.core.formats.safety.model_file import ModelFile

    if not isinstance(model, keras.Model):
        raise user_error("not_a_model", name=type(model).__name__)
    for layer in model._flatten_layers(include_self=False, recursive=True):
        if not type(layer).__module__.startswith("keras."):
            register_layer(type(layer))
    try:
        config = json.loads(json.dumps(model.get_config(), default=_plain))
        config["layers"]  # custom classes have none
        training = json.loads(json.dumps(model.get_compile_config() or {}, default=_plain))
    except (NotImplementedError, TypeError, LookupError) as error:
        raise user_error("model_without_graph", name=model.name, reason=error) from error
    wrapped = {"class_name": type(model).__name__, "config": config}
    file = ModelFile(Path(f"{model.name}.keras"), "keras", wrapped, training or None)
    return Project(import_graph.project_from_model(file), Path())


def register_layer(layer: type[keras.Layer]) -> None:
    """Make a ``keras.Layer`` class of your own available on the canvas for this session.

    Its constructor arguments with a number, bool or text as default become parameters. A file with
    the layer opens only where it is registered.
    """
    from netbuilder.core.catalog.layers.layer_index import register

    register(layer)


def _plain(value: Any) -> Any:
    import keras

    return keras.saving.serialize_keras_object(value)


class Problems(tuple["Problem", ...]):
    """The problems of a project: a tuple that a notebook shows as a list."""

    def __repr__(self) -> str:
        return "\n".join(f"{problem.severity}: {problem.line}" for problem in self)

    def _repr_html_(self) -> str:
        rows = (
            f"<li><b>{problem.severity}</b> {html.escape(problem.line)}"
            f"{''.join(f'<br>→ {html.escape(fix.label)}' for fix in problem.fixes)}</li>"
            for problem in self
        )
        return f"<ul>{''.join(rows)}</ul>"


@dataclass(frozen=True)
class Picture:
    """A figure as SVG, which a notebook shows; ``save`` writes it."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | Path) -> Path:
        """Write the file."""
        Path(path).write_text(self.svg, "utf-8")
        return Path(path)


class Project:
    """A network, its data and its settings. Immutable: each change makes another project.

    Attributes:
        value: the project as used by the rest of the program.
        base: folder of relative paths.
        reasons: why ``new`` made its choices; else empty.
        trials: what ``tune`` tried, a row for each trial, best first; else None.
    """

    def __init__(
        self,
        value: ProjectValue,
        base: Path,
        reasons: tuple[str, ...] = (),
        trials: pd.DataFrame | None = None,
    ) -> None:
        self.value, self.base, self.reasons, self.trials = value, Path(base), reasons, trials

    @property
    def name(self) -> str:
        """The project's name."""
        return self.value.name

    @property
    def layers(self) -> list[str]:
        """Class names of the layers in order."""
        return [self.value.graph.by_id[name].layer for name in self.value.graph.order]

    def check(self) -> Problems:
        """Return the problems, errors first; empty if it can train."""
        from netbuilder.core.check import diagnostics

        return Problems(diagnostics.diagnose(self.value))

    def split_data(self) -> dict[str, tuple[Any, Any]]:
        """Return inputs and targets of "train", "validation" and "test", as far as there are any.

        They are NumPy arrays before scaling, classes as labels; dicts by layer or output where
        there are several. Of data that is streamed these are the first rows.
        """
        import numpy as np

        from netbuilder.core.data.dataset import PARTS
        from netbuilder.core.data.load import load_dataset

        def alone(arrays: dict[str, Any]) -> Any:
            return next(iter(arrays.values())) if len(arrays) == 1 else arrays

        dataset = load_dataset(self.value, self.base)
        parts: dict[str, tuple[Any, Any]] = {}
        for part in PARTS:
            split = getattr(dataset, part)
            if split is None:
                continue
            targets = dict(split.raw_y)
            for name, labels in dataset.facts.output_classes.items():
                if labels and targets[name].ndim == 1:
                    targets[name] = np.array(labels, dtype=object)[targets[name].astype(int)]
            parts[part] = alone(split.raw_x), alone(targets)
        return parts

    def tune(
        self,
        vary: Mapping[str, Sequence[object] | str],
        trials: int | None = None,
        *,
        method: str = "",
        epochs: int | None = None,
        seed: int = 0,
        jobs: int = 1,
    ) -> Project:
        """Return the project with the best of the values tried; ``trials`` lists them.

        Args:
            vary: values by path: ``{"dense.units": [16, 32], "training.optimizer.learning_rate":
                "log:1e-4:1e-1"}``.
            trials: how many; None: every combination, or 20.
            method: "grid", "random" or "bayes" (Optuna's TPE); "" takes the one that fits.
            epochs: of each trial; replaces the project's.
            seed: of the choice of values.
            jobs: trials at once, each in its own process.

        Raises:
            UserError: a path or a value does not fit, or every trial failed.
        """
        import json

        from netbuilder.core.process.tensorflow_output import load_tensorflow
        from netbuilder.core.results.tuning.study import make_plan, run_study

        project = self._with(epochs, None, None, None)
        lines = [
            f"{path}={values if isinstance(values, str) else ','.join(map(json.dumps, values))}"
            for path, values in vary.items()
        ]
        file = new_file("trials.jsonl")
        plan = make_plan(project, self.base, lines, trials, method, seed, file=file)
        load_tensorflow()
        import pandas as pd

        study = run_study(plan, jobs=jobs)
        if study.best is None:
            raise UserError(study.failure)
        rows = [{**trial.values, "score": trial.score} for trial in study.ranked]
        return Project(study.project, self.base, trials=pd.DataFrame(rows))

    def train(
        self,
        epochs: int | None = None,
        *,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        seed: int | None = None,
        data: str | Path | pd.DataFrame | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        progress: bool = True,
    ) -> Model:
        """Train the network; Ctrl+C (in a notebook: Interrupt) stops and keeps the current weights.

        Args:
            epochs: replaces the project's number.
            batch_size: replaces the project's.
            learning_rate: replaces the optimizer's.
            seed: of random numbers: the same seed gives the same model.
            data: a file or data frame to train on instead of the project's data.
            callbacks: called at the ends of epochs and of validation, not of batches.
            progress: show a progress bar.

        Raises:
            UserError: the project has an error, its data cannot be read, or the run fails.
            KeyboardInterrupt: it was interrupted before its first step.
        """
        from netbuilder.cli.stop_signals import interruptible, stop_session
        from netbuilder.cli.train import refuse_problems
        from netbuilder.core.data.load import load_dataset as load_data
        from netbuilder.core.data.registry import recipe_for
        from netbuilder.core.process.tensorflow_output import load_tensorflow

        project, base = self._with(epochs, batch_size, learning_rate, seed), self.base
        if data is not None:
            path = Path(data) if isinstance(data, str | Path) else _as_file(data)
            base = path.parent
            recipe = project.data
            if recipe.path:
                recipe = replace(recipe, path=path.name, test_path="")
            else:
                recipe = recipe_for(path, path.name)
            project = replace(project, data=recipe)
        dataset = load_data(project, base)
        load_tensorflow()
        refuse_problems(project, dataset, project.name)
        for callback in callbacks:
            _refuse_batches(callback)
        from netbuilder.core.engine.session import RunStorage, Session
        from netbuilder.core.results.evaluate import evaluate_run

        with _progress(progress) as on_event:
            storage = RunStorage(base, record=False)
            session = Session(project, dataset, on_event=on_event, storage=storage,
                              callbacks=callbacks)  # fmt: skip
            with interruptible(lambda: stop_session(session)):
                trained = session.run()
        return Model(evaluate_run(trained, dataset)[0], base)

    def _with(
        self,
        epochs: int | None,
        batch_size: int | None,
        learning_rate: float | None,
        seed: int | None,
    ) -> ProjectValue:
        changed: dict[str, Any] = {}
        settings: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "seed": seed}
        for name, value in settings.items():
            if value is None:
                continue
            least = 0 if name == "seed" else 1
            whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
            if not (whole and least <= value < 2**32):
                raise user_error("setting_invalid", name=name, value=repr(value), least=least)
            changed[name] = int(value)
        if learning_rate is not None:
            old = self.value.training.optimizer
            params = {**old.params, "learning_rate": learning_rate}
            changed["optimizer"] = Choice(old.name, params)
        return replace(self.value, training=replace(self.value.training, **changed))

    def script(self, style: str = "short") -> str:
        """Return the project as a Python script in the style "short" or "exact".

        Raises:
            UserError: there is no such style.
        """
        from netbuilder.core.check.problems import script_errors
        from netbuilder.core.formats.registry import facts_of
        from netbuilder.core.formats.script.python import Style, script_source

        if style not in set(Style):
            raise user_error("style_unknown", name=style, names=join_values(Style))
        facts = facts_of(self.value, self.base)
        return script_source(self.value, facts, Style(style), script_errors(self.check()))

    def save(self, path: str | Path) -> Path:
        """Write the project; by the extension also as ``.py``, ``.ipynb`` or ``.svg``."""
        from netbuilder.core.check.problems import script_errors
        from netbuilder.core.formats import registry
        from netbuilder.core.formats.paths import rebased
        from netbuilder.core.project import files

        path = Path(path)
        if path.suffix == ".netbuilder":
            files.write(rebased(self.value, self.base, path.parent), path)
        else:
            errors = script_errors(self.check())
            registry.save_network(self.value, path, self.base, errors=errors)
        return path

    export = save

    def open(self) -> None:
        """Open the project in NetBuilder's window, in another process."""
        folder = Path(tempfile.mkdtemp(prefix="netbuilder-"))
        path = self.save(folder / f"{self.name or 'project'}.netbuilder")
        subprocess.Popen([sys.executable, "-m", "netbuilder", str(path)])

    def _repr_html_(self) -> str:
        from netbuilder.core.formats.writers.svg import network_svg

        return network_svg(self.value)

    def __repr__(self) -> str:
        return f"<netbuilder.Project {self.name!r}: {', '.join(self.layers)}>"


class Model:
    """A trained network: predicts from raw values, in the target's units.

    Attributes:
        value: the trained model as used by the rest of the program.
        base: folder of the project's relative paths.
    """

    def __init__(self, value: TrainedModel, base: Path) -> None:
        self.value, self.base = value, Path(base)
        self._evaluation: Evaluation | None = None

    @property
    def project(self) -> Project:
        """The project that it was trained from."""
        return Project(self.value.project, self.base)

    @property
    def keras_model(self) -> keras.Model:
        """The Keras model: takes raw values and predicts in the target's units."""
        return self.value.model

    @property
    def history(self) -> dict[str, list[float]]:
        """Loss and metrics of each epoch by name, as in ``fit(...).history``."""
        return {
            name: [float(value) for value in values] for name, values in self.value.history.items()
        }

    def evaluate(self, data: str | Path | pd.DataFrame | None = None) -> dict[str, float]:
        """Return metrics on labelled rows by name, in the target's units.

        Args:
            data: a file or data frame; None takes the project's test set.

        Raises:
            UserError: the rows cannot be read or do not fit, or the project has no test set.
        """
        from netbuilder.core.data.load import load_dataset as load_data
        from netbuilder.core.results.evaluate import evaluate

        if data is not None:
            path = Path(data) if isinstance(data, str | Path) else _as_file(data)
            self._evaluation = evaluate(self.value, path)
        else:
            dataset = load_data(self.value.project, self.base)
            split = dataset.test or dataset.validation
            if split is None:
                raise data_error("no_test_set")
            self._evaluation = evaluate(self.value, split)
        return dict(self._evaluation.metrics)

    def compare(self, *methods: str) -> pd.DataFrame:
        """Return metrics of the network and of other methods, trained and measured on its rows.

        Args:
            methods: of "knn", "tree", "linear", "forest" and "boosting"; none: all.

        Raises:
            UserError: an unknown method, several outputs, or no rows to measure on.
        """
        import pandas as pd

        from netbuilder.core.data.load import load_dataset
        from netbuilder.core.results.other_methods import METHODS, compare

        dataset = load_dataset(self.value.project, self.base)
        candidates = compare(self.value, dataset, methods or tuple(METHODS)).candidates
        rows = [{**row.evaluation.metrics, "seconds": row.seconds, "bytes": row.size}
                for row in candidates]  # fmt: skip
        return pd.DataFrame(rows, index=[row.name for row in candidates])

    def curves(self) -> Any:
        """Return the loss curves as a figure of matplotlib, without it as a ``Picture``."""
        from netbuilder.core.grading.report import curve_svg

        try:
            from matplotlib import pyplot
        except ImportError:
            return Picture(curve_svg(self.history))
        figure, axes = pyplot.subplots()
        for name in ("loss", "val_loss"):
            if name in self.history:
                axes.plot(range(1, len(self.history[name]) + 1), self.history[name], label=name)
        axes.set_xlabel("epoch")
        axes.legend()
        pyplot.close(figure)  # a notebook would show it twice
        return figure

    def predict(self, rows: Rows | str | Path, *, missing: str | None = None) -> np.ndarray:
        """Predict for new samples, in order.

        Args:
            rows: a data frame, a dict or several with the columns of the training data, an array
                or lists of raw values (n, ...), texts, or a file (a table, a picture, a text, a
                sound).
            missing: for empty cells: "error", "drop", "mean", "median" or "most_frequent"; None:
                as in training.

        Returns:
            Labels (n,) as texts, or numbers (n,) or (n, columns) in the target's units.

        Raises:
            UserError: a column is missing or unknown, or a value does not fit.
        """
        import numpy as np

        predictions = self._predictions(rows, missing).first
        if predictions.labels:
            return np.array(predictions.labels, dtype=object)
        values = np.asarray(predictions.values)
        return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values

    def predict_probabilities(self, rows: Rows | str | Path) -> pd.DataFrame:
        """Return the probability of each label (columns) for each sample (rows)."""
        import pandas as pd

        predictions = self._predictions(rows).first
        if predictions.probabilities is None:
            raise user_error("no_probabilities")
        return pd.DataFrame(predictions.probabilities, columns=list(predictions.classes))

    def is_unlike_training_data(self, rows: Rows | str | Path) -> np.ndarray:
        """Return which samples are unlike the training data, bool (n,): predictions may be wrong.

        A twentieth of ordinary samples are flagged too. See ``core/engine/novelty.py``.

        Raises:
            UserError: the model does not know its training data (it is foreign or generates text).
        """
        import numpy as np

        predictions = self._predictions(rows)
        if not predictions.unlike:
            raise user_error("training_data_unknown")
        return np.array(predictions.unlike)

    def _predictions(self, rows: Any, missing: str | None = None) -> Any:
        import numpy as np
        import pandas as pd

        from netbuilder.core.results import predict
        from netbuilder.core.results.own_units import preprocessing_of
        from netbuilder.core.results.predict_file import predict_file
        from netbuilder.core.results.unusual_values import with_missing_rule

        if missing is not None:
            return Model(with_missing_rule(self.value, missing), self.base)._predictions(rows)
        if isinstance(rows, Path | str):
            return predict_file(self.value, Path(rows), None)
        if isinstance(rows, Mapping | pd.Series):
            rows = [dict(rows)]
        if isinstance(rows, Sequence) and rows and not isinstance(rows[0], Mapping | str):
            rows = np.asarray(rows)
        if isinstance(rows, np.ndarray):
            names = [field.name for field in predict.form_fields(self.value)]
            if not names or rows.ndim != 2:
                key = next(iter(preprocessing_of(self.value).inputs))
                return predict.predict_raw(self.value, {key: rows})
            if rows.shape[1] != len(names):
                raise data_error(
                    "array_columns",
                    found=rows.shape[1],
                    needed=len(names),
                    names=join_values(names),
                )
            rows = pd.DataFrame(rows, columns=names)
        if isinstance(rows, pd.DataFrame):
            rows = [dict(row) for row in rows.to_dict("records")]
        if not isinstance(rows, Sequence):
            raise data_error("rows_unknown", name=type(rows).__name__)
        if rows and isinstance(rows[0], str):
            return predict.predict_texts(self.value, rows)
        return predict.predict_rows(self.value, rows)

    def explain(self, sample: Any, method: str | None = None) -> Explanation:
        """Explain one prediction.

        Args:
            sample: a dict or series of a row, a text, an array (a picture, a sequence), or a file,
                of which the first sample is taken.
            method: "importance", "occlusion", "integrated_gradients" or "grad_cam"; None takes the
                one that fits.

        Raises:
            UserError: the method does not fit the model, or the sample cannot be read.
        """
        import numpy as np
        import pandas as pd

        from netbuilder.core.results import file_samples
        from netbuilder.core.results.explain.methods import ComparisonRows as KnownRows, explain
        from netbuilder.core.results.own_units import preprocessing_of

        if isinstance(sample, np.ndarray):
            key = next(iter(preprocessing_of(self.value).inputs))
            shape = preprocessing_of(self.value).inputs[key].shape
            batch = sample if sample.ndim == len(shape) + 1 else sample[None]
            return explain(self.value, {key: batch[0]}, method)
        if isinstance(sample, pd.Series | Mapping):
            sample = _as_file(pd.DataFrame([dict(sample)]))
        if isinstance(sample, str) and not Path(sample).exists():
            samples = file_samples.text_samples(self.value, [sample])
        else:
            samples = file_samples.read_samples(self.value, Path(sample))
        known = KnownRows(samples.raw, samples.truth)
        text = samples.texts[0] if samples.texts else None
        return explain(self.value, samples.sample(0), method, rows=known, text=text)

    def word_vectors(self, layer: str = "") -> pd.DataFrame:
        """Return the vectors of an Embedding, a row per word; ``layer`` is its id, "" the first.

        Raises:
            UserError: the network has no such Embedding.
        """
        import pandas as pd

        from netbuilder.core.results.layer_values import weights_of
        from netbuilder.core.results.own_units import preprocessing_of
        from netbuilder.core.results.word_vectors import WordVectors, is_embedding, token_table

        graph = self.value.project.graph
        ids = [node.id for node in graph.nodes if is_embedding(node) and layer in ("", node.id)]
        if not ids:
            raise UserError(
                _("The network has no Embedding '{name}'.", name=layer)
                if layer
                else _("The network has no Embedding."),
                _("Only an Embedding has a vector for each word."),
                code="no_embedding",
            )
        matrix = weights_of(self.value, ids[0])["embeddings"]
        inputs = preprocessing_of(self.value).inputs
        words = {key: values.vocabulary for key, values in inputs.items()}
        vectors = WordVectors.of(matrix, token_table(graph, ids[0], len(matrix), words))
        return pd.DataFrame(vectors.values, index=list(vectors.tokens.names))

    def save(self, path: str | Path) -> Path:
        """Write the model in the format of the extension (``.h5``, ``.keras``, ``.onnx``, …).

        Raises:
            UserError: there is no such format, or the file cannot be written.
        """
        from netbuilder.core.formats import registry

        registry.save_network(self.value, Path(path), self.base)
        return Path(path)

    export = save

    def _repr_html_(self) -> str:
        from netbuilder.core.formats.writers.svg import network_svg
        from netbuilder.core.grading.report import curve_svg

        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{value:.4g}</td></tr>"
            for name, value in self.value.test.items()
        )
        parts = [network_svg(self.value.project), curve_svg(self.history), f"<table>{rows}</table>"]
        evaluation = self._evaluation
        if evaluation is not None and evaluation.confusion_matrix is not None:
            parts.append(_matrix(evaluation))
        return "".join(f"<div>{part}</div>" for part in parts if part)

    def __repr__(self) -> str:
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in self.value.test.items())
        return f"<netbuilder.Model {self.value.project.name!r}: {metrics}>"


@contextmanager
def _progress(show: bool) -> Iterator[Any]:
    if not show:
        with nullcontext():
            yield None
        return
    from netbuilder.cli.output import TrainingProgress

    with TrainingProgress() as bar:
        yield bar.on_event


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="netbuilder-")


def new_file(name: str) -> Path:
    """Return the path of a temporary file in a new folder."""
    return Path(tempfile.mkdtemp(dir=_folder().name), name)


def _as_file(frame: pd.DataFrame) -> Path:
    path = new_file("data_frame.csv")
    frame.to_csv(path, index=False)
    return path


def _refuse_batches(callback: keras.callbacks.Callback) -> None:
    """Raise if a callback waits for batches: steps run in compiled loops without Python."""
    own = (vars(part) for part in (callback, type(callback)))
    names = [name for part in own for name in _BATCH_METHODS if part.get(name)]
    if names and not type(callback).__module__.startswith("keras.src.callbacks.tens"):
        raise user_error(
            "callback_of_batches", name=type(callback).__name__, methods=join_values(names)
        )


def _matrix(evaluation: Evaluation) -> str:
    assert evaluation.confusion_matrix is not None
    head = "".join(f"<th>{html.escape(label)}</th>" for label in evaluation.labels)
    rows = "".join(
        f"<tr><th>{html.escape(label)}</th>{''.join(f'<td>{int(n)}</td>' for n in row)}</tr>"
        for label, row in zip(evaluation.labels, evaluation.confusion_matrix, strict=True)
    )
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"
