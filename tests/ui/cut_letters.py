"""Finds words that are cut off, from the geometry of the widgets that show them."""

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPicture, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QStackedWidget,
    QStyle,
    QStyleOptionButton,
    QStyleOptionComboBox,
    QTabBar,
    QTextEdit,
    QToolButton,
    QWidget,
)

from netbuilder.ui.forms.boxes import ElidedComboBox
from netbuilder.ui.style import theme
from netbuilder.ui.widgets.labels import ClampedLabel

#: Pixels that nobody misses: roundings, side bearings.
_SLACK = 3


def cut_off(top):
    """A line for each widget in ``top`` whose words are not all to be seen, or cannot be reached.

    What lies further down in a page that scrolls is reached; what sticks out at its side is not:
    nobody scrolls a form sideways. Texts that end in "…" on purpose count as cut where no tooltip
    says them whole.
    """
    found = []
    for widget in top.findChildren(QWidget):
        if not widget.isVisibleTo(top):
            continue
        where = type(widget.parentWidget()).__name__
        words = _words(widget)
        # A list that leaves out the end of an entry says it in its tooltip.
        told = () if isinstance(widget, ElidedComboBox) else _complaints(widget, top)
        found.extend(f"{type(widget).__name__} in {where}: {words[:60]!r} {why}" for why in told)
        if isinstance(widget, pg.GraphicsView):
            found.extend(f"{type(widget).__name__} in {where}: {why}" for why in cut_off_of(widget))
    return found


def _words(widget):
    if isinstance(widget, QComboBox):
        return widget.currentText()
    icon_only = Qt.ToolButtonStyle.ToolButtonIconOnly
    if isinstance(widget, QToolButton) and not widget.icon().isNull():
        return widget.text() if widget.toolButtonStyle() != icon_only else ""
    if isinstance(widget, QLabel) and "<" in widget.text():
        document = QTextDocument()
        document.setHtml(widget.text())
        return document.toPlainText()
    if isinstance(widget, QAbstractButton | QLabel):
        return widget.text().replace("&", "")
    return ""


def _complaints(widget, top):
    if isinstance(widget, QAbstractSpinBox) and (field := widget.findChild(QLineEdit)):
        margins = field.textMargins()
        room = field.width() - margins.left() - margins.right()
        needed = field.fontMetrics().horizontalAdvance(field.text())
        if needed > room:
            yield f"shows {field.text()!r} in {room} and needs {needed}"
        yield from _low(field, field.fontMetrics().height())
    elif isinstance(widget, QLineEdit) and not _of_an_editor(widget):
        yield from _low(widget, widget.fontMetrics().height())
    elif isinstance(widget, QTabBar):
        yield from _of_tabs(widget)
    words = _words(widget)
    if not words or _of_an_editor(widget):
        return
    advance = widget.fontMetrics().horizontalAdvance
    if isinstance(widget, QLabel) and not isinstance(widget, ClampedLabel):
        yield from _of_label(widget, words)
    elif isinstance(widget, ClampedLabel):
        yield from _low(widget, widget.fontMetrics().height())
        if any(line.endswith("…") for line in widget.shown_lines()) and not widget.toolTip():
            yield "ends in … and has no tooltip"
    elif isinstance(widget, QComboBox):
        combo = QStyleOptionComboBox()
        widget.initStyleOption(combo)
        box, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = widget.style().subControlRect(box, combo, part, widget)
        icon = 0 if combo.currentIcon.isNull() else combo.iconSize.width() + 4
        yield from _short(room.width(), advance(words) + icon)
        yield from _short(room.height(), widget.fontMetrics().height(), "high")
    elif isinstance(widget, QCheckBox | QRadioButton):
        yield from _narrow(widget, widget.minimumSizeHint().width())
        yield from _low(widget, widget.fontMetrics().height())
    elif isinstance(widget, QPushButton):
        option = QStyleOptionButton()
        widget.initStyleOption(option)
        part = QStyle.SubElement.SE_PushButtonContents
        room = widget.style().subElementRect(part, option, widget)
        icon = 0 if widget.icon().isNull() else widget.iconSize().width() + 4
        yield from _short(room.width(), advance(words) + icon)
        yield from _low(widget, widget.fontMetrics().height())
    elif isinstance(widget, QAbstractButton):
        yield from _narrow(widget, widget.fontMetrics().horizontalAdvance(words))
        yield from _low(widget, widget.fontMetrics().height())
    yield from _outside(widget, top)


def _of_tabs(tabs):
    metrics = tabs.fontMetrics()
    for number in filter(tabs.isTabVisible, range(tabs.count())):
        box, words = tabs.tabRect(number), tabs.tabText(number).replace("&", "")
        told = list(_short(box.height(), metrics.height(), "high"))
        if words != tabs.tabToolTip(number):
            told += _short(box.width(), metrics.horizontalAdvance(words))
        yield from (f"tab {words!r} {why}" for why in told)


def _of_label(label, words):
    advance = label.fontMetrics().horizontalAdvance
    if label.wordWrap():
        yield from _low(label, label.heightForWidth(label.width()))
        yield from _narrow(label, max(advance(word) for word in words.split()))
    elif label.pixmap().isNull():
        lines = words.split("\n")
        if "<" not in label.text():  # else parts of it may be in smaller letters
            yield from _narrow(label, max(map(advance, lines)))
        high = label.fontMetrics().boundingRect(words).height() if len(lines) == 1 else 0
        yield from _short(label.contentsRect().height(), high, "high")


def cut_off_of(view):
    """A line for each title and number of a plot's axes that is not to be seen whole."""
    return list(_of_axes(view))


def _of_axes(view):
    seen = QRectF(view.viewport().rect())
    for axis in view.scene().items():
        if not isinstance(axis, pg.AxisItem) or not axis.isVisible():
            continue
        name = f"{axis.orientation} axis"
        font = axis.style["tickFont"]
        if font is not None and font.pointSizeF() < 0.79 * theme.ui_font().pointSizeF():
            yield f"{name}: letters of {font.pointSizeF()} points"
        title = QRectF()
        if axis.label.isVisible():
            if axis.label.font().pointSizeF() < 0.79 * theme.ui_font().pointSizeF():
                yield f"{name}: title of {axis.label.font().pointSizeF()} points"
            margin = axis.label.document().documentMargin()
            inner = axis.label.boundingRect().adjusted(margin, margin, -margin, -margin)
            title = axis.label.mapRectToScene(inner)
            if not seen.adjusted(-1, -1, 1, 1).contains(title):
                yield f"{name}: title {axis.labelText!r} at {_box(title)} of {_box(seen)}"
        picture, painter = QPicture(), QPainter()
        painter.begin(picture)
        specs = axis.generateDrawSpecs(painter)
        painter.end()
        metrics = QFontMetricsF(font) if font is not None else None
        last = QRectF()
        for rect, _flags, words in specs[2] if specs and axis.style["showValues"] else ():
            at = axis.mapRectToScene(rect)
            if not seen.adjusted(-1, -1, 1, 1).contains(at):
                yield f"{name}: {words!r} at {_box(at)} of {_box(seen)}"
            if at.adjusted(2, 2, -2, -2).intersects(title):
                yield f"{name}: {words!r} at {_box(at)} lies on the title at {_box(title)}"
            if metrics is not None and metrics.horizontalAdvance(words) > at.width() + _SLACK:
                yield f"{name}: {words!r} in {at.width():.0f}"
            if at.adjusted(1, 1, -1, -1).intersects(last):
                yield f"{name}: {words!r} lies on another"
            last = at


def _box(rect):
    return f"{rect.left():.0f},{rect.top():.0f},{rect.right():.0f},{rect.bottom():.0f}"


def _narrow(widget, needed):
    return _short(widget.contentsRect().width(), needed)


def _low(widget, needed):
    return _short(widget.height(), needed, "high")


def _short(room, needed, way="wide"):
    if room < needed - _SLACK:
        yield f"is {room} {way} and needs {needed}"


def _of_an_editor(widget):
    """Whether it is a part of something that shows its own words, and scrolls them."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(
            parent,
            QAbstractItemView | QPlainTextEdit | QTextEdit | QLineEdit | QAbstractSpinBox | QTabBar,
        ):
            return True
        parent = parent.parentWidget()
    return False


def _outside(widget, top):
    """Complaints about a widget that sticks out of what shows it."""
    parent = widget.parentWidget()
    while parent is not None and parent is not top.parentWidget():
        at = QRect(widget.mapTo(parent, QPoint(0, 0)), widget.size())
        scrolls = isinstance(parent.parentWidget(), QAbstractScrollArea) and not isinstance(
            parent, QStackedWidget
        )
        if at.right() > parent.width() + _SLACK or at.left() < -_SLACK:
            yield f"sticks out of {type(parent).__name__} by {at.right() - parent.width()}"
            return
        if not scrolls and at.bottom() > parent.height() + _SLACK:
            yield f"sticks out below {type(parent).__name__} by {at.bottom() - parent.height()}"
            return
        if scrolls:
            return  # the area itself is looked at where its own words are
        parent = parent.parentWidget()
