"""Which fields of a window have no name for a screen reader."""

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QScrollBar,
    QTextEdit,
    QWidget,
)

FIELDS = (
    QComboBox, QAbstractSpinBox, QLineEdit, QAbstractSlider, QAbstractItemView, QTextEdit,
    QPlainTextEdit,
)  # fmt: skip
#: Parts of a field that has the name.
INNER = (QComboBox, QAbstractSpinBox, QAbstractItemView)


def nameless(window):
    """Fields of which a screen reader knows the value at most, and not what it is of."""
    found = set()
    for widget in window.findChildren(QWidget):
        if not isinstance(widget, FIELDS) or isinstance(widget, (QScrollBar, QHeaderView, QMenu)):
            continue
        above = widget.parentWidget()
        while above is not None and not isinstance(above, INNER):
            above = above.parentWidget()
        if above is not None:
            continue
        read = QAccessible.queryAccessibleInterface(widget)
        assert read is not None, widget
        # A list of choices takes its value for its name where it was given none (Qt on Unix).
        labels = read.relations(QAccessible.RelationFlag.Label)
        said = [one.text(QAccessible.Text.Name) for one, _kind in labels]
        if not widget.accessibleName().strip() and not any(word.strip() for word in said):
            place, outer = [], widget.parentWidget()
            while outer is not None and len(place) < 3:
                place.append(type(outer).__name__)
                outer = outer.parentWidget()
            found.add(f"{type(widget).__name__} in {' in '.join(place)}")
    return found
