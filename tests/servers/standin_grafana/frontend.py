"""What a browser asks for first, as far as other clients ask for it too: recorded in 21-misc.json."""

from __future__ import annotations

from .documented import documented
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()


@routes.get("/api/frontend/settings")
@documented("GET /api/frontend/settings tells the version as buildInfo.version, to those who are signed in")
def frontend_settings(call: Call) -> object:
    """Return the version."""
    settings = call.settings
    return {"buildInfo": {"version": settings.version, "commit": settings.commit, "edition": "Open Source"}}
