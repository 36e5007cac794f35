"""An index of the recorded runs, so that a list of them reads one file instead of hundreds.

The records themselves are the truth: the index (SQLite, ``index.sqlite`` beside them) holds a copy
of each ``run.json`` and when that was written. One that is missing, damaged or out of date is made
again; a run that another program took away is missed by nobody.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_FILE = "run.json"
_INDEX = "index.sqlite"
_TABLES = """
create table if not exists run (id text primary key, written integer not null, text text not null);
create table if not exists setting (name text primary key, value integer not null);
"""
# Another window may be writing.
_PATIENCE_SECONDS = 5.0


def run_texts(folder: Path) -> dict[str, str]:
    """What stands in ``run.json`` of each run in ``folder``, by its id, the newest id first."""
    there = dict(_written(folder))
    try:
        with _open(folder) as index:
            rows = index.execute("select id, written, text from run")
            known = {id_: (written, text) for id_, written, text in rows}
            found = {
                id_: text for id_, (written, text) in known.items() if there.get(id_) == written
            }
            fresh = {id_: _read(folder, id_) for id_ in there if id_ not in found}
            index.executemany(
                "insert or replace into run values (?, ?, ?)",
                [(id_, there[id_], text) for id_, text in fresh.items()],
            )
            index.executemany("delete from run where id = ?", [(i,) for i in known.keys() - there])
    # A folder that cannot be written, or a file that is no index: the records are read instead.
    except sqlite3.Error:
        (folder / _INDEX).unlink(missing_ok=True)
        found, fresh = {}, {id_: _read(folder, id_) for id_ in there}
    return dict(sorted((found | fresh).items(), reverse=True))


def read_limit(folder: Path, default: int) -> int:
    """How many runs are kept; 0: all."""
    try:
        with _open(folder) as index:
            row = index.execute("select value from setting where name = 'limit'").fetchone()
    except sqlite3.Error:
        row = None
    return default if row is None else int(row[0])


def write_limit(folder: Path, count: int) -> None:
    """Keep so many runs from now on."""
    with _open(folder) as index:
        index.execute("insert or replace into setting values ('limit', ?)", (count,))


@contextmanager
def _open(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / _INDEX, timeout=_PATIENCE_SECONDS)) as index, index:
        index.executescript(_TABLES)
        yield index


def _written(folder: Path) -> Iterator[tuple[str, int]]:
    for place in folder.iterdir():
        try:
            yield place.name, (place / _FILE).stat().st_mtime_ns
        except OSError:
            continue


def _read(folder: Path, run_id: str) -> str:
    try:
        return (folder / run_id / _FILE).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
