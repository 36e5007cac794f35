"""Whether things may move: the system's wish, or the user's own."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QStyle

_EFFECTS = (
    Qt.UIEffect.UI_AnimateMenu,
    Qt.UIEffect.UI_FadeMenu,
    Qt.UIEffect.UI_AnimateCombo,
    Qt.UIEffect.UI_AnimateTooltip,
    Qt.UIEffect.UI_FadeTooltip,
    Qt.UIEffect.UI_AnimateToolBox,
)
_wish: bool | None = None


def reduced_motion() -> bool:
    """Return whether to omit animations: the user's choice, else the environment, else the system.

    The environment variable is ``NETBUILDER_REDUCED_MOTION``; systems that reduce motion give
    widgets an animation of no duration.
    """
    if _wish is not None:
        return _wish
    if os.environ.get("NETBUILDER_REDUCED_MOTION", "") not in ("", "0"):
        return True
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return False
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    return app.style().styleHint(hint) == 0


def set_reduced_motion(wish: bool | None) -> None:
    """Set the user's choice; None: as the system says."""
    global _wish  # noqa: PLW0603 - one for the whole program, as the style itself
    _wish = wish
    still_effects()


def still_effects() -> None:
    """Switch off Qt's animated menus, lists and tooltips if motion is reduced."""
    if reduced_motion():
        for effect in _EFFECTS:
            QApplication.setEffectEnabled(effect, False)
