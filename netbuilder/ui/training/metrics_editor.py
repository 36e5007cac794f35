"""Metrics: any number of them, ticked in a list that is searched by typing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from netbuilder.core.catalog.spec import ObjectSpec
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.model import Choice
from netbuilder.ui.forms.choose_row import ChooseRow


class MetricsEditor(ChooseRow):
    """``edited(tuple of choices, or None for automatic)``."""

    edited = Signal(object)

    def __init__(self, specs: Mapping[str, ObjectSpec], parent: QWidget | None = None) -> None:
        super().__init__("metrics", parent=parent)
        self._specs = specs
        self._task = ""
        self._chosen: tuple[Choice, ...] | None = None
        self._automatic: tuple[str, ...] = ()
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._fill)
        self._show()

    def set_task(self, task: str, automatic: tuple[str, ...]) -> None:
        """Say what the target is, and which metrics that gives by itself."""
        self._task, self._automatic = task, automatic
        self._show()

    def show_choices(self, chosen: tuple[Choice, ...] | None) -> None:
        """Show what the project says."""
        self._chosen = chosen
        self._show()

    def _show(self) -> None:
        names = self._automatic if self._chosen is None else tuple(c.name for c in self._chosen)
        text = ", ".join(names) or "none"
        if self._chosen is None:
            text = _("auto: {names}", names=text) if names else _("automatic")
        self.show_text(text)
        self.button.setToolTip(text)

    def _fill(self) -> None:
        self.menu.clear()
        automatic = self.menu.addAction(_("automatic"))
        automatic.setCheckable(True)
        automatic.setChecked(self._chosen is None)
        automatic.triggered.connect(lambda _checked=False: self._set(None))
        self.menu.addSeparator()
        now = self._automatic if self._chosen is None else tuple(c.name for c in self._chosen)
        fitting: list[ObjectSpec] = []
        others: list[ObjectSpec] = []
        for spec in self._specs.values():
            fits = not self._task or not spec.tasks or self._task in spec.tasks
            (fitting if fits or spec.name in now else others).append(spec)
        for spec in fitting:
            self._entry(self.menu, spec, now)
        if others:
            more = self.menu.addMenu(_("For other kinds of target"))
            more.setToolTipsVisible(True)
            for spec in others:
                self._entry(more, spec, now)

    def _entry(self, menu: QMenu, spec: ObjectSpec, now: tuple[str, ...]) -> None:
        entry = menu.addAction(spec.display_title)
        entry.setCheckable(True)
        entry.setChecked(spec.name in now)
        entry.setToolTip(spec.explanation)
        entry.triggered.connect(self._toggler(spec.name))

    def _toggler(self, name: str) -> Callable[[bool], None]:
        return lambda on: self._toggle(name, on)

    def _toggle(self, name: str, on: bool) -> None:
        now = self._chosen
        if now is None:
            now = tuple(Choice(one) for one in self._automatic)
        kept = tuple(choice for choice in now if choice.name != name)
        self._set((*kept, self._start(name)) if on else kept)

    def _start(self, name: str) -> Choice:
        return Choice(name, self._specs[name].start_params())

    def _set(self, chosen: tuple[Choice, ...] | None) -> None:
        self.show_choices(chosen)
        self.edited.emit(chosen)
