"""``python -m netbuilder`` and the command ``netbuilder``."""

from __future__ import annotations

import sys

from netbuilder.cli import main as command_line


def main() -> int:
    """Run the command line of this process; gives its exit code."""
    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
