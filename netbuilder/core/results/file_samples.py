"""Samples from a file, to predict one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.kinds.arrays.array_files import ENDINGS as ARRAY_ENDINGS
from netbuilder.core.data.kinds.arrays.array_roles import read_inputs
from netbuilder.core.data.kinds.images import IMAGE
from netbuilder.core.data.prepare import inference_data
from netbuilder.core.data.prepare.prepared_data import prepare_data
from netbuilder.core.data.readers.csv_reader import read_table
from netbuilder.core.data.readers.text_file import read_text_file
from netbuilder.core.data.registry import MODALITIES, modality_of
from netbuilder.core.data.tokens import text_of
from netbuilder.core.engine.trained import TrainedModel
from netbuilder.core.errors import DataError, UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Project
from netbuilder.core.results.live.sample_summary import format_cells
from netbuilder.core.results.own_units import preprocessing_of
from netbuilder.core.results.predict import files_of_samples

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class FileSamples:
    """Raw values by Input id (n, ...); ``truth`` of the first output, if known (class numbers (n,),
    or numbers (n, columns)); the ``texts``; ``names``: file or line."""

    raw: Mapping[str, Array]
    truth: Array | None = None
    texts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.raw.values())))

    def sample(self, index: int) -> dict[str, Array]:
        """Return one sample, without a batch axis."""
        if not 0 <= index < len(self):
            last = len(self) - 1
            raise DataError(
                _("There is no row {number}.", number=index),
                _("Rows are numbered from 0 to {last}.", last=last)
                if last
                else _("There is one row, number 0."),
            )
        return {key: values[index] for key, values in self.raw.items()}


def row_of(trained: TrainedModel, sample: Mapping[str, Array]) -> dict[str, float | str]:
    """Return a raw sample by Input id as a row for ``predict_rows``."""
    row: dict[str, float | str] = {}
    for key, entry in preprocessing_of(trained).inputs.items():
        row |= format_cells(entry, sample[key])
    return row


def sample_text(trained: TrainedModel, sample: Mapping[str, Array]) -> str:
    """Return the words of a sample of ids; unknown ones are "[UNK]"."""
    for key, entry in preprocessing_of(trained).inputs.items():
        if entry.vocabulary:
            ids = np.asarray(sample[key]).reshape(-1).astype(np.int64)
            words = [
                entry.vocabulary[number] for number in ids if 0 < number < len(entry.vocabulary)
            ]
            return text_of(words, entry.level) if entry.level else " ".join(words)
    return ""


def text_samples(trained: TrainedModel, texts: list[str]) -> FileSamples:
    """Return samples of texts."""
    inputs = preprocessing_of(trained).inputs
    raw = {key: modality_of(entry).of_texts(texts, entry) for key, entry in inputs.items()}
    return FileSamples(raw, None, tuple(texts))


def read_samples(trained: TrainedModel, path: Path) -> FileSamples:
    """Read all samples of a file or folder: a CSV, pictures, texts, arrays."""
    preprocessing = preprocessing_of(trained)
    ending = path.suffix.lower()
    path = inference_data.folder_of_samples(path, preprocessing)
    if path.is_dir() or any(ending in sort.endings for sort in MODALITIES.values()):
        return _files(trained, path)
    if ending in ARRAY_ENDINGS:
        raw = read_inputs(path, preprocessing.inputs)
        return FileSamples(raw, _truth(trained, path, len(next(iter(raw.values())))))
    data = trained.project.data
    table = read_table(path, inference_data.reading_of_model(data, preprocessing))
    table = inference_data.as_model_table(table, preprocessing, path.name)
    raw, usable, _unused = inference_data.raw_of_table(table, data, preprocessing, path.name)
    count = len(next(iter(raw.values())))
    if not count:
        raise data_error("every_row_incomplete:2", file=path.name)
    texts: tuple[str, ...] = ()
    text = next((e for e in preprocessing.inputs.values() if e.vocabulary and not e.level), None)
    if text is not None:
        column = inference_data.text_column(usable, text, path.name)
        texts = tuple(str(value) for value in column)
    names = tuple(_("line {number}", number=line) for line in usable.index)
    return FileSamples(raw, _truth(trained, path, count), texts, names)


def file_of_row(project: Project, base: Path, index: int) -> Path | None:
    """Return the file of sample ``index`` of the test rows (else of the training rows), or None."""
    plan = prepare_data(project, base)
    samples = plan.samples if plan.test is None else plan.test
    rows = plan.rows.test if plan.test is None else np.arange(len(plan.test))
    if not len(rows):
        samples, rows = plan.samples, plan.rows.train
    values = next(iter(samples.arrays.values()))
    path = values[int(rows[index % len(rows)])]
    return Path(path) if isinstance(path, (str, Path)) else None


def _files(trained: TrainedModel, path: Path) -> FileSamples:
    preprocessing = preprocessing_of(trained)
    sorts = [modality_of(entry) for entry in preprocessing.inputs.values()]
    endings = sorts[0].endings or IMAGE.endings
    files, names = files_of_samples(trained, path, endings)
    raw = inference_data.raw_of_files(files, preprocessing)
    texts: tuple[str, ...] = ()
    if all(entry.vocabulary and not entry.level for entry in preprocessing.inputs.values()):
        texts = tuple(read_text_file(f, {})[0] for f in files)
    return FileSamples(raw, None, texts, names)


def _truth(trained: TrainedModel, path: Path, count: int) -> Array | None:
    """Return the targets if the file has one for each row."""
    preprocessing = preprocessing_of(trained)
    try:
        split = inference_data.read_split(trained.project.data, preprocessing, path)
    except UserError:
        return None
    if len(split) != count or not split.raw_y:
        return None
    return np.asarray(next(iter(split.raw_y.values())))
