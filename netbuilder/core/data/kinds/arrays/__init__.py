"""Arrays from ``.npz``, ``.npy`` and ``.h5`` files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.data_facts import BINARY, CLASSES
from netbuilder.core.data.kinds.arrays.array_files import ENDINGS
from netbuilder.core.data.kinds.arrays.array_roles import (
    VALIDATION_WORDS,
    X_NAMES,
    Y_NAMES,
    partner_of,
    read_arrays,
)
from netbuilder.core.data.kinds.kind import (
    PARTS,
    SCALING,
    TASK,
    DataCode,
    DataKind,
    InputFormat,
    KindFiles,
    ScriptRequest,
)
from netbuilder.core.data.kinds.modality import (
    Fitted,
    KerasInputs,
    Key,
    Modality,
    PreviewSamples,
    Rows,
    fill_sequences,
    reshape_values,
    source_of,
    values_of,
    wanted_shape,
)
from netbuilder.core.data.kinds.scripts.script_lines import used_inputs
from netbuilder.core.data.preprocessing import scaling
from netbuilder.core.data.preprocessing.fitted_preprocessing import FittedColumn, InputPreprocessing
from netbuilder.core.data.preprocessing.missing import missing_rules
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.graph_ends import byte_input_layer, feeds_embedding
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netbuilder.core.data.dataset import PreparedData

Array: TypeAlias = "NDArray[Any]"


def _column(name: str, values: Array, data: Data) -> FittedColumn:
    import numpy as np

    present = values[~np.isnan(values)]
    if not present.size:
        return FittedColumn(name, low=0.0, high=0.0)
    low, high = float(present.min()), float(present.max())
    rule = missing_rules(data, [name])[name]
    middle = present.mean() if rule == "mean" else np.median(present)
    fill = float(middle) if rule not in {"error", "drop"} else None
    return FittedColumn(name, low=low, high=high, fill=fill)


def describe_values(values: Array) -> list[str]:
    """Return one line of text for each sample of an array of numbers."""
    import numpy as np

    lines = []
    for sample in values:
        flat = np.asarray(sample).reshape(-1)
        first = " ".join(format_number(float(value)) for value in flat[:6])
        lines.append(f"{first} …" if flat.size > 6 else first)
    return lines


def _fills(entry: InputPreprocessing) -> Array:
    """Return the fill value of each column; NaN where missing values are not filled."""
    import numpy as np

    fills = [column.fill if isinstance(column.fill, float) else np.nan for column in entry.columns]
    return np.array(fills, np.float32)


class NumberModality(Modality):
    """Sequences and other arrays of numbers."""

    name = "numbers"
    takes = N_("arrays")

    def fit(self, project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
        """Fit the scale of an array, separately for each entry of the last axis."""
        import numpy as np

        source = source_of(project, key, samples)
        values, how = samples.arrays[source], project.data.scaling
        if how == "auto" and byte_input_layer(project.graph, key):
            how = "none"
        shape = wanted_shape(project, key, values.shape[1:])
        if feeds_embedding(project.graph, key):
            return InputPreprocessing("ids", shape, "int32", source=source), ()
        if len(shape) == values.ndim - 1:
            offset, scale = scaling.fit_columns(values[train], how)
        else:
            offset, scale = scaling.fit_whole(values[train], how, None)
        columns: tuple[FittedColumn, ...] = ()
        if samples.columns and shape == values.shape[1:]:
            series = np.moveaxis(values[train], -1, 0)
            columns = tuple(
                _column(name, numbers, project.data)
                for name, numbers in zip(samples.columns, series, strict=True)
            )
        return InputPreprocessing(
            "numbers", shape, "float32", columns, offset, scale, source=source
        ), ()

    def read(
        self, samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice
    ) -> Array:
        return reshape_values(
            fill_sequences(values_of(samples, preprocessing, rows), preprocessing.columns),
            preprocessing,
        )

    def show(self, samples: Samples, count: int) -> PreviewSamples:
        first = next(iter(samples.arrays.values()))[:count]
        cells = {name: describe_values(values) for name, values in samples.arrays.items()}
        return PreviewSamples(cells, sequences=first if first.ndim == 3 else None)

    def layers(
        self, entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs
    ) -> Any | None:
        """Return the sequences with filled gaps; None where none is filled."""
        import keras
        import numpy as np

        fills = _fills(entry)
        if not fills.any():
            return None
        sequences = inputs.node(key, entry.shape)
        return keras.ops.where(keras.ops.isnan(sequences), np.nan_to_num(fills), sequences)

    def examples(
        self, entry: InputPreprocessing, key: str, count: int
    ) -> tuple[Mapping[Key, Array], Array]:
        import numpy as np

        shape = (count, *(size or 1 for size in entry.shape))
        low = np.array([column.low or 0.0 for column in entry.columns])
        high = np.array([column.high or 1.0 for column in entry.columns])
        values = np.random.default_rng(0).uniform(low, high, shape).astype(np.float32)
        values[-1, -1, ~np.isnan(_fills(entry))] = np.nan
        return {("node", key): values}, reshape_values(fill_sequences(values, entry.columns), entry)

    def layers_take(self, entry: InputPreprocessing) -> str:
        return _("sequences, with NaN where values are missing")

    def view(self, plan: PreparedData, project: Project, base: Path) -> object | None:
        from netbuilder.core.data.kinds.series.view import sequences_data_view, series_data_view

        return series_data_view(plan, project.data, base) or sequences_data_view(plan)

    def explained_as(self, entry: InputPreprocessing) -> str:
        return "series" if self.is_sequence(entry) else "picture" if self.is_picture(entry) else ""

    def is_sequence(self, entry: InputPreprocessing) -> bool:
        return len(entry.shape) == 2


class IdModality(NumberModality):
    """Whole numbers that stand for words."""

    name = "ids"

    def layers(self, entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs) -> None:
        return None

    def explained_as(self, entry: InputPreprocessing) -> str:
        return ""

    def is_sequence(self, entry: InputPreprocessing) -> bool:
        return False


NUMBERS = NumberModality()
IDS = IdModality()


def _read_data(data: Data, path: Path, test: bool = False) -> Samples | None:
    names = tuple(name for names in data.inputs.values() for name in names)
    targets = tuple(name for names in data.targets.values() for name in names)
    return read_arrays(path, data.options, names, targets, test=test)


def _read_kind(data: Data, path: Path, test: bool) -> Samples:
    samples = _read_data(data, path)
    assert samples is not None
    return samples


def _contents(project: Project, base: Path) -> object | None:
    from netbuilder.core.data.kinds.arrays.view import arrays_data_view

    return arrays_data_view(project, base)


def takes_pictures(question: ScriptRequest) -> bool:
    """Return whether samples have height, width and channels, by shape or first layers."""
    graph = question.project.graph
    for name in used_inputs(graph):
        shape = graph.by_id[name].params.get("shape")
        if shape is None and question.facts is not None:
            shape = question.facts.input_shapes.get(name)
        if shape is not None:
            return len(shape) == 3
    return any(node.layer.endswith("2D") for node in graph.nodes)


def _code(question: ScriptRequest) -> DataCode:
    data = question.project.data
    x_name, y_name = data.options.get("x"), data.options.get("y")
    if data.path.lower().endswith(".npy"):
        folder = format_literal(Path(data.path).parent.as_posix())
        lines = [
            "from pathlib import Path",
            "",
            f"files = Path({folder}).glob('*.npy')",
            "arrays = {file.stem: np.load(file, allow_pickle=False) for file in files}",
        ]
        stem = Path(data.path).stem
        x_name, y_name = x_name or stem, y_name or partner_of(stem, [stem.replace("x", "y", 1)])
    elif data.path.lower().endswith(".npz"):
        lines = [f"arrays = np.load({format_literal(data.path)}, allow_pickle=False)"]
    else:
        lines = [
            "import h5py",
            "",
            f"with h5py.File({format_literal(data.path)}) as file:",
            "    names = []",
            "    file.visit(names.append)",
            "    arrays = {",
            "        n: file[n][...] for n in names if isinstance(file[n], h5py.Dataset)",
            "    }",
        ]
    inputs = used_inputs(question.project.graph)
    pictures = takes_pictures(question)
    several = isinstance(x_name, Mapping) or len(inputs) > 1
    if several:
        names = x_name if isinstance(x_name, Mapping) else {node_id: node_id for node_id in inputs}
        lines.append("x = {")
        lines += [
            f"    {format_literal(node_id)}: arrays[{format_literal(names.get(node_id, node_id))}],"
            for node_id in inputs
        ]
        lines.append("}")
    else:
        lines += [_named("x", x_name, X_NAMES), "x = arrays[x_name]"]
    lines += [_named("y", y_name, Y_NAMES), "y = arrays[y_name]"]
    if not several:
        lines += _part_lines(data)
        if pictures:
            lines += [
                "is_bytes = x.dtype == np.uint8",
                f"if x.ndim == 3:  # {_('grey pictures: one channel')}",
                "    x = x[..., np.newaxis]",
            ]
        lines.append('x = x.astype("float32")')
    own_test = not several and data.test_path.lower().endswith(".npz")
    if own_test:
        lines += [
            f"test = np.load({format_literal(data.test_path)}, allow_pickle=False)",
            'x_test, y_test = test[x_name].astype("float32"), test[y_name]',
            *(["x_test = x_test.reshape(len(x_test), *x.shape[1:])"] if pictures else []),
        ]
    if question.task in {CLASSES, BINARY}:
        lines.append("labels, y = np.unique(y, return_inverse=True)")
        lines += ["y_test = np.searchsorted(labels, y_test)"] if own_test else []
        lines.append("labels = [str(label) for label in labels]")
    fed = InputFormat.PIXELS if pictures else InputFormat.NUMBERS
    return DataCode(
        tuple(lines),
        fed,
        pixels="(0, 255) if is_bytes else (x_train.min(), np.ptp(x_train))",
        parts="" if several else "folders",
        own_test=own_test,
    )


def _named(role: str, name: str | None, usual: Sequence[str]) -> str:
    if name:
        return f"{role}_name = {format_literal(name)}"
    return f"{role}_name = next(name for name in {format_literal(list(usual))} if name in arrays)"


def _part_lines(data: Data) -> list[str]:
    named = [data.options.get(f"{role}_test") for role in ("x", "y")]
    test = [format_literal(name) if name else f"part_name({role}_name, 'test')"
            for role, name in zip("xy", named, strict=True)]  # fmt: skip
    return [
        "",
        "",
        "def part_name(name, part):",
        '    """Of x_train, say, that of another part: x_val."""',
        '    return name.replace("train", part) if "train" in name else f"{name}_{part}"',
        "",
        "",
        f"pairs = [(part_name(x_name, one), part_name(y_name, one)) for one in {VALIDATION_WORDS}]",
        "pairs = [pair for pair in pairs if pair[0] in arrays and pair[1] in arrays][:1]",
        "numbers = [0] + [1] * len(pairs)",
        f"test_pair = ({test[0]}, {test[1]})",
        "if test_pair[0] in arrays and test_pair[1] in arrays:",
        "    pairs, numbers = [*pairs, test_pair], [*numbers, 2]",
        "x = np.concatenate([x, *(arrays[one] for one, _ in pairs)])",
        "sizes = [len(y), *(len(arrays[one]) for _, one in pairs)]",
        "y = np.concatenate([y, *(arrays[one] for _, one in pairs)])",
        "part_of = np.repeat(numbers, sizes)",
    ]


KIND = DataKind(
    name="arrays",
    title=N_("Arrays"),
    help=N_("named arrays of numbers"),
    noun=N_("arrays"),
    options=(
        Param("x", Kind.TEXT, None, N_("name of the input array; empty: detected"), optional=True),
        Param("y", Kind.TEXT, None, N_("name of the target array; empty: detected"), optional=True),
        TASK,
        SCALING,
        *PARTS,
    ),
    modalities=(NUMBERS, IDS),
    files=KindFiles(
        _read_kind,
        ENDINGS,
        recognise=lambda path: {} if path.suffix.lower() in ENDINGS else None,
        read_test=lambda data, path: _read_data(data, path, test=True),
        contents=_contents,
        array_names=True,
    ),
    code=_code,
)
