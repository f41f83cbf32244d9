"""Data sources: recorded in 08-datasources.json."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from .access import ADMIN, VIEWER, Need
from .answers import Answer, Raw, Refusal
from .documented import seen
from .routing import Call, Routes
from .store import Store, new_uid

__all__ = ["add_datasource", "routes"]

routes = Routes()

READ = Need("datasources:read", VIEWER)
CREATE = Need("datasources:create", ADMIN)
WRITE = Need("datasources:write", ADMIN)
DELETE = Need("datasources:delete", ADMIN)

Source = dict[str, Any]

_FIELDS = {
    "name": "", "type": "", "typeLogoUrl": "", "access": "", "url": "", "user": "", "database": "",
    "basicAuth": False, "basicAuthUser": "", "withCredentials": False, "isDefault": False,
}  # fmt: skip
# An update that leaves these out, or empties them, leaves them as they are.
_KEPT = ("url", "basicAuthUser")
_LISTED = ("id", "uid", "orgId", "name", "type", "typeName", "typeLogoUrl", "access", "url", "user", "database",
           "basicAuth", "isDefault", "jsonData", "readOnly")  # fmt: skip
_LOGOS = {
    "alertmanager": "logo.svg",
    "elasticsearch": "elasticsearch.svg",
    "jaeger": "jaeger_logo.svg",
    "loki": "loki_icon.svg",
    "prometheus": "prometheus_logo.svg",
}
_NEEDS_URL = frozenset({"alertmanager", "elasticsearch", "jaeger", "loki", "prometheus", "tempo", "zipkin"})
_NO_URL = Refusal(400, "Validation error, invalid URL", traceID="")
_BAD = Refusal(400, "bad request data", traceID="")


def add_datasource(store: Store, org: int, wanted: Source, *, read_only: bool = False) -> Source:
    """Write a new data source and return it."""
    uid = wanted.get("uid") or new_uid()
    source = {
        "id": store.next_id("data_source"),
        "uid": uid,
        "orgId": org,
        **{name: wanted.get(name) or default for name, default in _FIELDS.items()},
        "jsonData": wanted.get("jsonData") or {},
        "secureJsonFields": _kept_secrets({}, wanted),
        "version": 1,
        "readOnly": read_only,
    }
    _put(store, org, source)
    return source


def _put(store: Store, org: int, source: Source) -> None:
    if source["isDefault"]:
        for other in store.all(org, "datasource"):
            if other["isDefault"] and other["uid"] != source["uid"]:
                store.put(org, "datasource", other["uid"], {**other, "isDefault": False}, name=other["name"])
    store.put(org, "datasource", source["uid"], source, name=source["name"])


def _kept_secrets(before: dict[str, bool], wanted: Source) -> dict[str, bool]:
    given = wanted.get("secureJsonData") or {}
    if not all(isinstance(value, str) for value in given.values()):
        raise _BAD
    names = (before.keys() | {name for name, value in given.items() if value}) - {n for n, v in given.items() if not v}
    return dict.fromkeys(sorted(names), True)


def _wanted(call: Call) -> Source:
    wanted = call.json(name=str, uid=str, type=str, access=str, url=str, jsonData=dict, secureJsonData=dict)
    if not all(wanted.get(name) for name in ("name", "type", "access")):
        raise _BAD
    try:
        urlsplit(wanted.get("url") or "")
    except ValueError:
        raise _NO_URL from None
    return wanted


@seen("an update of a data source without a url is refused for Prometheus and its like; without database empties it")
def _check_url(wanted: Source) -> None:
    if wanted["type"] in _NEEDS_URL and not (wanted.get("url") or "").strip():
        raise _NO_URL


def _found(call: Call) -> Source:
    source = None
    if "uid" in call.args:
        source = call.store.get(call.org, "datasource", unquote(call.args["uid"]))
    elif "name" in call.args:
        source = next(iter(call.store.named(call.org, "datasource", unquote(call.args["name"]))), None)
    elif call.args["id"].isdigit():
        source = call.store.by_id(call.org, "datasource", int(call.args["id"]))
    else:
        raise Refusal(400, "id is invalid")
    if source is None:
        raise Refusal(404, "Data source not found")
    return source


@routes.get("/api/datasources", needs=READ)
def list_datasources(call: Call) -> object:
    """Return the data sources by name, without what only one by one shows."""
    listed = sorted(call.store.all(call.org, "datasource"), key=lambda source: str(source["name"]).lower())
    return [{name: {**source, **_type(source["type"])}[name] for name in _LISTED} for source in listed]


def _type(kind: str) -> dict[str, str]:
    logo = f"public/app/plugins/datasource/{kind}/img/{_LOGOS[kind]}" if kind in _LOGOS else ""
    return {
        "typeName": kind.capitalize() if logo else kind,
        "typeLogoUrl": logo or "public/img/icn-datasource.svg",
    }


@routes.get("/api/datasources/uid/<uid>", needs=READ)
@routes.get("/api/datasources/name/<name:path>", needs=READ)
@routes.get("/api/datasources/<id>", needs=READ)
def get_datasource(call: Call) -> object:
    """Return one data source."""
    return _found(call)


@routes.get("/api/datasources/id/<name>", needs=READ)
def get_id(call: Call) -> object:
    """Return the number of the data source with a name."""
    return {"id": _found(call)["id"]}


@routes.post("/api/datasources", needs=CREATE)
def create_datasource(call: Call) -> object:
    """Make a data source; a uid may be anything."""
    wanted = _wanted(call)
    if call.store.named(call.org, "datasource", wanted["name"]):
        raise Refusal(409, "data source with the same name already exists", traceID="")
    if wanted.get("uid") and call.store.get(call.org, "datasource", wanted["uid"]):
        raise Refusal(409, "data source with the same uid already exists", traceID="")
    return _told(add_datasource(call.store, call.org, wanted), "Datasource added")


def _told(source: Source, message: str) -> object:
    return {"datasource": source, "id": source["id"], "message": message, "name": source["name"]}


@routes.put("/api/datasources/uid/<uid>", needs=WRITE)
@routes.put("/api/datasources/<id>", needs=WRITE)
def update_datasource(call: Call) -> object:
    """Change a data source: jsonData is replaced, secrets that are not named are kept, empty ones removed."""
    wanted = _wanted(call)
    _check_url(wanted)
    source = _found(call)
    if source["readOnly"]:
        raise Refusal(403, "Cannot update read-only data source")
    version = wanted.get("version") or 0
    if version and version < source["version"]:
        message = "Datasource has already been updated by someone else. Please reload and try again"
        raise Refusal(409, message, traceID="")
    uid = wanted.get("uid") or source["uid"]
    others = [*call.store.named(call.org, "datasource", wanted["name"]), call.store.get(call.org, "datasource", uid)]
    if any(other and other["id"] != source["id"] for other in others):
        raise Refusal(500, "Failed to update datasource", traceID="")
    changed = {
        **source,
        "uid": uid,
        **{name: wanted.get(name) or (source[name] if name in _KEPT else default) for name, default in _FIELDS.items()},
        "jsonData": wanted.get("jsonData") or {},
        "secureJsonFields": _kept_secrets(source["secureJsonFields"], wanted),
        "version": version + 1,
    }
    call.store.delete(call.org, "datasource", source["uid"])
    _put(call.store, call.org, changed)
    return _told(changed, "Datasource updated")


@routes.delete("/api/datasources/uid/<uid>", needs=DELETE)
@routes.delete("/api/datasources/name/<name:path>", needs=DELETE)
@routes.delete("/api/datasources/<id>", needs=DELETE)
def delete_datasource(call: Call) -> object:
    """Remove a data source."""
    source = _found(call)
    if source["readOnly"]:
        raise Refusal(403, "Cannot delete read-only data source")
    call.store.delete(call.org, "datasource", source["uid"])
    told = {} if "id" in call.args else {"id": source["id"]}
    return {**told, "message": "Data source deleted"}


@routes.get("/api/datasources/uid/<uid>/health", needs=READ)
def check_health(call: Call) -> object:
    """Refuse: no data source of the recorded server has a backend that can be asked."""
    if call.store.get(call.org, "datasource", call.args["uid"]) is None:
        raise Refusal(500, "Unable to load datasource metadata", traceID="")
    raise Refusal(404, "Not found", traceID="")


@routes.get("/api/datasources/uid/<uid>/correlations", needs=READ)
def list_correlations(call: Call) -> object:
    """Return that there are none."""
    _found(call)
    return []


@routes.get("/api/datasources/proxy/uid/<uid>/<path:path>", needs=READ)
def proxy(call: Call) -> object:
    """Answer as when nothing listens at the data source's URL."""
    return Answer(502, Raw(""))
