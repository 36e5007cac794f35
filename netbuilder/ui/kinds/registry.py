"""Widgets of each kind of data as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from netbuilder.core.data.data_views import SplitDataView, TableDataView
from netbuilder.core.data.kinds import arrays, csv, images, sounds, text
from netbuilder.core.data.kinds.arrays.view import ArraysDataView
from netbuilder.core.data.kinds.images.view import PicturesDataView
from netbuilder.core.data.kinds.modality import Modality
from netbuilder.core.data.kinds.series.view import SequencesDataView, SeriesDataView
from netbuilder.core.data.kinds.sounds.view import SoundsDataView
from netbuilder.core.data.kinds.text.view import TextsDataView
from netbuilder.core.i18n import noop as N_
from netbuilder.ui.kinds.arrays import ArraysTab
from netbuilder.ui.kinds.picture_tab import PicturesTab
from netbuilder.ui.kinds.pictures import PictureForm
from netbuilder.ui.kinds.predict_form import PredictForm, TestSampleForm
from netbuilder.ui.kinds.rows import RowForm
from netbuilder.ui.kinds.series import SequencesTab, SeriesForm, SeriesTab
from netbuilder.ui.kinds.several_inputs import SeveralInputsForm
from netbuilder.ui.kinds.sounds import SoundForm, SoundsTab
from netbuilder.ui.kinds.splits import SplitTab
from netbuilder.ui.kinds.tables import CorrelationTab, ScatterTab
from netbuilder.ui.kinds.texts import TextForm, TextsTab
from netbuilder.ui.widgets.fix_buttons import Apply


@dataclass(frozen=True)
class DataViewRow:
    """A tab of the Data panel.

    Attributes:
        look: the type that it shows; the widget has ``show_look(look, project, base)``.
        title: of the tab.
        build: returns the widget from (edit function, parent).
        instead: whether it replaces the tab of rows.
        own: whether it is the first tab, before the columns.
    """

    look: type
    title: str
    build: Callable[[Apply, QWidget], Any]
    instead: bool = False
    own: bool = True


@dataclass(frozen=True)
class KindWidgets:
    """Widgets of a kind.

    ``name``: of the prediction form, an attribute of the Predict panel; ``modalities``: of its
    samples; ``tabs``: of the Data panel; ``form``: for one sample.
    """

    name: str
    modalities: tuple[Modality, ...]
    tabs: tuple[DataViewRow, ...]
    form: type[PredictForm]


def _alone(tab: Callable[[QWidget], Any]) -> Callable[[Apply, QWidget], Any]:
    return lambda apply, parent: tab(parent)


KIND_WIDGETS = (
    KindWidgets(
        "series",
        arrays.KIND.modalities,
        (
            DataViewRow(ArraysDataView, N_("Arrays"), ArraysTab, own=False),
            DataViewRow(SeriesDataView, N_("Series"), _alone(SeriesTab)),
            DataViewRow(SequencesDataView, N_("Sequences"), _alone(SequencesTab)),
        ),
        SeriesForm,
    ),
    KindWidgets(
        "pictures",
        images.KIND.modalities,
        (DataViewRow(PicturesDataView, N_("Pictures"), _alone(PicturesTab), True),),
        PictureForm,
    ),
    KindWidgets(
        "texts",
        text.KIND.modalities,
        (DataViewRow(TextsDataView, N_("Texts"), _alone(TextsTab)),),
        TextForm,
    ),
    KindWidgets(
        "sounds",
        sounds.KIND.modalities,
        (DataViewRow(SoundsDataView, N_("Sounds"), _alone(SoundsTab), True),),
        SoundForm,
    ),
    KindWidgets(
        "rows",
        csv.KIND.modalities,
        (
            DataViewRow(TableDataView, N_("Scatter"), _alone(ScatterTab), own=False),
            DataViewRow(TableDataView, N_("Correlation"), _alone(CorrelationTab), own=False),
        ),
        RowForm,
    ),
)

DATA_VIEW_ROWS = (
    *(tab for row in KIND_WIDGETS for tab in row.tabs),
    DataViewRow(SplitDataView, N_("Splits"), _alone(SplitTab), own=False),
)
#: By name, in the order in which the Predict panel asks whether they fit.
PREDICT_FORMS: dict[str, type[PredictForm]] = {
    "several": SeveralInputsForm,
    **{row.name: row.form for row in KIND_WIDGETS},
    "samples": TestSampleForm,
}
