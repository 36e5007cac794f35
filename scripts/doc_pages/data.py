"""Makes ``docs/data.md`` from the registry of data kinds."""

from __future__ import annotations

from netbuilder.core.catalog.spec import Param
from netbuilder.core.data.kinds.builtin import BUILTINS
from netbuilder.core.data.kinds.kind import DataKind, DataLocation
from netbuilder.core.data.registry import KINDS
from netbuilder.core.project.model import Data

_INTRO = """\
# Data: supported files, and what NetBuilder detects in them

Drop a file or a folder on the window, or choose one on the Data page: its kind is detected.
The Data page shows everything that was detected, with controls to change it. Where two readings
are possible and the numbers would differ, NetBuilder asks. `netbuilder data SOURCE` prints the
same report, and exits with 1 if something prevents training.

This page is made from the code: `python scripts/write_doc_pages.py docs`.
"""
#: With these choices a kind has all options that it can have.
_EVERY_OPTION = {"task": "next_token", "level": "byte_pair"}
_PLACES = {
    DataLocation.NOWHERE: "no file",
    DataLocation.FILE: "a file",
    DataLocation.FOLDER: "a folder",
    DataLocation.EITHER: "a file or a folder",
}

#: By kind: what lies there, and what is concluded from it or asked about it.
READINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "series": (
        (
            "dates that rise by about equal steps, and one column of numbers",
            "a series, with a note and a button to read a table instead",
        ),
        (
            (
                "a column of dates, or of days with the time in another column; years, 20241231, "
                "seconds since 1970"
            ),
            "rows are sorted by it, with a note; option order_by names another column",
        ),
        (
            "several series one below the other",
            (
                "separated by the column within which each time occurs once, with a note; if there "
                "is no such column, NetBuilder asks"
            ),
        ),
        (
            "gaps in time, rows without values",
            "no window spans them; weekends and months of 28 to 31 days are no gaps",
        ),
        (
            "missing features",
            "NetBuilder asks; fill values are computed from the training rows, and a target is "
            "never filled",
        ),
    ),
    "text": (
        (
            "a table with a column of texts",
            "the column with the longest texts is the input, the last other column is the target",
        ),
        (
            "a folder with one folder per class, with or without training and test folders "
            "(aclImdb)",
            "the classes and the training, validation and test set; texts without labels are "
            "left out",
        ),
        (
            "one long .txt that is not a table",
            (
                "the network predicts how the text continues, by character, word or byte pair; "
                "rare tokens count as unknown, with their share"
            ),
        ),
        (
            "Chinese and Japanese texts",
            "each character is a word, because there are no spaces between words",
        ),
        (
            "UTF-8, UTF-16, cp1251, GB 18030, Shift-JIS, …",
            "the encoding is detected, and shown if it is not UTF-8",
        ),
    ),
    "images": (
        (
            "a folder with one folder per class",
            (
                "the classes; size and colours; the orientation of the camera; the range of 8, 12, "
                "16 and 32 bit files"
            ),
        ),
        (
            "folders train, valid/validation/val, test (also training, testing, Testbilder)",
            (
                "used as the training, validation and test set, not as classes; pictures outside "
                "the class folders are named and left out"
            ),
        ),
        (
            "one folder inside another, as unzipping creates it",
            "the inner folder is used, with a note",
        ),
        (
            "a flat folder: cat.1.jpg, dog (2).jpg",
            "the class is taken from the file names, with a note",
        ),
        (
            "a zip of any of these",
            (
                "unpacked once into the cache; an archive that writes outside its folder or is far "
                "too large is refused"
            ),
        ),
        (
            "a table with a column of file names",
            "another column with labels or numbers is the target; missing pictures are counted "
            "and named",
        ),
        (
            "a file that is not a picture, or is truncated",
            "all of them are named; one click leaves them out",
        ),
        (
            "Thumbs.db, ._x.png, __MACOSX",
            "ignored; .heic, .avif and similar files are counted and named",
        ),
    ),
    "arrays": (
        (
            ".npz or .npy with arrays of any names",
            (
                "inputs and targets are recognised by common names, otherwise by their shapes, "
                "with a note; where this is ambiguous, NetBuilder lists all shapes and asks"
            ),
        ),
        ("x_train, x_val, x_test, …", "used as the training, validation and test set"),
        ("one table in a .npy", "the last column is used as the target, with a note"),
        ("HDF5", "datasets in groups are named group/name; links to other files are not followed"),
        (
            "8-bit pixels with three or four axes",
            "pictures; arrays with two axes are a table, all others are sequences of numbers",
        ),
    ),
    "sounds": (
        (
            "a folder with one folder per class, with or without training and test folders",
            (
                "the classes; a length that fits most sounds, and how many are cut off; any sample "
                "rate and number of channels is converted"
            ),
        ),
        (
            "a zip of such a folder",
            (
                "unpacked once into the cache; an archive that writes outside its folder or is far "
                "too large is refused"
            ),
        ),
    ),
    "csv": (
        (
            "a file of rows, in any dialect, encoding or container",
            (
                "separator, header, title and comments, encoding, sheet, and the number format "
                "(1,125 or 1.125, ($45), %, kg) are detected and shown; several units of one kind "
                "are converted to one (900 g beside 12 kg); where a comma or a point is ambiguous, "
                "NetBuilder asks"
            ),
        ),
        (
            "columns",
            (
                "numbers and categories; the last column is the target by default; texts, dates "
                "and a column that counts the rows are left out with a note; the role, the type "
                "and the handling of missing values can be chosen for each column"
            ),
        ),
        (
            (
                "dates beside a number, sentences, one column, codes such as 01067, days such as "
                "20241231, dates such as 01/02/2024, two columns of the same name, a scale from 1 "
                "- never to 5 - always"
            ),
            (
                "NetBuilder asks, with a button for each choice: a series, texts, a category, a "
                "date, the order of day and month, new column names"
            ),
        ),
        (
            "missing values",
            "nothing is filled in silently: NetBuilder asks whether to leave rows out or to fill "
            "the gaps",
        ),
        (
            (
                "a copy of the target, IDs, -999, two spellings of a word, duplicate rows, also "
                "between the training and the test file, a class with one row, a row of totals"
            ),
            "each is reported, with a fix",
        ),
    ),
}


def data_page() -> str:
    """The whole page, in Markdown."""
    parts = [
        _INTRO,
        *(_kind(kind) for kind in KINDS.values() if kind.files.place is not DataLocation.NOWHERE),
    ]
    return "\n".join([*parts, _sets()])


def _kind(kind: DataKind) -> str:
    opens = _PLACES[kind.files.place]
    if kind.files.endings:
        opens += f" ({', '.join(f'`{end}`' for end in kind.files.endings)})"
    lines = [f"## {kind.title}", "", f'`"kind": "{kind.name}"`, from {opens}: {kind.help}.', ""]
    lines += ["| contents | what NetBuilder detects or asks |", "|---|---|"]
    lines += [f"| {what} | {concluded} |" for what, concluded in READINGS[kind.name]]
    every = Data(kind=kind.name, options=_EVERY_OPTION)
    return "\n".join([*lines, "", *_options(kind.params(every))])


def _options(params: tuple[Param, ...]) -> list[str]:
    if not params:
        return []
    rows = [f"| `{one.name}` | {_default(one)} | {one.explanation} |" for one in params]
    return ["| option | default | meaning |", "|---|---|---|", *rows, ""]


def _default(param: Param) -> str:
    shown = "" if param.default in {None, ""} else f"`{param.default}`"
    others = [f"`{one}`" for one in param.choices if one != param.default]
    return f"{shown} ({', '.join(others)})" if others else shown


def _sets() -> str:
    lines = [
        "## Built-in data",
        "",
        '`"kind": "builtin"` with `name`. All need no network unless their description says '
        "otherwise.",
        "",
        "| name | contents | options |",
        "|---|---|---|",
    ]
    for row in BUILTINS.values():
        options = ", ".join(f"`{param.name}`" for param in row.options)
        lines.append(f"| `{row.name}` | {row.title}: {row.description} | {options} |")
    return "\n".join([*lines, ""])
