"""Pictures: a folder with one folder for each class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.kinds.kind import (
    MEMORY,
    PIXEL_SCALING,
    TEST,
    TEST_FILE,
    VALIDATION,
    DataCode,
    DataKind,
    Fed,
    Place,
    Question,
)
from netbuilder.core.data.kinds.modality import (
    Array,
    Fitted,
    Modality,
    Rows,
    Shown,
    asked_shape,
    shaped,
    source_of,
    values_of,
    wanted_shape,
)
from netbuilder.core.data.prepare import scaling
from netbuilder.core.data.prepare.preprocess import InputPre, Preprocessing
from netbuilder.core.data.readers.csv_dialect import check_file
from netbuilder.core.data.readers.samples import Samples, of_folders
from netbuilder.core.errors import DataError
from netbuilder.core.project.graph_ends import byte_taker
from netbuilder.core.project.model import Data, Project
from netbuilder.core.python_text import call, literal
from netbuilder.core.wording import listed, quoted

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
COLOR_MODES = {"rgb": 3, "grayscale": 1}
DEFAULT_SIZE = (64, 64)
_SMALL = 128
_SIXTEEN_BITS = {"I", "I;16", "I;16L", "I;16B", "I;16N"}


def read_images(path: Path, options: Mapping[str, Any], *, test: bool = False) -> Samples | None:
    """The pictures of a folder, by their paths, not yet decoded.

    Args:
        path: folder with one folder per class. Folders "train" and "test" inside it, each with
            the classes, are taken for what they say.
        options: "image_size" ([height, width] or one number; default: the size of the pictures
            where all are alike and small, else 64×64), "color_mode" ("rgb" or "grayscale").
        test: read its "test" folder; None where there is none.

    Raises:
        DataError: no classes, an empty class, or files that are no pictures.
    """
    if not path.is_dir():
        raise DataError(
            f"The folder '{path.name}' is not in {path.parent}."
            if not path.exists()
            else f"'{path.name}' is a file, not a folder.",
            "Choose a folder that holds one folder of pictures for each class.",
            path=str(path),
        )
    named = {entry.name.lower(): entry for entry in path.iterdir() if entry.is_dir()}
    tested = named.get("test") or named.get("validation") or named.get("val")
    if test:
        return _read(tested, options) if "train" in named and tested else None
    return _read(named["train"] if "train" in named and tested else path, options)


def read_image_folder(path: Path, options: Mapping[str, Any]) -> Samples:
    """The pictures of a folder that is a test set by itself."""
    samples = read_images(path, options)
    assert samples is not None
    return samples


def _read(path: Path, options: Mapping[str, Any]) -> Samples:
    files: list[Path] = []
    labels: list[str] = []
    folders = sorted(entry for entry in path.iterdir() if entry.is_dir())
    for folder in folders:
        found = sorted(f for f in folder.rglob("*") if f.suffix.lower() in ENDINGS and f.is_file())
        files += found
        labels += [folder.name] * len(found)
    empty = [folder.name for folder in folders if folder.name not in set(labels)]
    if not files:
        raise DataError(
            f"There is no picture in the folders of '{path.name}'.",
            f"Make one folder for each class and put pictures inside ({listed(ENDINGS, 4)}).",
            path=str(path),
        )
    sizes = _check(files, path)
    channels = COLOR_MODES[color_mode(options)]
    paths = np.empty(len(files), object)
    paths[:] = files
    return Samples(
        role="image",
        arrays={"image": paths},
        targets=of_folders(labels),
        value_range=(0.0, 255.0),
        sample_shape=(*image_size(options, sizes), channels),
        source=path.name,
        notes=(f"No picture in folder {listed(empty)}.",) if empty else (),
    )


def _check(files: list[Path], root: Path) -> set[tuple[int, int]]:
    """Sizes (height, width) of all pictures, from their first bytes.

    Raises:
        DataError: some are no pictures; all of them are named.
    """
    from PIL import Image

    sizes: set[tuple[int, int]] = set()
    bad: list[str] = []
    for file in files:
        try:
            with Image.open(file) as picture:
                sizes.add((picture.height, picture.width))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            bad.append(file.relative_to(root).as_posix())
    if bad:
        one = len(bad) == 1
        raise DataError(
            f"{len(bad)} file{' is' if one else 's are'} no picture or damaged: {quoted(bad)}.",
            f"Take {'it' if one else 'them'} out of the folder.",
            path=str(root),
        )
    return sizes


def color_mode(options: Mapping[str, Any]) -> str:
    """Option "color_mode", checked."""
    mode = str(options.get("color_mode") or "rgb")
    if mode not in COLOR_MODES:
        raise DataError(f"The color mode '{mode}' does not exist.", "Use 'rgb' or 'grayscale'.")
    return mode


def image_size(options: Mapping[str, Any], sizes: set[tuple[int, int]]) -> tuple[int, int]:
    """Option "image_size" as (height, width), or one that fits the pictures."""
    given = options.get("image_size")
    if given is None:
        if len(sizes) == 1:
            size = next(iter(sizes))
            if max(size) <= _SMALL:
                return size
        return DEFAULT_SIZE
    values = list(given) if isinstance(given, (list, tuple)) else [given, given]
    good = len(values) == 2 and all(
        isinstance(v, int) and not isinstance(v, bool) and 1 <= v <= 4096 for v in values
    )
    if not good:
        raise DataError(
            f"The image size is {given!r}.",
            "Write height and width in pixels, such as [64, 64].",
        )
    return values[0], values[1]


def decode(files: Iterable[Path | str], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Pixels, (n, height, width, channels), 0 to 255.

    Pictures are turned as their camera says, put on white where they are transparent, and
    brought to size (bilinear).

    Raises:
        DataError: a picture that is damaged or missing.
    """
    from PIL import Image, ImageOps

    height, width, channels = shape
    paths = list(files)
    out = np.empty((len(paths), height, width, channels), np.uint8)
    for index, file in enumerate(paths):
        try:
            with Image.open(file) as opened:
                picture: Any = ImageOps.exif_transpose(opened)
                if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
                    picture = picture.convert("RGBA")
                    ground = Image.new("RGBA", picture.size, "white")
                    picture = Image.alpha_composite(ground, picture)
                if picture.mode in _SIXTEEN_BITS:
                    # "convert" would cut off all that is brighter than 255.
                    grey = np.clip(np.asarray(picture, np.float64) / 257.0, 0, 255)
                    picture = Image.fromarray(grey.round().astype(np.uint8))
                picture = picture.convert("L" if channels == 1 else "RGB")
                if picture.size != (width, height):
                    picture = picture.resize((width, height), Image.Resampling.BILINEAR)
                out[index] = np.asarray(picture).reshape(height, width, channels)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            name = Path(file).name
            raise DataError(
                f"The picture '{name}' cannot be read: it is damaged, missing, or of a rare kind.",
                "Take it out of the folder, or choose another one.",
                path=str(file),
            ) from error
    return out


_LOOK_AT = 200
# A pixel stands in memory as given (1 byte) and as the network sees it (4 bytes).
_BYTES_A_PIXEL = 5


def fit_image(project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
    """Size, colours and scale of the pictures for Input node ``key``."""
    source = source_of(project, key, samples)
    values = samples.arrays[source]
    if values.dtype == object:
        shape: tuple[int, ...] = samples.sample_shape
        asked = asked_shape(project, key)
        whole = all(isinstance(size, int) for size in asked)
        # An Input node that says its size is obeyed, unless the recipe says otherwise.
        if len(asked) == 3 and whole and asked[2] in {1, 3}:
            if "image_size" not in project.data.options:
                shape = (*asked[:2], shape[2])
            if "color_mode" not in project.data.options:
                shape = (*shape[:2], asked[2])
        # Only mean and deviation need pixels: what black and white are is known.
        few = train[:: max(1, len(train) // _LOOK_AT)]
        looked_at = decode(values[few if project.data.scaling == "standard" else few[:1]], shape)
    else:
        shape = tuple(size or 1 for size in wanted_shape(project, key, values.shape[1:]))
        looked_at = values[train]
    how = project.data.scaling
    taker = byte_taker(project.graph, key) if how == "auto" else None
    offset, scale = scaling.fit_whole(looked_at, how, samples.value_range)
    notes: tuple[str, ...] = ()
    if taker is not None:
        offset, scale = scaling.to_bytes(offset, scale)
        notes = (f"Pixels go in from 0 to 255: '{taker}' scales them itself.",)
    mode = {1: "grayscale", 3: "rgb"}.get(shape[-1] if len(shape) == 3 else 0, "")
    fitted = InputPre(
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


def _pixels(samples: Samples, pre: InputPre, rows: Rows | slice) -> Array:
    """Pictures from files stay 8-bit, which takes a quarter of the memory."""
    values = values_of(samples, pre, rows)
    if values.dtype == object:
        return decode(values, tuple(size or 1 for size in pre.shape))
    return shaped(values, pre)


def thumbnails(samples: Samples, count: int) -> NDArray[np.uint8]:
    """The first pictures as 8-bit pixels."""
    values = next(iter(samples.arrays.values()))[:count]
    if values.dtype == object:
        return decode(values, samples.sample_shape)
    low, high = samples.value_range or (float(np.min(values)), float(np.max(values)))
    scaled = (np.asarray(values, np.float64) - low) / ((high - low) or 1.0)
    return np.asarray(np.round(np.clip(scaled, 0.0, 1.0) * 255), np.uint8)


def _shown(samples: Samples, count: int) -> Shown:
    return Shown(images=thumbnails(samples, count))


def pixels_of_files(files: Sequence[Path], entry: InputPre) -> Array:
    """Pixels of picture files in the range that the model was trained on.

    Raises:
        DataError: a file cannot be read, or the model does not take pictures.
    """
    for file in files:
        check_file(file)
    shape = tuple(size or 1 for size in entry.shape)
    if len(shape) != 3:
        raise DataError(
            "This model does not take pictures.", f"It takes samples of shape {entry.shape}."
        )
    decoded = decode(files, shape)
    low, high = entry.value_range or (0.0, 255.0)
    if (low, high) == (0.0, 255.0):
        return decoded
    return (low + decoded.astype(np.float32) / 255.0 * (high - low)).astype(np.float32)


def _labelled(data: Data, pre: Preprocessing, path: Path) -> Samples:
    """Pictures as the model takes them, whatever the recipe says."""
    entry = next(entry for entry in pre.inputs.values() if entry.kind == "image")
    options = {
        "image_size": [int(size or 1) for size in entry.shape[:2]],
        "color_mode": "grayscale" if entry.shape[-1] == 1 else "rgb",
    }
    return read_image_folder(path, options)


def _decoded(samples: Samples, pre: InputPre) -> int | None:
    if next(iter(samples.arrays.values())).dtype != object:
        return None
    return _BYTES_A_PIXEL * int(np.prod([size or 1 for size in pre.shape]))


IMAGE = Modality(
    "image",
    "images",
    fit_image,
    _pixels,
    _shown,
    endings=ENDINGS,
    of_files=pixels_of_files,
    labelled=_labelled,
    decoded=_decoded,
)


def _read_kind(data: Data, path: Path, test: bool) -> Samples:
    return read_image_folder(path, data.options)


def _read_test(data: Data, path: Path) -> Samples | None:
    return read_images(path, data.options, test=True)


def _recognised(path: Path) -> Mapping[str, Any] | None:
    return {} if path.is_dir() else None


def _code(question: Question) -> DataCode:
    data, graph = question.project.data, question.project.graph
    # Who scales pixels itself gets them as they are.
    raw = data.scaling == "none" or (
        data.scaling == "auto" and any(byte_taker(graph, key) for key in graph.inputs)
    )
    brightest, divided = ("255", "") if raw else ("1", " / 255")
    size = data.options.get("image_size") or [64, 64]
    mode = str(data.options.get("color_mode") or "rgb")
    lines = [
        "def read_pictures(folder):",
        f'    """Pictures of one folder per class: pixels from 0 to {brightest}, class numbers."""',
        "    dataset = "
        + call(
            "keras.utils.image_dataset_from_directory",
            [
                "folder",
                f"image_size={literal(list(size), tuples=True)}",
                f"color_mode={literal(mode)}",
                "shuffle=False",
                "verbose=False",
            ],
            4,
        ),
        f"    batches = [(x.numpy(){divided}, y.numpy()) for x, y in dataset]",
        "    x, y = (np.concatenate(part) for part in zip(*batches))",
        '    return x.astype("float32"), y, dataset.class_names',
        "",
        "",
        f"x, y, labels = read_pictures({literal(data.path)})",
    ]
    if data.test_path:
        lines.append(f"x_test, y_test, _ = read_pictures({literal(data.test_path)})")
    return DataCode(tuple(lines), Fed.PIXELS, own_test=bool(data.test_path))


KIND = DataKind(
    name="images",
    title="Pictures",
    help="pictures: a folder with one folder for each class",
    noun="pictures",
    options=(
        Param("image_size", Kind.SIZE, None, "height × width", 1, size=2, optional=True),
        Param("color_mode", Kind.CHOICE, "rgb", "colour or grey", choices=tuple(COLOR_MODES)),
        PIXEL_SCALING,
        VALIDATION,
        TEST,
        TEST_FILE,
        MEMORY,
    ),
    read=_read_kind,
    code=_code,
    place=Place.FOLDER,
    recognise=_recognised,
    read_test=_read_test,
    task=lambda data: "classes",
)
