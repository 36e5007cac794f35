"""``netbuilder generate MODEL --start TEXT``."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.evaluate import load_model
from netbuilder.cli.output import print_json


def run(arguments: argparse.Namespace) -> int:
    """Text from a network that was trained on the next token."""
    trained = load_model(Path(arguments.model))

    from netbuilder.core.results.generate import generate_text, stream_text

    how = {
        "length": arguments.length,
        "temperature": arguments.temperature,
        "seed": arguments.seed,
        "top_k": arguments.top_k,
    }
    if not arguments.json:
        shown = ""
        for text in stream_text(trained, arguments.start, **how):
            print(text[len(shown) :], end="", flush=True)  # each token as it is drawn
            shown = text
        print()
        return 0
    found = generate_text(trained, arguments.start, **how)
    print_json(
        {
            "start": found.start,
            "text": found.text,
            "tokens": list(found.tokens),
            "temperature": arguments.temperature,
            "seed": arguments.seed,
            "top_k": arguments.top_k,
        }
    )
    return 0
