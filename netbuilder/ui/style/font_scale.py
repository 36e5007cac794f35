"""The size of letters in the whole window (Ctrl + and Ctrl -), and the stylesheet for it."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QMenu

from netbuilder.core.folders import resource
from netbuilder.ui.style import theme
from netbuilder.ui.style.theme import Colors


def stylesheet(c: Colors, points: float) -> str:
    """Return the stylesheet of a window for a scheme and a font size in points.

    Controls are 24, 28 or 32 pixels high at letters of 9 points, and grow with these.
    """
    # Inside of a border of one pixel.
    low, middle, high = (round(height * points / 9) - 2 for height in (24, 28, 32))
    small, tiny, large = points * 0.88, points * 0.82, points * 1.18
    field = c.canvas if c.dark else c.panel
    up, down, left, right, check = (
        resource("icons", f"{name}.svg").as_posix()
        for name in ("arrow-up", "arrow-down", "arrow-left", "arrow-right", "check")
    )
    return f"""
QMainWindow, QDialog, QMessageBox {{ background: {c.panel}; }}
QSplitter::handle {{ background: {c.hairline}; }}
QSplitter::handle:hover, QSplitter::handle:pressed {{ background: {c.accent}; }}
QToolTip {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.hairline};
            padding: 4px 6px; }}
#side, #palette, #lesson {{ background: {c.panel}; }}
QScrollArea, QScrollArea > QWidget > QWidget[role="page"] {{ background: {c.panel}; border: none; }}
QStatusBar {{ background: {c.panel}; border-top: 1px solid {c.hairline}; }}
QStatusBar::item {{ border: none; }}
QToolBar {{ background: {c.panel}; border: none; border-bottom: 1px solid {c.hairline};
            spacing: 2px; padding: 4px 8px; }}
QToolBar::separator {{ background: {c.hairline}; width: 1px; margin: 6px 8px; }}

QLabel {{ background: transparent; }}
QLabel[role="note"], QLabel[role="chip"] {{ color: {c.secondary}; font-size: {small:.1f}pt; }}
QLabel[role="field"] {{ color: {c.secondary}; }}
QLabel[role="complaint"] {{ color: {c.error}; font-size: {small:.1f}pt; }}
QLabel[role="caution"] {{ color: {c.warning}; font-size: {small:.1f}pt; }}
QLabel[role="heading"] {{ color: {c.text}; font-weight: 600; }}
QLabel[role="caption"] {{ color: {c.secondary}; font-weight: 600; font-size: {tiny:.1f}pt; }}
QLabel[role="title"] {{ color: {c.text}; font-weight: 700; font-size: {large:.1f}pt; }}
QLabel[role="answer"] {{ color: {c.text}; font-weight: 700; font-size: {points * 1.6:.1f}pt; }}
QLabel[role="figure"] {{ color: {c.text}; font-weight: 700; font-size: {points * 1.8:.1f}pt; }}
QLabel[role="sentence"] {{ color: {c.text}; font-size: {large:.1f}pt; font-weight: 600; }}
QLabel[role="empty"] {{ color: {c.secondary}; padding: 24px; }}

QPushButton {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.hairline};
               border-radius: 8px; padding: 0 12px; min-height: {middle}px; }}
QPushButton:hover {{ border-color: {c.accent}; }}
QPushButton:pressed {{ background: {c.selection}; }}
QPushButton:disabled {{ color: {c.disabled}; background: {c.panel}; }}
QPushButton:focus {{ border-color: {c.accent}; }}
QPushButton:checked {{ background: {c.selection}; color: {c.accent_text};
                       border-color: {c.accent}; }}
QPushButton[small="true"] {{ padding: 0 8px; min-height: {low}px; font-size: {small:.1f}pt; }}
QPushButton[role="primary"] {{ background: {c.accent}; color: {c.on_accent};
                               border-color: {c.accent}; font-weight: 600; }}
QPushButton[role="primary"]:disabled {{ background: {c.hairline}; border-color: {c.hairline};
                                        color: {c.disabled}; }}
QPushButton[role="train"] {{ background: {c.train}; color: #FFFFFF; border: 1px solid {c.train};
                             font-weight: 600; padding: 0 14px; min-height: {high}px; }}
QPushButton[role="train"]:hover {{ background: #166A35; }}
QPushButton[role="train"]:focus {{ border-color: {c.text}; }}
QPushButton[role="train"]:disabled {{ background: {c.hairline}; border-color: {c.hairline};
                                      color: {c.disabled}; }}
QPushButton[role="choose"] {{ text-align: left; background: {field}; border-radius: 6px;
                              border-color: {c.border}; padding: 0 8px; }}
QPushButton[role="choose"]::menu-indicator {{ image: url({down}); width: 11px; height: 11px;
  subcontrol-origin: padding; subcontrol-position: center right; right: 6px; }}
QFrame[role="tasks"] {{ background: {c.well}; border-radius: 8px; }}
QPushButton[role="task"], QPushButton[role="segment"] {{ background: transparent;
  color: {c.secondary}; border: 1px solid transparent; border-radius: 6px; padding: 0 4px;
  min-height: {low}px; }}
QPushButton[role="segment"] {{ padding: 0 8px; }}
QPushButton[role="task"]:hover, QPushButton[role="segment"]:hover {{ color: {c.text}; }}
QPushButton[role="task"]:checked, QPushButton[role="segment"]:checked {{ background: {c.raised};
  color: {c.text}; border-color: {c.hairline}; }}
QPushButton[role="task"]:checked {{ font-weight: 600; }}
QPushButton[role="task"]:focus, QPushButton[role="segment"]:focus {{ border-color: {c.accent}; }}
QPushButton[role="segment"]:disabled {{ color: {c.disabled}; }}
QFrame[role="strip"] {{ background: {c.canvas}; border-top: 1px solid {c.hairline}; }}
QToolButton[role="rail"] {{ padding: 6px; border-radius: 8px; color: {c.secondary}; }}
QPushButton[role="link"] {{ border: none; background: transparent; color: {c.accent};
                            padding: 2px 4px; min-height: 0; }}

QToolButton {{ background: transparent; color: {c.text}; border: 1px solid transparent;
               border-radius: 6px; padding: 4px 8px; }}
QToolButton:hover {{ background: {c.selection}; }}
QToolButton:focus {{ border-color: {c.accent}; }}
QToolButton:checked {{ background: {c.selection}; color: {c.accent_text}; }}
QToolButton:disabled {{ color: {c.disabled}; }}
QToolBar QToolButton {{ padding: 0 8px; min-height: {high}px; }}
QToolButton::menu-indicator {{ image: none; }}
QToolButton[role="fold"] {{ color: {c.secondary}; font-size: {small:.1f}pt; padding: 2px 2px; }}
QToolButton[role="quiet"] {{ color: {c.secondary}; font-size: {small:.1f}pt; padding: 2px 5px; }}
QToolButton[role="corner"] {{ color: {c.secondary}; font-size: {small:.1f}pt; padding: 1px 5px;
                              background: {c.panel}; border: 1px solid {c.border}; }}
QToolButton[role="corner"]:hover {{ background: {c.selection}; }}
QToolButton[role="step"] {{ color: {c.secondary}; font-size: {small:.1f}pt; padding: 2px; }}
QToolButton[role="quiet"]:checked, QToolButton[role="step"]:checked {{
  color: {c.accent_text}; }}
QToolButton[role="quiet"]:disabled, QToolButton[role="fold"]:disabled {{ color: {c.disabled}; }}
QToolButton[role="boxed"] {{ border: 1px solid {c.hairline}; border-radius: 8px;
                             padding: 0 10px; }}

QLineEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox {{
  background: {field}; color: {c.text}; border: 1px solid {c.border}; border-radius: 6px;
  padding: 0 8px; min-height: {middle}px; placeholder-text-color: {c.secondary};
  selection-background-color: {c.accent}; selection-color: {c.on_accent}; }}
QAbstractSpinBox, QComboBox {{ padding-right: 20px; max-height: {middle}px; }}
QAbstractSpinBox[fixed="plain"] {{ padding-right: 8px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
  subcontrol-origin: border; width: 20px; border: none; background: transparent; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{
  background: {c.selection}; border-radius: 5px; }}
QAbstractSpinBox::up-arrow {{ image: url({up}); width: 11px; height: 11px; }}
QAbstractSpinBox::down-arrow {{ image: url({down}); width: 11px; height: 11px; }}
QComboBox::drop-down {{ subcontrol-origin: border; subcontrol-position: center right;
  width: 22px; border: none; background: transparent; }}
QComboBox::down-arrow {{ image: url({down}); width: 11px; height: 11px; }}
QCheckBox {{ spacing: 6px; padding-right: 8px; }}
QCheckBox::indicator, QAbstractItemView::indicator {{ width: 16px; height: 16px;
  border: 1px solid {c.secondary}; border-radius: 4px; background: {field}; }}
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{ background: {c.accent};
  border-color: {c.accent}; image: url({check}); }}
QCheckBox::indicator:focus {{ border-color: {c.accent}; }}
QRadioButton {{ spacing: 8px; }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {c.secondary};
  border-radius: 8px; background: {field}; }}
QRadioButton::indicator:checked {{ width: 8px; height: 8px; border: 4px solid {c.accent};
  background: {field}; }}
QRadioButton::indicator:focus {{ border-color: {c.accent}; }}
QLineEdit:focus, QPlainTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{
  border-color: {c.accent}; }}
QLineEdit[wrong="true"], QAbstractSpinBox[wrong="true"], QComboBox[wrong="true"] {{
  border-color: {c.error}; }}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {c.disabled};
  border-color: {c.hairline}; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {c.disabled}; }}
QAbstractSpinBox QLineEdit {{ border: none; padding: 0; min-height: 0;
                              background: transparent; }}
QLineEdit[role="plain"] {{ border: 1px solid transparent; background: transparent;
                           color: {c.secondary}; font-size: {small:.1f}pt; padding: 1px 4px;
                           min-height: 0; }}
QLineEdit[role="plain"]:hover {{ border-color: {c.hairline}; }}
QLineEdit[role="plain"]:focus {{ border-color: {c.accent}; color: {c.text}; }}
QComboBox[quiet="true"] {{ border: none; padding-right: 16px; background: transparent;
                           color: {c.secondary};
                           font-size: {small:.1f}pt; padding-left: 4px; min-height: 0; }}
QComboBox QAbstractItemView {{ background: {c.raised}; color: {c.text};
  border: 1px solid {c.hairline}; selection-background-color: {c.selection};
  selection-color: {c.text}; outline: none; padding: 2px; }}

QTabBar {{ background: {c.panel}; }}
QTabBar::tab {{ background: transparent; color: {c.secondary}; padding: 9px 6px 8px 6px;
                border: none; border-bottom: 2px solid transparent; }}
QTabBar[close="true"]::tab {{ padding: 9px 4px 8px 4px; }}
QTabBar::tab:selected {{ color: {c.text}; font-weight: 600; border-bottom-color: {c.accent}; }}
QTabBar::tab:hover {{ color: {c.text}; }}
QTabBar::scroller {{ width: 48px; }}
QTabBar QToolButton {{ background: {c.panel}; border: none; border-left: 1px solid {c.hairline};
                       border-radius: 0; padding: 0; margin: 0; }}
QTabBar QToolButton:hover {{ background: {c.selection}; }}
QTabBar QToolButton::left-arrow {{ image: url({left}); width: 13px; height: 13px; }}
QTabBar QToolButton::right-arrow {{ image: url({right}); width: 13px; height: 13px; }}
QTabBar QToolButton::left-arrow:disabled, QTabBar QToolButton::right-arrow:disabled {{
  image: none; }}

QAbstractItemView {{ background: {c.panel}; color: {c.text}; border: none; outline: none;
  alternate-background-color: {c.canvas}; gridline-color: {c.hairline};
  selection-background-color: {c.selection}; selection-color: {c.text}; }}
QTableView {{ border: 1px solid {c.hairline}; border-radius: 6px; }}
QTableView[role="frozen"] {{ border: none; border-radius: 0; }}
QTableView::item {{ padding: 0 3px; }}
QHeaderView {{ background: {c.canvas}; }}
QHeaderView::section {{ background: {c.canvas}; color: {c.secondary}; padding: 4px 6px;
  border: none; border-bottom: 1px solid {c.hairline}; font-size: {small:.1f}pt; }}
QTableCornerButton::section {{ background: {c.canvas}; border: none; }}

QMenu {{ background: {c.raised}; color: {c.text}; border: 1px solid {c.hairline}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 12px; border-radius: 4px; }}
QMenu::item:selected {{ background: {c.selection}; }}
QMenu::item:disabled {{ color: {c.disabled}; }}
QMenu::separator {{ height: 1px; background: {c.hairline}; margin: 4px 8px; }}
QMenuBar {{ background: {c.panel}; }}
QMenuBar::item {{ padding: 4px 8px; background: transparent; }}
QMenuBar::item:selected {{ background: {c.selection}; border-radius: 4px; }}

QProgressBar {{ background: {c.hairline}; border: none; border-radius: 3px; max-height: 6px;
                min-height: 6px; }}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 3px; }}
QSlider:horizontal {{ min-height: 20px; }}
QSlider::groove:horizontal {{ background: {c.border}; height: 4px; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {c.accent}; width: 16px; margin: -6px 0;
                              border-radius: 8px; }}
QSlider::handle:horizontal:focus {{ border: 2px solid {c.text}; width: 12px; }}
QSlider::handle:horizontal:disabled {{ background: {c.border}; }}

QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle {{ background: {c.hairline}; border-radius: 3px; margin: 1px; }}
QScrollBar::handle:vertical {{ min-height: 24px; }}
QScrollBar::handle:horizontal {{ min-width: 24px; }}
QScrollBar::handle:hover {{ background: {c.secondary}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QLabel[role="toast"] {{ background: {c.info_back}; color: {c.text}; border-radius: 8px;
                        border: 1px solid {c.border}; padding: 7px 15px; font-weight: 600; }}
QFrame[role="line"] {{ background: {c.hairline}; border: none; }}
QFrame[role="info"] {{ background: {c.info_back}; border-radius: 8px; }}
QFrame[role="warning"] {{ background: {c.warning_back}; border: 1px solid {c.warning};
                          border-radius: 8px; }}
QFrame[role="error"] {{ background: {c.error_back}; border: 1px solid {c.error};
                        border-radius: 8px; }}
QFrame[role="warning"] QLabel[role="heading"] {{ color: {c.warning}; }}
QFrame[role="error"] QLabel[role="heading"] {{ color: {c.error}; }}
QFrame[role="card"] {{ background: {c.raised}; border: 1px solid {c.hairline};
                       border-radius: 8px; }}
QFrame[role="card"]:hover, QFrame[role="card"][chosen="true"] {{ border-color: {c.accent}; }}
QFrame[role="card"][chosen="true"] {{ background: {c.selection}; }}
"""


FACTORS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
_state = {"base": 0.0, "factor": 1.0}


def initial_font_scale() -> float:
    """How much larger than the system's the letters are; 1.0 before any window stands."""
    return QApplication.font().pointSizeF() / _state["base"] if _state["base"] else 1.0


def is_system_size_known() -> bool:
    """Whether the system's own size of letters is known."""
    return bool(_state["base"])


def font_scale() -> float:
    """The size in force; 1.0 is the system's."""
    return _state["factor"]


def set_font_scale(factor: float) -> None:
    """Put another size in force, in the whole application."""
    if not _state["base"]:
        _state["base"] = QApplication.font().pointSizeF()
    _state["factor"] = factor
    apply_font_scale()


def apply_font_scale() -> None:
    """Give the application its font, and each window its stylesheet.

    Not one stylesheet of the application: when that changes, Qt polishes each widget once for
    each widget that contains it, which took four times as long with all pages built.
    """
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    points = _state["base"] * _state["factor"]
    font = app.font()
    if abs(font.pointSizeF() - points) > 0.01:
        font.setPointSizeF(points)
        app.setFont(font)
    sheet = stylesheet(theme.colors(), points)
    for window in app.topLevelWidgets():
        # pyqtgraph keeps a menu for each plot that no one opens here, of 40 widgets.
        apart = window.parentWidget() is not None or isinstance(window, QMenu)
        if not apart and window.styleSheet() != sheet:
            window.setStyleSheet(sheet)
