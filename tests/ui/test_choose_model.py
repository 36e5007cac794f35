"""A script with several models: the window asks which of them to open."""

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QInputDialog

CODE = """from keras import Input, Sequential
from keras.layers import Dense
first = Sequential([Input((4,)), Dense(3)])
first.compile("sgd", "mse")
first.fit(a, b, epochs=7)
second = Sequential([Input((5,)), Dense(2)])
second.compile("adam", "mse")
second.fit(c, d, epochs=9)
"""


@pytest.mark.parametrize(("index", "epochs"), [(0, 7), (1, 9), (None, 50)])
def test_the_window_asks_which_model_to_open(open_window, qtbot, tmp_path, index, epochs):
    path = tmp_path / "two.py"
    path.write_text(CODE)
    window = open_window(keras=False)
    titles: list[str] = []

    def choose():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QInputDialog):
            QTimer.singleShot(20, choose)
            return
        titles.extend([*dialog.comboBoxItems(), dialog.textValue()])
        if index is None:
            dialog.reject()
        else:
            dialog.setTextValue(titles[index])
            dialog.accept()

    choose()
    window.documents.open_path(path)
    qtbot.waitUntil(lambda: len(titles) == 3 and window.documents.opening == "")
    assert titles[2] == titles[1]  # the model that is imported without a choice
    assert window.store.project.training.epochs == epochs
