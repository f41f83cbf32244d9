"""Dashboards from files of providers in provisioning/dashboards: recorded in 06-provisioned-dashboards.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import dashboard_records as records
from .folders import add_folder, rename_folder
from .settings import Settings
from .store import EVERYWHERE, Store, new_uid

__all__ = ["ProvisioningError", "provision_dashboards"]

Object = dict[str, Any]


class ProvisioningError(Exception):
    """A provider cannot be used."""


@dataclass(frozen=True)
class Provider:
    """A folder of files and the folder that their dashboards belong to."""

    name: str
    org: int
    folder: str
    folder_uid: str
    path: Path
    locked: bool
    keeps: bool


def providers(settings: Settings) -> Iterator[Provider]:
    """Yield what the files of providers name."""
    for file in sorted((settings.path("provisioning") / "dashboards").glob("*.y*ml")):
        try:
            named = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("providers") or []
        except (OSError, yaml.YAMLError, AttributeError) as error:
            raise ProvisioningError(f"cannot read the providers of {file}: {error}") from error
        for provider in named:
            if provider.get("type", "file") != "file":
                raise ProvisioningError(f"cannot use a provider of {file}: its type is {provider['type']}, not file")
            yield Provider(
                name=provider["name"],
                org=provider.get("orgId") or 1,
                folder=provider.get("folder") or "",
                folder_uid=provider.get("folderUid") or "",
                path=settings.home / provider["options"]["path"],
                locked=not provider.get("allowUiUpdates", False),
                keeps=provider.get("disableDeletion", False),
            )


def provision_dashboards(settings: Settings, store: Store) -> None:
    """Write the dashboards of files that are new or changed, and remove those whose file is gone."""
    for provider in providers(settings):
        files = {str(path.relative_to(provider.path)): path for path in sorted(provider.path.rglob("*.json"))}
        known = {state["file"]: state for state in store.named(EVERYWHERE, "provisioned_file", provider.name)}
        folder = _folder(store, provider)
        for name in known.keys() - files.keys():
            _file_is_gone(store, provider, known[name])
        for name, path in files.items():
            _provision(store, provider, folder, (name, path.read_bytes()), known.get(name))


def _file_is_gone(store: Store, provider: Provider, state: Object) -> None:
    store.delete(EVERYWHERE, "provisioned_file", f"{provider.name}/{state['file']}")
    record = store.get(provider.org, "dashboard", state["uid"])
    if record is None or (record["provisioned"] or {}).get("externalId") != state["file"]:
        return
    if provider.keeps:
        records.note(store, provider.org, {**record, "provisioned": None})
    else:
        records.remove(store, provider.org, record)


def _provision(store: Store, provider: Provider, folder: str, file: tuple[str, bytes], state: Object | None) -> None:
    name, content = file
    digest = hashlib.sha256(content).hexdigest()
    if state and state["digest"] == digest and store.get(provider.org, "dashboard", state["uid"]):
        return
    try:
        model = json.loads(content)
    except ValueError:
        return
    if not isinstance(model, dict) or not model.get("title"):
        return
    uid = model.get("uid") or (state["uid"] if state else new_uid())
    record = records.save(
        store,
        provider.org,
        model,
        over=store.get(provider.org, "dashboard", uid),
        by="Anonymous",
        uid=uid,
        title=model["title"],
        folderUid=folder,
        provisioned={"externalId": name, "locked": provider.locked},
    )
    state = {"file": name, "digest": digest, "uid": record["uid"]}
    store.put(EVERYWHERE, "provisioned_file", f"{provider.name}/{name}", state, name=provider.name)


def _folder(store: Store, provider: Provider) -> str:
    """Return the uid of the provider's folder, which gets its title back when someone changed it."""
    if not provider.folder:
        return ""
    if folder := store.get(provider.org, "folder", provider.folder_uid):
        if folder["title"] != provider.folder:
            rename_folder(store, provider.org, folder, provider.folder)
        return provider.folder_uid
    if same := store.named(provider.org, "folder", f"/{provider.folder.lower()}"):
        return str(same[0]["uid"])
    made = add_folder(store, provider.org, {"uid": provider.folder_uid or new_uid(), "title": provider.folder})
    return str(made["uid"])
