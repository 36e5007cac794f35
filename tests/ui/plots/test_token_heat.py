"""The words of an explained text have the colours that its legend and its bars have."""

import re

import pytest
from PySide6.QtGui import QColor

from netbuilder.ui.plots.token_heat import TokenHeat
from netbuilder.ui.style import theme


@pytest.mark.parametrize("dark", [False, True])
def test_what_speaks_for_an_answer_is_blue_and_what_speaks_against_it_orange(dark, qtbot):
    theme.theme().force(dark)
    words = TokenHeat()
    qtbot.addWidget(words)
    words.show_tokens([("beautiful", 1.0), ("bad", -1.0)])
    good, bad = map(QColor, re.findall(r"background-color:(#\w+)", words.text()))
    assert good.blue() > good.red() and bad.red() > bad.blue()
    against, _middle, favour = words.colours((QColor("#D55E00"), QColor(), QColor("#0072B2")))
    assert favour.blue() > favour.red() and against.red() > against.blue()
    theme.theme().force(None)
