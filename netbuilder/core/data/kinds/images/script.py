"""Lines of a script that read pictures: of folders, a zip, or a table of their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netbuilder.core.data.kinds.images.picture_files import (
    BYTES,
    DEFAULT_SIZE,
    ENDINGS,
    LOOK_AT,
    LOOKED_AT,
    SMALL,
    read_picture,
)
from netbuilder.core.data.kinds.kind import DataCode, InputFormat, ScriptRequest
from netbuilder.core.data.kinds.scripts.folder_script import (
    folder_lines,
    keras_directory_code,
    zip_lines,
)
from netbuilder.core.data.kinds.scripts.script_lines import (
    commented,
    function_lines,
    left_out_lines,
    script_part,
)
from netbuilder.core.data.kinds.scripts.table_script import sample_role_lines
from netbuilder.core.escaping.python_text import format_items, format_literal
from netbuilder.core.i18n import noop as N_

#: Of the pictures that ``keras.utils.image_dataset_from_directory`` reads.
KERAS_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif")


def folder_code(question: ScriptRequest) -> DataCode:
    """Return lines that read the pictures of a folder or zip."""
    data, size = question.project.data, _known_size(question)
    colors = ['color_mode="grayscale"'] if _channels(question) == 1 else []
    short = [f"image_size={size}", *colors]
    code = keras_directory_code(question, "image_dataset_from_directory", "pictures", short)
    if code is not None and size:
        return _code(question, code.lines, own_test=code.own_test, parts=code.parts)
    if (named := question.reading("named")) and size and not data.test_path:
        form = ", ".join([size, *colors, 'interpolation="bilinear"'])
        return _code(question, _named_after_class(question, named, form))
    size = f"size = {size or 'usual_size(looked_at)'}"
    lines = [*_reader(question), *folder_lines(data, ENDINGS, _stacked(question), (size,))]
    return _code(question, lines, parts="folders", own_test=bool(data.test_path))


def _named_after_class(question: ScriptRequest, named: str, form: str) -> list[str]:
    """Return short lines for pictures that are named after their class; ``named``: a pattern."""
    root, unpacking = zip_lines(question.project.data.path)
    folder, _slash, pattern = f"{root}/{named}".rpartition("/")
    picture = f"keras.utils.load_img(file, target_size={form}) for file in files"
    return [
        *unpacking,
        "import re",
        "from pathlib import Path",
        f"files = sorted(Path({format_literal(folder)}).glob({format_literal(pattern)}))",
        r'names = [re.sub(r"[\W\d_]+$", "", file.stem) for file in files]',
        "labels, y = np.unique(names, return_inverse=True)",
        format_items("pictures = [", [picture], "]"),
        "x = np.stack([keras.utils.img_to_array(picture) for picture in pictures])",
    ]


def table_code(question: ScriptRequest) -> DataCode:
    """Return lines that read the pictures that a table names, with their labels or numbers."""
    data = question.project.data
    train = [
        *script_part("pictures_of"),
        *_named(question, "data", data.path),
        f"size = {_known_size(question) or 'usual_size(files)'}",
        f"x = {_stacked(question)}",
    ]
    test = [*_named(question, "test", data.test_path), f"x_test = {_stacked(question)}"]
    guess = "next(c for c in data if '.' in str(data[c].iloc[0])[-5:])"
    role_lines = sample_role_lines(question, "image", guess, train, test)
    lines = ("from pathlib import Path", "", *_reader(question), *role_lines.lines)
    return _code(question, lines, **role_lines.flags)


def _named(question: ScriptRequest, frame: str, path: str) -> list[str]:
    """Return lines that leave ``files`` and keep only the rows whose file exists."""
    folder = Path(path).parent.as_posix()
    there = "file not in left_out and file.is_file()"
    without = left_out_lines(question.project.data, path, folder)
    return [
        f"files = pictures_of({frame}, {format_literal(path)})",
        *without,
        f"there = [{there if without else 'file.is_file()'} for file in files]",
        f"{frame}, files = {frame}[there], [file for file in files if file.is_file()]",
        *(["files = [file for file in files if file not in left_out]"] if without else []),
    ]


def _code(question: ScriptRequest, lines: Sequence[str], **more: Any) -> DataCode:
    low, high = _range(question)
    pixels = f"{low:g}, {high - low:g}"
    return DataCode(
        tuple(lines),
        InputFormat.PIXELS,
        looked_at=LOOK_AT,
        pixels=pixels,
        input_lines=tuple(commented(_ANY_SIZE)),
        **more,
    )


_ANY_SIZE = (
    N_("# The .keras file contains the resizing too: it takes pictures of any size."),
    "raw_inputs = keras.Input((None, None, x_train.shape[-1]))",
    "numbers = layers.Resizing(*x_train.shape[1:3], antialias=True)(raw_inputs)",
)


def _range(question: ScriptRequest) -> tuple[float, float]:
    """Return lowest and highest pixel value; 8 bits unless pictures were inspected."""
    facts = question.facts
    low, high = facts.value_range if facts is not None else (0.0, 0.0)
    return (low, high) if high > low else BYTES


def _stacked(question: ScriptRequest) -> str:
    low, high = _range(question)
    more = "" if (low, high) == BYTES else f", {low!r}, {high!r}"
    call = f"read_picture(str(file), *size, {_channels(question)}{more})"
    return f'np.stack([{call} for file in files]).astype("float32")'


def _asked(question: ScriptRequest) -> list[Any]:
    """Return the shape of the Input node; [] where it is open."""
    graph = question.project.graph
    shapes = [graph.by_id[node_id].params.get("shape") for node_id in graph.inputs]
    return next((list(shape) for shape in shapes if shape and len(shape) == 3), [])


def _channels(question: ScriptRequest) -> int:
    mode, shape = question.project.data.options.get("color_mode"), _asked(question)
    if mode is None and shape and shape[2] in {1, 3}:
        return int(shape[2])
    return 1 if mode == "grayscale" else 3


def _known_size(question: ScriptRequest) -> str:
    """Return height and width as a tuple, or "" where the pictures decide."""
    size: Any = question.project.data.options.get("image_size")
    if isinstance(size, int):
        size = [size, size]
    if size is None:
        shapes = [_asked(question)]
        shapes += map(list, question.facts.input_shapes.values()) if question.facts else ()
        size = next((shape[:2] for shape in shapes if len(shape) == 3 and all(shape[:2])), None)
    return format_literal(list(size), tuples=True) if size else ""


def _reader(question: ScriptRequest) -> list[str]:
    lines = function_lines(read_picture)
    if _known_size(question):
        return lines
    return [
        "from PIL import Image, ImageOps",
        "",
        *lines,
        "def usual_size(files):",
        '    """Return the height and width of the pictures if all are equal and small."""',
        f"    some = files[:: -(-len(files) // {LOOKED_AT})]",
        "    sizes = {ImageOps.exif_transpose(Image.open(file)).size[::-1] for file in some}",
        f"    alike = len(sizes) == 1 and max(next(iter(sizes))) <= {SMALL}",
        f"    return sizes.pop() if alike else {DEFAULT_SIZE}",
        "",
        "",
    ]
