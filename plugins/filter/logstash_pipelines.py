# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: logstash_pipelines
short_description: The files of the pipelines of Logstash
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns C(pipelines.yml) and the files of each pipeline.
  - A pipeline without an output is given O(output), which may contain passwords.
positional: output
options:
  _input:
    description: Pipelines by id, each with its text as C(config), and with settings of C(pipelines.yml).
    type: dict
    required: true
  output: {description: Text of the output of pipelines that have none., type: str, required: true}
"""

EXAMPLES = r"""
- name: Stage pipelines
  vigil.observability.staged_config:
    service: logstash
    files: >-
      {{ {'main': {'config': lookup('ansible.builtin.file', 'main.conf')}}
         | vigil.observability.logstash_pipelines(lookup('ansible.builtin.template', 'output.conf.j2')) }}
"""

RETURN = r"""
_value:
  description: Entries of the option O(vigil.observability.staged_config#module:files).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.logstash import pipeline_files
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def logstash_pipelines(pipelines: Mapping[str, Mapping[str, Any]], output: str) -> list[dict[str, str]]:
    """Return the entries of all files; raise AnsibleFilterError for a pipeline that is none."""
    try:
        return pipeline_files(pipelines, output)
    except OperatorError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter logstash_pipelines."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, str]]]]:
        """Return the filter by its name."""
        return {"logstash_pipelines": logstash_pipelines}
