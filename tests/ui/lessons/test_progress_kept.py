"""How far a pupil is outlives a profile that is wiped, where the data has another place."""

import os
import shutil
import subprocess
import sys

KEEP = """
from netbuilder.core.lessons.lesson_record import LessonRecord
from netbuilder.ui.services import lesson_session as lesson_progress
from netbuilder.ui.services.settings import settings
settings().setValue(lesson_progress.PUPIL, {name!r})
lesson_progress.keep(LessonRecord("first_model", frozenset({steps})))
"""
READ = """
from netbuilder.ui.services import lesson_session as lesson_progress
from netbuilder.ui.services.settings import settings
for name in ("Ada", "Bob"):
    settings().setValue(lesson_progress.PUPIL, name)
    print(sorted(lesson_progress.kept("first_model").done))
"""


def test_each_pupil_goes_on_where_they_were(tmp_path):
    profile, share = tmp_path / "profile", tmp_path / "share"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    env = {**kept, "HOME": str(profile), "NETBUILDER_DATA_DIR": str(share)}

    def python(code: str) -> str:
        profile.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        written = [path.name for path in profile.rglob("*") if path.is_file()]
        assert not written, "something of the program's own lies in the profile"
        shutil.rmtree(profile)
        return done.stdout

    python(KEEP.format(name="Ada", steps="{1, 2}"))
    python(KEEP.format(name="Bob", steps="{1}"))
    assert python(READ).split("\n")[:2] == ["[1, 2]", "[1]"]
