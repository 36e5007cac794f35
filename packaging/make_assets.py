"""What an installer shows, made from the sources: python packaging/make_assets.py FOLDER

``netbuilder.ico`` and ``netbuilder.icns`` from the SVG, and ``version.txt``, PyInstaller's version
information for Windows. ``netbuilder.spec`` calls this while it builds.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

import netbuilder
from netbuilder.core.folders import resource

ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
#: Pillow makes macOS's other sizes from this one.
ICNS_SIZE = 1024
VERSION = """VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3f, flags=0x0, OS=0x40004,
                    fileType=0x1, subtype=0x0, date=(0, 0)),
  kids=[
    StringFileInfo([StringTable("040904B0", [
      StringStruct("CompanyName", "NetBuilder"),
      StringStruct("FileDescription", "NetBuilder"),
      StringStruct("FileVersion", "{version}"),
      StringStruct("InternalName", "netbuilder"),
      StringStruct("LegalCopyright", "MIT licence"),
      StringStruct("OriginalFilename", "netbuilder.exe"),
      StringStruct("ProductName", "NetBuilder"),
      StringStruct("ProductVersion", "{version}")])]),
    VarFileInfo([VarStruct("Translation", [1033, 1200])])
  ]
)
"""


def picture(size: int) -> Image.Image:
    """Return the program's icon as a square of ``size`` pixels with a transparent background."""
    image = QImage(size, size, QImage.Format.Format_RGBA8888)
    image.fill(0)
    painter = QPainter(image)
    QSvgRenderer(str(resource("icons", "netbuilder.svg"))).render(painter)
    painter.end()
    return Image.frombytes("RGBA", (size, size), bytes(image.constBits()))


def make(folder: Path) -> dict[str, Path]:
    """Write the files into ``folder``, which is made if it is not there.

    Returns:
        The paths by what they are: "ico", "icns", "version".
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {
        "ico": folder / "netbuilder.ico",
        "icns": folder / "netbuilder.icns",
        "version": folder / "version.txt",
    }
    *small, large = (picture(size) for size in ICO_SIZES)
    large.save(paths["ico"], sizes=[(size, size) for size in ICO_SIZES], append_images=small)
    picture(ICNS_SIZE).save(paths["icns"])
    parts = [int(part) for part in netbuilder.__version__.split(".")[:3]]
    numbers = (*parts, *[0] * (4 - len(parts)))
    text = VERSION.format(numbers=numbers, version=netbuilder.__version__)
    paths["version"].write_text(text, encoding="utf-8")
    return paths


if __name__ == "__main__":
    for path in make(Path(sys.argv[1])).values():
        print(path)
