# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of Logstash's pipelines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError

__all__ = ["PIPELINE_NAME", "REPLAYS", "has_output", "pipeline_files"]

PIPELINE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
REPLAYS = frozenset({"replay", "again"})
"""The pipelines of the playbook logstash_replay."""
_OUTPUT = re.compile(r"^\s*output\s*\{", re.MULTILINE)
# Set for tests of a configuration that is not in use yet.
_FOLDER = "${LOGSTASH_PIPELINES:/etc/logstash/pipelines}"


def has_output(text: str) -> bool:
    """Return whether a pipeline's text has an output."""
    return bool(_OUTPUT.search(text))


def pipeline_files(pipelines: Mapping[str, Mapping[str, Any]], output: str) -> list[dict[str, str]]:
    """Return the staged files of pipelines, {id: {config: text, and settings of pipelines.yml}}.

    A pipeline without an output has this one, which is a secret. Raises OperatorError for one that has no text.
    """
    files, listed = [], []
    for name, pipeline in pipelines.items():
        text = pipeline.get("config")
        if not PIPELINE_NAME.fullmatch(name) or not isinstance(text, str) or not text.strip():
            raise OperatorError(
                f"logstash_pipelines.{name} is no pipeline: name it with letters, digits, _ and -, and set its config."
            )
        files.append({"path": f"pipelines/{name}/10-pipeline.conf", "content": text})
        if not has_output(text):
            files.append({"path": f"pipelines/{name}/90-output.conf", "secret_content": output})
        own = {key: value for key, value in pipeline.items() if key != "config"}
        listed.append({"pipeline.id": name, "path.config": f"{_FOLDER}/{name}/*.conf"} | own)
    return [{"path": "pipelines.yml", "content": yaml.safe_dump(listed, sort_keys=False)}, *files]
