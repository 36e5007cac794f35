"""The dialog of the model card."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QPlainTextEdit, QTextBrowser, QWidget

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.project import card_answers
from netbuilder.core.results import model_card
from netbuilder.ui.plots.picture_export import write_pdf
from netbuilder.ui.services import jobs
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.file_dialogs import FileType, ask_save
from netbuilder.ui.widgets.keyboard_widgets import Dialog
from netbuilder.ui.widgets.labels import note_label
from netbuilder.ui.widgets.layouts import prepared, vbox
from netbuilder.ui.widgets.question_dialogs import plain_buttons

if TYPE_CHECKING:
    from netbuilder.core.data.dataset import Dataset
    from netbuilder.core.engine.trained import TrainedModel
    from netbuilder.core.project.model import Project

_TYPES = (
    FileType(N_("Web page"), (".html",)),
    FileType(N_("Markdown"), (".md",)),
    FileType("PDF", (".pdf",)),
)


def _dataset(trained: TrainedModel, base: Path) -> Dataset | None:
    from netbuilder.core.data.load import load_dataset

    if not trained.project.data.kind:
        return None
    try:
        return load_dataset(trained.project, base)
    except UserError:
        return None


class ModelCardDialog(Dialog):
    """Asks the card's questions, shows its facts, and saves it."""

    def __init__(
        self, workbench: Workbench, trained: TrainedModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("model_card")
        self.setWindowTitle(_("Model card"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._store, self.trained, self._workbench = workbench.store, trained, workbench
        self._dataset: Dataset | None = None
        letter, line = self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing()
        self.resize(max(680, 90 * letter), max(600, 34 * line))
        layout = vbox(parent=self)
        layout.addWidget(
            note_label(
                _("Your answers are saved in the project and in the .h5 file that you export."),
                self,
            )
        )
        self.answers: dict[str, QPlainTextEdit] = {}
        answers = card_answers.answers_of(self._store.project)
        for key, question in card_answers.QUESTIONS.items():
            label = QLabel(_(question), self)
            field = prepared(QPlainTextEdit(answers[key], self), objectName=f"card_{key}")
            field.setTabChangesFocus(True)
            field.setAccessibleName(_(question))
            field.setFixedHeight(3 * line + 12)
            field.textChanged.connect(partial(self._answered, key))
            label.setBuddy(field)
            self.answers[key] = field
            layout.addWidget(label)
            layout.addWidget(field)
        self.facts = prepared(QTextBrowser(self), accessibleName=_("Facts"))
        self.facts.setPlainText(_("Evaluating the model…"))
        layout.addWidget(self.facts, 1)
        self.trouble = note_label("", self, role="complaint")
        self.trouble.hide()
        layout.addWidget(self.trouble)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.save = self.buttons.addButton(_("Save…"), QDialogButtonBox.ButtonRole.ActionRole)
        self.save.setEnabled(False)
        self.save.clicked.connect(self._ask_file)
        self.buttons.rejected.connect(self.reject)
        layout.addWidget(plain_buttons(self.buttons))
        # The window stays usable beside it (a lesson asks about the card): what is shown follows.
        self._store.changed.connect(self._follow)
        workbench.models.changed.connect(self._close_with_model)
        base = workbench.base

        def work() -> tuple[Dataset | None, model_card.ModelCard]:
            dataset = _dataset(trained, base)
            return dataset, model_card.card_of(trained, dataset)

        jobs.run_job(work, self._show, self._failed, name="model card", owner=self)

    def _follow(self, _old: Project, new: Project) -> None:
        """Show answers changed elsewhere, by undo for example."""
        for key, text in card_answers.answers_of(new).items():
            field = self.answers[key]
            if field.toPlainText().strip() != text:
                with QSignalBlocker(field):
                    field.setPlainText(text)

    def _close_with_model(self, *_states: object) -> None:
        if self._workbench.models.trained is not self.trained:
            self.close()

    def _answered(self, key: str) -> None:
        text = self.answers[key].toPlainText()
        self._store.apply(
            _("Edit the model card"),
            lambda project: card_answers.with_answer(project, key, text),
            merge=f"card/{key}",
        )

    def _show(self, facts_of: tuple[Dataset | None, model_card.ModelCard]) -> None:
        self._dataset, card = facts_of
        facts = replace(
            card, sections=tuple(part for part in card.sections if part.rows or part.code)
        )
        self.facts.setHtml(model_card.as_html(facts))
        self.save.setEnabled(True)

    def _failed(self, error: Exception) -> None:
        self.facts.clear()
        self._complain(str(error))

    def _complain(self, words: str) -> None:
        self.trouble.setText(words)
        self.trouble.setVisible(bool(words))

    def _ask_file(self) -> None:
        name = f"{self._store.project.name or 'model'}-card.html"
        types = [FileType(_(kind.title), kind.endings) for kind in _TYPES]
        path = ask_save(self, _("Save the model card"), name, types)
        if path is not None:
            self.write_to(path)

    def write_to(self, path: Path) -> None:
        extra = self._store.project.extra
        answered = replace(self.trained, project=replace(self.trained.project, extra=extra))
        trained, dataset = answered, self._dataset
        self.save.setEnabled(False)

        def written(card: model_card.ModelCard) -> None:
            self.save.setEnabled(True)
            try:
                if path.suffix.lower() == ".pdf":
                    write_pdf(model_card.as_html(card), path)
                else:
                    model_card.write(card, path)
            except UserError as error:
                self._complain(str(error))
            else:
                self._complain("")
                self._workbench.happened.emit(f"saved:{path.suffix.lower()}")
                self.setWindowTitle(_("Model card – saved as {name}", name=path.name))

        def failed(error: Exception) -> None:
            self.save.setEnabled(True)
            self._complain(str(error))

        jobs.run_job(
            lambda: model_card.card_of(trained, dataset),
            written,
            failed,
            name="model card",
            owner=self,
        )
