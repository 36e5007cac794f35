"""Name files that cannot be read, and exclude them on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.findings import Finding, column_finding, data_fix
from netbuilder.core.data.readers.class_folders import FileSelection
from netbuilder.core.data.recipe_options import name_list_option
from netbuilder.core.errors import DataError, DataFix
from netbuilder.core.i18n import ngettext
from netbuilder.core.wording import format_quoted_list

#: Names the files that are left out, as ``SampleFolder.name`` calls them.
OPTION = "skip_files"


@dataclass(frozen=True)
class SampleFolder:
    """The base folder of samples that are files, and its name in the recipe."""

    folder: Path
    source: str

    def inside(self, file: Path) -> str:
        """Return a file's name for messages: "cat/1.png"."""
        inside = file.is_relative_to(self.folder)
        return file.relative_to(self.folder).as_posix() if inside else file.name

    def name(self, file: Path) -> str:
        """Return a file's name, unique across the test set: "pictures/cat/1.png"."""
        return f"{self.source}/{self.inside(file)}"


def damaged_files_error(files: Sequence[Path], home: SampleFolder) -> DataError:
    """Return the error about files that are not what their ending says."""
    return data_error(
        "files_damaged",
        home.folder,
        count=len(files),
        files=format_quoted_list([home.inside(file) for file in files]),
        fixes=(exclude_files_fix(files, home),),
    )


def with_exclude_fix(
    error: DataError, home: SampleFolder | None, among: Iterable[Path] = ()
) -> DataError:
    """Add the fix that excludes a file, and damaged ones ``among`` others, to its error."""
    if home is None or error.path is None:
        return error
    file = Path(error.path)
    files = [*(other for other in among if other != file), file]
    if len(files) > 1:
        return damaged_files_error(sorted(files), home)
    return DataError(
        error.what,
        error.fix,
        code=error.code,
        path=error.path,
        fixes=(exclude_files_fix(files, home),),
    )


def exclude_files_fix(files: Sequence[Path], home: SampleFolder) -> DataFix:
    """Return the fix that no longer reads these files."""
    label = ngettext("Leave this file out", "Leave these {count} files out", len(files))
    return DataFix(label, {OPTION: [home.name(file) for file in files]})


def used_files(files: Sequence[Path], options: Mapping[str, Any], home: SampleFolder) -> list[bool]:
    """Return for each file whether the recipe uses it."""
    out = set(name_list_option(options, OPTION))
    return [not out or home.name(file) not in out for file in files]


def without_excluded(
    chosen: FileSelection, options: Mapping[str, Any], home: SampleFolder
) -> tuple[FileSelection, tuple[Finding, ...]]:
    """Return the used files, and findings about the others."""
    import numpy as np

    used = used_files(chosen.files, options, home)
    if all(used):
        return chosen, ()
    files = [file for file, is_used in zip(chosen.files, used, strict=True) if is_used]
    labels = [label for label, is_used in zip(chosen.labels, used, strict=True) if is_used]
    parts = None if chosen.parts is None else chosen.parts[np.array(used)]
    gone = [file for file, is_used in zip(chosen.files, used, strict=True) if not is_used]
    return FileSelection(files, labels, parts), (excluded_finding(gone, home),)


def excluded_finding(files: Sequence[Path], home: SampleFolder) -> Finding:
    """Return the finding about files that the recipe leaves out."""
    return column_finding(
        "files-left-out",
        "",
        data_fix(
            ngettext("Use this file again", "Use these files again", len(files)), **{OPTION: ...}
        ),
        count=len(files),
        files=format_quoted_list([home.inside(file) for file in files]),
    )
