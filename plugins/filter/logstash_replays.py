# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: logstash_replays
short_description: Which pipelines of Logstash have documents that Elasticsearch refused
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Returns what the playbook C(vigil.observability.logstash_replay) sends again, from the files of the dead
    letter queues.
  - What has been refused again before is sent by C(again), and everything else, with what that refuses, by C(replay).
positional: pipelines
options:
  _input: {description: Paths of files with refused documents., type: list, elements: path, required: true}
  pipelines: {description: C(logstash_pipelines)., type: dict, required: true}
"""

EXAMPLES = r"""
- name: Name the pipelines
  ansible.builtin.debug:
    msg: "{{ ['/var/lib/logstash/dead_letter_queue/main/1.log'] | vigil.observability.logstash_replays({}) }}"
"""

RETURN = r"""
_value:
  description:
    - Ids of pipelines whose documents C(again) and C(replay) send. In C(left) are those with an output of their own, or
      that are no longer in the inventory.
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.logstash import has_output
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import same_text


@same_text
def logstash_replays(files: Iterable[str], pipelines: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return {again, replay, left}, each with ids of pipelines in order."""
    kept = {PurePosixPath(file).parent.name for file in files}
    own = {name for name, pipeline in pipelines.items() if has_output(str(pipeline.get("config")))}
    sent = kept & ({"main", *pipelines} - own)
    refused = kept & {"replay"}
    return {
        "again": sorted(refused),
        "replay": sorted(sent | ({"again"} if refused else kept & {"again"})),
        "left": sorted(kept - sent - {"again", "replay"}),
    }


class FilterModule:
    """The filter logstash_replays."""

    def filters(self) -> dict[str, Callable[..., dict[str, list[str]]]]:
        """Return the filter by its name."""
        return {"logstash_replays": logstash_replays}
