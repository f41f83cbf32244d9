# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: logstash_drained
short_description: Wait until a pipeline of Logstash has sent what it has read
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Waits until nothing is left in the queue of a pipeline, and nothing more is read for a while.
  - The task fails when that takes longer than O(deadline). What is left stays in the queue on disk.
  - In check mode it does not wait.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.reads
options:
  pipeline: {description: Id of the pipeline. It may be about to start., type: str, required: true}
  quiet:
    description: For how many seconds nothing has to be read. Refused documents can be read 5 s after they are kept.
    type: float
    default: 15.0
"""

EXAMPLES = r"""
- name: Wait until refused documents have been sent again
  vigil.observability.logstash_drained:
    url: http://127.0.0.1:9600
    pipeline: replay
  register: replayed

- name: Show how many Elasticsearch accepted
  ansible.builtin.debug:
    msg: "{{ replayed.accepted }} of {{ replayed.read }}"
"""

RETURN = r"""
read: {description: Documents that the pipeline has read since it started., returned: success, type: int}
accepted: {description: Documents that Elasticsearch has accepted., returned: success, type: int}
refused: {description: Documents that it has refused and Logstash keeps., returned: success, type: int}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._api.connection import endpoint_of
from ansible_collections.vigil.observability.plugins.module_utils._api.module import run_module
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Api, Session

_OPTIONS = {"pipeline": {"type": "str", "required": True}, "quiet": {"type": "float", "default": 15.0}}
_PATH = "/_node/stats/pipelines"
_PAUSE = 0.5


@dataclass(frozen=True)
class _Counts:
    """What a pipeline has done so far."""

    read: int
    sent: int
    waiting: int
    accepted: int
    refused: int

    @classmethod
    def of(cls, pipeline: Mapping[str, Any]) -> _Counts:
        """Return the counts in an answer."""
        documents = [output.get("documents") or {} for output in pipeline["plugins"]["outputs"]]
        return cls(
            read=pipeline["events"]["in"],
            sent=pipeline["events"]["out"],
            waiting=pipeline["queue"]["events_count"],
            accepted=sum(each.get("successes", 0) for each in documents),
            refused=sum(each.get("dlq_routed", 0) for each in documents),
        )

    @property
    def result(self) -> dict[str, Any]:
        """What exit_json takes."""
        return {"changed": False, "read": self.read, "accepted": self.accepted, "refused": self.refused}


def _counts(session: Session, name: str) -> _Counts | None:
    answer = Api(session, "Logstash").call("GET", _PATH, attempt=f"read the state of the pipeline {name!r}")
    found = answer.json()["pipelines"].get(name) or {}
    # While it starts or ends, parts are missing or null.
    return _Counts.of(found) if all(found.get(part) for part in ("events", "plugins", "queue")) else None


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    name, quiet = module.params["pipeline"], module.params["quiet"]
    until = time.monotonic() + session.endpoint.deadline
    last, since = _counts(session, name), time.monotonic()
    while not module.check_mode:
        if last and not last.waiting and last.sent >= last.read and time.monotonic() - since >= quiet:
            break
        if time.monotonic() + _PAUSE > until:
            raise OperatorError(_late(name, session, last))
        time.sleep(_PAUSE)
        if (now := _counts(session, name)) != last:
            last, since = now, time.monotonic()
    return last.result if last else _Counts(0, 0, 0, 0, 0).result


def _late(name: str, session: Session, last: _Counts | None) -> str:
    where = f"Logstash at {session.url} after {session.endpoint.deadline:g} s"
    if last is None:
        return f"The pipeline {name!r} does not run in {where}: the journal of Logstash has the reason."
    return (
        f"The pipeline {name!r} has not sent everything in {where}: {last.waiting} documents wait in its queue on "
        f"disk, {last.accepted} were accepted. The journal of Logstash has the answers of Elasticsearch."
    )


def main() -> None:
    """Run the module."""
    run_module("LOGSTASH", _OPTIONS, endpoint_of, _act)


if __name__ == "__main__":
    main()
