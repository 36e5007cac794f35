"""The palette beside the canvas: whole, or a narrow rail of the categories' colours."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QStackedWidget, QToolButton, QVBoxLayout, QWidget

from netbuilder.core.catalog.spec import Category
from netbuilder.core.i18n import gettext as _
from netbuilder.ui.palette.palette_view import Palette
from netbuilder.ui.style import theme
from netbuilder.ui.style.font_scale import initial_font_scale

_SWATCH = 14


class PaletteRail(QWidget):
    """A button for each category. ``opened(category)``: show its layers; "" shows all."""

    opened = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 10, 0, 10)
        self.column.setSpacing(6)
        self.buttons: dict[str, QToolButton] = {}
        for category in Category:
            words = _("Show the layers: {category}", category=_(category))
            self.buttons[category] = self._button(category, words)
        self.unfold = self._button("", _("Show all layers"))
        self.unfold.setText("»")
        self.column.addStretch(1)
        self.restyle()

    def _button(self, category: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"rail_{category or 'all'}")
        button.setProperty("role", "rail")
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: self.opened.emit(category))
        self.column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        return button

    def restyle(self) -> None:
        """Draw the colours as large as the letters are."""
        side = round(_SWATCH * max(initial_font_scale(), 1.0))
        for category in Category:
            picture = QPixmap(QSize(side, side) * 2)
            picture.setDevicePixelRatio(2)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.category_color(category))
            painter.drawRoundedRect(QRectF(0, 0, side, side), 4, 4)
            painter.end()
            self.buttons[category].setIcon(QIcon(picture))
            self.buttons[category].setIconSize(QSize(side, side))

    def show_categories(self, shown: frozenset[str]) -> None:
        """Leave out the categories that the palette does not list."""
        for category in Category:
            self.buttons[category].setHidden(category not in shown)


class PaletteColumn(QStackedWidget):
    """The rail or the palette. ``opened_changed``: the user opened it, or folded it."""

    opened_changed = Signal()

    def __init__(self, palette: Palette, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.palette_view = palette
        self.rail = PaletteRail(self)
        self.addWidget(palette)
        self.addWidget(self.rail)
        self._wide, self._opened = True, False
        self.rail.opened.connect(self.open)
        palette.fold.clicked.connect(lambda _checked=False: self.close_palette())
        palette.listed.connect(self.rail.show_categories)
        theme.theme().changed.connect(self.rail.restyle)
        self.rail.show_categories(palette.categories)
        self._show()

    @property
    def is_rail(self) -> bool:
        """Whether only the colours are shown."""
        return not (self._wide or self._opened)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 100)

    def have_room(self, wide: bool) -> None:
        """Show the palette whole, or the rail until it is opened."""
        if wide != self._wide:
            self._wide, self._opened = wide, False
            self._show()

    def open(self, category: str = "") -> None:
        """Show the palette, at a category where one is named."""
        if self.is_rail:
            self._opened = True
            self._show()
            self.opened_changed.emit()
        if category:
            self.palette_view.show_category(category)

    def close_palette(self) -> None:
        """Show the rail again."""
        if self._opened:
            self._opened = False
            self._show()
            self.opened_changed.emit()

    def _show(self) -> None:
        self.palette_view.fold.setHidden(self._wide)
        self.setCurrentWidget(self.rail if self.is_rail else self.palette_view)
