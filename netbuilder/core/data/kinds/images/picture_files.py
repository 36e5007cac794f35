"""Picture files: their sizes, depths and pixels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from netbuilder.core.data import progress
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.kinds.modality import Array, Rows, reshape_values, values_of
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers.excluded_files import (
    SampleFolder,
    damaged_files_error,
    exclude_files_fix,
    with_exclude_fix,
)
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
from netbuilder.core.wording import format_number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


ENDINGS = (
    ".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm",
)  # fmt: skip
BYTES = (0.0, 255.0)
#: Pictures that are all of one size, and no larger than ``SMALL``, keep it; others get this one.
DEFAULT_SIZE = (64, 64)
SMALL = 128
#: As many training pictures are looked at for the range of their pixels.
LOOK_AT = 200
_DEEP = {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}
#: More than these are looked at when they are needed: opening 50,000 files takes half a minute.
LOOKED_AT = 2000
_MEASURED = 100
_TOLD_EACH = 50
#: 16 bits often hold 12 (microscopes, X-rays): the range is the smallest that fits.
_DEPTHS = (4095.0, 65535.0)
_MOST_PIXELS = 120_000_000


@dataclass(frozen=True)
class PictureFacts:
    """Occurring ``sizes`` (height, width), and the ``value_range`` of a pixel.

    ``plain``: Keras decodes the inspected pictures alike: 8 bits, opaque and not rotated.
    """

    sizes: frozenset[tuple[int, int]]
    value_range: tuple[float, float]
    plain: bool = True


def inspect_pictures(files: Sequence[Path], home: SampleFolder) -> PictureFacts:
    """Return sizes and depth of pictures, and check their first and last bytes.

    Of more than 2,000 pictures only a sample is inspected, see ``check_all_pictures``. Raise
    DataError if some are no pictures, cut off, or too large; all of them are named.
    """
    from PIL import Image

    sizes: set[tuple[int, int]] = set()
    deep: list[tuple[Path, str]] = []
    bad: list[Path] = []
    plain = True
    for file in files[:: -(-len(files) // LOOKED_AT)]:
        try:
            with file.open("rb") as stream, Image.open(stream) as picture:
                size = _size(picture)
                if size[0] * size[1] > _MOST_PIXELS:
                    raise _too_large(file, size, home)
                sizes.add(size)
                plain &= picture.mode in {"RGB", "L", "P"} and "transparency" not in picture.info
                plain &= picture.format == "PNG" or picture.getexif().get(0x0112, 1) == 1
                if picture.mode in _DEEP:
                    deep.append((file, picture.mode))
                if not is_complete(picture, stream):
                    bad.append(file)
        except DataError:
            raise
        except Image.DecompressionBombError as error:
            raise _too_large(file, None, home) from error
        except (OSError, ValueError, SyntaxError):
            bad.append(file)
    if bad:
        raise damaged_files_error(bad, home)
    return PictureFacts(frozenset(sizes), _range(deep) if deep else BYTES, plain)


def check_all_pictures(files: Sequence[Path], home: SampleFolder) -> None:
    """Inspect every picture where there are more than 2,000; reports its progress.

    Raises:
        DataError: some are no pictures or cut off; all of them are named.
        ReadingCancelledError: the listener stopped it.
    """
    if len(files) <= LOOKED_AT:
        return
    bad = []
    for place, file in enumerate(files):
        if not place % _TOLD_EACH:
            progress.report_progress(place, len(files))
        if not is_complete_file(file):
            bad.append(file)
    if bad:
        raise damaged_files_error(bad, home)


def is_complete_file(file: Path) -> bool:
    """Return whether a file is a complete picture, by its first and last bytes."""
    from PIL import Image

    try:
        with file.open("rb") as stream, Image.open(stream) as picture:
            return is_complete(picture, stream)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _size(picture: Any) -> tuple[int, int]:
    """Return height and width after EXIF rotation; a PNG without EXIF is not read for it."""
    may_be_rotated = picture.format != "PNG" or "exif" in picture.info
    if may_be_rotated and picture.getexif().get(0x0112, 1) in {5, 6, 7, 8}:
        return picture.width, picture.height
    return picture.height, picture.width


def _too_large(file: Path, size: tuple[int, int] | None, home: SampleFolder) -> DataError:
    height, width = size or (0, 0)
    return data_error(
        "picture_too_large" if size else "picture_too_large:2",
        file,
        width=format_number(width),
        height=format_number(height),
        fixes=(exclude_files_fix([file], home),),
    )


def _range(deep: list[tuple[Path, str]]) -> tuple[float, float]:
    """Return the value range of pictures with more than 8 bits, from a sample of them."""
    import numpy as np

    low, high = np.inf, -np.inf
    for file, _mode in deep[:: -(-len(deep) // _MEASURED)]:
        values = _opened(file)[0]
        low, high = min(low, float(values.min())), max(high, float(values.max()))
    if any(mode == "F" for _file, mode in deep) or low < 0 or high > _DEPTHS[-1]:
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, max(high, low + 1.0))
    if high <= BYTES[1]:
        return BYTES
    return 0.0, next(depth for depth in _DEPTHS if high <= depth)


def _opened(file: Path) -> tuple[NDArray[Any], str]:
    """Return the stored pixels, rotated by the EXIF orientation, and Pillow's mode."""
    import numpy as np
    from PIL import Image, ImageOps

    with Image.open(file) as opened:
        picture: Any = ImageOps.exif_transpose(opened)
        return np.asarray(picture), str(picture.mode)


def decode_pictures(
    files: Iterable[Path | str], shape: tuple[int, ...], value_range: Sequence[float] = BYTES
) -> NDArray[Any]:
    """Return pixels, (n, height, width, channels): 8-bit, or float32 where the range is another.

    Raise DataError if a picture is damaged or missing.
    """
    import numpy as np
    from PIL import Image

    height, width, channels = shape
    paths = list(files)
    low, high = (float(limit) for limit in (value_range or BYTES))
    kind = np.uint8 if (low, high) == BYTES else np.float32
    out = np.empty((len(paths), height, width, channels), kind)
    for index, file in enumerate(paths):
        try:
            out[index] = read_picture(str(file), height, width, channels, low, high)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            name = Path(file).name
            raise data_error("picture_unreadable", file, name=name) from error
    return out


# Scripts carry this function.
def read_picture(
    file: str, height: int, width: int, channels: int, low: float = 0.0, high: float = 255.0
) -> np.ndarray:
    """Pixels from ``low`` to ``high``, (height, width, channels).

    The picture is turned as its camera says, put on white where it is transparent, and brought
    to size. One of 16 or 32 bits keeps its numbers where the range has room for them; one of 8
    is stretched over a range that is not its own.
    """
    import numpy as np
    from PIL import Image, ImageOps

    is_bytes, bilinear = (low, high) == (0, 255), Image.Resampling.BILINEAR
    with Image.open(file) as opened:
        picture = ImageOps.exif_transpose(opened)
    deep = picture.mode in ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
    if deep and not is_bytes:
        values: np.ndarray = np.asarray(picture, np.float32)
        if picture.mode != "F" and high <= 255:
            values = low + values / 65535 * (high - low)
        if picture.size != (width, height):
            values = np.asarray(Image.fromarray(values).resize((width, height), bilinear))
        return np.repeat(values[..., None], channels, axis=-1)
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    if deep:
        # "convert" would cut off all that is brighter than 255.
        numbers = np.asarray(picture, np.float64)
        brightest = 1 if picture.mode == "F" and numbers.max() <= 1 else 65535
        if numbers.max() <= 255 and brightest > 1:
            brightest = 255
        grey = np.clip(numbers / brightest * 255, 0, 255)
        picture = Image.fromarray(grey.round().astype(np.uint8))
    picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        picture = picture.resize((width, height), bilinear)
    pixels = np.asarray(picture).reshape(height, width, channels)
    return pixels if is_bytes else (low + pixels / 255 * (high - low)).astype(np.float32)


_TAIL = 64
# A larger picture of a kind whose end does not tell is read when it is needed.
_GIF_PIXELS = 1_000_000


def is_complete(picture: Any, stream: IO[bytes]) -> bool:
    """Return whether an opened picture is complete; may read its pixels."""
    place = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _TAIL))
    tail = stream.read()
    stream.seek(place)
    ended = _ended(picture.format, tail)
    if ended:
        return True
    if ended is None and picture.width * picture.height > _GIF_PIXELS:
        return True
    picture.draft(None, (picture.width // 8, picture.height // 8))  # a JPEG is read faster so
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError):
        return False
    return True


def _ended(kind: str, tail: bytes) -> bool | None:
    """Return whether a file's last bytes are those of its format; None where they do not tell."""
    if kind == "PNG":
        return b"IEND" in tail[-16:]
    if kind == "JPEG":
        return b"\xff\xd9" in tail
    if kind == "GIF":
        return tail.endswith(b";")
    return None


def read_pixels(samples: Samples, files: Array, shape: Any, value_range: Any) -> Array:
    """Return the pixels of some picture files; an error names every cut-off file."""
    try:
        return decode_pictures(files, shape, value_range)
    except DataError as error:
        every = next(iter(samples.arrays.values())) if samples.home is not None else ()
        broken = (file for file in every if not is_complete_file(file))
        raise with_exclude_fix(error, samples.home, broken) from error


def pixels(samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice) -> Array:
    """Return pixels; pictures from files stay 8-bit, which takes a quarter of the memory."""
    values = values_of(samples, preprocessing, rows)
    if values.dtype == object:
        shape = tuple(size or 1 for size in preprocessing.shape)
        return read_pixels(samples, values, shape, preprocessing.value_range)
    return reshape_values(values, preprocessing)


def thumbnails(samples: Samples, rows: Rows | slice) -> NDArray[np.uint8]:
    """Return some pictures as 8-bit pixels."""
    import numpy as np

    values = next(iter(samples.arrays.values()))[rows]
    if values.dtype == object:
        value_range = samples.value_range or BYTES
        values = read_pixels(samples, values, samples.sample_shape, value_range)
        if values.dtype == np.uint8:
            return values
    low, high = samples.value_range or (float(np.min(values)), float(np.max(values)))
    scaled = (np.asarray(values, np.float64) - low) / ((high - low) or 1.0)
    return np.asarray(np.round(np.clip(scaled, 0.0, 1.0) * 255), np.uint8)
