"""How the recording of provisioned dashboards is replayed: what was done to the files between the requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import Served
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.recorded_start import (
    dashboard_file,
    provider_file,
)
from ansible_collections.vigil.observability.tests.unit.tests.standin_grafana.replay import Replay

Change = Callable[[Served], None]


def _path(served: Served, name: str) -> Path:
    return served.application.settings.path("provisioning") / name


def _written(name: str, **model: Any) -> Change:
    return lambda served: dashboard_file(_path(served, name), **model)


def _broken(served: Served) -> None:
    _path(served, "locked/broken.json").write_text('{"title": ', encoding="utf-8")


def _removed(name: str) -> Change:
    return lambda served: _path(served, name).unlink()


def _without_uid(served: Served) -> None:
    with served.application.store.transaction():
        served.application.store.continue_from("dashboard", 48)
    dashboard_file(_path(served, "locked/nouid.json"), title="No uid in file")


def _provider(**about: Any) -> Change:
    def write(served: Served) -> None:
        path = str(_path(served, "nowhere"))
        provider = {"name": "more", "type": "file", "options": {"path": path}, **about}
        provider_file(_path(served, "dashboards/more.yaml"), [provider])

    return write


_NO_FILES = "the stand-in reads no files of this kind"
_SECOND = {"uid": "prov-rw-1", "title": "Prov RW 1", "schemaVersion": 37}
_THIRD = {"uid": "prov-nd-1", "title": "Prov ND 1", "tags": ["prov"], "schemaVersion": 37}

REPLAYS = {
    "06-provisioned-dashboards": Replay(
        after=("00-setup", "03-folders", "04-dashboards"),
        first_ids={"dashboard": 46},
        before={
            "19 reload dashboards, file changed, its version not": _written("ui/b.json", **_SECOND, tags=["file2"]),
            "21 reload again": _written("ui/b.json", **_SECOND, tags=["file3"]),
            "23 reload with a broken json file": _broken,
            "24 reload with two files of one uid": _written("locked/dup.json", uid="prov-ro-1", title="Duplicate uid"),
            "26 reload with a file without a uid": _without_uid,
            "28 reload with that file removed": _removed("locked/nouid.json"),
            "31 reload: a file claims the uid of an API-made dashboard": _written(
                "locked/adopt.json", uid="adopt", title="Adopt me", tags=["file"]
            ),
            "33 reload: file removed": _removed("locked/adopt.json"),
            "35 reload: file of the disableDeletion provider removed": _removed("nodel/c.json"),
            "38 reload: file back": _written("nodel/c.json", **_THIRD),
        },
    ),
    "07-provisioning-reload": Replay(
        after=("00-setup", "03-folders", "04-dashboards", "06-provisioned-dashboards"),
        differs={
            "10 reload datasources with a broken yaml": _NO_FILES,
            "11 reload datasources with two defaults": _NO_FILES,
            "16 reload alerting with a bad contact point": _NO_FILES,
        },
        before={
            "14 reload dashboards with a path that does not exist": _provider(),
            "15 reload dashboards with an unknown provider type": _provider(type="ftp"),
            "16 reload alerting with a bad contact point": _removed("dashboards/more.yaml"),
        },
    ),
}
