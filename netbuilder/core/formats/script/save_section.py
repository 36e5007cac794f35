"""The section that saves: what was done to the data becomes layers of the saved model."""

from __future__ import annotations

from textwrap import wrap

from netbuilder.core.data.kinds.kind import InputFormat
from netbuilder.core.data.kinds.scripts.script_lines import used_inputs
from netbuilder.core.formats.script.data_section import ScriptRecipe
from netbuilder.core.formats.script.prepare_section import output_columns
from netbuilder.core.formats.script.script_cell import ScriptCell
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.python_text import format_literal
from netbuilder.core.wording import format_list

_OF_SCALERS = {
    "StandardScaler": ("1 / {0}.scale_", "-{0}.mean_ / {0}.scale_"),
    "MinMaxScaler": ("{0}.scale_", "{0}.min_"),
}
_BACK = {
    "StandardScaler": ("{0}.scale_", "{0}.mean_"),
    "MinMaxScaler": ("1 / {0}.scale_", "-{0}.min_ / {0}.scale_"),
}


def save_cell(project: Project, recipe: ScriptRecipe, stem: str) -> ScriptCell:
    """Save a model that takes raw samples and answers in the data's own units.

    The ``.h5`` takes numbers; where words were numbered, sounds heard or pictures brought to size,
    a ``.keras`` beside it takes them as they are.
    """
    cell = ScriptCell(_("Save"))
    inputs = used_inputs(project.graph)
    several = len(inputs) > 1
    scaling = _scaling(recipe, several)
    units = _units(project, recipe)
    words = _takes_words(project, recipe, several)
    file = format_literal(f"{stem}.h5")
    cell.add(*_takes_numbers(project, recipe, several))
    if not scaling and not units and not words:
        cell.add(f"model.save({file})")
        return cell
    cell.add(
        "# The saved model takes raw samples and predicts in the target's units:",
        "# it contains the scaling.",
        "def whole_model(raw):",
        *(f"    {line}" for line in scaling),
        *(f"    {line}" for line in _answered("scaled" if scaling else "raw", units)),
        "",
        "",
    )
    dtype = f", dtype={format_literal('int32')}" if recipe.ids else ""
    if several:
        made = f"keras.Input(one.shape[1:], name=name{dtype})"
        cell.add(f"raw = [{made} for name, one in x_train.items()]")
    else:
        cell.add(f"raw = keras.Input(x_train.shape[1:]{dtype})")
    cell.add(f"keras.Model(raw, whole_model(raw)).save({file})", *words)
    if words:
        cell.add(
            f"keras.Model(given, whole_model(numbers)).save({format_literal(f'{stem}.keras')})"
        )
    return cell


def _answered(given: str, units: list[str]) -> list[str]:
    if not units:
        return [f"return model({given})"]
    return [f"answer = model({given})", *units, "return answer"]


def _scaling(recipe: ScriptRecipe, several: bool) -> list[str]:
    """Lines from ``raw`` to ``scaled``; none where nothing is scaled."""
    if recipe.whole and not several:
        return ["scaled = layers.Rescaling(scale=1 / scale, offset=-offset / scale)(raw)"]
    if not recipe.scaler or (several and not recipe.table):
        return []
    if not several:
        return _rescaling("scaled", "x_scaler", _OF_SCALERS[recipe.scaler], "raw")
    return [
        "scaled = []",
        "for one, scaler in zip(raw, x_scalers.values()):",
        *(f"    {line}" for line in
          _rescaling("one", "scaler", _OF_SCALERS[recipe.scaler], "one")),
        "    scaled.append(one)",
    ]  # fmt: skip


def _rescaling(name: str, scaler: str, how: tuple[str, str], value: str) -> list[str]:
    scale, offset = (one.format(scaler) for one in how)
    return [
        f"{name} = layers.Rescaling(",
        f"    scale=({scale}).tolist(), offset=({offset}).tolist()",
        f")({value})",
    ]


def _units(project: Project, recipe: ScriptRecipe) -> list[str]:
    """Lines that bring ``answer`` back to the data's own units."""
    if not recipe.target_scaler:
        return []
    how = _BACK[recipe.target_scaler]
    outputs = project.graph.outputs
    if len(outputs) == 1:
        return _rescaling("answer", "y_scaler", how, "answer")
    if recipe.mixed:
        return [
            "for i, scaler in y_scalers.items():",
            *(f"    {line}" for line in _rescaling("answer[i]", "scaler", how, "answer[i]")),
        ]
    scale, offset = (one.format("y_scaler") for one in how)
    parts = "parts" if output_columns(project) else f"[slice(None)] * {len(outputs)}"
    return [
        f"scale, offset = {scale}, {offset}",
        "answer = [",
        "    layers.Rescaling(scale=scale[part].tolist(), offset=offset[part].tolist())(one)",
        f"    for part, one in zip({parts}, answer)",
        "]",
    ]


def _takes_numbers(project: Project, recipe: ScriptRecipe, several: bool) -> list[str]:
    """A comment about what no saved model does: whoever asks it has to do that before."""
    data, said = project.data, []
    table = recipe.table and not recipe.ids_of_numbers
    if recipe.code.takes:
        said.append(recipe.code.takes)
    elif recipe.code.fed is InputFormat.NUMBERS and recipe.code.fills:
        said.append("windows in which missing values are filled in")
    elif recipe.code.given and several:
        said.append("the numbers computed above")
    if table and any(one.type == "boolean" for one in data.columns.values()):
        said.append("yes and no as 1 and 0")
    if table and any(one.type == "date" for one in data.columns.values()):
        said.append("dates as days since 1970-01-01")
    if not said:
        return []
    apart = recipe.code.given and recipe.code.takes and not several
    taker = "Both take" if recipe.code.words and table else "The .h5 takes" if apart else "It takes"
    return wrap(f"# {taker} {format_list(said)}.", 88, subsequent_indent="# ")


def _takes_words(project: Project, recipe: ScriptRecipe, several: bool) -> list[str]:
    """Lines from ``given``, as it stands in the file, to ``numbers``; none where it is numbers."""
    if recipe.table and recipe.code.words and not recipe.shape and not recipe.ids_of_numbers:
        lines = [*_COLUMNS, *(_GAPS if recipe.code.fills else _WORDS), *_JOINED]
        each = "[joined(names) for names in columns.values()]"
        return [*lines, f"numbers = {each if several else 'joined(x.columns)'}"]
    return [] if several else list(recipe.code.given)


_COLUMNS = (
    "# The .keras file contains the categories too: it takes each column separately, texts as "
    "strings.",
    "given = {}",
    "",
    "",
    "def features_of(name):",
    '    """Return the features of a column, computed by layers from its cells."""',
    '    kind, key = "string" if name in words else "float32", name.replace("/", "_")',
    "    given.setdefault(key, keras.Input((1,), dtype=kind, name=key))",
    "    one = given[key]",
    "    if name in words:",
)
_WORDS = (
    "        look_up = layers.StringLookup(vocabulary=words[name], num_oov_indices=0)",
    "        one = look_up(one)",
)
# An empty cell is the word behind all others, until what stands in for it takes its place.
_GAPS = (
    '        look_up = layers.StringLookup(vocabulary=[*words[name], ""], num_oov_indices=0)',
    "        one = look_up(one)",
    "        if name in fills:  # replaces an empty cell",
    "            stand_in = words[name].index(fills[name])",
    "            gap = keras.ops.equal(one, len(words[name]))",
    "            one = keras.ops.where(gap, stand_in, one)",
    "    elif name in fills:",
    "        one = keras.ops.where(keras.ops.isnan(one), float(fills[name]), one)",
    "    if name in words:",
)
_JOINED = (
    '        one = layers.CategoryEncoding(len(words[name]), output_mode="one_hot")(one)',
    "    return one",
    "",
    "",
    "def joined(names):",
    '    """Return the features of an Input."""',
    "    parts = [features_of(name) for name in names]",
    "    return layers.Concatenate()(parts) if len(parts) > 1 else parts[0]",
    "",
    "",
)
