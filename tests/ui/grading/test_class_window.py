"""A pupil's window and the teacher's page follow each other through a folder."""

from PySide6.QtWidgets import QLineEdit, QPushButton

from netbuilder.core.lessons.library import find_lesson
from netbuilder.core.project.model import Project
from netbuilder.ui.grading.class_sign import ClassSign, JoinDialog
from netbuilder.ui.grading.class_window import ClassWindow
from netbuilder.ui.services.class_membership import FOLDER
from netbuilder.ui.services.lesson_session import PUPIL
from netbuilder.ui.services.settings import settings

SECONDS = 20_000  # five on a machine that is not shared


def test_a_pupil_is_asked_seen_shown_and_forgotten(open_window, example, qtbot, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    settings().setValue(FOLDER, str(share))
    settings().setValue(PUPIL, "")
    pupil = open_window(example("iris"))
    pupil.lessons.open(find_lesson("first_model", tmp_path))
    shown: list[Project] = []
    teacher = ClassWindow(open_window().membership, shown.append)
    qtbot.addWidget(teacher)
    teacher.toggle.click()

    qtbot.waitUntil(lambda: bool(pupil.membership.title), timeout=SECONDS)
    sign = pupil.findChild(ClassSign)
    assert not pupil.membership.joined and not sign.isVisible()
    assert [path.name for path in teacher.folder.iterdir()] == ["class.json"], "nobody agreed yet"

    (card,) = [card for card in pupil.banner.cards if len(card.buttons) == 2]
    card.buttons[0].click()
    dialog = pupil.findChild(JoinDialog)
    dialog.take_part.click()
    assert dialog.isVisible() and not pupil.membership.joined, "a name is needed"
    dialog.findChild(QLineEdit).setText("Ada")
    dialog.take_part.click()
    assert pupil.membership.joined and sign.isVisibleTo(pupil.status)
    qtbot.waitUntil(lambda: teacher.model.rowCount() == 1, timeout=SECONDS)
    assert "Ada" in teacher.model.item(0).text()

    teacher.tiles.setCurrentIndex(teacher.model.index(0, 0))
    teacher.findChild(QPushButton, "show-on-projector").click()
    qtbot.waitUntil(lambda: bool(shown), timeout=SECONDS)
    assert shown[0].graph == pupil.store.project.graph

    teacher.toggle.click()
    assert list(share.iterdir()) == []
    qtbot.waitUntil(lambda: not pupil.membership.joined, timeout=SECONDS)
    assert not sign.isVisibleTo(pupil.status)
