"""Lines of a script that read pictures: of folders, a zip, or a table of their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from netbuilder.core.data.kinds.csv import ENDINGS as TABLE_ENDINGS
from netbuilder.core.data.kinds.kind import DataCode, Fed, Question
from netbuilder.core.data.kinds.script import (
    answers,
    cells_and_targets,
    read_csv_line,
    without_files,
)
from netbuilder.core.data.readers.pictures.files import DEFAULT_SIZE, ENDINGS, LOOK_AT, SMALL
from netbuilder.core.data.readers.pictures.sources import ZIP
from netbuilder.core.python_text import literal

_NAMES = "names = [name for name, file in zip(names, files) if file not in left_out]"


def picture_code(question: Question) -> DataCode:
    """Lines that read the pictures of a recipe, as the program reads them."""
    data = question.project.data
    if data.path.lower().endswith(TABLE_ENDINGS):
        return _table_code(question)
    folder = data.path
    lines = ["from pathlib import Path", "", *_reader(question), *_CLASS_FOLDERS]
    if folder.lower().endswith(ZIP):
        folder = folder[: -len(ZIP)]
        lines += [
            "import zipfile",
            f"with zipfile.ZipFile({literal(data.path)}) as archive:",
            f"    archive.extractall({literal(folder)})",
        ]
    lines += [
        f"folder = Path({literal(folder)})",
        "# A single folder inside is the one that unzipping made; a folder train is a part.",
        "inside = [one for one in folder.iterdir() if one.is_dir() and one.name[0] not in '._']",
        "folder = inside[0] if len(inside) == 1 else folder",
        "parts = {one.name.lower(): one for one in folder.iterdir() if one.is_dir()}",
        'folder = parts.get("train") or parts.get("training") or folder',
        "files, names = pictures_in(folder)",
        *without_files(data, data.path, folder, _NAMES),
        f"size = {_known_size(question) or 'usual_size(files)'}",
        "x = np.stack([read_picture(file, size) for file in files])",
        "labels, y = np.unique(names, return_inverse=True)",
    ]
    if data.test_path:
        lines += [
            f"files, names = pictures_in(Path({literal(data.test_path)}))",
            *without_files(data, data.test_path, data.test_path, _NAMES),
            "x_test = np.stack([read_picture(file, size) for file in files])",
            "y_test = np.searchsorted(labels, names)",
        ]
    lines.append("labels = [str(label) for label in labels]")
    return _pixels_code(lines, own_test=bool(data.test_path))


def _pixels_code(lines: Sequence[str], *, own_test: bool = False) -> DataCode:
    return DataCode(tuple(lines), Fed.PIXELS, own_test=own_test, looked_at=LOOK_AT, sized=True)


def _known_size(question: Question) -> str:
    """Height and width as a tuple, or "" where the pictures decide."""
    project = question.project
    size: Any = project.data.options.get("image_size")
    if isinstance(size, int):
        size = [size, size]
    if size is None:
        shapes = [project.graph.by_id[one].params.get("shape") for one in project.graph.inputs]
        shapes += question.facts.input_shapes.values() if question.facts is not None else ()
        size = next((shape[:2] for shape in shapes if shape and len(shape) == 3), None)
    return literal(list(size), tuples=True) if size else ""


def _reader(question: Question) -> list[str]:
    """The function that reads a picture, and that which finds a size where none is said."""
    mode = literal(str(question.project.data.options.get("color_mode") or "rgb"))
    lines = [
        "def read_picture(file, size):",
        '    """Pixels from 0 to 255, brought to size as Pillow does it."""',
        "    opened = keras.utils.load_img(",
        f'        file, color_mode={mode}, target_size=size, interpolation="bilinear"',
        "    )",
        "    return keras.utils.img_to_array(opened)",
        "",
        "",
    ]
    if _known_size(question):
        return lines
    return [
        *lines,
        "def usual_size(files):",
        '    """Height and width of the pictures, where all are alike and small."""',
        "    sizes = {keras.utils.load_img(file).size[::-1] for file in files}",
        f"    alike = len(sizes) == 1 and max(next(iter(sizes))) <= {SMALL}",
        f"    return sizes.pop() if alike else {DEFAULT_SIZE}",
        "",
        "",
    ]


_CLASS_FOLDERS = (
    "def pictures_in(folder):",
    '    """The pictures of one folder per class, and the class of each."""',
    f"    endings = {literal(list(ENDINGS), tuples=True)}",
    '    files = [f for f in sorted(folder.glob("*/**/*")) if f.suffix.lower() in endings]',
    "    return files, [file.relative_to(folder).parts[0] for file in files]",
    "",
    "",
)


def _table_code(question: Question) -> DataCode:
    """Pictures that a table names, with their labels or numbers."""
    data = question.project.data
    lines = [
        "from pathlib import Path",
        "",
        *_reader(question),
        read_csv_line(question),
        *cells_and_targets(
            question, "image", "next(c for c in data if '.' in str(data[c].iloc[0])[-5:])"
        ),
        f"folder = Path({literal(data.path)}).parent",
        "homes = [folder, *(one for one in folder.iterdir() if one.is_dir())]",
        "folder = next(home for home in homes if (home / data[column].iloc[0]).exists())",
        "files = [folder / name for name in data[column]]",
        *without_files(
            data,
            data.path,
            str(PurePosixPath(data.path).parent),
            "targets = targets[[file not in left_out for file in files]]",
        ),
        f"size = {_known_size(question) or 'usual_size(files)'}",
        "x = np.stack([read_picture(file, size) for file in files])",
        *answers(question.task),
    ]
    return _pixels_code(lines)
