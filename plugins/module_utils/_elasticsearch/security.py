# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may do what in a cluster: roles, role mappings, native users and API keys, in that order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._api.owner import Ownership
from .._api.resource import Plan
from .._http.session import Session
from .access import MAPPINGS, ROLES, USERS, refuse_reserved, with_passwords
from .api_keys import keys_plan, wanted_keys
from .client import elasticsearch_api
from .objects import STATE_OPTIONS, Listed, found, made, plan, wanted

__all__ = ["OPTIONS", "act"]

OPTIONS: Mapping[str, Any] = {
    "roles": {"type": "dict"},
    "role_mappings": {"type": "dict"},
    "users": {"type": "dict"},
    "passwords": {"type": "dict", "no_log": True, "default": {}},
    "secret_digest_key": {"type": "str", "no_log": True},
    "api_keys": {"type": "dict", "no_log": False},
    **STATE_OPTIONS,
}
"""Argument spec of the module's own options."""


def act(module: AnsibleModule, session: Session) -> dict[str, Any]:
    """Make them as the parameters say, none in check mode, and return what exit_json takes."""
    parameters, ownership = module.params, Ownership.of(module.params)
    present = parameters["state"] == "present"
    passwords = {name: str(value) for name, value in parameters["passwords"].items() if value not in (None, "")}
    kinds = (ROLES, MAPPINGS, USERS)
    lists = {kind: wanted(kind, parameters, ownership) for kind in kinds}
    keys = wanted_keys(parameters, ownership)
    logins = [f"{name}:{password}" for name, password in passwords.items()]
    api = elasticsearch_api(session, [*passwords.values(), *logins])
    read = []
    for kind, given in lists.items():
        there = found(api, kind) if parameters[kind.option] is not None else {}
        refuse_reserved(given, there)
        digested = kind is USERS and present
        items = with_passwords(given, there, passwords, parameters["secret_digest_key"]) if digested else given
        read.append(Listed(kind, items, there, plan(api, kind, items, there, ownership, parameters)))
    changes = sum((one.plan for one in read), Plan())
    return made(module, ownership, read, changes + keys_plan(api, keys, parameters, ownership))
