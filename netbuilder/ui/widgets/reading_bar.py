"""A bar while large data is prepared, with the button that stops it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QWidget

from netbuilder.core.i18n import gettext as _
from netbuilder.core.wording import format_number
from netbuilder.ui.widgets.layouts import hbox, prepared

_STEPS = 1000


class ReadingBar(QWidget):
    """Hidden until something is told. ``stopped()``: the person wants it to end."""

    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = prepared(QLabel(_("Preparing the data…"), self), role="note")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(_("Data preparation progress"))
        self.button = prepared(QPushButton(_("Stop"), self), small=True)
        self.button.setToolTip(_("Stop preparing the data and discard it"))
        self.button.clicked.connect(self._stop)
        hbox(self.words, (self.bar, 1), self.button, parent=self, margins=0, spacing=8)
        self.hide()

    def show_progress(self, done: int, of: int) -> None:
        """Show how much is done; of a packed file, whose rows nobody counted, that it goes on."""
        known = done > 0 and of > 0
        self.bar.setRange(0, _STEPS if known else 0)
        if known:
            self.bar.setValue(round(_STEPS * done / of))
        if known:
            text = _("Preparing the data: {share}", share=format_number(done / of, ".0%"))
        else:
            text = _("Preparing the data…")
        self.words.setText(text)
        self.button.setEnabled(True)
        self.show()

    def _stop(self) -> None:
        self.button.setEnabled(False)
        self.stopped.emit()
