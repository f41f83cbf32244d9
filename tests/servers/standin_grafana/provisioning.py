"""What is read from files at the start and on request: recorded in 06 and 07-provisioning-reload.json."""

from __future__ import annotations

from collections.abc import Callable

from .access import SERVER_ADMIN, Need
from .answers import Refusal
from .file_dashboards import ProvisioningError, provision_dashboards
from .routing import Call, Handler, Routes
from .settings import Settings
from .store import Store

__all__ = ["RELOADERS", "provision", "routes"]

routes = Routes()

RELOADERS: dict[str, Callable[[Settings, Store], None]] = {
    "dashboards": provision_dashboards,
    "datasources": lambda settings, store: None,
    "plugins": lambda settings, store: None,
    "notifications": lambda settings, store: None,
    "alerting": lambda settings, store: None,
}
"""What reads the files of each kind; a module may put its own function in the place of one that does nothing."""

RELOAD = Need("provisioning:reload", SERVER_ADMIN)


def provision(settings: Settings, store: Store) -> None:
    """Read the files of every kind."""
    if settings.get("paths", "provisioning"):
        for reload in RELOADERS.values():
            reload(settings, store)


def _answers(kind: str) -> Handler:
    def reload(call: Call) -> object:
        try:
            RELOADERS[kind](call.settings, call.store)
        except ProvisioningError:
            raise Refusal(500, "Internal Server Error", traceID="") from None
        return {"message": f"{kind.capitalize()} config reloaded"}

    return reload


for each in RELOADERS:
    routes.post(f"/api/admin/provisioning/{each}/reload", needs=RELOAD, signed_in=False)(_answers(each))
