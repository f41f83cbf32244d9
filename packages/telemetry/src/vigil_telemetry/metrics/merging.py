"""Merges files of processes that have ended, as prometheus_client writes them, into one for each kind of metric.

A merge that is killed at any point is completed or undone by the next: what has been added is never added again.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from prometheus_client.mmap_dict import MmapedDict

__all__ = ["completed", "merged", "process_of"]

_ENDED = "ended"
_JOURNAL = "merge.json"
# It has no types.
_mapped_dict: Any = MmapedDict
_Values = dict[str, tuple[float, float]]


def process_of(file: Path) -> int | None:
    """Return the process that wrote a file such as counter_17.db, or None for one of merged processes."""
    last = file.stem.rpartition("_")[2]
    return int(last) if last.isdigit() else None


def merged(directory: Path, files: Iterable[Path]) -> None:
    """Add the files of processes that have ended to those of all ended ones, and remove them.

    Gauges of running processes are removed alone. Nothing else may read or write these files at the same time.
    """
    kinds: dict[str, list[Path]] = {}
    for file in files:
        kinds.setdefault(file.stem.rpartition("_")[0], []).append(file)
    moves, removes = {}, []
    for kind, ended in kinds.items():
        removes += [(file.name, file.stat().st_ino) for file in ended]
        combine = _combination(kind)
        if combine:
            target = directory / f"{kind}_{_ENDED}.db"
            moves[_written(target, [target, *ended], combine).name] = target.name
    _write_journal(directory, {"moves": moves, "removes": removes})
    completed(directory)


def completed(directory: Path) -> None:
    """Complete a merge that was interrupted after it was written down; remove what another has left."""
    journal = directory / _JOURNAL
    plan: dict[str, Any] = {"moves": {}, "removes": []}
    with contextlib.suppress(FileNotFoundError):
        plan = json.loads(journal.read_text(encoding="utf-8"))
    for source, target in plan["moves"].items():
        with contextlib.suppress(FileNotFoundError):
            (directory / source).replace(directory / target)
    for name, inode in plan["removes"]:
        with contextlib.suppress(FileNotFoundError):
            # Another process may have got the same number, and its file the same name.
            if (directory / name).stat().st_ino == inode:
                (directory / name).unlink()
    journal.unlink(missing_ok=True)
    for left in directory.glob("*.new"):
        left.unlink(missing_ok=True)


def _combination(kind: str) -> Callable[[tuple[float, float], tuple[float, float]], tuple[float, float]] | None:
    """Return how two values, with the times when they were set, become one; None for those that end with a process."""
    if kind in {"counter", "histogram", "summary", "gauge_sum"}:
        return lambda one, other: (one[0] + other[0], 0.0)
    if kind in {"gauge_max", "gauge_min"}:
        return max if kind == "gauge_max" else min
    return (lambda one, other: max(one, other, key=lambda value: value[1])) if kind == "gauge_mostrecent" else None


def _written(
    target: Path,
    files: list[Path],
    combine: Callable[[tuple[float, float], tuple[float, float]], tuple[float, float]],
) -> Path:
    values: _Values = {}
    for file in files:
        for key, value in _values_of(file).items():
            values[key] = combine(values[key], value) if key in values else value
    new = target.with_suffix(".new")
    new.unlink(missing_ok=True)
    book: Any = _mapped_dict(str(new))
    for key, (number, timestamp) in values.items():
        book.write_value(key, number, timestamp)
    book.close()
    return new


def _values_of(file: Path) -> _Values:
    """Return what a file has; nothing for one that its process did not come to write, or that is damaged."""
    try:
        return {key: (value, at) for key, value, at, _of in _mapped_dict.read_all_values_from_file(str(file))}
    except Exception:  # noqa: BLE001 - prometheus_client raises whatever the bytes make it raise
        return {}


def _write_journal(directory: Path, plan: dict[str, object]) -> None:
    new = directory / f"{_JOURNAL}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump(plan, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(directory / _JOURNAL)
