# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options of all modules that use an API, with environment variables as fallback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback

from .._http.session import Endpoint

__all__ = ["connection_rules", "connection_spec", "endpoint_of"]

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "url": {"type": "str", "required": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "token": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "validate_certs": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 30.0},
    "deadline": {"type": "float", "default": 300.0},
    "retries": {"type": "int", "default": 3},
}


def connection_spec(product: str) -> dict[str, Any]:
    """Return the argument spec of the connection, with GRAFANA_URL and so on as fallback."""
    return {
        name: {**option, "fallback": (env_fallback, [f"{product}_{name}".upper()])} for name, option in _OPTIONS.items()
    }


def connection_rules() -> dict[str, Any]:
    """Return the arguments of AnsibleModule besides the spec: which options belong together."""
    return {
        "mutually_exclusive": [("token", "username"), ("token", "password")],
        "required_together": [("username", "password")],
        "required_by": {"client_key": ["client_cert"]},
    }


def endpoint_of(parameters: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Endpoint:
    """Return the endpoint in a module's parameters."""
    given = {name: parameters[name] for name in _OPTIONS if parameters[name] is not None}
    if "token" in given:
        # Tokens are often read from files, which end with a line break.
        given["token"] = given["token"].strip()
    return Endpoint(**given, headers=headers or {})
