"""Pictures: a folder with one folder for each class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.prepare.targets import of_folders
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
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
