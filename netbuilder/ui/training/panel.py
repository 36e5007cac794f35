"""The Training tab: the plan, the curves of the run, and what can be done with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from netbuilder.core.project.model import Project
from netbuilder.ui.store import ProjectStore
from netbuilder.ui.training.controls import RateSlider, RunButtons
from netbuilder.ui.training.plan import PlanForm
from netbuilder.ui.training.runner import Runner
from netbuilder.ui.widgets.cards import Card, CardList
from netbuilder.ui.workbench import Workbench

if TYPE_CHECKING:
    from netbuilder.core.engine.watcher import Notice
    from netbuilder.ui.training.curve_view import CurveView

KEPT_NOTICES = 2


class TrainingPanel(QWidget):
    """Two pages: the plan to edit, and the run to watch."""

    def __init__(
        self,
        store: ProjectStore,
        workbench: Workbench,
        runner: Runner,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._workbench, self._runner = store, workbench, runner
        self._curves: CurveView | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 10)
        layout.setSpacing(6)
        self.plan_button = _switch("Plan", "What is trained, and how", self)
        self.run_button = _switch("Curves", "How the training goes", self)
        group = QButtonGroup(self)
        head = QHBoxLayout()
        head.setSpacing(2)
        for button in (self.plan_button, self.run_button):
            group.addButton(button)
            head.addWidget(button)
        head.addStretch(1)
        self._head = head
        layout.addLayout(head)
        self.stack = QStackedWidget(self)
        layout.addWidget(self.stack, 1)
        self.plan = PlanForm(store, workbench)
        self.plan.setProperty("role", "page")
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self.plan)
        self.stack.addWidget(scroll)
        self.stack.addWidget(self._run_page())
        self.plan_button.clicked.connect(lambda: self.show_page(0))
        self.run_button.clicked.connect(lambda: self.show_page(1))
        runner.began.connect(self._began)
        runner.curves_changed.connect(self._grew)
        runner.overlays_changed.connect(self._overlay)
        runner.noticed.connect(self._noticed)
        runner.state_changed.connect(self._state_changed)
        runner.ended.connect(self._ended)
        workbench.trained_changed.connect(self._trained_changed)
        workbench.run_error_changed.connect(self._show_error)
        store.changed.connect(self._project_changed)
        self._began()
        self._trained_changed()
        for notice in runner.notices:
            self._noticed(notice)
        self._show_error()

    def _run_page(self) -> QWidget:
        page = QWidget(self)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._run_layout = layout
        self.errors = CardList(page)
        self.notices = CardList(page)
        self.differs = CardList(page)
        layout.addWidget(self.errors)
        layout.addWidget(self.differs)
        layout.addWidget(self.notices)
        self.rate = RateSlider(page)
        self.rate.changed.connect(self._rate_changed)
        layout.addWidget(self.rate)
        self.buttons = RunButtons(self._runner, page)
        layout.addWidget(self.buttons)
        return page

    @property
    def curves(self) -> CurveView:
        """The plot, built when it is first wanted: pyqtgraph is a fifth of the start."""
        if self._curves is None:
            from netbuilder.ui.training.curve_view import CurveView

            self._curves = CurveView(self)
            self._head.addWidget(self._curves.tools)
            self._run_layout.insertWidget(0, self._curves, 1)
        return self._curves

    def show_page(self, number: int) -> None:
        """Show the plan (0) or the curves (1)."""
        self.stack.setCurrentIndex(number)
        self.plan_button.setChecked(number == 0)
        self.run_button.setChecked(number == 1)
        if number == 1 or self._curves is not None:
            self.curves.tools.setVisible(number == 1)

    def _began(self) -> None:
        project = self._runner.project
        if project is not None or self._curves is not None:
            self.curves.show_run(self._runner.curves, project.training.epochs if project else 0)
        self.notices.clear()
        self._show_differs()
        self._show_rate()
        self.show_page(1 if project is not None else 0)

    def _overlay(self) -> None:
        self.curves.plot.set_overlays(self._runner.overlays)
        self.curves.grow(self._runner.planned)
        if self._runner.overlays:
            self.show_page(1)

    def _grew(self) -> None:
        self.curves.grow(self._runner.planned)

    def _ended(self) -> None:
        self.curves.grow(self._runner.planned)
        self._show_differs()

    def _state_changed(self) -> None:
        self.rate.setEnabled(True)
        self.buttons.refresh()
        self._show_rate()
        self._show_differs()

    def _trained_changed(self) -> None:
        trained = self._workbench.trained
        if trained is not None and not self._runner.active and self._runner.project is None:
            # A model was opened: its file holds the curves of the run that made it.
            from netbuilder.ui.training.series import RunCurves

            curves = RunCurves.from_history(trained.project.name, trained.history)
            self.curves.show_run(curves, trained.epochs)
            self.show_page(1)
        self.buttons.refresh()

    def _noticed(self, notice: Notice) -> None:
        for card in self.notices.cards:
            if card.title.text() == notice.title:
                return
        fix = notice.fix
        do = partial(self._fix, notice) if fix is not None else None
        card = Card(
            "warning" if notice.severity == "warning" else "info",
            notice.title,
            notice.message,
            self,
            button=fix.label if fix is not None else "",
            do=do,
        )
        while len(self.notices.cards) >= KEPT_NOTICES:
            self.notices.remove(self.notices.cards[0])
        self.notices.add(card)

    def _fix(self, notice: Notice) -> None:
        """Mend the project for the next run, and the run itself where that is possible."""
        fix = notice.fix
        assert fix is not None
        self._store.apply(fix.label, fix.edit)
        self._runner.do(fix.action, fix.amount)
        for card in self.notices.cards:
            if card.title.text() == notice.title:
                self.notices.remove(card)
                return

    def _show_error(self) -> None:
        self.errors.clear()
        error = self._workbench.run_error
        if error is not None:
            self.errors.add(Card("error", "The training ended early", str(error), self))
            self.show_page(1)

    def _show_differs(self) -> None:
        self.differs.clear()
        if self._runner.active and self._runner.differs:
            self.differs.add(
                Card(
                    "info",
                    "",
                    "The network or the plan was changed since this training began. The change "
                    "counts from the next training on.",
                    self,
                )
            )

    def _show_rate(self) -> None:
        rate = self._runner.learning_rate
        if rate is None or not self._runner.active:
            params = self._store.project.training.optimizer.params
            planned = params.get("learning_rate", 0.001)
            rate = planned if isinstance(planned, (int, float)) else None
        self.rate.show_rate(rate)

    def _rate_changed(self, rate: float) -> None:
        if self._runner.active:
            self._runner.set_learning_rate(rate)
            return
        from netbuilder.core.project import edits
        from netbuilder.core.project.model import Choice

        def change(project: Project) -> Project:
            old = project.training.optimizer
            new = Choice(old.name, {**old.params, "learning_rate": rate})
            return edits.set_training(project, optimizer=new)

        self._store.apply("Change learning rate", change, merge="training/optimizer/learning_rate")

    def _project_changed(self, old: Project, new: Project) -> None:
        if old.training is not new.training:
            self._show_rate()
        self._show_differs()


def _switch(title: str, tip: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText(title)
    button.setToolTip(tip)
    button.setCheckable(True)
    button.setProperty("role", "quiet")
    return button
