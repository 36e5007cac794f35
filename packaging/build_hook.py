"""Compiles the catalogs of all languages when the package is built (wheel, editable, installer)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogBuildHook(BuildHookInterface):
    """Writes ``netbuilder.mo`` beside each ``netbuilder.po`` and packs it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files are collected."""
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        for source in Path(self.root, "netbuilder", "locale").glob("*/netbuilder.po"):
            target = source.with_suffix(".mo")
            with source.open("rb") as file:
                catalog = read_po(file, abort_invalid=True)
            with target.open("wb") as file:
                write_mo(file, catalog)
            build_data["artifacts"].append(f"/{target.relative_to(self.root).as_posix()}")
