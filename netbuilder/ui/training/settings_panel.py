"""The page Settings: loss, optimizer, epochs, batch size and callbacks of the next run."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.ui.services.project_store import ProjectStore
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.training.plan_form import PlanForm
from netbuilder.ui.widgets.accessible_roles import scrolled_page


class SettingsPanel(QWidget):
    """Shows the training settings as a form that scrolls."""

    def __init__(
        self, store: ProjectStore, workbench: Workbench, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 10, 14, 10)
        self.plan = PlanForm(store, workbench)
        self.plan.setProperty("role", "page")
        self._scroll = scrolled_page(self.plan, _("Training settings"), self)
        layout.addWidget(self._scroll)

    def show_setting(self, name: str) -> None:
        """Bring a setting into sight.

        Args:
            name: of a field of the training settings.
        """
        self.plan.unfold(name)
        # What was unfolded just now has no place yet.
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        self._scroll.ensureWidgetVisible(self.plan.field(name))
