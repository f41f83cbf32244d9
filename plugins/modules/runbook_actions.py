# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: runbook_actions
short_description: Do what a host declares for runbooks, while nobody else does
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Asks C(vigil-action) on the host, which the role C(runbook_target) deploys, for its lease and then for each action.
  - The host refuses whatever its C(runbook_actions) do not declare, and everything while another attempt holds it.
  - It needs no C(become). The user C(vigil-runbook) may run that program by C(sudo), and so may those who can become
    root without a password, or with C(become).
options:
  attempt:
    description: Name of the attempt that holds the host. The same attempt can acquire it again.
    type: str
    required: true
  holder: {description: Who makes the attempt. Others who want the host read it., type: str, default: ""}
  runbook: {description: Name of the runbook. It is kept with the attempt., type: str, default: ""}
  limit:
    description:
      - How often the runbook may run on this host, as far as the host remembers its last fifty attempts.
      - It is for who may have forgotten them. Without it the host counts nothing.
    type: dict
    suboptions:
      run: {description: Name of the run. Attempts of the same run do not count., type: str, required: true}
      age: {description: Seconds since the run was decided., type: int, default: 0}
      cooldown: {description: Seconds between two runs., type: int, required: true}
      runs: {description: Most runs within a time., type: int, required: true}
      within: {description: Seconds of that time., type: int, required: true}
  seconds:
    description: For how long the host is held unless it is released before. A command ends with it.
    type: int
    default: 300
  release:
    description:
      - Whether to release the host at the end, also after a failure.
      - Without O(actions) it only releases the host, and ends what the attempt still does there.
    type: bool
    default: true
  actions:
    description: What to do, in this order. The first one that is refused or fails is the last.
    type: list
    elements: dict
    default: []
    suboptions:
      action:
        description: What to do.
        type: str
        required: true
        choices: [start, stop, restart, clear, run, vacuum]
      name:
        description: Unit, or name of a directory or command that the host declares.
        type: str
      settle: {description: Seconds for which a unit has to stay active once it has started., type: int, default: 0}
attributes:
  check_mode:
    description: The host answers what it would do, or refuse, and does nothing.
    support: full
  diff_mode:
    description: Lists the actions that change something.
    support: full
"""

EXAMPLES = r"""
- name: Restart the shop
  vigil.observability.runbook_actions:
    attempt: by-hand-20260310
    holder: alice
    actions: [{action: restart, name: shop.service, settle: 5}]
"""

RETURN = r"""
outcome:
  description: V(done), V(refused) or V(failed).
  returned: always
  type: str
results: {description: What the host answered to each action., returned: always, type: list, elements: dict}
attempts:
  description: The last attempts on this host, at most 50, each with its actions.
  returned: when the host could be acquired
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._host.actions import answer_to

_ACTION = {
    "action": {"type": "str", "required": True, "choices": ["start", "stop", "restart", "clear", "run", "vacuum"]},
    "name": {"type": "str"},
    "settle": {"type": "int", "default": 0},
}
_LIMIT = {
    "run": {"type": "str", "required": True},
    "age": {"type": "int", "default": 0},
    "cooldown": {"type": "int", "required": True},
    "runs": {"type": "int", "required": True},
    "within": {"type": "int", "required": True},
}
_SPEC = {
    "attempt": {"type": "str", "required": True},
    "holder": {"type": "str", "default": ""},
    "runbook": {"type": "str", "default": ""},
    "limit": {"type": "dict", "options": _LIMIT},
    "seconds": {"type": "int", "default": 300},
    "release": {"type": "bool", "default": True},
    "actions": {"type": "list", "elements": "dict", "default": [], "options": _ACTION},
}


def _asked(module: AnsibleModule, request: Mapping[str, Any]) -> dict[str, Any]:
    return answer_to({"attempt": module.params["attempt"], "check": module.check_mode, **request})


def _request(action: Mapping[str, Any]) -> dict[str, Any]:
    request = {"action": action["action"]}
    if action["name"] is not None:
        request["name"] = action["name"]
    if action["action"] in ("start", "restart"):
        request["settle"] = action["settle"]
    return request


def _tried(module: AnsibleModule) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Return the answers to the first and to the decisive request, and the results of actions."""
    results: list[dict[str, Any]] = []
    release = module.params["release"] and not module.check_mode
    if release and not module.params["actions"]:
        # While something goes on there it cannot be acquired, not even by the attempt that holds it.
        released = _asked(module, {"action": "release"})
        return released, released, results
    acquire = {key: module.params[key] for key in ("seconds", "holder", "runbook")}
    acquired = last = _asked(module, {"action": "acquire", **acquire, **(module.params["limit"] or {})})
    if acquired["outcome"] == "done":
        for action in module.params["actions"]:
            last = _asked(module, _request(action))
            results.append({**_request(action), **last})
            if last["outcome"] != "done":
                break
        if release:
            released = _asked(module, {"action": "release"})
            last = released if last["outcome"] == "done" else last
    return acquired, last, results


def main() -> None:
    """Act and exit."""
    module = AnsibleModule(argument_spec=_SPEC, supports_check_mode=True)
    acquired, last, results = _tried(module)
    changes = [f"{one['action']} {one.get('name', '')}".strip() for one in results if one.get("changed")]
    result = {
        "changed": bool(changes),
        "outcome": last["outcome"],
        "results": results,
        "diff": {"before": "", "after": "".join(f"{change}\n" for change in changes)},
        **({"attempts": acquired["attempts"]} if "attempts" in acquired else {}),
    }
    if last["outcome"] != "done":
        module.fail_json(msg=last["message"], **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
