"""Detect the encoding of text files, and read packed ones."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from netbuilder.core.data.data_errors import data_error
from netbuilder.core.errors import DataError
from netbuilder.core.files.safe_archives import open_zip, open_zip_member
from netbuilder.core.folders import resource_json
from netbuilder.core.wording import format_bytes, format_list, format_number

SAMPLE_BYTES = 262_144
# Those that classes bring: western, central European, Cyrillic, Greek, Turkish, Hebrew, Arabic,
# Chinese, Japanese, Korean.
_CANDIDATES = (
    "cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256",
    "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr",
)  # fmt: skip
#: Those in which most bytes above ASCII are single letters of a word.
_LATIN = ("cp1252", "mac_roman", "cp437", "cp850")
_WESTERN = frozenset("äöüßéèêëçàáâãíìîïóòôõúùûñåæøœÿÄÖÜÉÈÊÇÀÁÂÃÍÓÔÕÚÑÅÆØŒ")
#: The letters beyond ASCII of one language: words mix no others.
_ALPHABETS = tuple(
    frozenset(letters)
    for letters in ("äöüß", "éèêëçàâîïôùûüœ", "áéíóúüñ", "áâãàçéêíóôõú", "àèéìòù", "æøåé", "äöåé")
)
_SIGNS = frozenset("€£¥°µ§²³½¼¾·±×–—‘’“”„…•«»ºª©®™¿¡\u00a0")
_NO_PORTUGUESE = re.compile(rb"\xf5(?!e)")  # the õ of cp1252, the ő of Hungarian's cp1250
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_SHOWN: dict[str, str] = resource_json("tables.json")["encodings"]
_OPENERS: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open, ".xz": lzma.open, ".bz2": bz2.open,
}  # fmt: skip
PACKED = (*_OPENERS, ".zip")
# An archive of a few bytes can unpack to a terabyte; a table's text is hardly ever packed more
# tightly than this.
_RATIO = 100
_BLOCK = 1 << 20


def encoding_title(encoding: str) -> str:
    """Return the common name of an encoding."""
    return _SHOWN.get(encoding, encoding)


def inner_ending(path: Path) -> str:
    """Return the ending of the unpacked file: ".csv" of "d.csv.gz"."""
    ending = path.suffix.lower()
    if ending == ".zip":
        try:
            return Path(_zip_entry(path).filename).suffix.lower()
        except DataError:
            return ""
    return Path(path.stem).suffix.lower() if ending in _OPENERS else ending


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked; DataError if unreadable, damaged, or an archive of several tables."""
    ending = path.suffix.lower()
    try:
        if ending == ".zip":
            entry = _zip_entry(path)
            with open_zip(path) as archive, open_zip_member(archive, entry) as file:
                yield file
        elif ending in _OPENERS:
            with _OPENERS[ending](path, "rb") as file:
                yield file
        else:
            with path.open("rb") as file:
                yield file
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zlib.error) as error:
        raise data_error("archive_damaged", path, reason=error) from error
    except OSError as error:
        raise data_error("file_unreadable", path, reason=error.strerror or error) from error


def unpacked_size(path: Path, most: float) -> int:
    """Return a file's unpacked bytes, counted to about ``most``; errors as ``open_bytes``."""
    here = path.stat()
    if path.suffix.lower() not in PACKED:
        return here.st_size
    return _unpacked_size(path, most, here.st_mtime_ns, here.st_size)


@lru_cache(maxsize=32)
def _unpacked_size(path: Path, most: float, changed: int, packed: int) -> int:
    if path.suffix.lower() == ".zip":
        # Of pictures, say: who reads it says whether it holds one table.
        with contextlib.suppress(zipfile.BadZipFile), open_zip(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
        return packed
    size = 0
    with open_bytes(path) as file:
        while size <= most and (block := file.read(_BLOCK)):
            size += len(block)
    return size


def check_packed(path: Path, limit_mb: float, *, whole: bool) -> None:
    """Refuse a packed table that would fill the memory or, in pieces, the disk.

    Args:
        limit_mb: allowed in any case, in MiB (a recipe's "memory_limit_mb").
        whole: it will be held in memory. Else it is read in pieces, and refused only where it is
            packed more tightly than the text of any table.

    Raises:
        DataError: it unpacks to more than the limit.
    """
    if path.suffix.lower() not in PACKED:
        return
    limit, packed = limit_mb * 2**20, path.stat().st_size
    most = limit if whole else max(limit, packed * _RATIO)
    if unpacked_size(path, most) > most:
        raise data_error(
            "archive_too_large",
            path,
            size=format_bytes(packed),
            unpacked=format_bytes(most),
            limit=format_number(limit_mb, ",.0f"),
        )


def inner_names(path: Path) -> tuple[str, ...]:
    """Return the files in a zip, without folders and system files; () for other files."""
    if path.suffix.lower() != ".zip":
        return ()
    try:
        with open_zip(path) as archive:
            entries = archive.infolist()
    except (OSError, zipfile.BadZipFile):
        return ()
    names = [entry.filename for entry in entries if not entry.is_dir()]
    return tuple(name for name in names if not name.startswith(("__MACOSX/", ".")))


def _zip_entry(path: Path) -> zipfile.ZipInfo:
    try:
        with open_zip(path) as archive:
            entries = [
                entry
                for entry in archive.infolist()
                if not entry.is_dir()
                and not entry.filename.startswith("__MACOSX/")
                and not Path(entry.filename).name.startswith(".")
            ]
    except (zipfile.BadZipFile, OSError) as error:
        raise data_error("zip_unreadable", path) from error
    if len(entries) != 1:
        names = [entry.filename for entry in entries]
        key = "archive_not_one_table" if names else "archive_not_one_table:2"
        raise data_error(key, path, count=len(names), files=format_list(names))
    return entries[0]


def encoding_of(path: Path, head: bytes, like: str = "") -> str:
    """Return the encoding of a text file whose first bytes are ``head``.

    ``like`` is that of the training file: the default where it fits. Raise DataError if it is no
    text.
    """
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" in head:
        return _without_mark(path, head)
    whole = head[: head.rfind(b"\n") + 1 or None] if len(head) >= SAMPLE_BYTES else head
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        return likeliest_encoding(whole, like)
    if len(head) < SAMPLE_BYTES or _all_utf8(path):
        return "utf-8"
    return likeliest_encoding(_odd(path), like)


def _without_mark(path: Path, head: bytes) -> str:
    """Detect UTF-16 without its mark by a zero in every other byte."""
    pairs = head[: len(head) // 2 * 2]
    first, second = pairs[::2].count(0), pairs[1::2].count(0)
    encoding = "utf-16-le" if second > first else "utf-16-be"
    if max(first, second) > 4 * max(1, min(first, second)) and _decodes(pairs, encoding):
        return encoding
    raise data_error("not_a_text_file", path)


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def likeliest_encoding(text: bytes, like: str = "") -> str:
    """Return the encoding of a text that is no UTF-8; ``like``: as for ``encoding_of``."""
    if like and like not in {"utf-8", "utf-8-sig"} and _decodes(text, like):
        return like
    from charset_normalizer import from_bytes

    # Lines of figures say nothing about letters.
    lines = [line for line in text.splitlines() if any(byte > 127 for byte in line)]
    letters = b"\n".join(lines[:400])
    if all(
        letter in _SIGNS for letter in letters.decode("cp1252", "replace") if not letter.isascii()
    ):
        return "cp1252"
    bare = letters.replace(b"\xa0", b" ")  # the space before a unit makes no pair of letters
    alone = _ALONE.findall(bare)
    if len(alone) > 0.8 * sum(byte > 127 for byte in bare):
        scores = {encoding: _latin_score(letters, encoding) for encoding in _LATIN}
        old = max(_LATIN, key=lambda encoding: scores[encoding])
        if scores[old] > scores["cp1252"] + 0.2 * len(alone) and _decodes(text, old):
            return old
        fits = scores["cp1252"] >= 0.9 * len(alone) and _decodes(text, "cp1252")
        if fits and not _NO_PORTUGUESE.search(letters):
            return "cp1252"
    for candidate in ("cp1252", "cp437"):
        if _decodes(text, candidate) and _is_western(letters.decode(candidate).lower()):
            return candidate
    best = from_bytes(letters, cp_isolation=list(_CANDIDATES)).best()
    if best is not None:
        could_be = {best.encoding, *best.could_be_from_charset}
        encoding = "cp1252" if "cp1252" in could_be else best.encoding
        if _decodes(text, encoding):
            return encoding
    return "cp1252" if _decodes(text, "cp1252") else "latin-1"


def _is_western(text: str) -> bool:
    """Return whether a text uses the letters of one western language, in words with ASCII letters.

    Statistics fail on few words: the "öß" of "Größe" may be a Chinese character.
    """
    beyond = {letter for letter in text if not letter.isascii()} - _SIGNS
    if not beyond or not any(beyond <= alphabet for alphabet in _ALPHABETS):
        return False
    if re.search(r"õ(?!e)|[a-z][^\x00-\x7f\w’][a-z]", text):
        return False
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    return all(len(word) == 1 or 2 * sum(map(str.isascii, word)) >= len(word) for word in words)


def _latin_score(letters: bytes, encoding: str) -> float:
    """Count bytes above ASCII that are western letters in words, or signs outside."""
    text, score = letters.decode(encoding, errors="replace"), 0.0
    for match in re.finditer(r"[^\x00-\x7f]", text):
        around = text[max(0, match.start() - 1) : match.start()] + text[match.end() :][:1]
        in_word = any(letter.isalpha() for letter in around)
        if match[0].isalpha():
            score += 1.0 if match[0] in _WESTERN and in_word else 0.2 if in_word else 0.0
        elif match[0] in _SIGNS and not any(letter.isalpha() for letter in around[:1]):
            score += 1.0
        else:
            score -= 1.0
    return score


def _all_utf8(path: Path) -> bool:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    with open_bytes(path) as file:
        try:
            while block := file.read(1 << 22):
                decoder.decode(block)
        except UnicodeDecodeError:
            return False
    return True


def _odd(path: Path) -> bytes:
    """Return the first lines of a file that are not UTF-8."""
    lines: list[bytes] = []
    with open_bytes(path) as file:
        for line in file:
            if not _decodes(line, "utf-8"):
                lines.append(line)
            if len(lines) == 200:
                break
    return b"".join(lines)


def read_text_file(path: Path, like: str = "") -> tuple[str, str]:
    """Return a file's text and detected encoding; raise DataError if it is no readable text."""
    with open_bytes(path) as file:
        content = file.read()
    encoding = encoding_of(path, content, like)
    return content.decode(encoding, errors="replace"), encoding
