"""``netbuilder generate MODEL --start TEXT``."""

from __future__ import annotations

import argparse
from pathlib import Path

from netbuilder.cli.evaluate import load_model
from netbuilder.cli.output import print_json


def run(arguments: argparse.Namespace) -> int:
    """Generate text with a network that predicts the next token."""
    trained = load_model(Path(arguments.model))

    from netbuilder.core.results.generate import generate_text, stream_text

    options = {
        "length": arguments.length,
        "temperature": arguments.temperature,
        "seed": arguments.seed,
        "top_k": arguments.top_k,
    }
    if not arguments.json:
        printed = ""
        for text in stream_text(trained, arguments.start, **options):
            print(text[len(printed) :], end="", flush=True)
            printed = text
        print()
        return 0
    generated = generate_text(trained, arguments.start, **options)
    print_json(
        {
            "start": generated.start,
            "text": generated.text,
            "tokens": list(generated.tokens),
            "temperature": arguments.temperature,
            "seed": arguments.seed,
            "top_k": arguments.top_k,
        }
    )
    return 0
