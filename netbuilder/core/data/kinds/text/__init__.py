"""Texts become rows of word numbers.

Words are numbered outside the model as ``keras.layers.TextVectorization`` does by default, so that
a trained file takes plain integers. The vocabulary is stored in the file. In Chinese and Japanese
every character is a word (``split="character"`` of that layer).
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.catalog.spec import Kind, Param
from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.findings import column_finding, data_fix
from netbuilder.core.data.kinds.csv import ENDINGS as TABLE_ENDINGS
from netbuilder.core.data.kinds.kind import (
    PARTS,
    TABLE_FILE,
    TASK,
    DataCode,
    DataKind,
    DataLocation,
    KindFiles,
    KindTables,
    ScriptRequest,
)
from netbuilder.core.data.kinds.modality import (
    Array,
    Fitted,
    KerasInputs,
    Key,
    PreviewSamples,
    Rows,
    input_node_shape,
    source_of,
    values_of,
)
from netbuilder.core.data.kinds.scripts.folder_script import folder_lines, keras_directory_code
from netbuilder.core.data.kinds.scripts.script_lines import text_code
from netbuilder.core.data.kinds.scripts.table_script import sample_role_lines
from netbuilder.core.data.kinds.text import next_token
from netbuilder.core.data.kinds.text.layers import made_up_texts, numbered
from netbuilder.core.data.preprocessing.cells import IDEOGRAPH, TEXT_NAMES, is_numeric
from netbuilder.core.data.preprocessing.fitted_preprocessing import (
    InputPreprocessing,
    Preprocessing,
)
from netbuilder.core.data.preprocessing.roles import require_column
from netbuilder.core.data.preprocessing.word_encoding import (
    DEFAULT_WORDS,
    SPLITS,
    fit_length,
    fit_split,
    fit_vocabulary,
    lost_words,
    raw_of_texts,
)
from netbuilder.core.data.readers.class_folders import (
    find_samples,
    keras_directories,
    select_files,
    usual_ending,
)
from netbuilder.core.data.readers.csv_dialect import sniff
from netbuilder.core.data.readers.csv_reader import open_text, read_table
from netbuilder.core.data.readers.samples import Samples, folder_targets
from netbuilder.core.data.readers.table_cells import TableReading
from netbuilder.core.data.readers.table_samples import free_columns, samples_in_column
from netbuilder.core.data.readers.text_file import encoding_of, read_text_file
from netbuilder.core.data.readers.zipped_folders import ZIP, has_test_part, unpacked, zip_contains
from netbuilder.core.data.recipe_options import reading_options
from netbuilder.core.data.tokens import BYTE_PAIR
from netbuilder.core.errors import DataError
from netbuilder.core.escaping.python_text import format_literal
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project.model import Data, Project
from netbuilder.core.wording import format_list

if TYPE_CHECKING:
    import pandas as pd


_LOOKED_AT = 500
#: Of texts in folders.
ENDINGS = (".txt",)

_BY_CHARACTER = N_(
    "Each character counts as a word, because Chinese and Japanese texts have no spaces between "
    "words."
)


def read_text(data: Data, path: Path, *, test: bool = False) -> Samples:
    """Read samples from a table with a column of texts, or a folder with one folder per class.

    Args:
        data: the recipe. Options: "text": the table's column of texts (default: one whose type
            is "text", else that with the longest texts).
        path: the table, or a folder whose subfolders hold ``.txt`` files.
        test: it is the test file.

    Raises:
        DataError: not readable, a column that does not exist, or no texts.
    """
    if path.is_dir() or zip_contains(path, ENDINGS, in_folders=True):
        return _folder(path, data.options)
    table = read_table(path, reading_options(data))
    column = _text_column(data, table, path.name)
    samples = samples_in_column(data, table, column, path.name, test=test)
    assert samples.table is not None
    texts = samples.table[column].astype(str).to_numpy(object)
    others = tuple(
        column_finding(
            "other-texts",
            name,
            data_fix(_("Read the texts of '{name}'", name=name), text=name),
            column=column,
        )
        for name, role in samples.roles.items()
        if role == "ignore" and not is_numeric(table[name])
    )
    findings = (*samples.findings, *others)
    return replace(
        samples, role="text", table=None, from_file=False, arrays={column: texts}, findings=findings
    )


def _text_column(data: Data, table: pd.DataFrame, source: str) -> str:
    column = str(data.options.get("text") or "")
    if column:
        require_column(column, [str(name) for name in table.columns], source)
        return column
    free = free_columns(data, table)
    decided = [n for n in free if n in data.columns and data.columns[n].type == "text"]
    strings = decided or [name for name in free if not is_numeric(table[name])]
    if not strings:
        raise data_error("no_text_column", file=source)
    return max(strings, key=lambda name: table[name].dropna().astype(str).str.len().mean())


def _folder(path: Path, options: Mapping[str, Any], *, part: bool = False) -> Samples:
    """Read texts of a folder with a folder for each class, in parts or not (as aclImdb)."""
    import numpy as np

    root = unpacked(path, ENDINGS)
    folder_samples = find_samples(root, ENDINGS)
    chosen = select_files(folder_samples, part=part)
    texts, encodings = [], set()
    for file in chosen.files:
        text, encoding = read_text_file(file, options)
        texts.append(text)
        encodings.add(encoding)
    notes = list(folder_samples.notes)
    if other := sorted(encodings - {"utf-8", "utf-8-sig", "ascii"}):
        notes.append(
            _("Some files were read with the encoding {encoding}.", encoding=format_list(other))
        )
    plain = encodings <= {"utf-8", "ascii"}
    directories = keras_directories(folder_samples, root, ENDINGS) if plain else {}
    return Samples(
        role="text",
        arrays={"text": np.array(texts, object)},
        targets=folder_targets(chosen.labels),
        source=path.name,
        notes=tuple(notes),
        parts=chosen.parts,
        reading=TableReading(read_as=directories),
    )


def _read_test(data: Data, path: Path) -> Samples | None:
    folder = path.is_dir() or zip_contains(path, ENDINGS, in_folders=True)
    if not folder or data.options.get("task") == next_token.TASK:
        return None
    return _folder(path, data.options, part=True) if has_test_part(path, ENDINGS) else None


class TextModality(next_token.TextLikeModality):
    """Texts as the numbers of their words."""

    name = "text"
    takes = N_("texts")
    endings = ENDINGS
    labelled_tables = True

    def fit(self, project: Project, key: str, samples: Samples, train: Rows) -> Fitted:
        """Fit vocabulary and length of the texts for Input node ``key``."""
        source = source_of(project, key, samples)
        texts = samples.arrays[source][train]
        options = project.data.options
        node_shape = input_node_shape(project, key)
        if (
            len(node_shape) == 1
            and isinstance(node_shape[0], int)
            and "sequence_length" not in options
        ):
            options = {**options, "sequence_length": node_shape[0]}
        split = fit_split(texts, options)
        fitted = InputPreprocessing(
            "text",
            (fit_length(list(texts), options, split),),
            "int32",
            vocabulary=fit_vocabulary(texts, options, split),
            source=source,
            split=split,
        )
        notes = [_(_BY_CHARACTER)] if split else []
        return fitted, (*notes, *lost_words(texts, fitted))

    def read(
        self, samples: Samples, preprocessing: InputPreprocessing, rows: Rows | slice
    ) -> Array:
        return raw_of_texts(list(values_of(samples, preprocessing, rows)), preprocessing)

    def show(self, samples: Samples, count: int) -> PreviewSamples:
        return PreviewSamples(dict(samples.arrays))

    def of_files(self, files: Sequence[Path], entry: InputPreprocessing) -> Array:
        return raw_of_texts([read_text_file(file, {})[0] for file in files], entry)

    def labelled(self, data: Data, preprocessing: Preprocessing, path: Path) -> Samples:
        targets = tuple(
            dict.fromkeys(n for entry in preprocessing.outputs.values() for n in entry.columns)
        )
        as_trained = replace(
            data, target=targets, targets={}, options={**preprocessing.hints, **data.options}
        )
        return read_text(as_trained, path, test=True)

    def layers(self, entry: InputPreprocessing, data: Data, key: str, inputs: KerasInputs) -> Any:
        return numbered(
            inputs.node(key, (1,), "string"),
            entry.vocabulary[2:],
            f"{key}_words",
            split=entry.split or "whitespace",
            standardize="lower_and_strip_punctuation",
            length=int(entry.shape[0] or 1),
        )

    def examples(
        self, entry: InputPreprocessing, key: str, count: int
    ) -> tuple[Mapping[Key, Array], Array]:
        import numpy as np

        blank = "" if entry.split else " "
        texts = made_up_texts(entry.vocabulary[2:], count, int(entry.shape[0] or 1), blank)
        return {("node", key): np.array(texts, object)[:, None]}, raw_of_texts(texts, entry)

    def of_texts(self, texts: Sequence[str], entry: InputPreprocessing) -> Array:
        return raw_of_texts(list(texts), entry)

    def explained_as(self, entry: InputPreprocessing) -> str:
        return "text"


TEXT = TextModality()


def _read(data: Data, path: Path, test: bool) -> Samples:
    if data.options.get("task") == next_token.TASK:
        return next_token.read_long_text(path, data.options)
    return read_text(data, path, test=test)


def _tabular(data: Data) -> bool:
    table = Path(data.path).suffix.lower() in TABLE_ENDINGS
    return table and data.options.get("task") != next_token.TASK


def _recognised(path: Path) -> Mapping[str, Any] | None:
    """Recognise a folder or zip of ``.txt`` files, one long text, or a table of labelled texts."""
    if path.is_dir():
        return {} if usual_ending(path) == ".txt" else None
    if zip_contains(path, ENDINGS, in_folders=True):
        return {}
    if path.suffix.lower() == ".txt" and path.is_file() and not _looks_like_table(path):
        return {"task": next_token.TASK}
    return {} if _has_texts_and_labels(path) else None


def _has_texts_and_labels(path: Path) -> bool:
    """Return whether a table has two columns: texts, nearly all different, and a few labels.

    Runs without pandas, which the window may not have loaded yet.
    """
    if path.suffix.lower() not in {".csv", ".tsv", ".txt"} or not path.is_file():
        return False
    try:
        dialect = sniff(path, {})
        if len(dialect.names) != 2:
            return False
        with open_text(path, dialect) as reader:
            lines = itertools.islice(reader, dialect.skip, dialect.skip + _LOOKED_AT)
            rows = [row for row in lines if len(row) == 2]
    except (DataError, OSError, UnicodeError, csv.Error):
        return False
    if not rows:
        return False
    first, second = zip(*rows, strict=True)
    first_named, second_named = (name.strip().casefold() in TEXT_NAMES for name in dialect.names)
    return _are_labelled(first, second, first_named) or _are_labelled(second, first, second_named)


def _are_labelled(texts: Sequence[str], labels: Sequence[str], named: bool) -> bool:
    """Return whether cells are texts with labels; shorter ones in a column ``named`` so."""
    signs = "".join(texts)
    ideographs = len(re.findall(IDEOGRAPH, signs)) / len(texts)
    blanks = signs.count(" ") / len(texts) + ideographs
    letters = sum(map(str.isalpha, signs)) / len(texts) + ideographs
    few = 1 < len({*labels}) <= min(20, len(labels) // 3)
    decimals = any(re.fullmatch(r"-?\d+[.,]\d+", label) for label in labels)
    return (
        blanks >= (0.7 if named else 2)
        and letters >= (5 if named else 12)
        and few
        and not decimals
        and (len({*texts}) > 0.7 * len(texts))
    )


def _looks_like_table(path: Path) -> bool:
    """Return whether most of the first lines have the same number of separators (> 0)."""
    try:
        with path.open("rb") as file:
            head = file.read(20_000)
    except OSError:
        return True
    lines = head.decode(encoding_of(head), errors="replace").splitlines()[:40]
    lines = [line for line in lines if line.strip()]
    if len(lines) < 2:
        return False
    for separator in (",", ";", "\t", "|"):
        counts = Counter(line.count(separator) for line in lines)
        most, often = counts.most_common(1)[0]
        if most and often >= 0.9 * len(lines):
            return True
    numbers = [re.fullmatch(r"[-+\d.,eE\s]+", line) is not None for line in lines]
    return sum(numbers) >= 0.9 * len(lines)


_LONGEST_TEXTS = (
    'data.select_dtypes(exclude="number").apply(lambda c: c.astype(str).str.len().mean()).idxmax()'
)


def _code(question: ScriptRequest) -> DataCode:
    data = question.project.data
    if data.options.get("task") == next_token.TASK:
        return next_token.code(question)
    if not data.path.lower().endswith(TABLE_ENDINGS):
        return _folder_code(question)
    role_lines = sample_role_lines(
        question,
        "text",
        _LONGEST_TEXTS,
        ('x = data[column].astype(str).to_numpy("str")',),
        ('x_test = test[column].astype(str).to_numpy("str")',),
    )
    return text_code(question, role_lines.lines, **role_lines.flags)


def _folder_code(question: ScriptRequest) -> DataCode:
    data = question.project.data
    if code := keras_directory_code(question, "text_dataset_from_directory", "texts", []):
        return text_code(question, code.lines, own_test=code.own_test, parts=code.parts)
    encoding = str(data.options.get("encoding") or "utf-8-sig")
    read = f"np.array([file.read_text(encoding={format_literal(encoding)}) for file in files])"
    lines = folder_lines(data, ENDINGS, read)
    return text_code(question, lines, parts="folders", own_test=bool(data.test_path))


TEXT_TASK = replace(
    TASK,
    help=N_("type of the target; next_token: continue one long text"),
    choices=(*TASK.choices, next_token.TASK),
)


def _options(data: Data) -> tuple[Param, ...]:
    if data.options.get("task") != next_token.TASK:
        return ()
    pairs = (next_token.MERGES,) if data.options.get("level") == BYTE_PAIR else ()
    rest = (next_token.WINDOW, next_token.STEP, next_token.LOWERCASE, next_token.SHORT_STARTS)
    return (next_token.LEVEL, *pairs, *rest)


KIND = DataKind(
    name="text",
    title=N_("Texts"),
    help=N_("texts to classify, or one long text to continue"),
    noun=N_("texts"),
    options=(
        Param("text", Kind.TEXT, None, N_("column with the texts"), optional=True),
        Param("max_words", Kind.INT, DEFAULT_WORDS, N_("size of the vocabulary"), 2),
        Param("sequence_length", Kind.INT, None, N_("words per text"), 1, optional=True),
        Param(
            "split",
            Kind.CHOICE,
            "auto",
            N_(
                "where words end; auto: at spaces, and in Chinese and Japanese each "
                "character is a word"
            ),
            choices=SPLITS,
            more=True,
        ),
        TEXT_TASK,
        *PARTS,
        *TABLE_FILE,
    ),
    modalities=(TEXT, next_token.TOKENS),
    files=KindFiles(_read, (*TABLE_ENDINGS, ZIP), DataLocation.EITHER, _recognised, _read_test),
    tables=KindTables(_tabular),
    code=_code,
    more_options=_options,
    task=lambda data: "classes" if data.options.get("task") == next_token.TASK else "",
)
