"""The Alertmanager configuration of an organisation: one document, as in Grafana, where writes in parallel collide."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from .answers import Refusal
from .documented import documented, seen
from .routing import Call
from .store import Store

__all__ = [
    "Config",
    "changed_config",
    "config_of",
    "disturb",
    "postpone",
    "present_config",
    "provenance_of",
    "put_config",
    "refused",
    "set_provenance",
    "shown_provenance",
]

Config = dict[str, Any]

_DEFAULT: Config = {
    "policy": {"receiver": "grafana-default-email", "group_by": ["grafana_folder", "alertname"]},
    "mute_timings": [],
    "templates": {},
    "integrations": [
        {
            "uid": "",
            "group": "grafana-default-email",
            "name": "email receiver",
            "type": "email",
            "settings": {"addresses": "<example@email.com>"},
            "secure": {},
            "disableResolveMessage": False,
        }
    ],
    "provenance": {},
}
_DISTURBED: WeakKeyDictionary[Store, int] = WeakKeyDictionary()
_POSTPONED: WeakKeyDictionary[Store, dict[int, int]] = WeakKeyDictionary()


def disturb(store: Store, times: int) -> None:
    """Let the next writes of a configuration fail as if somebody else had written it meanwhile."""
    _DISTURBED[store] = times


def postpone(store: Store, org: int, times: int) -> None:
    """Let an organisation be without an Alertmanager for the next requests that need one."""
    _POSTPONED[store] = {**_POSTPONED.get(store, {}), org: times}


@seen("a new organisation has no Alertmanager yet for some seconds, which is 404 for the policy and 500 for all else")
def present_config(call: Call, status: int = 500) -> Config:
    """Return the configuration of the organisation, or refuse while it has none."""
    if left := _POSTPONED.get(call.store, {}).get(call.org, 0):
        postpone(call.store, call.org, left - 1)
        raise refused("could not find an Alertmanager configuration", status)
    return config_of(call.store, call.org)


def config_of(store: Store, org: int) -> Config:
    """Return the configuration, as it is at first where nobody has written it."""
    return store.get(org, "alertmanager", "config") or copy.deepcopy(_DEFAULT)


def put_config(store: Store, org: int, config: Config) -> None:
    """Write the configuration."""
    store.put(org, "alertmanager", "config", config)


@contextmanager
def changed_config(call: Call) -> Iterator[Config]:
    """Give the configuration to change it, and write it at the end."""
    config = present_config(call)
    yield config
    if left := _DISTURBED.get(call.store, 0):
        _DISTURBED[call.store] = left - 1
        raise refused("could not find object using provided id and hash", 500)
    put_config(call.store, call.org, config)


def refused(message: str, status: int = 400) -> Refusal:
    """Return a refusal as this part of the API words them."""
    return Refusal(status, message, traceID="")


def provenance_of(config: Config, kind: str, name: str) -> str:
    """Return whose an object is: a file's, the API's, or people's."""
    return str(config["provenance"].get(f"{kind}/{name}", ""))


def shown_provenance(call: Call, config: Config, kind: str, name: str) -> dict[str, str]:
    """Return the field that tells whose a mute timing or template is, which the recorded version never shows."""
    return _named(config, kind, name) if call.settings.newer else {}


@documented("lists of mute timings and templates show their provenance")
def _named(config: Config, kind: str, name: str) -> dict[str, str]:
    found = provenance_of(config, kind, name)
    return {"provenance": found} if found else {}


def set_provenance(call: Call, config: Config, kind: str, name: str, *, guarded: bool = False) -> str:
    """Note and return whose a written object is."""
    before = provenance_of(config, kind, name)
    after = _left_to_people(call, before) if call.settings.newer else "api"
    if guarded and before not in {"", after}:
        raise refused(f"cannot changed provenance from '{before}' to '{after}'", 500)
    config["provenance"][f"{kind}/{name}"] = after
    return after


@documented("X-Disable-Provenance leaves contact points, mute timings, templates, policies to people, if not the API's")
def _left_to_people(call: Call, before: str) -> str:
    if "X-Disable-Provenance" not in call.headers:
        return "api"
    if before:
        raise refused(f"cannot change provenance from '{before}' to ''", 409)
    return ""
