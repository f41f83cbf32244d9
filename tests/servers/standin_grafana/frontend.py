"""What a browser asks for first, as far as other clients ask for it too: recorded in 21-misc.json."""

from __future__ import annotations

from .documented import documented, seen
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()


@routes.get("/api/frontend/settings")
@documented("GET /api/frontend/settings tells the version as buildInfo.version, and newsFeedEnabled, when signed in")
@seen("GET /api/frontend/settings tells the least interval of a refresh, as it is configured")
def frontend_settings(call: Call) -> object:
    """Return what of the settings pages need to know."""
    settings = call.settings
    return {
        "buildInfo": {"version": settings.version, "commit": settings.commit, "edition": "Open Source"},
        "minRefreshInterval": settings.get("dashboards", "min_refresh_interval"),
        "newsFeedEnabled": settings.flag("news", "news_feed_enabled"),
    }
