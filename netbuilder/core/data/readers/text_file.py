"""Read text files in any encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netbuilder.core.data.readers.encodings import likeliest_encoding
from netbuilder.core.errors import DataError
from netbuilder.core.i18n import gettext as _

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Pictures, programs and archives are full of these, whatever their ending says.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROL = 0.01
# More says nothing new about the encoding.
_LOOKED_AT = 200_000


def encoding_of(content: bytes) -> str:
    """Return the encoding of a text: by its first bytes, UTF-8 if valid, else the likeliest."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return likeliest_encoding(content[:_LOOKED_AT])
    return "utf-8"


def read_text_file(path: Path, options: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text of a file with simple line ends, and its encoding (option "encoding" or
    detected).

    Raise DataError if the file cannot be read, or is not in that encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            _("'{name}' cannot be read ({reason}).", name=path.name, reason=error.strerror),
            _("Check that the file exists and that you have permission to read it."),
            code="file_unreadable",
            path=str(path),
        ) from error
    option = options.get("encoding")
    encoding = str(option) if option and option != "auto" else encoding_of(content)
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        if option:
            raise DataError(
                _(
                    "'{name}' is not text in the encoding '{encoding}'.",
                    name=path.name,
                    encoding=encoding,
                ),
                _("Leave the encoding empty to detect it."),
                code="encoding_wrong",
                path=str(path),
            ) from error
        text = content.decode(encoding, errors="replace")
    if len(_CONTROL.findall(text[:_LOOKED_AT])) > _MOST_CONTROL * min(len(text), _LOOKED_AT):
        raise DataError(
            _(
                "'{name}' is not a text file: it contains characters that do not occur in text.",
                name=path.name,
            ),
            _("Choose a file that a text editor can open, or remove this file from the folder."),
            code="not_a_text_file",
            path=str(path),
        )
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
