"""What the window has of each kind of data: a row a kind, its tabs and its prediction form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from netbuilder.core.data.data_views import LookTable, PartsLook
from netbuilder.core.data.kinds import arrays, csv, images, sounds, text
from netbuilder.core.data.kinds.arrays.view import ArraysLook
from netbuilder.core.data.kinds.images.view import PicturesLook
from netbuilder.core.data.kinds.modality import Modality
from netbuilder.core.data.kinds.series.view import SequencesLook, SeriesLook
from netbuilder.core.data.kinds.sounds.view import SoundsLook
from netbuilder.core.data.kinds.text.view import TextsLook
from netbuilder.core.i18n import noop as N_
from netbuilder.ui.kinds.arrays import ArraysTab
from netbuilder.ui.kinds.asking import AskView, TestSampleView
from netbuilder.ui.kinds.parts import PartsTab
from netbuilder.ui.kinds.picture_tab import PicturesTab
from netbuilder.ui.kinds.pictures import PictureView
from netbuilder.ui.kinds.rows import RowView
from netbuilder.ui.kinds.series import SequencesTab, SeriesTab, SeriesView
from netbuilder.ui.kinds.several import SeveralView
from netbuilder.ui.kinds.sounds import SoundsTab, SoundView
from netbuilder.ui.kinds.tables import CorrelationTab, ScatterTab
from netbuilder.ui.kinds.texts import TextsTab, TextView
from netbuilder.ui.widgets.fix_buttons import Apply


@dataclass(frozen=True)
class DataTab:
    """A tab of the Data panel.

    Attributes:
        look: the type of what it shows; the widget has ``show_look(look, project, base)``.
        title: of the tab.
        build: (what makes edits, parent) to the widget.
        instead: it stands for the rows, which would only say the same.
        own: it tells more than the columns, so that it is in front at first.
    """

    look: type
    title: str
    build: Callable[[Apply, QWidget], Any]
    instead: bool = False
    own: bool = True


@dataclass(frozen=True)
class KindInWindow:
    """What the window has of the sorts of samples of one kind.

    Attributes:
        name: of the prediction form, as an attribute of the Predict panel.
        modalities: the sorts of samples.
        tabs: of the Data panel.
        form: how the Predict panel asks about one sample.
    """

    name: str
    modalities: tuple[Modality, ...]
    tabs: tuple[DataTab, ...]
    form: type[AskView]


IN_WINDOW = (
    KindInWindow(
        "series",
        arrays.KIND.modalities,
        (
            DataTab(ArraysLook, N_("Arrays"), ArraysTab, own=False),
            DataTab(SeriesLook, N_("Series"), lambda apply, parent: SeriesTab(parent)),
            DataTab(SequencesLook, N_("Sequences"), lambda apply, parent: SequencesTab(parent)),
        ),
        SeriesView,
    ),
    KindInWindow(
        "pictures",
        images.KIND.modalities,
        (DataTab(PicturesLook, N_("Pictures"), lambda apply, parent: PicturesTab(parent), True),),
        PictureView,
    ),
    KindInWindow(
        "texts",
        text.KIND.modalities,
        (DataTab(TextsLook, N_("Texts"), lambda apply, parent: TextsTab(parent)),),
        TextView,
    ),
    KindInWindow(
        "sounds",
        sounds.KIND.modalities,
        (DataTab(SoundsLook, N_("Sounds"), lambda apply, parent: SoundsTab(parent), True),),
        SoundView,
    ),
    KindInWindow(
        "rows",
        csv.KIND.modalities,
        (
            DataTab(
                LookTable, N_("Scatter"), lambda apply, parent: ScatterTab(parent), own=False
            ),
            DataTab(
                LookTable, N_("Correlation"), lambda apply, parent: CorrelationTab(parent),
                own=False,
            ),
        ),
        RowView,
    ),
)  # fmt: skip

TABS = (
    *(tab for row in IN_WINDOW for tab in row.tabs),
    DataTab(PartsLook, N_("Parts"), lambda apply, parent: PartsTab(parent), own=False),
)
#: By name, in the order in which the Predict panel asks whether they fit.
FORMS: dict[str, type[AskView]] = {
    "several": SeveralView,
    **{row.name: row.form for row in IN_WINDOW},
    "samples": TestSampleView,
}
