"""A form is never wider than its panel, however long the names under More are."""

from PySide6.QtWidgets import QScrollArea

from netbuilder.core.catalog.layers.layer_index import LAYERS
from netbuilder.ui.forms.param_form import ParamForm


def test_the_form_of_an_embedding_fits_a_narrow_inspector(qtbot):
    area = QScrollArea()
    qtbot.addWidget(area)
    form = ParamForm(LAYERS["Embedding"].params, area)
    area.setWidgetResizable(True)
    area.setWidget(form)
    area.resize(340, 400)
    area.show()
    qtbot.waitUntil(lambda: form.width() == area.viewport().width())
    row = form.rows["input_dim"]
    assert row.help.mapTo(form, row.help.rect().topRight()).x() <= form.width()
    assert form.more_button.text().startswith("More (") and form.more_button.text().endswith("…")
    area.resize(900, 400)
    qtbot.waitUntil(lambda: form.more_button.text().endswith(")"))
