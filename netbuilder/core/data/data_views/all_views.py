"""All that there is to see of a project's data, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netbuilder.core.data.data_report import DataReport
from netbuilder.core.data.data_views.array_view import ArraysDataView, arrays_data_view
from netbuilder.core.data.data_views.picture_view import PicturesDataView, pictures_data_view
from netbuilder.core.data.data_views.series_view import (
    SequencesDataView,
    SeriesDataView,
    sequences_data_view,
    series_data_view,
)
from netbuilder.core.data.data_views.sound_view import SoundsDataView, sounds_data_view
from netbuilder.core.data.data_views.split_view import SplitDataView, split_data_view
from netbuilder.core.data.data_views.table_view import TableDataView, table_data_view
from netbuilder.core.data.data_views.text_view import TextsDataView, texts_data_view
from netbuilder.core.data.prepare.prepared_data import PreparedData, prepare_data
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project

DataView = (
    ArraysDataView | TableDataView | SplitDataView | TextsDataView | SeriesDataView
    | SequencesDataView | SoundsDataView
    | PicturesDataView
)  # fmt: skip

DATA_VIEWS: tuple[Callable[[PreparedData, Project, Path], DataView | None], ...] = (
    lambda plan, project, base: pictures_data_view(plan),
    lambda plan, project, base: texts_data_view(plan),
    lambda plan, project, base: series_data_view(plan, project.data, base),
    lambda plan, project, base: sequences_data_view(plan),
    lambda plan, project, base: sounds_data_view(plan),
    lambda plan, project, base: split_data_view(plan),
)


def find_data_views(
    project: Project, base: Path, report: DataReport | None
) -> tuple[DataView, ...]:
    """What there is to see. Of data that cannot be trained on yet its table or its arrays.

    ``report`` is None where the data cannot be understood at all.

    Raises:
        DataError: the file cannot be read.
    """
    found: list[DataView | None] = [arrays_data_view(project, base)]
    if report is not None:
        found.append(table_data_view(project, base, report))
        try:
            plan = prepare_data(project, base)
            found += [look(plan, project, base) for look in DATA_VIEWS]
        except UserError:
            pass  # the report says what keeps it from being used
    return tuple(one for one in found if one is not None)
