"""Project files: ``NAME.netbuilder``, JSON, UTF-8, ``"format": "netbuilder-project"``.

Version 1 has name, graph (nodes, edges, groups), data, training. Unknown keys survive a round trip
at every level. Newer versions are refused; older ones are migrated by ``_MIGRATIONS``.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from netbuilder.core.errors import ProjectFileError
from netbuilder.core.files.regular_file import json_problem, require_regular_file
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.project.edits_data import relocate_data
from netbuilder.core.project.json_fields import JsonObject, is_int
from netbuilder.core.project.model import (
    COLUMN_ROLES,
    COLUMN_TYPES,
    DECIMALS,
    MISSING_RULES,
    Choice,
    ColumnChoice,
    Data,
    Graph,
    Group,
    Node,
    OutputSettings,
    Project,
    Training,
)
from netbuilder.core.project.project_errors import file_error
from netbuilder.core.wording import format_number, join_sentences

FORMAT = "netbuilder-project"
VERSION = 1
ENDING = ".netbuilder"
MAX_NODES = 20_000

# Longest column name; a sentence has more characters between commas.
_LONG_NAME = 40

_MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def read(path: Path) -> Project:
    """Read a project file, and find data that was moved with it.

    Raises ``ProjectFileError`` if it is unreadable, invalid, incomplete or of a newer version.
    """
    path = Path(path)
    require_regular_file(path, ProjectFileError)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise file_error("file_not_found", path, path=path) from error
    except IsADirectoryError as error:
        raise file_error("file_is_folder", path, path=path) from error
    except UnicodeDecodeError as error:
        raise file_error("project_not_text", path, name=path.name, position=error.start) from error
    except OSError as error:
        raise file_error("file_not_read", path, path=path, reason=error.strerror) from error
    return relocate_data(loads(text, str(path)), path.parent)


def loads(text: str, path: str = "") -> Project:
    """Parse the text of a project file; raise ``ProjectFileError`` as ``read`` does."""
    name = Path(path).name or _("The project")
    if not text.strip():
        raise file_error("project_empty", path, name=name)
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip()[0] not in "{[":
            raise _no_project(name, text.strip().splitlines()[0], path) from error
        # A complete project ends with a closing brace.
        cut_off = error.pos >= len(text.rstrip()) - 1 or not text.rstrip().endswith("}")
        message = (
            _("'{name}' ends unexpectedly at line {line}.", name=name, line=len(text.splitlines()))
            if cut_off
            else _(
                "'{name}' is not valid JSON at line {line}, column {column}.",
                name=name,
                line=error.lineno,
                column=error.colno,
            )
        )
        fix = (
            _("The file is incomplete, perhaps because copying was interrupted: copy it again.")
            if cut_off
            else _("Correct this line in a text editor, or open an earlier copy.")
        )
        raise ProjectFileError(message, fix, path=path, code="project_json_invalid") from error
    except (RecursionError, ValueError) as error:
        if isinstance(error, ValueError):  # an integer of more than 4,300 digits
            raise file_error("project_number_too_long", path, name=name) from error
        raise file_error("project_nested_too_deeply", path, name=name) from error
    problem = json_problem(raw, f"'{name}'")
    if problem:
        raise ProjectFileError(
            problem, _("Open another file."), code="project_json_invalid", path=path
        )
    try:
        return from_json(raw)
    except ProjectFileError as error:
        raise ProjectFileError(
            f"'{name}': {error.what}", error.fix, path=path, code=error.code
        ) from error


def _no_project(name: str, line: str, path: str) -> ProjectFileError:
    """Return the error for another kind of text, judged by its first line."""
    message = _(
        "'{name}' is not a NetBuilder project: it starts with “{line}”.", name=name, line=line[:40]
    )
    columns = max(line.count(separator) for separator in ",;\t") + 1
    longest = max(map(len, re.split("[,;\t]", line)))
    if columns > 1 and not line.startswith("<") and longest <= _LONG_NAME:
        table = ngettext(
            "This looks like a table with {count} column.",
            "This looks like a table with {count} columns.",
            columns,
        )
        return ProjectFileError(
            join_sentences((message, table)),
            _(
                "A table is data. To inspect it, run: netbuilder data {name}   To create a "
                "project from it, run: netbuilder new {name}",
                name=name,
            ),
            code="project_is_table",
            path=path,
        )
    return ProjectFileError(
        message, _("Choose a file that ends in .netbuilder."), code="not_a_project", path=path
    )


def write(project: Project, path: Path) -> None:
    """Write a project file atomically; raise ``UserError`` if that fails."""
    write_bytes(Path(path), dumps(project).encode())


def dumps(project: Project) -> str:
    """Return the text of a project file: one node and one edge per line, for diffs."""
    raw = to_json(project)
    graph = raw["graph"]
    lines = {
        key: [json.dumps(item, ensure_ascii=False) for item in graph[key]]
        for key in ("nodes", "edges", "groups")
        if key in graph
    }
    # Placeholders that no user text can contain.
    marks = {key: f"{secrets.token_hex(16)}-{key}" for key in lines}
    text = json.dumps({**raw, "graph": {**graph, **marks}}, indent=2, ensure_ascii=False)
    for key, items in lines.items():
        body = "[]" if not items else "[\n      " + ",\n      ".join(items) + "\n    ]"
        text = text.replace(f'"{marks[key]}"', body, 1)
    return text + "\n"


def to_json(project: Project) -> dict[str, Any]:
    """Return the JSON object of a project, without default values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": project.name,
        "graph": _graph_to_json(project.graph),
        "data": _data_to_json(project.data),
        "training": _training_to_json(project.training),
        **project.extra,
    }


def from_json(raw: Any) -> Project:
    """Return the project of a JSON object; raise ``ProjectFileError`` if it is invalid."""
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        actual = raw.get("format") if isinstance(raw, dict) else type(raw).__name__
        raise file_error("not_a_project", expected=FORMAT, found=repr(actual))
    version: Any = raw.get("version")
    if not is_int(version) or version < 1:
        raise file_error("project_version_invalid", value=repr(version), version=VERSION)
    if version > VERSION:
        raise file_error("project_newer", version=version, known=VERSION)
    while version < VERSION:
        raw = _MIGRATIONS[version](raw)
        version += 1
    part = JsonObject(raw, _("Project"))
    part.drop("format", "version")
    return Project(
        name=part.text("name", "Untitled"),
        graph=_graph_from_json(part.part("graph")),
        data=_data_from_json(part.part("data")),
        training=_training_from_json(part.part("training")),
        extra=part.rest(),
    )


def _choice_to_json(choice: Choice) -> Any:
    return {"name": choice.name, "params": dict(choice.params)} if choice.params else choice.name


def _graph_from_json(part: JsonObject) -> Graph:
    raw_nodes = part.items("nodes")
    if len(raw_nodes) > MAX_NODES:
        raise file_error(
            "project_too_many_nodes",
            count=format_number(len(raw_nodes), ","),
            limit=format_number(MAX_NODES, ","),
        )
    nodes = tuple(_node_from_json(raw, i) for i, raw in enumerate(raw_nodes, 1))
    edges = []
    for index, raw in enumerate(part.items("edges"), 1):
        if (
            not isinstance(raw, list)
            or len(raw) != 2
            or not all(isinstance(end, str) for end in raw)
        ):
            raise file_error("project_edge_invalid", number=index, value=f"{raw!r:.60}")
        edges.append((raw[0], raw[1]))
    groups = tuple(_group_from_json(raw, i) for i, raw in enumerate(part.items("groups"), 1))
    names: set[str] = set()
    for name in [node.id for node in nodes] + [group.id for group in groups]:
        if name in names:
            raise file_error("project_id_twice", name=name)
        names.add(name)
    return Graph(nodes, tuple(edges), groups, part.rest())


def _node_from_json(raw: Any, index: int) -> Node:
    part = JsonObject(raw, _("Node {number}", number=index))
    for key in ("id", "layer"):
        if not part.has(key):
            raise file_error("project_key_missing:2", number=index, key=key)
    node_id = part.text("id", "")
    if not node_id:
        raise file_error("name_invalid:2", number=index, name=node_id)
    part.where = _("Node '{name}'", name=node_id)
    return Node(
        id=node_id,
        layer=part.text("layer", ""),
        params=part.mapping("params"),
        position=part.point("position"),
        shared=part.optional_text("shared"),
        group=part.optional_text("group"),
        extra=part.rest(),
    )


def _group_from_json(raw: Any, index: int) -> Group:
    part = JsonObject(raw, _("Group {number}", number=index))
    if not part.has("id"):
        raise file_error("project_key_missing", number=index)
    group_id = part.text("id", "")
    return Group(
        id=group_id,
        name=part.text("name", group_id),
        parent=part.optional_text("parent"),
        collapsed=part.flag("collapsed", True),
        position=part.point("position"),
        extra=part.rest(),
    )


def _graph_to_json(graph: Graph) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "nodes": [_node_to_json(node) for node in graph.nodes],
        "edges": [list(edge) for edge in graph.edges],
    }
    if graph.groups:
        raw["groups"] = [_group_to_json(group) for group in graph.groups]
    return {**raw, **graph.extra}


def _node_to_json(node: Node) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": node.id, "layer": node.layer, "params": dict(node.params)}
    if node.position is not None:
        raw["position"] = list(node.position)
    if node.shared is not None:
        raw["shared"] = node.shared
    if node.group is not None:
        raw["group"] = node.group
    return {**raw, **node.extra}


def _group_to_json(group: Group) -> dict[str, Any]:
    raw: dict[str, Any] = {"id": group.id, "name": group.name, "collapsed": group.collapsed}
    if group.parent is not None:
        raw["parent"] = group.parent
    if group.position is not None:
        raw["position"] = list(group.position)
    return {**raw, **group.extra}


def _columns(part: JsonObject, key: str) -> dict[str, tuple[str, ...]]:
    inner = part.part(key)
    return {name: inner.words(name) for name in list(inner.rest())}


def _data_from_json(part: JsonObject) -> Data:
    return Data(
        kind=part.text("kind", ""),
        name=part.text("name", ""),
        path=part.text("path", ""),
        test_path=part.text("test_path", ""),
        target=part.words("target"),
        scaling=part.text("scaling", "auto"),
        validation_split=part.number("validation_split", 0.1, 0.0, 1.0),
        test_split=part.number("test_split", 0.2, 0.0, 1.0),
        inputs=_columns(part, "inputs"),
        targets=_columns(part, "targets"),
        columns=_column_choices(part.part("columns")),
        options=part.rest(),
    )


def _column_choices(part: JsonObject) -> dict[str, ColumnChoice]:
    choices: dict[str, ColumnChoice] = {}
    for name in list(part.rest()):
        column = part.part(name)
        column.where = _("Column '{name}'", name=name)
        choices[name] = ColumnChoice(
            role=column.one_of("role", COLUMN_ROLES),
            type=column.one_of("type", COLUMN_TYPES),
            missing=column.one_of("missing", MISSING_RULES),
            decimal=column.one_of("decimal", DECIMALS),
            extra=column.rest(),
        )
    return choices


def _column_choice_to_json(choice: ColumnChoice) -> dict[str, Any]:
    settings = {key: getattr(choice, key) for key in ("role", "type", "missing", "decimal")}
    return {**{key: value for key, value in settings.items() if value}, **choice.extra}


def _data_to_json(data: Data) -> dict[str, Any]:
    raw: dict[str, Any] = {"kind": data.kind} if data.kind else {}
    for key in ("name", "path", "test_path"):
        if getattr(data, key):
            raw[key] = getattr(data, key)
    if data.target:
        raw["target"] = list(data.target)
    raw["scaling"] = data.scaling
    raw["validation_split"] = data.validation_split
    if data.test_split != Data.test_split:
        raw["test_split"] = data.test_split
    for key in ("inputs", "targets"):
        if getattr(data, key):
            raw[key] = {name: list(columns) for name, columns in getattr(data, key).items()}
    if data.columns:
        raw["columns"] = {
            name: _column_choice_to_json(choice) for name, choice in data.columns.items()
        }
    return {**raw, **data.options}


def _training_from_json(part: JsonObject) -> Training:
    default = Training()
    outputs = part.part("outputs")
    settings = {name: _output_from_json(outputs.part(name)) for name in list(outputs.rest())}
    return Training(
        loss=part.choice("loss"),
        optimizer=part.choice("optimizer") or default.optimizer,
        metrics=part.choices("metrics") if part.has("metrics") else None,
        epochs=part.integer("epochs", default.epochs, 1),
        batch_size=part.integer("batch_size", default.batch_size, 1),
        seed=part.integer("seed", default.seed, 0),
        shuffle=part.flag("shuffle", True),
        callbacks=part.choices("callbacks"),
        outputs=settings,
        class_weight=part.text("class_weight", default.class_weight),
        precision=part.text("precision", default.precision),
        extra=part.rest(),
    )


def _output_from_json(part: JsonObject) -> OutputSettings:
    return OutputSettings(
        loss=part.choice("loss"),
        metrics=part.choices("metrics") if part.has("metrics") else None,
        loss_weight=part.number("loss_weight", 1.0, 0.0, float("inf")),
    )


def _output_to_json(settings: OutputSettings) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    if settings.loss is not None:
        raw["loss"] = _choice_to_json(settings.loss)
    if settings.metrics is not None:
        raw["metrics"] = [_choice_to_json(metric) for metric in settings.metrics]
    if settings.loss_weight != 1.0:
        raw["loss_weight"] = settings.loss_weight
    return raw


def _training_to_json(training: Training) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    if training.loss is not None:
        raw["loss"] = _choice_to_json(training.loss)
    raw["optimizer"] = {"name": training.optimizer.name, "params": dict(training.optimizer.params)}
    if training.metrics is not None:
        raw["metrics"] = [_choice_to_json(metric) for metric in training.metrics]
    raw["epochs"] = training.epochs
    raw["batch_size"] = training.batch_size
    raw["seed"] = training.seed
    if not training.shuffle:
        raw["shuffle"] = False
    if training.callbacks:
        raw["callbacks"] = [_choice_to_json(callback) for callback in training.callbacks]
    if training.outputs:
        raw["outputs"] = {name: _output_to_json(goal) for name, goal in training.outputs.items()}
    for key in ("class_weight", "precision"):
        if getattr(training, key) != getattr(Training, key):
            raw[key] = getattr(training, key)
    return {**raw, **training.extra}
