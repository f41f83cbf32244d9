# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module active_service, as its documentation describes them."""

from __future__ import annotations

from typing import Any

from .lock import LOCK_OPTIONS

__all__ = ["OPTIONS", "REQUIRED_BY"]

_ASKED: dict[str, Any] = {
    "path": {"type": "str"},
    "ca_file": {"type": "path"},
    "username": {"type": "str"},
    # Names where passwords and keys lie; what is in them is not told.
    "password_file": {"type": "path", "no_log": False},
    "certificate": {"type": "path"},
    "key": {"type": "path", "no_log": False},
    "presents": {"type": "path"},
    "progress_path": {"type": "str"},
}
_HEALTH = {
    **_ASKED,
    "also": {"type": "list", "elements": "dict", "default": [], "options": {**_ASKED, "port": {"type": "int"}}},
}
_DATA_COPY = {
    "path": {"type": "path"},
    "command": {"type": "list", "elements": "str"},
    "restore": {"type": "list", "elements": "str"},
}
_CLUSTER = {
    "node": {"type": "str", "required": True},
    "urls": {"type": "list", "elements": "str", "required": True},
    "username": {"type": "str", "required": True},
    "password_file": {"type": "path", "required": True, "no_log": False},
    "accept_yellow": {"type": "bool", "default": False},
    "elected_waits": {"type": "bool", "default": False},
    "emptied_after_failure": {"type": "path"},
}
_PER_CONNECTION = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str", "default": ""},
    "program": {"type": "list", "elements": "str", "required": True},
    "flags": {"type": "dict", "default": {}},
    "at_once": {"type": "int", "required": True},
    "resources": {"type": "dict", "default": {}},
    "hardening_overrides": {"type": "dict", "default": {}},
}
OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str", "default": ""},
    "documentation": {"type": "str", "default": ""},
    "version": {"type": "str"},
    "data_oldest_reader": {"type": "str"},
    "accept_irreversible": {"type": "bool", "default": False},
    "release": {"type": "path", "default": ""},
    "config": {"type": "path"},
    "user": {"type": "str"},
    "program": {"type": "list", "elements": "str"},
    "flags": {"type": "dict", "default": {}},
    "listen_address": {"type": "str", "default": ""},
    "port": {"type": "int"},
    "binaries": {"type": "list", "elements": "str", "default": []},
    "writable_paths": {"type": "list", "elements": "path", "default": []},
    "environment": {"type": "dict", "default": {}},
    "resources": {"type": "dict", "default": {}},
    "hardening_overrides": {"type": "dict", "default": {}},
    "per_connection": {"type": "list", "elements": "dict", "default": [], "options": _PER_CONNECTION},
    "restart_on": {"type": "list", "elements": "path", "default": []},
    "extra_directories": {"type": "list", "elements": "path", "default": []},
    "data_copy": {
        "type": "dict",
        "options": _DATA_COPY,
        "mutually_exclusive": [("path", "command")],
        "required_by": {"restore": "command"},
    },
    "reload": {"type": "bool", "default": False},
    "reload_path": {"type": "str"},
    "watches_config": {"type": "bool", "default": False},
    "health": {"type": "dict", "options": _HEALTH},
    "cluster": {"type": "dict", "options": _CLUSTER},
    "start_timeout": {"type": "int", "default": 120},
    "keep": {"type": "int", "default": 3},
    "unit_dir": {"type": "path", "default": "/etc/systemd/system"},
    "release_link": {"type": "path"},
    "config_link": {"type": "path"},
    "records_dir": {"type": "path", "default": "/var/lib/vigil"},
    "binaries_dir": {"type": "path", "default": "/usr/local/bin"},
    "textfile_dir": {"type": "path"},
    **LOCK_OPTIONS,
}
# A path to ask is one at a port.
REQUIRED_BY = {"health": ["port"], "reload_path": ["port"]}
