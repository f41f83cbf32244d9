# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alertmanager_silence
short_description: Manage a silence of Alertmanager, identified by a key
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, changes or ends a silence. O(key), which is stored in its comment, identifies the silence, whatever its
    matchers and its id are. Other silences are never touched.
  - Connect to any member of a mesh; it shares the silence with the others.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
options:
  key:
    description: Key of the silence, such as V(upgrade-db1). There is one silence per key.
    type: str
    required: true
  matchers:
    description: Matchers for labels of alerts, in any order. All must match. Required unless O(state=absent).
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the label., type: str, required: true}
      value: {description: Value or regular expression., type: str, required: true}
      isRegex: {description: Whether the value is a regular expression., type: bool, default: false}
      isEqual: {description: "Whether the label must match; V(false) for must not.", type: bool, default: true}
  starts_at:
    description: Start, as V(now+1h), seconds since 1970, or RFC 3339 with a time zone. Defaults to now.
    type: str
  ends_at:
    description: End, in the same formats as O(starts_at). Required unless O(duration) is given or O(state=absent).
    type: str
  duration:
    description:
      - Duration from the start, such as V(2h). An existing silence that ends later than O(extend_below) from now stays
        unchanged, so that repeated runs do not extend it for ever.
    type: str
  extend_below:
    description: With O(duration), a silence that ends sooner than this from now is extended to the full duration again.
    type: str
    default: 0s
  comment: {description: Reason for the silence., type: str, default: Made by Ansible}
  state:
    description: Whether the silence should exist. V(absent) ends it.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Silence the alerts of a host during its upgrade
  vigil.observability.alertmanager_silence:
    url: https://monitor1:9093
    username: admin
    password: "{{ alertmanager_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    key: "upgrade-{{ inventory_hostname }}"
    matchers: [{name: host, value: "{{ inventory_hostname }}"}]
    duration: 2h
    comment: Upgrade, change 4711

- name: End the silence
  vigil.observability.alertmanager_silence:
    url: https://monitor1:9093
    username: admin
    password: "{{ alertmanager_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    key: "upgrade-{{ inventory_hostname }}"
    state: absent
"""

RETURN = r"""
id: {description: Id of the silence., returned: when there is one, type: str}
ends_at: {description: When it ends., returned: when there is one, type: str}
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections the task opened., returned: success, type: int}
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._alertmanager import silences as alertmanager
from ansible_collections.vigil.observability.plugins.module_utils._api.durations import duration, instant, rfc3339
from ansible_collections.vigil.observability.plugins.module_utils._api.module import apply
from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError
from ansible_collections.vigil.observability.plugins.module_utils._api.resource import Resource, Step
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Api, Session

_MATCHER = {
    "name": {"type": "str", "required": True},
    "value": {"type": "str", "required": True},
    "isRegex": {"type": "bool", "default": False},
    "isEqual": {"type": "bool", "default": True},
}
_OPTIONS = {
    "key": {"type": "str", "required": True, "no_log": False},
    "matchers": {"type": "list", "elements": "dict", "options": _MATCHER},
    "starts_at": {"type": "str"},
    "ends_at": {"type": "str"},
    "duration": {"type": "str"},
    "extend_below": {"type": "str", "default": "0s"},
    "comment": {"type": "str", "default": "Made by Ansible"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def _body(parameters: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    if not parameters["matchers"]:
        raise PlanError(f"The silence {parameters['key']!r} needs matchers: without them it would match every alert.")
    if bool(parameters["ends_at"]) == bool(parameters["duration"]):
        raise PlanError(f"The silence {parameters['key']!r} needs either ends_at or duration, and not both.")
    starts = instant(parameters["starts_at"] or "now", "starts_at", now=now)
    if parameters["ends_at"]:
        ends = instant(parameters["ends_at"], "ends_at", now=now)
    else:
        ends = starts + duration(parameters["duration"], "duration")
    if ends <= max(starts, now):
        raise PlanError(
            f"The silence {parameters['key']!r} would end at {rfc3339(ends)}, which is in the past or before its start."
        )
    times = {"startsAt": rfc3339(starts), "endsAt": rfc3339(ends)}
    return {"matchers": parameters["matchers"], "comment": parameters["comment"], **times}


def _is_as_wanted(
    silence: Mapping[str, Any], parameters: Mapping[str, Any], body: Mapping[str, Any], now: datetime
) -> bool:
    starts = instant(body["startsAt"], "starts_at", now=now) if parameters["starts_at"] else None
    if parameters["ends_at"]:
        ends = instant(body["endsAt"], "ends_at", now=now)
    else:
        ends = now + duration(parameters["extend_below"], "extend_below")
    alike = alertmanager.same(dict(silence), body["matchers"], body["comment"], parameters["key"])
    return alike and alertmanager.covers(dict(silence), starts, ends, exactly=bool(parameters["ends_at"]))


def _resource(api: Api, parameters: Mapping[str, Any], body: dict[str, Any] | None, now: datetime) -> Resource:
    """Return the silences with the key: the one that ends last keeps it, any others are ended."""
    key = parameters["key"]
    owned = alertmanager.owned(api, key)
    there = {f"{key} ({one['id']})" if index else key: one for index, one in enumerate(owned)}
    wanted = {key: alertmanager.continued(body, there.get(key))} if body else dict.fromkeys(there)

    def write(step: Step) -> None:
        if step.after:
            step.after["id"] = alertmanager.write(api, key, step.after)
        else:
            alertmanager.expire(api, key, step.before)

    def same(_wanted: Mapping[str, Any], silence: Mapping[str, Any]) -> bool:
        return _is_as_wanted(silence, parameters, body or {}, now)

    return Resource("silence", wanted, there, write, same, alertmanager.shown, list(there))


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    parameters, now = module.params, datetime.now(timezone.utc)
    body = _body(parameters, now) if parameters["state"] == "present" else None
    silences = _resource(alertmanager.alertmanager_api(session), parameters, body, now)
    made = apply(module, silences.plan(absent=body is None))
    result: dict[str, Any] = {name: made[name] for name in ("changed", "diff") if name in made}
    if body:
        there = silences.there.get(parameters["key"])
        stands = silences.wanted[parameters["key"]] if made["changed"] and not module.check_mode else there or body
        result["ends_at"] = stands["endsAt"]
        result.update({"id": stands["id"]} if "id" in stands else {})
    return result


def main() -> None:
    """Run the module."""
    alertmanager.run_alertmanager_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
