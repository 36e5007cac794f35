"""All that there is to see of a project's data, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netbuilder.core.data.columns import DataReport
from netbuilder.core.data.looks.arrays import ArraysLook, arrays_look
from netbuilder.core.data.looks.parts import PartsLook, parts_look
from netbuilder.core.data.looks.pictures import PicturesLook, pictures_look
from netbuilder.core.data.looks.series import (
    SequencesLook,
    SeriesLook,
    sequences_look,
    series_look,
)
from netbuilder.core.data.looks.sounds import SoundsLook, sounds_look
from netbuilder.core.data.looks.table import LookTable, look_table
from netbuilder.core.data.looks.texts import TextsLook, texts_look
from netbuilder.core.data.prepare.prepared_data import PreparedData, make_plan
from netbuilder.core.errors import UserError
from netbuilder.core.project.model import Project

Look = (
    ArraysLook | LookTable | PartsLook | TextsLook | SeriesLook | SequencesLook | SoundsLook
    | PicturesLook
)  # fmt: skip

LOOKS: tuple[Callable[[PreparedData, Project, Path], Look | None], ...] = (
    lambda plan, project, base: pictures_look(plan),
    lambda plan, project, base: texts_look(plan),
    lambda plan, project, base: series_look(plan, project.data, base),
    lambda plan, project, base: sequences_look(plan),
    lambda plan, project, base: sounds_look(plan),
    lambda plan, project, base: parts_look(plan),
)


def looks(project: Project, base: Path, report: DataReport | None) -> tuple[Look, ...]:
    """What there is to see. Of data that cannot be trained on yet its table or its arrays.

    ``report`` is None where the data cannot be understood at all.

    Raises:
        DataError: the file cannot be read.
    """
    found: list[Look | None] = [arrays_look(project, base)]
    if report is not None:
        found.append(look_table(project, base, report))
        try:
            plan = make_plan(project, base)
            found += [look(plan, project, base) for look in LOOKS]
        except UserError:
            pass  # the report says what keeps it from being used
    return tuple(one for one in found if one is not None)
