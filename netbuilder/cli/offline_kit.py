"""``netbuilder offline-kit -o FOLDER``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from netbuilder.cli.output import print_json, print_note, print_result
from netbuilder.core.deployment import offline_kit
from netbuilder.core.error_texts import sentences_of
from netbuilder.core.wording import format_number

_sentence = sentences_of("commands")


def run(arguments: argparse.Namespace) -> int:
    """Download all wheels and write an install script per platform."""
    targets = (
        [offline_kit.find_platform(name) for name in arguments.platform]
        if arguments.platform
        else [offline_kit.this_platform()]
    )
    python = arguments.python or f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    offline_kit.make_kit(folder, Path(arguments.source), targets, python, print_note)
    wheels = list((folder / offline_kit.WHEELS).glob("*.whl"))
    size = sum(path.stat().st_size for path in wheels)
    print_result(
        _sentence(
            "wheels_written",
            folder=folder,
            count=len(wheels),
            size=format_number(size / 1000000.0, ",.0f"),
        )
    )
    if arguments.json:
        print_json({"folder": str(folder), "wheels": len(wheels), "bytes": size, "python": python,
                    "platforms": [target.name for target in targets]})  # fmt: skip
    return 0
