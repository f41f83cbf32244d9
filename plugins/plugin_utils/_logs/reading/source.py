# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the documents of a task come from: files, or Elasticsearch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import (
    cluster_endpoint,
    elasticsearch_api,
)
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.counts import Counts
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.fields import FIELDS
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.lines import documents_in
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.search import Search
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import Windows

__all__ = ["Documents", "source_of"]

Documents = Callable[[Counts], Iterator[dict[str, Any]]]
"""Yields the documents of a source, and counts every line that is none."""


@contextmanager
def source_of(options: Mapping[str, Any], windows: Windows) -> Iterator[tuple[str, Documents]]:
    """Give the name of the source and its documents for the time of the block."""
    files = options["files"]
    if files:
        yield ", ".join(Path(file).name for file in files), lambda counts: documents_in(files, counts)
        return
    session = Session(cluster_endpoint(options))
    chosen = options["fields"] or {}
    names = {field: tuple(chosen.get(field) or known) for field, known in FIELDS.items()}
    search = Search(elasticsearch_api(session), options["index"], options["query"], names, options["max_documents"])
    try:
        yield search.source, lambda counts: search.documents(windows, counts)
    finally:
        session.close()
