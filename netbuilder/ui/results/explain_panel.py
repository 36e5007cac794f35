"""The page Explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from netbuilder.core.i18n import gettext as _, noop as N_
from netbuilder.core.wording import format_number
from netbuilder.ui.results.empty_states import ResultsPage
from netbuilder.ui.results.explanation_view import ExplanationView
from netbuilder.ui.services.views.sample_activations import ActivationService, Sample
from netbuilder.ui.services.workbench import Workbench
from netbuilder.ui.widgets.labels import note_label

if TYPE_CHECKING:
    from netbuilder.core.engine.trained import TrainedModel

_NO_MODEL = N_("Press Train to see which inputs are evidence for or against a prediction.")


class ExplainPanel(ResultsPage):
    """Explains the sample of the canvas, or the user's own."""

    def __init__(
        self, workbench: Workbench, activations: ActivationService, parent: QWidget | None = None
    ) -> None:
        super().__init__(workbench, _NO_MODEL, "evidence", parent)
        self._activations = activations
        page = self.waiting.page_layout
        self.about = note_label("", self, role="heading")
        self.why = ExplanationView(workbench, self)
        self.why.button.hide()
        self.why.side = 280
        self.none = note_label(_("There is no method to explain this network."), self)
        for widget in (self.about, self.why, self.none):
            page.addWidget(widget)
        page.addStretch(1)
        activations.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        if not self.isVisible():  # explanations are slow
            return
        look, trained = self._activations.look, self._workbench.models.prediction_model
        if trained is None:
            self.why.show_sample(None)
            self._wait()
            return
        self.waiting.ready()
        if look is None or look.trained is not trained:
            self.about.setText(self._activations.trouble)
            self.why.show_sample(None)
            return
        words = look.own_words or _(
            "Test sample {number} of {count}",
            number=format_number(look.index + 1, ","),
            count=format_number(look.rows, ","),
        )
        self.about.setText(f"{words} · {look.truth_words}" if look.truth else words)
        raw, own = look.raw, self._activations.own

        def sample(model: TrainedModel) -> Sample:
            if own is not None:
                return own.make(model)
            from netbuilder.core.results.explain.methods import TEXT, sample_sort
            from netbuilder.core.results.file_samples import sample_text

            return dict(raw), sample_text(model, raw) if sample_sort(model) == TEXT else None

        self.why.show_sample(sample)
        self.why.button.setChecked(bool(self.why.method.count()))
        self.why.button.hide()
        self.none.setVisible(not self.why.method.count())
