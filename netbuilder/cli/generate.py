"""``netbuilder generate MODEL --start TEXT``."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.evaluate import load_model
from netbuilder.cli.terminal.output import print_json


def run(arguments: argparse.Namespace) -> int:
    """Text from a network that was trained on the next token."""
    trained = load_model(Path(arguments.model))

    from netbuilder.core.results.generate import generate

    found = generate(
        trained,
        arguments.start,
        length=arguments.length,
        temperature=arguments.temperature,
        seed=arguments.seed,
    )
    if not arguments.json:
        print(found.text)
        return 0
    print_json(
        {
            "start": found.start,
            "text": found.text,
            "tokens": list(found.tokens),
            "temperature": arguments.temperature,
            "seed": arguments.seed,
        }
    )
    return 0
