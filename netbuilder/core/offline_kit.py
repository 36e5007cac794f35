"""A folder with everything that an installation needs, for machines without a network.

``pip download`` fetches the wheels once, on a machine that has a network; the folder then goes
onto a USB stick or a share. Its install script makes a virtual environment in the user's own
folder, so nobody needs an administrator's rights.

pip evaluates markers (``; sys_platform == "win32"``) for the machine that it runs on. So what a
wheel requires is read from the wheel, and evaluated for the machine that the kit is for.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netbuilder.core.errors import UserError
from netbuilder.core.folders import resource
from netbuilder.core.i18n import gettext as _
from netbuilder.core.project.atomic import replace, write_bytes
from netbuilder.core.wording import did_you_mean, format_list

if TYPE_CHECKING:
    from packaging.requirements import Requirement

WHEELS = "wheels"
#: The versions that NetBuilder was tested with, in its own folder.
LOCKED = Path("packaging") / "locked.txt"
#: Letters that Windows allows a path, and those between the folder and a file of a wheel.
_LONGEST_PATH, _SITE_PACKAGES = 259, len("/Lib/site-packages/")
#: Letters that TensorFlow 2.21 leaves for the folder; where the wheels are of other systems.
USUAL_ROOM = 77


@dataclass(frozen=True)
class Platform:
    """One kind of machine: ``tags`` are pip's platform tags, newest first.

    ``markers`` are what a requirement's marker may ask about it.
    """

    name: str
    title: str
    tags: tuple[str, ...]
    markers: Mapping[str, str]
    # TensorFlow's own wheel for Linux brings what only graphics cards need: 794 MB to 495.
    cpu_only: bool = False


PLATFORMS = (
    Platform(
        "linux",
        "Linux (x86-64, glibc 2.28 or newer; 2.34 for the newest Qt)",
        (*(f"manylinux_2_{minor}_x86_64" for minor in range(34, 16, -1)), "manylinux2014_x86_64"),
        {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
         "platform_machine": "x86_64"},
        cpu_only=True,
    ),
    Platform(
        "windows",
        "Windows 10 and 11 (x64)",
        ("win_amd64",),
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt",
         "platform_machine": "AMD64"},
    ),
    Platform(
        "macos",
        "macOS 14 and newer on Apple Silicon",
        (*(f"macosx_{major}_0_{kind}" for major in (14, 13, 12, 11)
           for kind in ("arm64", "universal2")),
         *(f"macosx_10_{minor}_universal2" for minor in range(16, 3, -1))),
        {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix",
         "platform_machine": "arm64"},
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
        _("There is no platform '{name}'. {suggestion}", name=name,
          suggestion=did_you_mean(name, known)).strip(),
        _("Choose one of: {names}.", names=format_list(known)),
        code="kit_platform_unknown",
    )  # fmt: skip


def this_platform() -> Platform:
    """The platform that this program runs on."""
    names = {"win32": "windows", "darwin": "macos"}
    return find_platform(names.get(sys.platform, "linux"))


def markers(target: Platform, python: str) -> dict[str, str]:
    """Return what requirements may ask about a machine with this Python."""
    return {
        **target.markers,
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def holding(
    lines: Iterable[str], here: Mapping[str, str], extras: Iterable[str] = ()
) -> Iterator[Requirement]:
    """Give the requirements among ``lines`` that hold for a machine.

    Args:
        lines: as in a list of requirements or in a wheel.
        here: what ``markers`` says of the machine.
        extras: of the package that requires them.
    """
    from packaging.requirements import Requirement

    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        one = Requirement(line)
        asked = [{**here, "extra": extra} for extra in ("", *extras)]
        if one.marker is None or any(one.marker.evaluate(each) for each in asked):
            yield one


def locked_versions(source: Path, here: Mapping[str, str]) -> dict[str, str]:
    """Return the tested version of each package for a machine; nothing where none are known."""
    from packaging.utils import canonicalize_name

    if not (source / LOCKED).is_file():
        return {}
    lines = (source / LOCKED).read_text(encoding="utf-8").splitlines()
    return {canonicalize_name(one.name): str(one.specifier) for one in holding(lines, here)}


def download_command(
    requirements: Iterable[str], folder: Path, target: Platform, python: str
) -> list[str]:
    """Return the ``pip download`` that fetches wheels for a machine, and nothing they require.

    Args:
        requirements: each a package's name with its version.
        folder: where the wheels go.
        target: for which machines.
        python: their Python, "3.12".
    """
    words = [
        sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), "--no-deps",
        "--only-binary=:all:", "--python-version", python, "--implementation", "cp",
        "--abi", f"cp{python.replace('.', '')}", "--abi", "abi3", "--abi", "none",
    ]  # fmt: skip
    for tag in target.tags:
        words += ["--platform", tag]
    return [*words, *requirements]


def fetch(source: Path, folder: Path, target: Platform, python: str) -> list[Path]:
    """Fetch all wheels that NetBuilder needs on a machine into ``folder``; return them.

    Raises:
        UserError: pip could not fetch one.
    """
    from packaging.utils import canonicalize_name

    here = markers(target, python)
    versions = locked_versions(source, here)
    wanted = list(holding(_about(source)["dependencies"], here))
    known: set[str] = set()
    while wanted:
        asked = {}
        for one in wanted:
            name = canonicalize_name(one.name)
            asked[name] = f"{_wheel_name(name, target)}{versions.get(name) or one.specifier}"
        known |= asked.keys()
        _run(download_command(asked.values(), folder, target, python))
        required = [
            inner
            for one in wanted
            for inner in holding(_required(folder, _wheel_name(one.name, target)), here, one.extras)
        ]
        wanted = [one for one in required if canonicalize_name(one.name) not in known]
    return sorted(folder.glob("*.whl"))


def _about(source: Path) -> dict[str, Any]:
    raw = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(raw["project"])


def _wheel_name(name: str, target: Platform) -> str:
    """The name under which the wheel is: TensorFlow's without graphics cards has another one."""
    return "tensorflow-cpu" if target.cpu_only and name == "tensorflow" else name


def _required(folder: Path, name: str) -> list[str]:
    """What the wheel of a package requires, with its markers."""
    from packaging.utils import canonicalize_name, parse_wheel_filename

    for path in folder.glob("*.whl"):
        if parse_wheel_filename(path.name)[0] == canonicalize_name(name):
            with zipfile.ZipFile(path) as wheel:
                (about,) = (
                    one
                    for one in wheel.namelist()
                    if one.count("/") == 1 and one.endswith(".dist-info/METADATA")
                )
                message = message_from_bytes(wheel.read(about))
            return [str(line) for line in message.get_all("Requires-Dist", [])]
    return []


def room_for_folder(wheels: Iterable[Path]) -> int:
    """Return how many letters a folder on Windows may have, so that every file fits into it."""
    longest = 0
    for path in wheels:
        with zipfile.ZipFile(path) as wheel:
            longest = max([longest, *map(len, wheel.namelist())])
    return _LONGEST_PATH - _SITE_PACKAGES - longest


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
            _("This NetBuilder was installed without Python and has no pip to fetch wheels."),
            _("Copy its folder as it is, or make the kit with NetBuilder installed by pip."),
            code="kit_without_pip",
        )
    if python not in PYTHONS:
        raise UserError(
            _("NetBuilder does not run on Python {version}.", version=python),
            _("Choose one of: {names}.", names=format_list(PYTHONS)),
            code="kit_python_unknown",
        )
    if not (source / "pyproject.toml").is_file():
        raise UserError(
            _("'{folder}' is not NetBuilder's folder: it has no pyproject.toml.", folder=source),
            _(
                "Run this command in the folder that you installed from, or give that "
                "folder with --source."
            ),
            code="kit_source_unknown",
        )
    tell(_("Building the wheel of NetBuilder…"))
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir",
          str(folder / WHEELS), str(source)])  # fmt: skip
    room = USUAL_ROOM
    for target in targets:
        tell(_("Fetching the wheels for {system}…", system=target.title))
        # Apart from the wheels of other machines: which of them is this machine's is known so.
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=folder) as apart:
            found = fetch(source, Path(apart), target, python)
            if target.name == "windows":
                room = room_for_folder(found)
            for wheel in found:
                replace(wheel, folder / WHEELS / wheel.name)
    return write_scripts(folder, python, room, str(_about(source)["name"]))


def _run(words: Sequence[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line] or [done.stderr]
        raise UserError(
            _("pip could not fetch the wheels: {reason}", reason=lines[-1].strip()[:300]),
            _("Check the network connection of this computer, and try again."),
            code="kit_not_fetched",
        )


def write_scripts(
    folder: Path, python: str, room: int = USUAL_ROOM, name: str = "netbuilder-studio"
) -> list[Path]:
    """Write an install script for Windows, one for Linux and macOS, and a README; return them.

    Args:
        folder: the kit.
        python: version of the Python that it is for.
        room: letters that the folder of an installation on Windows may have.
        name: of NetBuilder's distribution, as its wheel has it.
    """
    written = []
    # Of install.bat: no block in parentheses, a folder such as "C:/Program Files (x86)" ends it.
    for script in ("install.sh", "install.bat", "README.txt"):
        path = folder / script
        filled = resource("install", script).read_text("utf-8")
        filled = filled.replace("@PYTHON@", python).replace("@ROOM@", str(room))
        filled = filled.replace("@TUPLE@", ", ".join(python.split("."))).replace("@NAME@", name)
        if path.suffix == ".bat":
            filled = filled.replace("\n", "\r\n")
        write_bytes(path, filled.encode("utf-8"))
        if path.suffix == ".sh":
            path.chmod(0o755)
        written.append(path)
    return written
