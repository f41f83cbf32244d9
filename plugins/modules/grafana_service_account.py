# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: grafana_service_account
short_description: A service account of Grafana and its tokens
version_added: 1.0.0
author: Vigil contributors (@vigil-observability)
description:
  - Creates, changes or deletes a service account, by its name, and the tokens that programs use.
  - Grafana shows a token once, when it makes it. It goes into a file of the host, and into no result, diff or log.
  - A token is tried at the server, with one request each on every run, and made anew when its file holds none that is
    accepted, and before it expires. The new one has the next name, V(bot (2\)) after V(bot), and the former one is
    deleted when the new one lies in its file and is accepted. Whatever a connection loses, what is in the file works.
extends_documentation_fragment:
  - vigil.observability.connection
  - vigil.observability.connection.changes
  - vigil.observability.grafana
options:
  name:
    description: Name of the account, exactly.
    type: str
    required: true
  role:
    description: What it may do in the organisation.
    type: str
    choices: [Viewer, Editor, Admin, None]
    default: Viewer
  disabled:
    description: Whether the account is switched off. Its tokens may continue to work; delete them to be sure.
    type: bool
    default: false
  tokens:
    description: Tokens of the account. Without this option they are left alone.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the token, of which an organisation has one only, whichever account has it.
        type: str
        required: true
      path:
        description:
          - File on the host that gets it, readable for its owner alone; a file that is there keeps its owner and mode,
            up to C(0640). Its directory must exist.
        type: path
        required: true
      seconds_to_live: {description: Seconds until it expires; V(0) is never., type: int, default: 0}
      renew_before:
        description: Seconds before its end from which on a run makes a new one.
        type: int
        default: 604800
  prune:
    description: Delete tokens of the account that are not among O(tokens).
    type: bool
    default: false
  state:
    description: Whether the account is to be there. When it goes, its tokens go with it; their files stay.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Create a service account that writes annotations for the incident service
  vigil.observability.grafana_service_account:
    url: https://monitor1:3000
    username: admin
    password: "{{ grafana_passwords.admin }}"
    ca_path: /etc/vigil/certificates/authorities.crt
    name: incident-response
    role: Editor
    tokens:
      - name: incident-response-2026
        path: /etc/incident_response/secrets/grafana
        seconds_to_live: 7776000
"""

RETURN = r"""
id: {description: Number of the account., returned: when there is one, type: int}
account: {description: "C(created), C(updated), C(deleted) or C(unchanged).", returned: success, type: str}
tokens:
  description: Names of tokens by what became of them, C(created), C(updated), C(deleted), C(unchanged).
  returned: success
  type: dict
requests: {description: How many requests the task made., returned: success, type: int}
connections: {description: How many connections it took., returned: success, type: int}
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.vigil.observability.plugins.module_utils._api.module import apply, result_of
from ansible_collections.vigil.observability.plugins.module_utils._api.plan import PlanError, by_key
from ansible_collections.vigil.observability.plugins.module_utils._api.resource import Plan, Step
from ansible_collections.vigil.observability.plugins.module_utils._grafana.client import grafana_api, run_grafana_module
from ansible_collections.vigil.observability.plugins.module_utils._grafana.service_account import (
    account_plan,
    apply_account,
    find_account,
)
from ansible_collections.vigil.observability.plugins.module_utils._grafana.tokens import (
    apply_token,
    find_tokens,
    is_accepted,
    text_of,
    token_plan,
)
from ansible_collections.vigil.observability.plugins.module_utils._http.session import Session

_TOKEN = {
    "name": {"type": "str", "required": True},
    "path": {"type": "path", "required": True},
    "seconds_to_live": {"type": "int", "default": 0, "no_log": False},
    "renew_before": {"type": "int", "default": 604800},
}
_OPTIONS = {
    "name": {"type": "str", "required": True},
    "role": {"type": "str", "choices": ["Viewer", "Editor", "Admin", "None"], "default": "Viewer"},
    "disabled": {"type": "bool", "default": False},
    "tokens": {"type": "list", "elements": "dict", "options": _TOKEN, "no_log": False},
    "prune": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
_KINDS = ("created", "updated", "deleted", "unchanged")


def _tokens(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = parameters["tokens"] or []
    by_key(listed, lambda token: token["name"], option="tokens", what="token")
    by_key(listed, lambda token: token["path"], option="tokens", what="file")
    for token in listed:
        if not Path(token["path"]).parent.is_dir():
            raise PlanError(f"The token {token['name']!r} cannot be kept: there is no directory for {token['path']}.")
        if Path(token["path"]).is_dir():
            raise PlanError(f"The token {token['name']!r} cannot be kept: {token['path']} is a directory.")
        if token["seconds_to_live"] and token["seconds_to_live"] <= token["renew_before"]:
            raise PlanError(
                f"The token {token['name']!r} lives for {token['seconds_to_live']} s and would be renewed "
                f"{token['renew_before']} s before its end, which is always: lower renew_before."
            )
    return listed


def _act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    parameters = module.params
    listed, absent = _tokens(parameters), parameters["state"] == "absent"
    texts = {} if absent else {token["name"]: text_of(token["path"]) for token in listed}
    api = grafana_api(module, session, texts.values())
    there = find_account(api, parameters["name"])
    number = there["id"] if there else 0

    def write_account(step: Step) -> None:
        nonlocal number
        number = apply_account(api, step)

    wanted = {"name": parameters["name"], "role": parameters["role"], "isDisabled": parameters["disabled"]}
    account = account_plan(wanted, there, write_account, absent=absent)
    tokens = Plan()
    if parameters["tokens"] is not None and not absent:
        tokens = token_plan(
            listed,
            find_tokens(api, there["id"], there["name"]) if there else (),
            accepted=lambda one: is_accepted(api, one["name"], texts[one["name"]]),
            write=lambda step: apply_token(api, number, step),
            prune=parameters["prune"],
        )
    apply(module, account + tokens)
    made, became = result_of(module, account + tokens), account.outcome()
    return {
        **{name: made[name] for name in ("changed", "diff") if name in made},
        "account": next((kind for kind in _KINDS if became[kind]), "unchanged"),
        "tokens": {kind: tokens.outcome()[kind] for kind in _KINDS},
        **({"id": number} if number else {}),
    }


def main() -> None:
    """Run the module."""
    run_grafana_module(_OPTIONS, _act)


if __name__ == "__main__":
    main()
