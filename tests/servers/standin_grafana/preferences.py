"""Preferences of the organisation: recorded in 17-orgs.json."""

from __future__ import annotations

from typing import Any

from .access import ADMIN, Need
from .answers import Refusal
from .documented import seen
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()

READ = Need("orgs.preferences:read", ADMIN)
WRITE = Need("orgs.preferences:write", ADMIN)

_NAMES = ("theme", "timezone", "weekStart", "language")
_THEMES = ("", "light", "dark", "system")


@routes.get("/api/org/preferences", needs=READ)
def get_preferences(call: Call) -> object:
    """Return the preferences; the home page only while it exists."""
    kept = _kept(call)
    home = _object(call, kept.get("home", ""))
    return {
        **{name: kept.get(name, "") for name in _NAMES},
        "homeDashboardId": kept.get("homeId", 0),
        **({"homeDashboardUID": kept["home"]} if home else {}),
        "navbar": {"savedItems": None},
        "queryHistory": {"homeTab": ""},
    }


@routes.put("/api/org/preferences", needs=WRITE)
def put_preferences(call: Call) -> object:
    """Replace the preferences: what is left out is as by default."""
    return _written(call, {})


@routes.patch("/api/org/preferences", needs=WRITE)
def patch_preferences(call: Call) -> object:
    """Change those that are named."""
    return _written(call, _kept(call))


def _kept(call: Call) -> dict[str, Any]:
    return call.store.get(call.org, "preferences", "org") or {}


@seen("the home page may be a folder, and keeps its number when it is gone; PATCH leaves what it does not name")
def _object(call: Call, uid: str) -> dict[str, Any] | None:
    return call.store.get(call.org, "dashboard", uid) or call.store.get(call.org, "folder", uid) if uid else None


def _written(call: Call, kept: dict[str, Any]) -> object:
    wanted = call.json(theme=str, timezone=str, homeDashboardUID=str, weekStart=str)
    if wanted.get("theme", "") not in _THEMES:
        raise Refusal(400, "Invalid theme")
    kept = {**kept, **{name: wanted[name] for name in _NAMES if name in wanted}}
    if "homeDashboardUID" in wanted:
        uid = wanted["homeDashboardUID"]
        home = _object(call, uid)
        if uid and home is None:
            raise Refusal(404, "Dashboard not found", traceID="")
        kept |= {"home": uid, "homeId": home["id"] if home else 0}
    call.store.put(call.org, "preferences", "org", kept)
    return {"message": "Preferences updated"}
