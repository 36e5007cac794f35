"""Seals: results that were written into a file by hand are noticed.

A lesson may carry a teacher's public key. Handing in then seals what was true at that moment
(hash of weights, of the graph, of the history, ticked steps, name, lesson, id, time) so
that only the teacher's private key opens it. Who changes the file afterwards cannot change what
the seal says; who has the program can of course train honestly, which is the point.

The seal is the concatenation, in Base64, of an ephemeral X25519 public key (32 bytes), a nonce
(12 bytes) and the JSON encrypted with ChaCha20-Poly1305 under a key that HKDF-SHA256 derives from
both public keys and their shared secret: the construction of RFC 9180's base mode in small, with
the parts of the ``cryptography`` package (an extra: ``pip install netbuilder-studio[seal]``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from netbuilder.core.errors import UserError
from netbuilder.core.i18n import gettext as _
from netbuilder.core.regular_file import read_regular

_INFO = b"netbuilder hand-in seal 1"
_KEY_FILE_BYTES = 10_000
_KEY_BYTES = 32
_NONCE_BYTES = 12

SEALED, BROKEN, MISSING = "sealed", "broken", "missing"


def new_keys() -> tuple[str, str]:
    """A private and a public key, each as Base64 text of 32 bytes. Keep the private one."""
    x25519 = _x25519()
    private = x25519.X25519PrivateKey.generate()
    return _text(private.private_bytes_raw()), _text(private.public_key().public_bytes_raw())


def read_key(path: Path) -> str:
    """A private key from its file.

    Raises:
        UserError: it cannot be read, or holds no key.
    """
    try:
        text = read_regular(path, _KEY_FILE_BYTES, UserError).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            _("The key file '{file}' cannot be read.", file=path),
            _("Check the name and the folder."),
            code="key_unreadable",
        ) from error
    _key(text)
    return text


def seal_statement(
    *, weights: str, graph: str, history: Mapping[str, Sequence[float]], student: str,
    lesson: str, steps: Sequence[bool], work: str, time: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What a seal says: hashes and words, JSON. The hash of the history is that of its numbers."""
    numbers = {
        name: [repr(float(v)) if math.isfinite(v) else None for v in row]
        for name, row in sorted(history.items())
    }
    return {
        "weights": weights,
        "graph": graph,
        "history": hashlib.sha256(json.dumps(numbers).encode()).hexdigest(),
        "student": student,
        "lesson": lesson,
        "steps": [bool(one) for one in steps],
        "work": work,
        "time": time.isoformat(timespec="seconds") if time is not None else "",
    }


def seal(public_key: str, told: Mapping[str, Any]) -> str:
    """Seal a statement for the owner of a public key.

    Raises:
        UserError: the key is none, or the package ``cryptography`` is not installed.
    """
    x25519 = _x25519()
    theirs = x25519.X25519PublicKey.from_public_bytes(_key(public_key))
    mine = x25519.X25519PrivateKey.generate()
    public = mine.public_key().public_bytes_raw()
    nonce = os.urandom(_NONCE_BYTES)
    box = _cipher(mine.exchange(theirs), public + theirs.public_bytes_raw())
    content = json.dumps(dict(told), sort_keys=True).encode()
    return _text(public + nonce + box.encrypt(nonce, content, None))


def open_seal(private_key: str, sealed: str) -> dict[str, Any] | None:
    """What a seal says; None where it was not made for this key or was changed.

    Raises:
        UserError: the private key is none, or ``cryptography`` is not installed.
    """
    from cryptography.exceptions import InvalidTag

    x25519 = _x25519()
    mine = x25519.X25519PrivateKey.from_private_bytes(_key(private_key))
    try:
        raw = base64.b64decode(sealed, validate=True)
        public, rest = raw[:_KEY_BYTES], raw[_KEY_BYTES:]
        theirs = x25519.X25519PublicKey.from_public_bytes(public)
        box = _cipher(mine.exchange(theirs), public + mine.public_key().public_bytes_raw())
        content = box.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], None)
        found = json.loads(content)
    except (InvalidTag, ValueError, binascii.Error, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def check_seal(private_key: str, sealed: str, told: Mapping[str, Any]) -> str:
    """Sealed where the seal says what the file says, else broken; missing without one."""
    if not sealed:
        return MISSING
    return SEALED if open_seal(private_key, sealed) == dict(told) else BROKEN


def _cipher(secret: bytes, salt: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return ChaCha20Poly1305(HKDF(SHA256(), _KEY_BYTES, salt, _INFO).derive(secret))


def _x25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import x25519
    except ImportError as error:
        raise UserError(
            _("Seals need the package 'cryptography', which is not installed."),
            _('Install it: pip install "cryptography>=42".'),
            code="cryptography_missing",
        ) from error
    return x25519


def _key(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise UserError(
            _(
                "'{text}…' is not a key: a key has 44 letters and digits and ends in '='.",
                text=text.strip()[:12],
            ),
            _("Create a key pair with: netbuilder grade --new-keys KEYFILE"),
            code="not_a_key",
        )
    return raw


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
