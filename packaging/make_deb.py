"""A Debian package of PyInstaller's folder: python packaging/make_deb.py dist/netbuilder

Needs ``dpkg-deb``, which every Debian and Ubuntu has. The package depends on nothing but the system
libraries that Qt leaves to the system.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from system_packages import system_packages

import netbuilder
from netbuilder.core.folders import resource

PLACE = "opt/netbuilder"
CONTROL = """Package: netbuilder
Version: {version}
Architecture: {architecture}
Maintainer: NetBuilder <netbuilder@localhost>
Installed-Size: {kilobytes}
Depends: {libraries}
Section: education
Priority: optional
Description: Draw a neural network, watch it learn, take the trained model away
 A desktop app for classrooms: layers are drawn, trained live and taken away as a Keras .h5.
"""
# HDF5 files (.h5) have their type from the system: here they are only one more that can be opened.
DESKTOP = """[Desktop Entry]
Type=Application
Name=NetBuilder
Comment=Draw a neural network, watch it learn
Exec=netbuilder %f
Icon=netbuilder
StartupWMClass=netbuilder
Categories=Education;ArtificialIntelligence;
MimeType=application/x-netbuilder;application/x-keras;application/x-hdf;
"""
MIME = """<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-netbuilder">
    <comment>NetBuilder project</comment>
    <sub-class-of type="application/json"/>
    <icon name="netbuilder"/>
    <glob pattern="*.netbuilder"/>
  </mime-type>
  <mime-type type="application/x-keras">
    <comment>Trained network (Keras)</comment>
    <sub-class-of type="application/zip"/>
    <icon name="netbuilder"/>
    <glob pattern="*.keras"/>
  </mime-type>
</mime-info>
"""


def licences() -> str:
    """Return NetBuilder's licence and the list of all others, for Debian's ``copyright``."""
    own = Path(__file__).resolve().parent.parent / "LICENSE"
    return f"{own.read_text('utf-8')}\n{resource('third_party.md').read_text('utf-8')}"


def make(built: Path, folder: Path) -> Path:
    """Write the package into ``folder``; its path.

    Args:
        built: PyInstaller's folder, with the program ``netbuilder`` in it.
        folder: where the ``.deb`` goes.
    """
    if not (built / "netbuilder").is_file():
        raise SystemExit(f"'{built}' holds no program 'netbuilder': run PyInstaller first.")
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True
    ).stdout.strip()
    target = folder / f"netbuilder_{netbuilder.__version__}_{architecture}.deb"
    with tempfile.TemporaryDirectory(dir=folder) as place:
        root = Path(place)
        root.chmod(0o755)
        shutil.copytree(built, root / PLACE, symlinks=True)
        libraries = [name for name in system_packages("plain") if not name.startswith("python3")]
        size = sum(path.stat().st_size for path in built.rglob("*") if path.is_file())
        files = {
            "DEBIAN/control": CONTROL.format(
                version=netbuilder.__version__,
                architecture=architecture,
                kilobytes=size // 1024,
                libraries=", ".join(libraries),
            ),
            "usr/share/applications/netbuilder.desktop": DESKTOP,
            "usr/share/mime/packages/netbuilder.xml": MIME,
            "usr/share/doc/netbuilder/copyright": licences(),
        }
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        pictures = root / "usr/share/icons/hicolor/scalable/apps"
        pictures.mkdir(parents=True)
        shutil.copy(resource("icons", "netbuilder.svg"), pictures)
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin/netbuilder").symlink_to(f"/{PLACE}/netbuilder")
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(target)],
            check=True,
            capture_output=True,
        )
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("built", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path())
    arguments = parser.parse_args()
    print(make(arguments.built, arguments.output))
