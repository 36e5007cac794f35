"""A folder with everything that an installation needs, for machines without a network.

``pip download`` fetches the wheels once, on a machine that has a network; the folder then goes
onto a USB stick or a share. Its install script makes a virtual environment in the user's own
folder, so nobody needs an administrator's rights.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from netbuilder.core.errors import UserError
from netbuilder.core.project.atomic import write_bytes
from netbuilder.core.wording import did_you_mean, format_list

WHEELS = "wheels"
#: The versions that NetBuilder was tested with, in its own folder; the kit holds the same.
LOCKED = Path("packaging") / "locked.txt"


@dataclass(frozen=True)
class Platform:
    """One kind of machine: ``tags`` are pip's platform tags, newest first."""

    name: str
    title: str
    tags: tuple[str, ...]
    # TensorFlow's own wheel for Linux brings what only graphics cards need: 794 MB to 495.
    cpu_only: bool = False


PLATFORMS = (
    Platform(
        "linux",
        "Linux (x86-64, glibc 2.28 or newer; 2.34 for the newest Qt)",
        ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_27_x86_64",
         "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
        cpu_only=True,
    ),
    Platform("windows", "Windows 10 and 11 (x64)", ("win_amd64",)),
    Platform(
        "macos", "macOS 12 and newer on Apple Silicon",
        ("macosx_14_0_arm64", "macosx_13_0_arm64", "macosx_12_0_arm64", "macosx_11_0_arm64",
         "macosx_12_0_universal2", "macosx_11_0_universal2", "macosx_10_13_universal2"),
    ),
)  # fmt: skip
PYTHONS = ("3.11", "3.12", "3.13")


def find_platform(name: str) -> Platform:
    """A platform by its name. Raises ``UserError`` where there is none."""
    for one in PLATFORMS:
        if one.name == name:
            return one
    known = [one.name for one in PLATFORMS]
    raise UserError(
        f"There is no platform '{name}'.",
        f"{did_you_mean(name, known)} There are {format_list(known)}.".strip(),
    )


def this_platform() -> Platform:
    """The platform that this program runs on."""
    names = {"win32": "windows", "darwin": "macos"}
    return find_platform(names.get(sys.platform, "linux"))


def download_command(
    source: Path, folder: Path, target: Platform, python: str, locked: Path | None = None
) -> list[str]:
    """The ``pip download`` that fetches NetBuilder's dependencies for a platform.

    Args:
        source: the project's folder or a wheel of it, for this machine's own platform.
        folder: where the wheels go.
        target: for which machines.
        python: their Python, "3.12".
        locked: the file of versions to take; None: the newest that fit.
    """
    words = [
        sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder),
        "--only-binary=:all:", "--python-version", python, "--implementation", "cp",
        "--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none",
    ]  # fmt: skip
    for tag in target.tags:
        words += ["--platform", tag]
    if locked is not None:
        words += ["--constraint", str(locked)]
    return [*words, *_requirements(source, target)]


def _requirements(source: Path, target: Platform) -> list[str]:
    """What has to be fetched: TensorFlow by the name of its wheel without graphics cards."""
    import tomllib

    raw = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))
    found = list(raw["project"]["dependencies"])
    if not target.cpu_only:
        return found
    return [
        f"tensorflow-cpu{one.removeprefix('tensorflow')}" if _is_tensorflow(one) else one
        for one in found
    ]


def write_lock(source: Path, folder: Path) -> Path | None:
    """Write the versions that NetBuilder was tested with into the kit; None where none are known.

    TensorFlow's wheel without graphics cards has another name and the same versions.
    """
    if not (source / LOCKED).is_file():
        return None
    lines = (source / LOCKED).read_text(encoding="utf-8").splitlines()
    cpu = [one.replace("tensorflow", "tensorflow-cpu", 1) for one in lines
           if one.startswith("tensorflow==")]  # fmt: skip
    path = folder / LOCKED.name
    write_bytes(path, ("\n".join([*lines, *cpu]) + "\n").encode())
    return path


def _is_tensorflow(requirement: str) -> bool:
    return requirement.partition(">")[0].partition("=")[0].strip() == "tensorflow"


def make_kit(
    folder: Path,
    source: Path,
    targets: Sequence[Platform],
    python: str,
    tell: Callable[[str], None],
) -> list[Path]:
    """Fetch the wheels and write the install scripts; the scripts.

    Args:
        folder: the kit; may exist.
        source: the project's folder, with ``pyproject.toml``.
        targets: for which machines.
        python: their Python's version.
        tell: is told what happens, a sentence at a time.

    Raises:
        UserError: no such Python, no project folder, or pip could not fetch something.
    """
    if getattr(sys, "frozen", False):
        raise UserError(
            "This is the program without Python: it has no pip to fetch wheels with.",
            "Copy its folder as it is, or make the kit with NetBuilder installed by pip.",
        )
    if python not in PYTHONS:
        raise UserError(
            f"NetBuilder does not run on Python {python}.", f"Use one of {format_list(PYTHONS)}."
        )
    if not (source / "pyproject.toml").is_file():
        raise UserError(
            f"'{source}' is not NetBuilder's own folder: it holds no pyproject.toml.",
            "Run this from the folder that you installed from, or name it with --source.",
        )
    tell("Building NetBuilder's own wheel …")
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir",
          str(folder / WHEELS), str(source)])  # fmt: skip
    locked = write_lock(source, folder)
    for target in targets:
        tell(f"Fetching the wheels for {target.title} …")
        _run(download_command(source, folder / WHEELS, target, python, locked))
    return write_scripts(folder, python)


def _run(words: Sequence[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or [done.stderr]
        raise UserError(
            f"pip could not fetch something: {lines[-1].strip()[:300]}",
            "Look whether this machine has a network, and try again.",
        )


def write_scripts(folder: Path, python: str) -> list[Path]:
    """One install script for Windows, one for Linux and macOS, and a README."""
    written = []
    for name, text, runs in (
        ("install.sh", _SHELL.format(python=python), True),
        ("install.bat", _BATCH.format(python=python).replace("\n", "\r\n"), False),
        ("README.txt", _README.format(python=python), False),
    ):
        path = folder / name
        write_bytes(path, text.encode("utf-8"))
        if runs:
            path.chmod(0o755)
        written.append(path)
    return written


_SHELL = """#!/bin/sh
# Installs NetBuilder from this folder, without a network and without administrator's rights.
# install.sh [FOLDER]: into FOLDER, else into ~/netbuilder. Needs Python {python}.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=${{1:-$HOME/netbuilder}}
python=$(command -v python{python} || command -v python3)
case "$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" in
  {python}) ;;
  *) echo "This kit is for Python {python}; install that first." >&2; exit 1 ;;
esac
"$python" -m venv "$place"
cpu=$(ls "$here"/wheels/tensorflow_cpu-*.whl 2>/dev/null | head -1 || true)
if [ -n "$cpu" ] && [ "$(uname)" = Linux ]; then
  # The wheel for processors alone is the same library under another name. NetBuilder comes last:
  # where it is there already, pip says that TensorFlow is missing.
  "$place/bin/python" - "$here"/wheels/netbuilder_studio-*.whl <<'END' > "$place/needed.txt"
import email
import sys
import zipfile
wheel = zipfile.ZipFile(sys.argv[-1])
(about,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
for one in email.message_from_bytes(wheel.read(about)).get_all("Requires-Dist"):
    name = one.split(">")[0].split(";")[0].strip()
    if "extra ==" not in one:
        print("tensorflow-cpu" if name == "tensorflow" else one)
END
  "$place/bin/pip" install --quiet --no-index --find-links "$here/wheels" -r "$place/needed.txt"
  "$place/bin/pip" install --quiet --no-index --find-links "$here/wheels" \\
    --no-deps netbuilder-studio
else
  "$place/bin/pip" install --quiet --no-index --find-links "$here/wheels" netbuilder-studio
fi
echo "Installed. Start it with: $place/bin/netbuilder"
"""

_BATCH = """@echo off
rem Installs NetBuilder from this folder, without a network and without administrator's rights.
rem install.bat [FOLDER]: into FOLDER, else into %LOCALAPPDATA%\\netbuilder. Needs Python {python}.
setlocal
set place=%~1
if "%place%"=="" set place=%LOCALAPPDATA%\\netbuilder
py -{python} -m venv "%place%"
if errorlevel 1 (echo This kit is for Python {python}; install that first. & exit /b 1)
"%place%\\Scripts\\pip" install --quiet --no-index --find-links "%~dp0wheels" netbuilder-studio
if errorlevel 1 exit /b 1
echo Installed. Start it with: "%place%\\Scripts\\netbuilder"
"""

_README = """NetBuilder, to install without a network.

Windows:        double-click install.bat
Linux, macOS:   sh install.sh

Needs Python {python}. Nobody needs an administrator's rights: it goes into your own folder. For one
installation that all users of a machine share, name a folder that all can read:

    sh install.sh /opt/netbuilder          install.bat D:\\Programs\\netbuilder
"""
