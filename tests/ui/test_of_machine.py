"""What is wrong with the machine is said where one works, whatever is opened meanwhile."""

import os
import subprocess
import sys

import pytest

CODE = """
import sys
from PySide6.QtCore import QTimer
from netbuilder.ui import app

application = app.make_application(["netbuilder"])


def look():
    window = next(w for w in application.topLevelWidgets() if hasattr(w, "runner"))
    window.welcome.open_example("xor")
    window.documents.new()
    QTimer.singleShot(200, lambda: tell(window))


def tell(window):
    for card in list(window.banner.cards):
        print("card", card.isVisible(), card.title.text(), card.words.text(), flush=True)
        if card.property("role") == "warning":
            card.button.click()
    print("left", [card.title.text() for card in window.banner.cards], flush=True)
    window.close()


QTimer.singleShot(200, look)
sys.exit(app.main(None))
"""


@pytest.mark.slow
def test_a_home_and_settings_that_are_wrong_are_said(tmp_path):
    (tmp_path / "taken").write_text("a file where the folder should be")
    (tmp_path / "settings.toml").write_text("downlods = false")
    env = {
        **os.environ,
        "NETBUILDER_DATA_DIR": str(tmp_path / "taken" / "home"),
        "NETBUILDER_SITE_SETTINGS": str(tmp_path / "settings.toml"),
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        check=False,
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    # One card is seen at a time, with the way to the other.
    assert "card True Files cannot be saved in" in done.stdout
    assert any(line.startswith("card False 'downlods'") for line in lines), lines
    left = lines[-1]
    assert left.startswith("left [") and "'Empty canvas'" in left, lines
    assert "Files cannot" not in left and "downlods" not in left, "closed by hand they are gone"
