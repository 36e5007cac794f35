"""Read text files in any encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.data.readers.encodings import likeliest_encoding

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
        raise data_error("file_unreadable:2", path, reason=error.strerror) from error
    option = options.get("encoding")
    encoding = str(option) if option and option != "auto" else encoding_of(content)
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        if option:
            raise data_error("encoding_wrong:2", path, encoding=encoding) from error
        text = content.decode(encoding, errors="replace")
    if len(_CONTROL.findall(text[:_LOOKED_AT])) > _MOST_CONTROL * min(len(text), _LOOKED_AT):
        raise data_error("not_a_text_file:2", path)
    return text.replace("\r\n", "\n").replace("\r", "\n"), encoding
