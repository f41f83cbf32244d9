"""What the recorded server held when the recordings began: files of providers, and a folder of alert rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.vigil.observability.tests.servers.standin_grafana.folders import add_folder
from ansible_collections.vigil.observability.tests.servers.standin_grafana.provisioning import provision
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served, running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings

__all__ = ["dashboard_file", "provider_file", "recorded_server"]

PROVIDERS: dict[str, dict[str, Any]] = {
    "locked": {"folder": "Prov Locked", "folderUid": "prov-locked"},
    "ui": {"folder": "Prov UI", "folderUid": "prov-ui", "allowUiUpdates": True},
    "nodel": {"folder": "Prov NoDel", "folderUid": "prov-nodel", "disableDeletion": True},
}
DASHBOARDS = {
    "locked/a.json": ("prov-ro-1", "Prov RO 1"),
    "ui/b.json": ("prov-rw-1", "Prov RW 1"),
    "nodel/c.json": ("prov-nd-1", "Prov ND 1"),
}


@contextmanager
def recorded_server(folder: Path) -> Iterator[Served]:
    """Run a stand-in of the recorded version whose files of providers lie in this folder."""
    (folder / "dashboards").mkdir(parents=True)
    for name, (uid, title) in DASHBOARDS.items():
        (folder / name).parent.mkdir()
        dashboard_file(folder / name, uid=uid, title=title, tags=["prov"], schemaVersion=37, version=3)
    providers = [
        {"name": name, "orgId": 1, "type": "file", "options": {"path": str(folder / name)}, **about}
        for name, about in PROVIDERS.items()
    ]
    provider_file(folder / "dashboards/providers.yaml", providers)
    settings = Settings(
        values={"paths": {"provisioning": str(folder)}}, version="9.4.0-pre", commit="8f3e92302", home=folder
    )
    with running(settings) as served:
        store = served.application.store
        with store.transaction():
            add_folder(store, 1, {"uid": "CJlD04gdz", "title": "Prov Alerts"})
            provision(settings, store)
        yield served


def dashboard_file(path: Path, **model: Any) -> None:
    """Write a dashboard's file; its fields are given, `panels` is empty."""
    path.write_text(json.dumps({"panels": [], **model}), encoding="utf-8")


def provider_file(path: Path, providers: list[dict[str, Any]]) -> None:
    """Write a file of providers."""
    path.write_text(yaml.safe_dump({"apiVersion": 1, "providers": providers}), encoding="utf-8")
