# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rule files of a Prometheus configuration and all of their tests: shipped, generated, and the user's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.alert_settings import adjusted
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.files import (
    File,
    file_of_summaries,
    files_at,
    files_of_rule_sets,
    files_of_tests,
    with_files,
    within_retention,
)

__all__ = ["files_of_rules", "files_with_tests"]


def files_of_rules(
    paths: Iterable[str], shipped: str, alerts: Mapping[str, Mapping[str, Any]] | None = None
) -> list[File]:
    """Return the rule files at the paths and the shipped ones, with their alerts adjusted.

    Raises OperatorError for files or settings of alerts that cannot be used.
    """
    found: dict[str, Path] = {}
    for file in _files([shipped, *paths]):
        name = f"rules/{file.stem}.yml"
        if name in found:
            raise OperatorError(f"Two rule files would be {name}: {found[name]} and {file}. Rename one of them.")
        found[name] = file
    texts = {name: found[name].read_text(encoding="utf-8") for name in sorted(found)}
    ours = {name: text for name, text in texts.items() if found[name].parent == Path(shipped).expanduser()}
    try:
        texts |= adjusted(ours, alerts or {})
    except OperatorError as error:
        raise OperatorError(f"prometheus_alerts cannot be used: {error}") from error
    return [{"path": name, "content": text} for name, text in texts.items()]


def files_with_tests(
    files: Sequence[File],
    rule_sets: Sequence[Mapping[str, Any]],
    tests: Sequence[str],
    sources: Sequence[str],
    *,
    retention: str = "",
    summaries: bool = False,
) -> list[File]:
    """Return the files with those of rule sets and tests; raise OperatorError for what cannot be used together."""
    within_retention(rule_sets, retention)
    names = [str(rule_set["name"]) for rule_set in rule_sets]
    found = with_files(files, [*files_of_rule_sets(rule_sets), *files_of_tests(tests, sources, names)])
    return with_files(found, [file_of_summaries(found)] if summaries else [])


def _files(paths: Iterable[str]) -> Iterator[Path]:
    for path in paths:
        yield from files_at(path, "rule")
