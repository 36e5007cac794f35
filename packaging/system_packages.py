"""Print the Debian packages that README names: python packaging/system_packages.py [plain|extras]

README is the only place that lists them. ``.ci/run``, ``scripts/fresh_machine`` and
``packaging/make_deb.py`` read the list from there.
"""

from __future__ import annotations

import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
COMMAND = "sudo apt install "
#: The lists in README's order: what the program needs, then what the extras need besides.
LISTS = ("plain", "extras")


def system_packages(which: str, text: str | None = None) -> list[str]:
    """Return the packages of one of README's lists.

    Args:
        which: "plain" or "extras".
        text: README's text; None reads the file.

    Returns:
        Package names in README's order.

    Raises:
        ValueError: README does not hold exactly one command for each list.
    """
    text = README.read_text("utf-8") if text is None else text
    commands = [
        line.removeprefix(COMMAND).split()
        for line in text.replace("\\\n", " ").splitlines()
        if line.startswith(COMMAND)
    ]
    if len(commands) != len(LISTS):
        raise ValueError(
            f"README has {len(commands)} lines that start with '{COMMAND}', not {len(LISTS)}: "
            "one for the program, then one for its extras."
        )
    return commands[LISTS.index(which)]


if __name__ == "__main__":
    for wanted in sys.argv[1:] or LISTS:
        print(" ".join(system_packages(wanted)))
