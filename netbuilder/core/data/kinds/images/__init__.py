"""Pictures: a folder for each class, a zip of it, or a table of file names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.kinds.csv import ENDINGS as TABLE_ENDINGS
from netbuilder.core.data.kinds.images import script as pictures
from netbuilder.core.data.kinds.images.picture_files import (
    BYTES,
    DEFAULT_SIZE,
    ENDINGS,
    LOOK_AT,
    SMALL,
    check_all_pictures,
    decode_pictures,
    inspect_pictures,
    pixels,
    read_pixels,
    thumbnails,
)
from netbuilder.core.data.kinds.images.picture_sources import (
    listed_pictures,
    picture_column,
    portable_path,
)
from netbuilder.core.data.kinds.kind import (
    MEMORY,
    PARTS,
    PIXEL_SCALING,
    DataCode,
    DataKind,
    DataLocation,
    KindFiles,
    KindTables,
    ScriptRequest,
)
from netbuilder.core.data.kinds.modality import (
    Array,
    Fitted,
    KerasInputs,
    Key,
    Modality,
    PreviewSamples,
    Rows,
    input_node_shape,
    source_of,
    wanted_shape,
)
from netbuilder.core.data.preprocessing import scaling
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.readers.class_folders import find_samples, keras_directories, select_files
from netbuilder.core.data.readers.csv_dialect import check_file
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.excluded_files import (
    SampleFolder,
    excluded_finding,
    used_files,
    without_excluded,
)
from netbuilder.core.data.readers.samples import Samples, folder_targets
from netbuilder.core.data.readers.table_cells import TableReading
from netbuilder.core.data.readers.table_samples import samples_in_column
from netbuilder.core.data.readers.zipped_folders import (
    ZIP,
    has_test_part,
    is_zip,
    unpacked,
    zip_contains,
)
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.graph_ends import byte_input_layer
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import PreparedData

COLOR_MODES = {"rgb": 3, "grayscale": 1}


def read_images(data: Data, path: Path, test: bool = False, *, part: bool = False) -> Samples:
    """Return the pictures of a folder, a zip or a table of paths, not yet decoded.

    Args:
        data: the recipe. Options: "image_size" ([height, width] or one number; default: the size
            of the pictures where all are alike and small, else 64×64), "color_mode" ("rgb" or
            "grayscale"), "image": the table's column of paths.
        path: folder with one folder per class (and perhaps parts "train", "validation", "test"),
            a flat one with the class in the names, a zip of either, or a table of paths.
        test: it is the test set's own folder or file.
        part: of a folder with parts, read only the test part, which may be empty.

    Raises:
        DataError: no classes, or files that are no pictures.
    """

    if path.suffix.lower() in TABLE_ENDINGS and not path.is_dir():
        return _listed(data, path, test=test)
    root = unpacked(path, ENDINGS)
    folder_samples, home = find_samples(root, ENDINGS), SampleFolder(root, path.name)
    chosen, findings = without_excluded(
        select_files(folder_samples, test=test, part=part), data.options, home
    )
    targets = folder_targets(chosen.labels)
    reading = {} if findings else keras_directories(folder_samples, root, pictures.KERAS_ENDINGS)
    notes = tuple(folder_samples.notes)
    return replace(
        _samples(data.options, chosen.files, targets, home, notes, reading),
        parts=chosen.parts, findings=findings,
    )  # fmt: skip


def _listed(data: Data, path: Path, *, test: bool = False) -> Samples:
    table = read_table(path, reading_options(data))
    listed, home = listed_pictures(table, path, data, ENDINGS), SampleFolder(path.parent, path.name)
    named = [listed.root / portable_path(name) for name in listed.table[listed.column]]
    used = used_files(named, data.options, home)
    gone = [file for file, is_used in zip(named, used, strict=True) if not is_used]
    findings = (excluded_finding(gone, home),) if gone else ()
    rows = samples_in_column(data, listed.table[used], listed.column, path.name, test=test)
    assert rows.table is not None
    files = [listed.root / portable_path(name) for name in rows.table[listed.column]]
    notes = (*listed.notes, *rows.notes)
    samples = _samples(data.options, files, rows.targets, home, notes)
    return replace(
        rows, table=None, from_file=False, role=samples.role, arrays=samples.arrays,
        notes=samples.notes, value_range=samples.value_range,
        sample_shape=samples.sample_shape, home=home, findings=(*rows.findings, *findings),
    )  # fmt: skip


def _samples(
    options: Mapping[str, Any],
    files: list[Path],
    targets: Any,
    home: SampleFolder,
    notes: tuple[str, ...],
    directories: Mapping[str, Any] = MappingProxyType({}),
) -> Samples:
    import numpy as np

    inspected = inspect_pictures(files, home)
    paths = np.empty(len(files), object)
    paths[:] = files
    if inspected.value_range != BYTES:
        low, high = inspected.value_range
        notes = (
            *notes,
            _(
                "Pixel values range from {low} to {high}.",
                low=format_number(low),
                high=format_number(high),
            ),
        )
    return Samples(
        role="image",
        arrays={"image": paths},
        targets=targets,
        value_range=inspected.value_range,
        sample_shape=(*image_size(options, set(inspected.sizes)), COLOR_MODES[color_mode(options)]),
        source=home.source,
        notes=notes,
        home=home,
        reading=TableReading(read_as=directories if inspected.plain else {}),
    )


def color_mode(options: Mapping[str, Any]) -> str:
    """Return the checked option "color_mode"."""
    mode = str(options.get("color_mode") or "rgb")
    if mode not in COLOR_MODES:
        raise data_error("color_mode_unknown", mode=mode)
    return mode


def image_size(options: Mapping[str, Any], sizes: set[tuple[int, int]]) -> tuple[int, int]:
    """Return option "image_size" as (height, width), or a size that fits the pictures."""
    value = options.get("image_size")
    if value is None:
        if len(sizes) == 1:
            size = next(iter(sizes))
            if max(size) <= SMALL:
                return size
        return DEFAULT_SIZE
    values = list(value) if isinstance(value, (list, tuple)) else [value, value]
    good = len(values) == 2 and all(
        isinstance(v, int) and not isinstance(v, bool) and 1 <= v <= 4096 for v in values
    )
    if not good:
        raise data_error("image_size_invalid", value=value)
    return values[0], values[1]


# A pixel stands in memory as given (1 byte) and as the network sees it (4 bytes).
_BYTES_A_PIXEL = 5


class ImageModality(Modality):
    """Pictures, from files or as arrays of pixels."""

    name = "image"
    takes = N_("images")
    endings = ENDINGS

    def fit(self, project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
        """Fit size, colours and scale of the pictures for Input node ``key``."""
        source = source_of(project, key, samples)
        values = samples.arrays[source]
        if values.dtype == object:
            shape: tuple[int, ...] = samples.sample_shape
            node_shape = input_node_shape(project, key)
            whole = all(isinstance(size, int) for size in node_shape)
            # An Input node that says its size is obeyed, unless the recipe says otherwise.
            if len(node_shape) == 3 and whole and node_shape[2] in {1, 3}:
                if "image_size" not in project.data.options:
                    shape = (*node_shape[:2], shape[2])
                if "color_mode" not in project.data.options:
                    shape = (*shape[:2], node_shape[2])
            # Only mean and deviation need pixels: what black and white are is known.
            few = train[:: max(1, len(train) // LOOK_AT)]
            few = few if project.data.scaling == "standard" else few[:1]
            looked_at = read_pixels(samples, values[few], shape, samples.value_range or BYTES)
        else:
            shape = tuple(size or 1 for size in wanted_shape(project, key, values.shape[1:]))
            looked_at = values[train]
        how = project.data.scaling
        taker = byte_input_layer(project.graph, key) if how == "auto" else None
        offset, scale = scaling.fit_whole(looked_at, how, samples.value_range)
        notes: tuple[str, ...] = ()
        if taker is not None:
            offset, scale = scaling.to_bytes(offset, scale)
            notes = (
                _("Pixel values stay from 0 to 255: '{layer}' scales them itself.", layer=taker),
            )
        mode = {1: "grayscale", 3: "rgb"}.get(shape[-1] if len(shape) == 3 else 0, "")
        fitted = InputPreprocessing(
            "image",
            shape,
            "float32",
            (),
            offset,
            scale,
            source=source,
            color_mode=mode,
            value_range=samples.value_range or (),
        )
        return fitted, notes

    def show(self, samples: Samples, count: int) -> PreviewSamples:
        return PreviewSamples(images=thumbnails(samples, slice(count)))

    def of_files(self, files: Sequence[Path], entry: InputPreprocessing) -> Array:
        """Return the pixels of picture files in the range that the model was trained on.

        Raise DataError if a file cannot be read, or the model does not take pictures.
        """
        for file in files:
            check_file(file)
        shape = tuple(size or 1 for size in entry.shape)
        if len(shape) != 3:
            raise data_error("model_takes_no_pictures", shape=entry.shape)
        return decode_pictures(files, shape, entry.value_range)

    def labelled(self, data: Data, preprocessing: Preprocessing, path: Path) -> Samples:
        """Return pictures as the model takes them, whatever the recipe says."""
        entry = next(entry for entry in preprocessing.inputs.values() if entry.kind == "image")
        options = {
            "image_size": [int(size or 1) for size in entry.shape[:2]],
            "color_mode": "grayscale" if entry.shape[-1] == 1 else "rgb",
        }
        return read_images(replace(data, options={**data.options, **options}), path, test=True)

    def decoded(self, samples: Samples, preprocessing: InputPreprocessing) -> int | None:
        import numpy as np

        if next(iter(samples.arrays.values())).dtype != object:
            return None
        return _BYTES_A_PIXEL * int(np.prod([size or 1 for size in preprocessing.shape]))

    def layers(
        self, entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs
    ) -> Any | None:
        """Resize pictures from files; arrays have the right size already."""
        if data.kind != KIND.name:
            return None
        import keras

        height, width, channels = entry.shape
        resize = keras.layers.Resizing(height, width, antialias=True, name=f"{key}_size")
        return resize(inputs.node(key, (None, None, channels)))

    def examples(
        self, entry: InputPreprocessing, key: str, count: int
    ) -> tuple[Mapping[Key, Array], Array]:
        import numpy as np

        low, high = entry.value_range or BYTES
        random = np.random.default_rng(0)
        shape = (count, *(int(size or 1) for size in entry.shape))
        pixels = random.uniform(low, high, shape).astype(np.float32)
        return {("node", key): pixels}, pixels

    def read(
        self, samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice
    ) -> Array:
        return pixels(samples, preprocessing, rows)

    def check_all(self, files: Sequence[Path], home: SampleFolder) -> None:
        check_all_pictures(files, home)

    def layers_take(self, entry: InputPreprocessing) -> str:
        return _("pictures of any size")

    def view(self, plan: PreparedData, project: Project, base: Path) -> object | None:
        from netbuilder.core.data.kinds.images.view import pictures_data_view

        return pictures_data_view(plan)

    def explained_as(self, entry: InputPreprocessing) -> str:
        return "picture"

    def is_picture(self, entry: InputPreprocessing) -> bool:
        return True


IMAGE = ImageModality()


def _read_test(data: Data, path: Path) -> Samples | None:
    return read_images(data, path, part=True) if has_test_part(path, ENDINGS) else None


def _recognised(path: Path) -> Mapping[str, Any] | None:
    """Recognise a folder or zip with pictures, or a table with a column of their names."""
    ending = path.suffix.lower()
    if path.is_dir():
        return {}
    if is_zip(path):
        return {} if zip_contains(path, ENDINGS) else None
    if ending in TABLE_ENDINGS and path.is_file():
        try:
            return {} if picture_column(read_table(path, {}, 50), ENDINGS) else None
        except DataError:
            return None
    return None


def _tabular(data: Data) -> bool:
    return Path(data.path).suffix.lower() in TABLE_ENDINGS


def _code(question: ScriptRequest) -> DataCode:
    listed = _tabular(question.project.data)
    return pictures.table_code(question) if listed else pictures.folder_code(question)


KIND = DataKind(
    name="images",
    title=N_("Pictures"),
    help=N_("pictures: a folder or zip with one folder per class, or a table of file names"),
    noun=N_("pictures"),
    options=(
        Param("image_size", Kind.SIZE, None, "height × width", 1, size=2, optional=True),
        Param("color_mode", Kind.CHOICE, "rgb", N_("colour or grey"), choices=tuple(COLOR_MODES)),
        PIXEL_SCALING,
        *PARTS,
        MEMORY,
    ),
    modalities=(IMAGE,),
    files=KindFiles(read_images, (ZIP,), DataLocation.EITHER, _recognised, _read_test),
    tables=KindTables(_tabular),
    code=_code,
    task=lambda data: "" if _tabular(data) else "classes",
)
