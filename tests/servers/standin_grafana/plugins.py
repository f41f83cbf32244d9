"""Plugins that lie in the folder of [paths] plugins; of those that Grafana brings along there are none."""

from __future__ import annotations

import json
from typing import Any

from .access import VIEWER, Need
from .answers import Refusal
from .documented import documented
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()

READ = Need("plugins:read", VIEWER)


@documented("GET /api/plugins lists what lies in [paths] plugins, by the plugin.json in each folder or its dist")
def _installed(call: Call) -> list[dict[str, Any]]:
    folder = call.settings.path("plugins")
    files = sorted([*folder.glob("*/plugin.json"), *folder.glob("*/dist/plugin.json")])
    return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def _shown(plugin: dict[str, Any]) -> dict[str, Any]:
    named = {name: plugin.get(name, "") for name in ("name", "type", "id")}
    return {**named, "enabled": True, "pinned": False, "info": plugin.get("info", {}), "signature": "unsigned"}


@routes.get("/api/plugins", needs=READ)
def list_plugins(call: Call) -> object:
    """Return the installed plugins."""
    return [_shown(plugin) for plugin in _installed(call)]


@routes.get("/api/plugins/<id>/settings", needs=READ)
def get_settings(call: Call) -> object:
    """Return one installed plugin."""
    for plugin in _installed(call):
        if plugin["id"] == call.args["id"]:
            return _shown(plugin)
    raise Refusal(404, "Plugin not found, no installed plugin with that id")
