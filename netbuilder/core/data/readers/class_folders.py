"""Samples that are files: a folder for each class, parts for training and testing, or one folder.

The layouts are those of ``keras.utils.image_dataset_from_directory``, of Kaggle's downloads and of
aclImdb; system files (``Thumbs.db``, ``._x.png``, ``__MACOSX``) are ignored.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.errors import DataError
from netbuilder.core.files.file_names import composed
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.wording import format_list, format_number, format_quoted_list, join_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TRAIN, VALIDATION, TEST = 0, 1, 2
_OF_WHAT = r"[\W_]*(set|data|daten|images?|imgs?|pictures?|bilder|texts?|texte|sounds?|files)?"
_PART_FOLDERS = (
    re.compile(rf"train(ings?)?{_OF_WHAT}", re.I),
    re.compile(rf"(val(id(ation|ierungs?)?)?|dev){_OF_WHAT}", re.I),
    re.compile(rf"(test(ing)?|eval){_OF_WHAT}", re.I),
)
_JUNK = {
    "thumbs.db", "desktop.ini", "__macosx", "icon\r",
    "lost+found", "system volume information", "$recycle.bin",
}  # fmt: skip
# aclImdb's folder of texts that nobody judged.
_UNLABELLED = {"unsup", "unlabeled", "unlabelled"}
_FLAT = re.compile(r"^(?P<label>.*?[^\W\d_])[\s._\-(]*\d+\)?$")
_TABLES = (".csv", ".tsv", ".xlsx", ".ods", ".parquet", ".jsonl")
_DEEPEST_WRAPPER = 4
_LOOKED_AT = 1000
# A whole disk is no set of samples: that is said before all of it has been walked through. Beside
# each sample there may be a few other files (what was marked in it, say).
_MOST_OTHERS = 50_000
_OTHERS_EACH = 10


@dataclass
class FolderPart:
    """Files and their labels, in order; ``root`` holds the folders of the classes, if any."""

    files: list[Path] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    root: Path | None = None


@dataclass
class FolderSamples:
    """The samples of each part, and what was detected about the folders."""

    root: Path
    parts: dict[int, FolderPart] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    samples: int = 0
    others: int = 0
    hidden: int = 0  # system files with the ending of a sample

    def count(self, samples: int, others: int) -> None:
        """Count samples and other files; raise DataError if hardly anything is a sample."""
        self.samples += samples
        self.others += others
        if self.others > max(_MOST_OTHERS, _OTHERS_EACH * self.samples):
            raise data_error(
                "folder_hardly_samples",
                self.root,
                folder=_called(self.root),
                limit=format_number(_MOST_OTHERS, ","),
                count=format_number(self.samples, ","),
            )


@dataclass(frozen=True)
class FileSelection:
    """Files and labels that are read together; ``parts`` of each, by folder."""

    files: list[Path]
    labels: list[str]
    parts: NDArray[np.int8] | None = None


def select_files(
    samples: FolderSamples, *, test: bool = False, part: bool = False
) -> FileSelection:
    """Select the files to read.

    Args:
        test: the folder is a separate test set: its test part, else all of it.
        part: the test part of a folder of parts; empty where it has none, or where all parts are
            read at once.

    With a validation part, all parts are read at once and split by folder.
    """
    import numpy as np

    parts = samples.parts
    if part:
        chosen = [] if VALIDATION in parts or TEST not in parts else [TEST]
    elif test:
        chosen = [TEST if TEST in parts else TRAIN]
    else:
        chosen = sorted(parts) if VALIDATION in parts else [TRAIN]
    sizes = [len(parts[number].files) for number in chosen]
    return FileSelection(
        [file for number in chosen for file in parts[number].files],
        [label for number in chosen for label in parts[number].labels],
        np.repeat(np.array(chosen, np.int8), sizes) if len(chosen) > 1 else None,
    )


def keras_directories(samples: FolderSamples, path: Path, endings: Sequence[str]) -> dict[str, Any]:
    """Return how ``keras.utils.…_dataset_from_directory`` finds the same samples.

    ``endings``: of the files that it reads. Returns "directories": the folder of each part, below
    ``path``, by the part's number as text; and "other_folders": there are more than the classes.
    Or "named": the pattern below ``path`` of files that are named after their class. Empty where
    it would find other samples.
    """
    directories, other = {}, False
    only = samples.parts[TRAIN].files if len(samples.parts) == 1 and not samples.hidden else []
    patterns = {(file.parent, f"*{file.suffix}") for file in only}
    if len(patterns) == 1 and only[0].suffix.lower() in endings:
        folder, pattern = next(iter(patterns))
        labels = [re.sub(r"[\W\d_]+$", "", file.stem) for file in only]
        if labels == samples.parts[TRAIN].labels and len([*folder.glob(pattern)]) == len(only):
            return {"named": (folder.relative_to(path) / pattern).as_posix()}
    for number, part in samples.parts.items():
        if part.root is None or samples.hidden:
            return {}
        if not {file.suffix.lower() for file in part.files} <= set(endings):
            return {}
        names = {folder.name for folder in part.root.iterdir() if folder.is_dir()}
        if not set(part.labels) <= names or set(part.labels) != set(samples.parts[TRAIN].labels):
            return {}
        other |= {name for name in names if name[0] != "."} != set(part.labels)
        directories[str(number)] = part.root.relative_to(path).as_posix()
    return {"directories": directories, "other_folders": other}


def _called(path: Path) -> str:
    """Return a folder's name for messages; for a whole disk its path."""
    return path.name or str(path)


def part_of(name: str) -> int | None:
    """Return the part by folder name: "Train", "test_images", "Validierungsdaten"."""
    return next(
        (part for part, pattern in enumerate(_PART_FOLDERS) if pattern.fullmatch(name)), None
    )


def usual_ending(path: Path) -> str:
    """Return the most frequent ending of the first thousand files under a folder, or ""."""
    counts: Counter[str] = Counter()
    for place, (_folder, inner, names) in enumerate(os.walk(path)):
        inner[:] = sorted(name for name in inner if not is_junk(name))
        # A few of each folder are enough, and a README beside thousands does not count.
        counts.update(Path(name).suffix.lower() for name in names[:50] if not is_junk(name))
        if counts.total() > _LOOKED_AT or place > _LOOKED_AT:
            break
    return counts.most_common(1)[0][0] if counts else ""


def is_junk(name: str) -> bool:
    """Return whether a file or folder was created by a system."""
    return name.startswith(".") or name.lower() in _JUNK


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return sorted folders and files without junk; raise DataError if unreadable."""
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
            folders = [
                Path(entry.path) for entry in entries if entry.is_dir() and not is_junk(entry.name)
            ]
            files = [
                Path(entry.path) for entry in entries if entry.is_file() and not is_junk(entry.name)
            ]
    except OSError as error:
        raise _unreadable(error, folder) from error
    return folders, files


def _unreadable(error: OSError, folder: Path, root: Path | None = None) -> DataError:
    reason = error.strerror
    if root is not None and folder != root and folder.is_relative_to(root):
        name, parent = folder.relative_to(root), _called(root)
        return data_error("folder_unreadable:2", folder, name=name, parent=parent, reason=reason)
    return data_error("folder_unreadable:3", folder, name=_called(folder), reason=reason)


def find_samples(path: Path, endings: Sequence[str]) -> FolderSamples:
    """Return the samples under a folder, by ``endings``; DataError if none has a class."""
    if not path.is_dir():
        key = "folder_missing:2" if path.exists() else "folder_missing"
        raise data_error(key, path, parent=path.parent)
    samples = FolderSamples(path)
    root = _unwrapped(path, endings, samples)
    folders, files = _entries(root)
    named = _named_parts(folders, endings)
    if TRAIN in named and len(folders) > 1:
        _parts(samples, named, endings)
        others = [folder.name for folder in folders if folder not in named.values()]
        if others:
            samples.notes.append(
                ngettext(
                    "Folder {folders} beside '{name}' is not used.",
                    "Folders {folders} beside '{name}' are not used.",
                    len(others),
                    folders=format_list(others),
                    name=named[TRAIN].name,
                )
            )
    elif TRAIN in named and len(folders) == 1:
        samples.parts[TRAIN] = _classes(named[TRAIN], endings, samples)
    else:
        samples.parts[TRAIN] = _classes(root, endings, samples, folders, files)
    if not samples.parts[TRAIN].files:
        loose = sum(file.suffix.lower() in endings for file in files)
        fix = _(
            "Make one folder per class and put the files ({endings}) into it.",
            endings=format_list(endings, 4),
        )
        raise DataError(
            _("There are no samples in the folders of '{folder}'.", folder=_called(path))
            if not loose
            else ngettext(
                "The {count} file in '{folder}' has no class: there is no folder per class, and "
                "the file name does not contain the class.",
                "The {count} files in '{folder}' have no class: there is no folder per class, "
                "and the file names do not contain the class.",
                loose,
                folder=_called(root),
            ),
            join_sentences((fix, tables_beside(path))),
            code="folder_without_classes",
            path=str(path),
        )
    return samples


def tables_beside(folder: Path) -> str:
    """Return a sentence that names the tables in a folder; "" without any."""
    try:
        names = sorted(file.name for file in folder.iterdir() if file.suffix.lower() in _TABLES)
    except OSError:
        return ""
    hint = _("Or choose a table in that folder: {names}.", names=format_quoted_list(names))
    return hint if names else ""


def _unwrapped(path: Path, endings: Sequence[str], samples: FolderSamples) -> Path:
    """Return the single folder inside a folder that unzipping created."""
    for _level in range(_DEEPEST_WRAPPER):
        folders, files = _entries(path)
        alone = len(folders) == 1 and not any(f.suffix.lower() in endings for f in files)
        if not alone or part_of(folders[0].name) is not None:
            return path
        inner = _entries(folders[0])
        if not inner[0] and not any(f.suffix.lower() in endings for f in inner[1]):
            return path
        if not inner[0] and len(_by_name(inner[1], endings)) < 2:
            return path
        path = folders[0]
        samples.notes.append(
            _("The samples are read from the inner folder '{name}'.", name=path.name)
        )
    return path


def may_have_test(path: Path) -> bool:
    """Return quickly whether a test folder lies in ``path``, or in its unzipped folder."""
    for _level in range(_DEEPEST_WRAPPER + 1):
        folders, _files = _entries(path)
        if any(part_of(child.name) == TEST for child in folders):
            return True
        if len(folders) != 1:
            return False
        path = folders[0]
    return False


def _named_parts(folders: Sequence[Path], endings: Sequence[str]) -> dict[int, Path]:
    """Return the folders of parts; "train" without classes beside "car" and "bus" is a class."""
    parts = ((part_of(child.name), child) for child in folders)
    named = {part: child for part, child in parts if part is not None}
    if TRAIN not in named or len(named) > 1 or len(folders) == 1:
        return named
    inner, files = _entries(named[TRAIN])
    return named if inner or len(_by_name(files, endings)) > 1 else {}


def _parts(samples: FolderSamples, named: dict[int, Path], endings: Sequence[str]) -> None:
    samples.parts[TRAIN] = _classes(named[TRAIN], endings, samples)
    classes = set(samples.parts[TRAIN].labels)
    for part in (VALIDATION, TEST):
        if part not in named:
            continue
        folder = named[part]
        here = _classes(folder, endings, samples)
        if here.files and set(here.labels) & classes:
            samples.parts[part] = here
            continue
        loose = _samples(samples, folder, endings, Counter())
        if loose:
            samples.notes.append(
                ngettext(
                    "The {count} file in '{folder}' has no class and is not used. You can "
                    "predict its class on the Predict page.",
                    "The {count} files in '{folder}' have no class and are not used. You "
                    "can predict their classes on the Predict page.",
                    len(loose),
                    folder=folder.name,
                )
            )


def _classes(
    root: Path,
    endings: Sequence[str],
    samples: FolderSamples,
    folders: list[Path] | None = None,
    files: list[Path] | None = None,
) -> FolderPart:
    if folders is None or files is None:
        folders, files = _entries(root)
    part, empty, other = FolderPart(), [], Counter[str]()
    judged = [
        folder_of_class
        for folder_of_class in folders
        if folder_of_class.name.lower() not in _UNLABELLED
    ]
    if len(judged) < 2:
        judged = folders
    elif len(judged) < len(folders):
        samples.notes.append(_("The folder without labels was left out."))
    for folder in judged:
        mine = _samples(samples, folder, endings, other)
        part.files += mine
        part.labels += [composed(folder.name)] * len(mine)
        if not mine:
            empty.append(folder.name)
    samples.notes += _doubts(judged)
    part.root = root if part.files else None
    if empty and part.files:
        samples.notes.append(
            ngettext(
                "Folder {folders} has no samples.",
                "Folders {folders} have no samples.",
                len(empty),
                folders=format_list(empty),
            )
        )
    if not part.files:
        for label, mine in sorted(_by_name(files, endings).items()):
            part.files += mine
            part.labels += [label] * len(mine)
        if len(set(part.labels)) < 2:
            return FolderPart()
        samples.notes.append(
            _(
                "The classes are taken from the file names: {classes}.",
                classes=format_list(sorted(set(part.labels)), 10),
            )
        )
    else:
        loose = [file for file in files if file.suffix.lower() in endings]
        if loose:
            samples.notes.append(
                ngettext(
                    "{count} file outside the class folders is not used.",
                    "{count} files outside the class folders are not used.",
                    len(loose),
                )
            )
    for ending, count in sorted(other.items()):
        samples.notes.append(
            ngettext(
                "{count} {ending} file cannot be read.",
                "{count} {ending} files cannot be read.",
                count,
                ending=ending,
            )
        )
    return part


def _doubts(classes: list[Path]) -> list[str]:
    """Say where a class may be a part, or where all hold the same folders."""
    inside = [sorted(child.name for child in _entries(folder)[0]) for folder in classes]
    for part in (child.name for child in classes if part_of(child.name) in {VALIDATION, TEST}):
        return [
            _(
                "The folder '{name}' is used as a class. If it is the test set, put the folders "
                "of the classes into a folder 'train' beside it.",
                name=part,
            )
        ]
    if len(inside) < 2 or len(inside[0]) < 2 or any(names != inside[0] for names in inside):
        return []
    return [
        _(
            "{classes} are used as the classes. Each of them contains the folders {folders}: if "
            "those are the classes, put all samples of one class into one folder.",
            classes=format_list([child.name for child in classes]),
            folders=format_list(inside[0]),
        )
    ]


def _samples(
    samples: FolderSamples, folder: Path, endings: Sequence[str], other: Counter[str]
) -> list[Path]:
    """Return all samples under a folder, sorted; count other files by ending."""
    mine: list[Path] = []
    for place, names in _walk(str(folder), samples.root):
        before = len(mine)
        for name in names:
            ending = os.path.splitext(name)[1].lower()  # noqa: PTH122 - of 50,000 names
            if is_junk(name):
                samples.hidden += ending in endings
                continue
            if ending in endings:
                mine.append(Path(place, name))
            elif ending in UNREADABLE:
                other[ending] += 1
        here = len(mine) - before
        samples.count(here, 1 + len(names) - here)
    return mine


def _walk(folder: str, root: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield folders with sorted file names, without pipes, unlike ``os.walk``; or DataError."""
    try:
        with os.scandir(folder) as scanned:
            entries = sorted(scanned, key=lambda entry: entry.name)
        names = [entry.name for entry in entries if entry.is_file()]
        inner = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        raise _unreadable(error, Path(str(error.filename or folder)), root) from error
    yield folder, names
    for child in inner:
        if not is_junk(child.name):
            yield from _walk(child.path, root)


#: What needs programs that are not here is named, so that nobody overlooks it.
UNREADABLE = (".heic", ".heif", ".avif", ".raw", ".cr2", ".nef", ".svg", ".psd", ".mp3", ".m4a",
              ".docx", ".doc", ".odt", ".rtf", ".pdf")  # fmt: skip


def _by_name(files: list[Path], endings: Sequence[str]) -> dict[str, list[Path]]:
    """Group files by the words that their names begin with: ``cat.1.jpg``, ``dog (2).png``."""
    files_by_label: dict[str, list[Path]] = {}
    for file in files:
        match = _FLAT.match(file.stem) if file.suffix.lower() in endings else None
        if match:
            files_by_label.setdefault(composed(match["label"].strip(" ._-(")), []).append(file)
    return {label: mine for label, mine in files_by_label.items() if len(mine) > 1}
