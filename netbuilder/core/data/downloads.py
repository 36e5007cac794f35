"""Downloads can be switched off for a machine, by a school for instance."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netbuilder.core.deployment.site_settings import site_settings
from netbuilder.core.error_texts import user_error

# Two threads that put the name back in turn would leave the one's refusal, or none, in place.
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def kept_off_the_network(name: str, folder: Path) -> Iterator[None]:
    """Raise an error on downloads through Keras's ``urlretrieve`` where they are switched off.

    ``what``: the download, for the message; ``folder``: where the file can be placed by hand.
    """
    if site_settings().downloads:
        yield
        return
    from keras.src.utils import file_utils

    def refuse(*_arguments: object, **_named: object) -> None:
        raise user_error("downloads_disabled", what=name, folder=folder)

    with _ONE_AT_A_TIME:
        fetch, file_utils.urlretrieve = file_utils.urlretrieve, refuse
        try:
            yield
        finally:
            file_utils.urlretrieve = fetch
