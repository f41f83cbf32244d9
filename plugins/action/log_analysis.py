# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Analyses logs on the controller, in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.module_utils._api.connection import (
    connection_rules,
    connection_spec,
)
from ansible_collections.vigil.observability.plugins.module_utils._elasticsearch.client import CLUSTER_OPTIONS
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._host.tree import write_atomically
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.fields import FIELDS
from ansible_collections.vigil.observability.plugins.plugin_utils._logs.requirement import refuse_missing_libraries

__all__ = ["ActionModule"]

_CONNECTION = connection_spec("ELASTICSEARCH")
SPEC: dict[str, Any] = {
    **_CONNECTION,
    **CLUSTER_OPTIONS,
    "url": {**_CONNECTION["url"], "required": False},
    "files": {"type": "list", "elements": "path", "default": []},
    "index": {"type": "str", "default": "logs-*"},
    "query": {"type": "str", "default": ""},
    "max_documents": {"type": "int", "default": 5_000_000},
    "end": {"type": "str", "default": "now"},
    "window": {"type": "str", "default": "1d"},
    "baseline": {"type": "str", "default": "7d"},
    "timezone": {"type": "str", "default": "UTC"},
    "fields": {
        "type": "dict",
        "options": {field: {"type": "list", "elements": "str"} for field in FIELDS},
    },
    "deployments": {"type": "list", "elements": "dict", "default": []},
    "alerts": {"type": "list", "elements": "dict", "default": []},
    "json_path": {"type": "path"},
    "page_path": {"type": "path"},
}


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the task, as the documentation of the module says."""
        super().run(tmp, task_vars)
        options = plain(self.validate_argument_spec(argument_spec=SPEC, **connection_rules())[1])
        try:
            refuse_missing_libraries()
            _refuse_two_sources(options, named="url" in self._task.args)
            result, page = _analysed(options)
            written = {"json_path": f"{json.dumps(result, indent=1, ensure_ascii=False)}\n", "page_path": page}
            changed = [self._written(options[name], text) for name, text in written.items() if options[name]]
        except OperatorError as error:
            raise AnsibleActionFail(str(error)) from error
        return {"changed": any(changed), "msg": _summary(result), "analysis": result}

    def _written(self, path: str, text: str) -> bool:
        """Return whether the file is another one now, or would be without check mode."""
        file, content = Path(path), text.encode()
        try:
            if self._task.check_mode:
                return not file.exists() or file.read_bytes() != content
            return write_atomically(file, content, mode=0o600)
        except OSError as error:
            raise OperatorError(f"Cannot write the report {path}: {error.strerror}.") from error


def _refuse_two_sources(options: Mapping[str, Any], *, named: bool) -> None:
    """Raise OperatorError unless there is one source. The environment may name an Elasticsearch for other tasks."""
    if not (options["files"] or options["url"]) or (options["files"] and named):
        raise OperatorError("Set either files, or url to read logs from Elasticsearch.")


def _analysed(options: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    # Loaded here, in the process of the task: the library starts threads, which no process inherits that Ansible forks.
    from ansible_collections.vigil.observability.plugins.plugin_utils._logs.analysis import Question, analysis
    from ansible_collections.vigil.observability.plugins.plugin_utils._logs.events import events_of
    from ansible_collections.vigil.observability.plugins.plugin_utils._logs.page.report import page_of
    from ansible_collections.vigil.observability.plugins.plugin_utils._logs.reading.source import source_of
    from ansible_collections.vigil.observability.plugins.plugin_utils._logs.windows import windows_of

    windows = windows_of(options["end"], options["window"], options["baseline"], now=datetime.now(UTC))
    with source_of(options, windows) as (name, documents):
        question = Question(
            source=name,
            windows=windows,
            zone=_zone(options["timezone"]),
            fields=options["fields"] or {},
            events=events_of(options["deployments"], options["alerts"], windows),
        )
        result = analysis(documents, question)
    return result, page_of(result)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise OperatorError(f"timezone {name!r} is unknown: write one like Europe/Berlin, or UTC.") from error


def _summary(result: Mapping[str, Any]) -> str:
    new, names = result["messages"]["new_count"], result["errors"]["names_count"]
    return (
        f"{result['window']['lines']} lines from {result['window']['start']} to {result['window']['end']}: "
        f"{result['errors']['total']} errors of {names} kinds, {len(result['anomalies'])} anomalies, "
        f"{'no baseline to call messages new' if new is None else f'new messages: {new}'}. "
        f"{' '.join(result['notes'])}".strip()
    )
