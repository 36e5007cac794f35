"""The kinds of data and the sorts of samples: a new one is a package and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.data_facts import DataFacts
from netbuilder.core.data.kinds import arrays, builtin, csv, images, series, sounds, text
from netbuilder.core.data.kinds.kind import DataKind, DataLocation
from netbuilder.core.data.kinds.modality import Modality
from netbuilder.core.data.preprocessing.fitted_preprocessing import InputPreprocessing
from netbuilder.core.data.readers.encodings import inner_names
from netbuilder.core.data.readers.samples import Samples
from netbuilder.core.errors import DataError
from netbuilder.core.files.regular_file import require_regular_file
from netbuilder.core.i18n import gettext as _, ngettext
from netbuilder.core.project.edits_data import forget_point_edits
from netbuilder.core.project.model import Data, Project
from netbuilder.core.project.network_data import trust_host_of
from netbuilder.core.wording import format_list, format_quoted_list

# In the order in which they are offered, and asked whether a path is theirs.
KINDS: Mapping[str, DataKind] = {
    row.name: row
    for row in (
        builtin.KIND,
        text.KIND,
        sounds.KIND,
        images.KIND,
        csv.KIND,
        series.KIND,
        arrays.KIND,
    )
}

MODALITIES: Mapping[str, Modality] = {
    modality.name: modality for row in KINDS.values() for modality in row.modalities
}


def modality_of(entry: InputPreprocessing) -> Modality:
    """Return the modality of an Input."""
    return MODALITIES[entry.kind]


def kind_of(data: Data) -> DataKind:
    """Return a recipe's kind; raise DataError if no data is chosen, or the kind is unknown."""
    if not data.kind:
        raise data_error("no_data")
    if data.kind not in KINDS:
        raise data_error("data_kind_unknown", name=data.kind, names=format_quoted_list(KINDS, 20))
    return KINDS[data.kind]


def is_chosen(data: Data) -> bool:
    """Return whether a recipe names a set, file or folder."""
    kind = KINDS.get(data.kind)
    if kind is not None and kind.files.place is DataLocation.NOWHERE:
        return bool(data.name)
    return bool(data.kind and data.path)


def read_samples(data: Data, base: Path, *, test: bool = False) -> Samples | None:
    """Return the samples of a recipe, or its test samples (None where it has no separate ones).

    ``base``: base folder of relative paths; ``test``: the test file's, or the test part of the same
    file or folder. Raise DataError if no data is chosen, or it cannot be read.
    """
    files = kind_of(data).files
    if files.place is DataLocation.NOWHERE:
        return files.read_test(data, base) if test else files.read(data, base, False)
    if not data.path:
        raise data_error("no_data_file")
    own = test and bool(data.test_path)
    path = base / (data.test_path if own else data.path)
    require_regular_file(path, DataError)
    return files.read(data, path, test) if own or not test else files.read_test(data, path)


def alternatives(data: Data) -> tuple[DataKind, ...]:
    """Return the kinds that can read the recipe's file, including its own."""
    own = KINDS.get(data.kind)
    if own is None or own.files.place is DataLocation.NOWHERE:
        return ()
    ending = Path(data.path).suffix.lower()
    kinds = tuple(kind for kind in KINDS.values() if ending and ending in kind.files.endings)
    return kinds if own in kinds else (own,)


def recipe_for(path: Path, written: str | None = None) -> Data:
    """Return the recipe that fits a file or a folder.

    Args:
        path: the file or folder.
        written: the path as the project stores it; default: ``path``.

    Raises:
        DataError: no kind of data reads it.
    """
    trust_host_of(path)
    require_regular_file(path, DataError)
    # A series is a table to all that do not read its dates.
    for kind in (series.KIND, *KINDS.values()):
        options = kind.files.recognise(path)
        if options is not None:
            path_text = str(path) if written is None else written
            return Data(kind=kind.name, path=path_text, options=dict(options))
    inside = inner_names(path)
    if inside:
        raise data_error(
            "archive_of_several_files", path, count=len(inside), files=format_quoted_list(inside, 4)
        )
    raise data_error("file_kind_unsupported", path, endings=format_list(all_endings(), 40))


def target_words(facts: DataFacts, data: Data, most: int = 3) -> tuple[str, str]:
    """Return the target names, and what is predicted: "a number", "the next 14 values"."""
    names, horizon = series.targets_and_horizon(facts.target_names, data)
    if facts.classes:
        words = ngettext("{count} class", "{count} classes", len(facts.classes))
    elif horizon > 1:
        words = ngettext("the next {count} value", "the next {count} values", horizon)
    elif len(names) > 1:
        words = ngettext("{count} number", "{count} numbers", len(names))
    else:
        words = _("a number")
    return format_list(names, most) or _("the target"), words


def all_endings() -> tuple[str, ...]:
    """Return all supported file endings."""
    return tuple(dict.fromkeys(end for kind in KINDS.values() for end in kind.files.endings))


def file_filter() -> str:
    """Return the filter of a file dialog: all supported files, each kind, all files."""
    lines = [_("Data ({patterns})", patterns=_pattern(all_endings()))]
    kinds = [(_(kind.title), kind.files.endings) for kind in KINDS.values()]
    lines += [f"{title} ({_pattern(endings)})" for title, endings in kinds if endings]
    return ";;".join([*lines, _("All files (*)")])


def _pattern(names: tuple[str, ...]) -> str:
    return " ".join(f"*{name}" for name in names)


def point_view_name(data: Data) -> str:
    """Return the live view on which points can be edited; "": they cannot."""
    return KINDS[data.kind].points(data) if data.kind in KINDS else ""


def has_points(data: Data) -> bool:
    """Return whether the data are points that can be edited by hand."""
    return bool(point_view_name(data))


def same_points(first: Project, other: Project) -> bool:
    """Return whether two projects use the same set of points, apart from edits by hand."""
    if not has_points(first.data):
        return False
    return forget_point_edits(first).data == forget_point_edits(other).data
