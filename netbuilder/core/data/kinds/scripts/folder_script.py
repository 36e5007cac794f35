"""Lines of a script that find samples in folders, as ``readers.class_folders`` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netbuilder.core.data.kinds.kind import DataCode, ScriptRequest
from netbuilder.core.data.kinds.scripts.script_lines import (
    function_lines,
    left_out_lines,
    script_part,
)
from netbuilder.core.data.readers.zipped_folders import ZIP
from netbuilder.core.escaping.python_text import format_call, format_literal
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Data


# Scripts carry this function.
def files_of_classes(root: Path, endings: tuple[str, ...]) -> list[tuple[int, str, Path]]:
    """Return split, class and path of each file in folders that are named after their class.

    Folders train, valid and test are the splits 0, 1 and 2. Without such folders all is split 0;
    without folders of classes the class is what the name of a file begins with: cat.1.jpg.
    """
    import re

    junk = ("thumbs.db", "desktop.ini", "__macosx")
    unlabelled = ("unsup", "unlabeled", "unlabelled")
    of_what = r"[\W_]*(set|data|daten|images?|imgs?|pictures?|bilder|texts?|texte|sounds?|files)?"
    words = ("train(ings?)?", "(val(id(ation|ierungs?)?)?|dev)", "(test(ing)?|eval)")

    def part(folder: Path) -> int | None:
        """Return the split that a folder is named after, if any."""
        numbers = [i for i, w in enumerate(words) if re.fullmatch(w + of_what, folder.name, re.I)]
        return numbers[0] if numbers else None

    def entries(folder: Path) -> tuple[list[Path], list[Path]]:
        """Return the folders inside, and the files that may be samples, by name."""
        inside = sorted(folder.iterdir(), key=lambda path: path.name)
        inside = [path for path in inside if path.name[0] != "." and path.name.lower() not in junk]
        files = [path for path in inside if path.suffix.lower() in endings and path.is_file()]
        return [path for path in inside if path.is_dir()], files

    def below(folder: Path) -> list[Path]:
        folders, files = entries(folder)
        return files + [file for subfolder in folders for file in below(subfolder)]

    def by_class(folder: Path) -> list[tuple[str, Path]]:
        folders, files = entries(folder)
        judged = [path for path in folders if path.name.lower() not in unlabelled]
        if len(judged) >= 2:
            folders = judged
        labelled = [(path.name, file) for path in folders for file in below(path)]
        if labelled:
            return labelled
        named = [re.match(r"(.*?[^\W\d_])[\s._\-(]*\d+\)?$", file.stem) for file in files]
        names = [match[1].strip(" ._-(") if match else "" for match in named]
        pairs = [
            (n, file) for n, file in zip(names, files, strict=True) if n and names.count(n) > 1
        ]
        return sorted(pairs, key=lambda pair: pair[0])

    folders, files = entries(root)
    while len(folders) == 1 and not files and part(folders[0]) is None:
        inner = entries(folders[0])
        if not inner[0] and len({name for name, _ in by_class(folders[0])}) < 2:
            break  # the only class
        # A single folder inside was created by unzipping.
        root, (folders, files) = folders[0], inner
    parts = {number: path for path in folders if (number := part(path)) is not None}
    alone = set(parts) == {0} and len(folders) > 1 and not entries(parts[0])[0]
    if alone and len({name for name, _ in by_class(parts[0])}) < 2:
        parts = {}  # the folder train beside cars is a class
    if 0 not in parts:
        return [(0, name, file) for name, file in by_class(root)]
    known = {name for name, _ in by_class(parts[0])}
    samples = []
    for number in sorted(parts):
        mine = by_class(parts[number])
        # Files without a class are left out.
        if known & {name for name, _ in mine}:
            samples += [(number, name, file) for name, file in mine]
    return samples


def zip_lines(path: str) -> tuple[str, list[str]]:
    """Return the samples' folder in the script, and the lines that unpack a zip."""
    if not path.lower().endswith(ZIP):
        return path, []
    folder = path[: -len(ZIP)]
    return folder, [
        "import zipfile",
        f"with zipfile.ZipFile({format_literal(path)}) as archive:",
        f"    archive.extractall({format_literal(folder)})",
    ]


def keras_directory_code(
    question: ScriptRequest, function: str, name: str, arguments: Sequence[str]
) -> DataCode | None:
    """Return lines that read class folders with a function of ``keras.utils``, for a short script.

    They leave the parts that the folders name, ``labels``, and the rest in ``x`` and ``y``. None
    where that function would find other samples. ``name``: the variable of the data set.
    """
    data, facts = question.project.data, question.facts
    inner, test = question.reading("directories"), question.reading("directories", test=True)
    if facts is None or not inner or (data.test_path and not test):
        return None
    if ("1" in inner) > ("2" in inner) and not data.test_path:
        return None
    root, unpacking = zip_lines(data.path)
    folders = {part: (Path(root) / inner[part]).as_posix() for part in inner}
    if data.test_path:
        root, more = zip_lines(data.test_path)
        unpacking += more
        folders["2"] = (Path(root) / test.get("2", test["0"])).as_posix()
    names = list(facts.classes)
    if question.reading("other_folders") or names != sorted(names):
        arguments = [*arguments, f"class_names={format_literal(names)}"]
    arguments = [*arguments, "batch_size=None", "shuffle=False"]
    parts = ("_train", "_val", "_test") if "1" in inner else ("", "", "_test")
    arrays = f"(np.stack(values) for values in zip(*{name}))"
    if len(folders) == 1:
        call = format_call(f"keras.utils.{function}", [format_literal(folders["0"]), *arguments])
        lines = [f"{name} = {call}", f"labels = {name}.class_names", f"x, y = {arrays}"]
    else:
        call = format_call(f"keras.utils.{function}", ["folder", *arguments], 4)
        lines = [
            *script_part("arrays", about=_(_ARRAYS), samples=name, call=call, arrays=arrays),
            f"labels = {format_literal(names)}",
            *(
                f"x{parts[int(part)]}, y{parts[int(part)]} = arrays({format_literal(folder)})"
                for part, folder in folders.items()
            ),
        ]
    own_test, parts_name = "2" in folders, "given" if "1" in inner else ""
    return DataCode((*unpacking, *lines), own_test=own_test, parts=parts_name)


_ARRAYS = N_("Return the samples of a folder, and the numbers of their classes.")


def folder_lines(
    data: Data, endings: Sequence[str], to_numbers: str, before: Sequence[str] = ()
) -> list[str]:
    """Return lines that leave ``x``, ``y``, ``labels`` and ``part_of``, and ``x_test``, ``y_test``.

    Args:
        data: the recipe; its paths are folders, or zips, which are unpacked.
        endings: of the files that are samples.
        to_numbers: an expression for the values of ``files``.
        before: lines between; ``looked_at`` are files that sizes and lengths are measured on.
    """
    filter_line = "samples = [sample for sample in samples if sample[-1] not in left_out]"
    folder, unpacking = zip_lines(data.path)
    lines = [
        *unpacking,
        "from pathlib import Path",
        "",
        *function_lines(files_of_classes),
        f"endings = {format_literal(list(endings), tuples=True)}",
        f"samples = files_of_classes(Path({format_literal(folder)}), endings)",
        *left_out_lines(data, data.path, folder, filter_line),
        *script_part(
            "folder",
            alone=_("# Without a validation folder, the test folder is a separate data set."),
            before="".join(f"{line}\n" for line in before),
            values=to_numbers,
        ),
    ]
    if not data.test_path:
        return lines
    folder, unpacking = zip_lines(data.test_path)
    return [
        *lines,
        *unpacking,
        f"samples = files_of_classes(Path({format_literal(folder)}), endings)",
        *left_out_lines(data, data.test_path, folder, filter_line),
        _("# If the folder contains a test folder, that one is used."),
        *script_part("test_folder", values=to_numbers),
    ]
