"""A project of Keras code: the model that it trains, with the settings of compile and fit."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.core.catalog.layers.pretrained import BACKBONES
from netbuilder.core.catalog.training.training_index import CALLBACKS, OPTIMIZERS, canonical
from netbuilder.core.data.readers.csv_dialect import sniff
from netbuilder.core.errors import DataError, FormatError
from netbuilder.core.formats.importing.import_params import (
    dropped_arguments,
    layer_params,
    object_params,
)
from netbuilder.core.formats.importing.import_training import import_training
from netbuilder.core.formats.importing.keras_code.calls import ordered
from netbuilder.core.formats.importing.keras_code.interpreter import Interpreter
from netbuilder.core.formats.importing.keras_code.script_data import Rows, ScriptData, rows_in
from netbuilder.core.formats.importing.keras_code.values import (
    LOOP,
    UNREAD,
    Call,
    KerasObject,
    Layer,
    Model,
    plain,
    unread_texts,
)
from netbuilder.core.formats.importing.report import (
    AS_IS,
    LEFT_OUT,
    REPLACED,
    Imported,
    ReportItem,
)
from netbuilder.core.formats.safety.model_file import snake_case
from netbuilder.core.formats.safety.training_config import check_training_config
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice, ColumnChoice, Data, Graph, Node, Project, Training
from netbuilder.core.regular_file import read_json, require_regular_file
from netbuilder.core.wording import (
    as_sentence,
    capitalize_first,
    did_you_mean,
    join_sentences,
    join_values,
    labelled,
)

MAX_BYTES = 16 * 2**20
# Lines for IPython and not for Python: %magic, !command, help?, ?help.
_MAGIC = re.compile(r"^\s*(%|!|\?|[\w.]+\?\??\s*$)")
# Cells that are another language, or that only time or capture what follows.
_CELL_MAGIC = re.compile(r"^\s*%%(\w+)")
_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun"})


@dataclass(frozen=True)
class Source:
    """A parsed text. ``cells`` holds the first line of each code cell and the cell's number; empty
    for a script."""

    name: str
    tree: ast.Module
    cells: tuple[tuple[int, int], ...] = ()

    def where(self, line: int) -> str:
        """Words for a line: "line 12", of a notebook "cell 3, line 2"."""
        return _where(line, self.cells)


def read_source(path: Path) -> Source:
    """Read and parse a ``.py`` or ``.ipynb`` file.

    Raises:
        FormatError: it is too large, no notebook, or no Python; a syntax error names its line.
    """
    require_regular_file(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FormatError(
            _("'{file}' cannot be read: {reason}.", file=path.name, reason=error.strerror or error),
            _("Check the name and the folder."),
            path=str(path),
            code="code_not_readable",
        ) from error
    if len(data) > MAX_BYTES:
        raise FormatError(
            _("'{file}' is larger than {count} MiB.", file=path.name, count=MAX_BYTES // 2**20),
            _("Delete the outputs of the notebook, and save it again."),
            path=str(path),
            code="code_too_large",
        )
    cells: tuple[tuple[int, int], ...] = ()
    text: str | bytes = data
    if path.suffix.lower() == ".ipynb":
        text, cells = _cells(read_json(data, f"'{path.name}'"), path)
    return Source(path.name, _parsed(text, path, cells), cells)


def _parsed(text: str | bytes, path: Path, cells: tuple[tuple[int, int], ...]) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        line = _where(error.lineno or 1, cells)
        raise FormatError(
            _(
                "'{file}' has a syntax error in {line}: {reason}.",
                file=path.name,
                line=line,
                reason=error.msg,
            ),
            _("Correct that line, or remove it, and import the file again."),
            path=str(path),
            code="code_syntax_error",
        ) from error
    except (ValueError, RecursionError, MemoryError, UnicodeError) as error:
        raise FormatError(
            _("'{file}' is not Python code: {reason}.", file=path.name, reason=error),
            _("Save it as plain text in UTF-8."),
            path=str(path),
            code="code_not_python",
        ) from error


def _where(line: int, cells: tuple[tuple[int, int], ...]) -> str:
    for first, number in reversed(cells):
        if line >= first:
            return _("cell {cell}, line {line}", cell=number, line=line - first + 1)
    return _("line {line}", line=line)


def _cells(notebook: Any, path: Path) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The joined text of the code cells, lines for IPython emptied."""
    found = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(found, list):
        raise FormatError(
            _("'{file}' is not a Jupyter notebook: it has no cells.", file=path.name),
            _("Save it in Jupyter again, as a notebook of version 4."),
            path=str(path),
            code="notebook_without_cells",
        )
    lines: list[str] = []
    starts = []
    for number, cell in enumerate(found, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        starts.append((len(lines) + 1, number))
        own = text.splitlines() or [""]
        magic = _CELL_MAGIC.match(own[0])
        if magic is not None and magic[1] not in _PYTHON_CELLS:
            own = [""] * len(own)
        lines += [_without_magic(line) for line in own]
    return "\n".join(lines) + "\n", tuple(starts)


def _without_magic(line: str) -> str:
    if not _MAGIC.match(line):
        return line
    # An indented magic may be all that a block holds.
    indent = line[: len(line) - len(line.lstrip())]
    return f"{indent}pass" if indent else ""


MAX_LAYERS = 10_000
# Arguments of Keras 1 and 2, and of single optimizers, that mean what another name says now.
_OLD = {"lr": "learning_rate", "nb_epoch": "epochs"}
_SETTINGS = ("epochs", "batch_size", "shuffle")
# Arguments of fit that change a training and have no place in a project.
_UNUSED = ("sample_weight", "initial_epoch", "steps_per_epoch", "validation_steps")


def import_code(path: Path) -> Imported:
    """The project that Keras code in a ``.py`` or ``.ipynb`` builds; none of it is run.

    The model that is trained is taken; where none is, the last that was compiled, or made.

    Raises:
        FormatError: no Python, no model in it, or a network of more than 10,000 layers.
    """
    source = read_source(path)
    walk = Interpreter()
    try:
        walk.run(source.tree)
        for one in walk.models:
            if not one.used:
                walk.ends(one)
        model = _chosen(walk.models, source, path)
        builder = _Builder(source, walk.preprocessed)
        outputs = builder.build(*walk.ends(model))
    except RecursionError as error:
        raise FormatError(
            _("'{file}' is nested too deeply to be read.", file=path.name),
            _("Write the network in fewer functions."),
            path=str(path),
            code="code_too_deep",
        ) from error
    for line, text in walk.problems:
        if line not in builder.loops and not any(text in one.message for one in builder.report):
            builder.tell("code", LEFT_OUT, line, _("'{code}' cannot be read.", code=text))
    for item, line, sentence in walk.remarks:
        builder.tell(item, LEFT_OUT, line, sentence)
    training, split = builder.settings(model, outputs, walk.data.batch_size, walk.optimizer_line)
    if walk.precision in ("mixed_float16", "mixed_bfloat16"):
        training = replace(training, precision=walk.precision)
    data = replace(Data(), validation_split=split) if split is not None else Data()
    for key in ("test_split", "validation_split", "scaling"):
        chosen: dict[str, Any] = {key: getattr(walk.data, key)}
        data = replace(data, **chosen) if chosen[key] else data
    data = builder.data(walk.data, data, path.parent, model.fitted or {})
    for other in walk.models:
        if other is not model and not other.used and (other.layers or other.outputs):
            builder.tell("model", LEFT_OUT, other.line, _("Another model in the file."))
    graph = Graph(tuple(builder.nodes), tuple(builder.edges))
    project = Project(name=path.stem, graph=graph, data=data, training=training)
    return Imported(project, tuple(builder.report))


def _chosen(models: list[Model], source: Source, path: Path) -> Model:
    built = [one for one in models if one.layers or one.outputs]
    choices = (
        [one for one in built if one.fitted is not None],
        [one for one in built if one.compiled is not None],
        [one for one in built if not one.used],
        built,
    )
    for found in choices:
        if found:
            return found[-1]
    raise FormatError(
        _("'{file}' does not create a Keras model.", file=path.name),
        _(
            "NetBuilder reads keras.Sequential, the functional API (keras.Model with inputs and"
            " outputs), and classes whose call method connects layers."
        ),
        path=str(path),
        code="code_without_model",
    )


def _members(value: Any) -> list[Any]:
    """The parts of a list or dict, of lists in it too; a single value is its own part."""
    if isinstance(value, dict):
        return _members(list(value.values()))
    if isinstance(value, list):
        return [found for one in value for found in _members(one)]
    return [value]


class _Builder:
    """Makes nodes, edges and the report of a model that was found."""

    def __init__(self, source: Source, preprocessed: Collection[str]) -> None:
        self.nodes: list[Node] = []
        self.edges: list[tuple[str, str]] = []
        self.report: list[ReportItem] = []
        self._source, self._preprocessed = source, preprocessed
        self._ids: dict[int, str] = {}
        self._owners: dict[int, str] = {}
        self._taken: set[str] = set()
        self.loops: set[int] = set()

    def tell(self, item: str, taken: str, line: int, message: str) -> None:
        """Add to the report; a line that is known stands before the message."""
        if line:
            where = self._source.where(line)
            message = labelled(capitalize_first(where), message) if message else where
        self.report.append(ReportItem(item, taken, message))

    def build(self, inputs: list[Call], outputs: list[Call]) -> list[str]:
        """Add the nodes of a model; give the ids of those that are its outputs."""
        for call in ordered([*inputs, *outputs]):
            self._add(call)
        return [self._ids[id(one)] for one in outputs]

    def _add(self, call: Call) -> None:
        layer = call.layer
        base = layer.name or snake_case(layer.kind)
        name, number = base.replace("/", "_"), 0
        while name in self._taken:
            number += 1
            name = f"{base}_{number}"
        self._taken.add(name)
        self._ids[id(call)] = name
        owner = self._owners.get(id(layer)) if layer.kind != "Input" else None
        if owner is not None:
            self.nodes.append(Node(name, layer.kind, shared=owner))
            self.tell(name, AS_IS, call.line, _("Shares the weights of '{layer}'.", layer=owner))
        else:
            self._owners[id(layer)] = name
            self._new(name, layer)
        sources = list(dict.fromkeys(self._ids[id(one)] for one in call.sources))
        self.edges += [(source, name) for source in sources]
        if len(self.nodes) > MAX_LAYERS:
            raise FormatError(
                _("The network has more than {count} layers.", count=MAX_LAYERS),
                _("Check the loops of the file."),
                code="code_too_many_layers",
            )

    def _new(self, name: str, layer: Layer) -> None:
        if not layer.known:
            said = layer.notes[0] if layer.notes else layer.kind
            why = _("'{code}' cannot be read: replace this layer.", code=said)
            if layer.kind == LOOP:
                self.loops.add(layer.line)
                why = _(
                    "The loop in {line} makes several layers that cannot be counted without "
                    "running it: add them yourself.",
                    line=self._source.where(layer.line),
                )
            self.tell(name, LEFT_OUT, 0 if layer.kind == LOOP else layer.line, why)
            extra = {"explanation": self.report[-1].message}
            self.nodes.append(Node(name, layer.kind, extra=extra))
            return
        body = BACKBONES.get(layer.kind)
        if body is not None and "preprocess" in LAYERS[layer.kind].by_name:
            # Pixels that the script scales outside the network are scaled in its layer here.
            layer.config["preprocess"] |= body.family in self._preprocessed
        params = layer_params(layer.kind, layer.config)
        reasons = []
        if layer.kind == "Input":
            if isinstance(layer.shape, list):
                params["shape"] = layer.shape
            elif layer.shape is UNREAD:
                reasons.append(_("the shape comes from the data"))
        lacking = [
            one.name for one in LAYERS[layer.kind].params if one.required and one.name not in params
        ]
        reasons += [_("{argument} cannot be read", argument=one) for one in layer.notes]
        if lacking:
            reasons.append(_("{arguments} must be given", arguments=join_values(lacking)))
        dropped = [one for one in dropped_arguments(layer.kind, layer.config) if one not in lacking]
        message = as_sentence(labelled(layer.kind, "; ".join(reasons))) if reasons else layer.kind
        taken = LEFT_OUT if lacking else REPLACED if reasons else AS_IS
        self.tell(name, taken, layer.line, message)
        told = [self.report[-1].message] if reasons else []
        for one in dropped:
            said = _("{layer} has no argument '{argument}'.", layer=layer.kind, argument=one)
            known = LAYERS[layer.kind].by_name
            if one in known:  # and its value is none that NetBuilder takes
                said = _("{arguments} not supported", arguments=one)
            elif hint := did_you_mean(one, list(known)):
                said = join_sentences((said, hint))
            self.tell(one, LEFT_OUT, layer.line, said)
            told.append(self.report[-1].message)
        extra = {"explanation": join_sentences(told)} if told else {}
        self.nodes.append(Node(name, layer.kind, params, extra=extra))

    # --- settings ---

    def settings(
        self, model: Model, outputs: list[str], batch_size: int = 0, trained_by: int = 0
    ) -> tuple[Training, float | None]:
        """Loss, optimizer, metrics and how long to train; and the share for validation.

        ``batch_size``: of the data that the script reads, where ``fit`` names none.
        ``trained_by``: the line of an optimizer, of which a loop of the script's own may make use.
        """
        training = Training()
        if model.compiled is not None:
            training = import_training(self._plan(model), outputs)
        elif trained_by:
            told = _("The model is not compiled: choose loss and optimizer on the Settings page.")
            self.tell("training", LEFT_OUT, trained_by, told)
        given = {_OLD.get(key, key): one for key, one in (model.fitted or {}).items()}
        if batch_size and given:
            given.setdefault("batch_size", batch_size)
        for key in _SETTINGS:
            value = given.get(key)
            if isinstance(value, bool | int) and (value or key == "shuffle"):
                chosen: dict[str, Any] = {key: value}
                training = replace(training, **chosen)
                self.report.append(ReportItem(key, AS_IS, str(value)))
            elif value is not None:
                self._unread(key, value, model.fitted_line)
        callbacks = tuple(self._callbacks(given.get("callbacks"), model.fitted_line))
        training = replace(training, callbacks=callbacks)
        if given.get("class_weight") is not None:
            told = _("Class weights are not taken over: choose them on the Settings page.")
            self.tell("class_weight", LEFT_OUT, model.fitted_line, told)
        for key in _UNUSED:
            if given.get(key) is not None:
                told = _("NetBuilder does not use the argument '{argument}'.", argument=key)
                self.tell(key, LEFT_OUT, model.fitted_line, told)
        if given.get("validation_data") is not None:
            parts = {one.part for one in rows_in(given["validation_data"])}
            if parts != {"validation"}:
                told = _("The validation split of the project is used instead.")
                self.tell("validation_data", LEFT_OUT, model.fitted_line, told)
        split = given.get("validation_split")
        return training, float(split) if isinstance(split, float) and 0 < split < 1 else None

    def _plan(self, model: Model) -> dict[str, Any]:
        plan: dict[str, Any] = {}
        compiled, line = model.compiled or {}, model.compiled_line
        for key in ("optimizer", "loss", "metrics", "loss_weights"):
            value = compiled.get(key)
            for one in _members(value):
                if plain(one) is UNREAD:
                    self._unread(key, one, line)
                self._unread_arguments(key, one, line)
            if isinstance(value, dict):
                value = {name: one for name, one in value.items() if plain(one) is not UNREAD}
            elif key == "metrics" and isinstance(value, list):
                value = [one for one in value if plain(one) is not UNREAD]
            flat = plain(value)
            if flat is not UNREAD and flat is not None:
                plan[key] = flat
        optimizer = plan.pop("optimizer", None)
        if optimizer is not None:
            plan["optimizer_config"] = optimizer
            self._check_optimizer(optimizer, line)
        kept, notes = check_training_config(plan, self._source.name)
        self.report += [ReportItem("training", LEFT_OUT, note) for note in notes]
        for key, item in (
            ("optimizer_config", "optimizer"),
            ("loss", "loss"),
            ("metrics", "metrics"),
        ):
            if kept.get(key):
                self.report.append(ReportItem(item, AS_IS))
        return kept

    def _unread_arguments(self, item: str, value: Any, line: int) -> None:
        """Tell which arguments of an object, or of its schedule, were not read."""
        for one in value.config.values() if isinstance(value, KerasObject) else ():
            if plain(one) is UNREAD:
                self._unread(item, one, line)
            self._unread_arguments(item, one, line)

    def _check_optimizer(self, value: Any, line: int) -> None:
        if not isinstance(value, dict):
            return
        spec = OPTIMIZERS.get(canonical(OPTIMIZERS, value["class_name"]) or "")
        for key, one in value["config"].items():
            known = spec is None or _OLD.get(key, key) in spec.by_name
            if not known and key != "name" and one not in (0, 0.0, None):
                said = _(
                    "The argument '{argument}' of the optimizer is not supported.", argument=key
                )
                self.tell("optimizer", LEFT_OUT, line, said)

    def _callbacks(self, value: Any, line: int) -> Iterator[Choice]:
        for one in value if isinstance(value, list | tuple) else ([] if value is None else [value]):
            name = canonical(CALLBACKS, one.name) if isinstance(one, KerasObject) else None
            if name is None or not isinstance(one, KerasObject):
                self._unread("callbacks", one, line)
                continue
            config = {
                key: flat for key, v in one.config.items() if (flat := plain(v)) is not UNREAD
            }
            self._unread_arguments(name, one, line)
            params = object_params(CALLBACKS[name], config)
            lost = [key for key in one.config if key not in params and key != "verbose"]
            lost = [key for key in lost if key not in CALLBACKS[name].by_name]
            message = _("{arguments} not supported", arguments=join_values(lost)) if lost else ""
            self.tell(name, REPLACED if lost else AS_IS, one.line, message)
            yield Choice(name, params)

    def _unread(self, item: str, value: Any, line: int = 0) -> None:
        """Tell what was not read: its own code where that is known, else its line of ``item``."""
        found = unread_texts(value)
        node = getattr(value, "node", None)  # a function of the script
        line = found[0].line if found else getattr(node or value, "lineno", 0) or line
        named = (
            getattr(value, "text", "") or getattr(value, "name", "") or getattr(node, "name", "")
        )
        text = found[0].text if found else named or getattr(value, "kind", item)
        self.tell(item, LEFT_OUT, line, _("'{code}' cannot be read.", code=text))

    def data(self, reads: ScriptData, data: Data, folder: Path, fitted: Mapping[str, Any]) -> Data:
        """The data recipe with the one file or folder that the code reads, where it lies beside
        the code; what else it reads is named."""
        line, kind, path = reads.data_file(folder)
        if path:
            self.tell("data", AS_IS, line, path)
            data = replace(data, kind=kind, path=path)
            return self._columns(reads, data, folder, fitted, line) if kind == "csv" else data
        for line, _kind, name, code in reads.calls:
            said = _("'{code}': choose this data on the Data page.", code=code)
            if name and not (folder / name).exists():
                said = _("'{name}' is missing: choose the data on the Data page.", name=name)
            self.tell("data", LEFT_OUT, line, said)
        return data

    def _columns(
        self,
        reads: ScriptData,
        data: Data,
        folder: Path,
        fitted: Mapping[str, Any],
        line: int,
    ) -> Data:
        """The recipe with the targets and features that the code takes out of its table."""
        header: tuple[str, ...] = ()
        with suppress(DataError):
            header = sniff(folder / data.path, {}).names
        x, y = reads.features_and_targets(fitted)
        for name, where, value in reads.stored_columns:
            same = isinstance(value, Rows) and value.names == (name,) and value.computed is None
            if not same:
                said = _("The column '{name}' is taken as it is in the file.", name=name)
                if name not in header:
                    said = _("The file has no column '{name}': the code computes it.", name=name)
                self.tell(name, LEFT_OUT, where, said)
        target = self._named(y, header)
        if not target:
            said = _("The target was not found in the code: choose it on the Data page.")
            self.tell("target", LEFT_OUT, line, said)
            return data
        for one in y:
            if one.computed is not None:
                where, code = one.computed
                said = _("'{code}' is not computed: the target is the column itself.", code=code)
                self.tell("target", LEFT_OUT, where, said)
        self.tell("target", AS_IS, y[0].line, join_values(target))
        features = self._named(x, header)
        ignored = [one for one in header if features and one not in (*features, *target)]
        starts = [one.id for one in self.nodes if one.layer == "Input"]
        several = len(x) > 1 and len(x) == len(starts) and not isinstance(fitted["x"], dict)
        return replace(
            data,
            target=tuple(target),
            columns={one: ColumnChoice(role="ignore") for one in ignored},
            inputs={
                start: tuple(self._named([one], header))
                for start, one in zip(starts, x, strict=False)
            }
            if several
            else {},
        )

    @staticmethod
    def _named(rows: list[Rows], header: tuple[str, ...]) -> list[str]:
        found = dict.fromkeys(name for one in rows for name in one.columns(header))
        return [name for name in found if not header or name in header]
