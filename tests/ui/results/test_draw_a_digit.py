"""*Draw a digit*: the network of the start page reads digits that a hand draws."""

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from netbuilder.core.data.examples import find_example
from netbuilder.core.data.load import load_dataset
from netbuilder.core.engine.session import RunStorage, Session
from netbuilder.core.project.files import read
from netbuilder.core.results.drawn_sample import prepare_drawing
from netbuilder.core.results.predict import predict_raw
from netbuilder.ui.plots.draw_pad import DrawPad

#: Five hands ("A" to "E"), each with ten digits, 0 to 9: strokes apart by "|", points "x,y" in
#: hundredths of the pad. They were typed without looking at the forms of ``drawn_digits``.
HANDS = json.loads(Path(__file__).with_name("hand_drawn_digits.json").read_text(encoding="utf-8"))


def _draw(pad, strokes):
    pad.clear()
    for stroke in strokes.split("|"):
        pairs = [map(int, point.split(",")) for point in stroke.split()]
        first, *rest = [QPoint(*(value * pad.width() // 100 for value in pair)) for pair in pairs]
        QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=first)
        for point in rest:
            QTest.mouseMove(pad, point)
        QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=[first, *rest][-1])
    return prepare_drawing(pad.ink().copy(), (28, 28, 1), 255.0)


@pytest.mark.slow
def test_digits_of_five_hands_are_read(qtbot):
    example = find_example("drawn_digits")
    project = read(example.path)
    trained = Session(
        project, load_dataset(project, example.path.parent), storage=RunStorage(record=False)
    ).run()
    pad = DrawPad()
    qtbot.addWidget(pad)
    pad.enlarge(320)
    pad.show()
    drawings = [(digit, strokes) for hand in HANDS.values() for digit, strokes in enumerate(hand)]
    samples = np.stack([_draw(pad, strokes) for _digit, strokes in drawings])
    predicted = predict_raw(trained, {"input": samples}).first.labels
    wrong = [
        (digit, label)
        for (digit, _strokes), label in zip(drawings, predicted, strict=True)
        if str(digit) != label
    ]
    assert len(drawings) == 50
    assert len(wrong) <= 2, wrong
    assert not [pair for pair in wrong if pair[0] == 7], "with a bar and without"
