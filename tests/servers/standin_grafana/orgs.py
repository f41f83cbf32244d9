"""Organisations: recorded in 02-auth.json and 17-orgs.json."""

from __future__ import annotations

from typing import Any

from .access import ADMIN, SERVER_ADMIN, VIEWER, Need
from .answers import Refusal
from .members import leave, members_of
from .routing import Call, Routes
from .store import EVERYWHERE, instant
from .users import save_user, user_by_id

__all__ = ["routes"]

routes = Routes()

READ_OWN = Need("orgs:read", VIEWER, or_server_admin=True)
READ = Need("orgs:read", SERVER_ADMIN)
CREATE = Need("orgs:create", SERVER_ADMIN)
WRITE = Need("orgs:write", SERVER_ADMIN)
DELETE = Need("orgs:delete", SERVER_ADMIN)

Object = dict[str, Any]

_ADDRESS = ("address1", "address2", "city", "zipCode", "state", "country")


def _shown(org: Object) -> Object:
    address = org.get("address", {})
    return {"id": org["id"], "name": org["name"], "address": {name: address.get(name, "") for name in _ADDRESS}}


def _by_id(call: Call, number: object) -> Object:
    org = call.store.get(EVERYWHERE, "org", str(number))
    if org is None:
        raise Refusal(404, "Organization not found", traceID="")
    return org


def _named(call: Call, name: str) -> Object | None:
    found = call.store.named(EVERYWHERE, "org", name)
    return found[0] if found else None


def _write(call: Call, org: Object) -> None:
    call.store.put(EVERYWHERE, "org", str(org["id"]), org, name=org["name"])


@routes.get("/api/org", needs=READ_OWN)
def current(call: Call) -> object:
    """Return the organisation that the request is about; the recorded server knows no orgId in the query."""
    if call.query.get("orgId") and call.store.get(EVERYWHERE, "org", call.query["orgId"]) is None:
        raise Refusal(404, "Not found")
    return _shown(_by_id(call, call.org))


@routes.get("/api/orgs", needs=READ)
def list_organisations(call: Call) -> object:
    """Return id and name, a page at a time; pages count from 0."""
    orgs = call.store.all(EVERYWHERE, "org")
    if name := call.query.get("name"):
        orgs = [org for org in orgs if org["name"] == name]
    if query := call.query.get("query"):
        orgs = [org for org in orgs if org["name"].lower().startswith(query.lower())]
    size = call.number("perpage", 1000) or 1000
    first = max(call.number("page", 0), 0) * size
    return [{"id": org["id"], "name": org["name"]} for org in orgs[first : first + size]]


@routes.post("/api/orgs", needs=CREATE)
def create(call: Call) -> object:
    """Make an organisation, of which the one who asks is an administrator."""
    name = call.json(name=str).get("name")
    if not name:
        raise Refusal(400, "bad request data", traceID="")
    if _named(call, name):
        raise Refusal(409, "Organization name taken", traceID="")
    number = call.store.next_id("org")
    _write(call, {"id": number, "name": name, "created": instant()})
    user = user_by_id(call, str(call.who.id))
    save_user(call, {**user, "orgs": {**user["orgs"], str(number): ADMIN}})
    return {"message": "Organization created", "orgId": number}


@routes.get("/api/orgs/<id:int>", needs=READ)
def get_by_id(call: Call) -> object:
    """Return the organisation with an id."""
    return _shown(_by_id(call, call.args["id"]))


@routes.get("/api/orgs/<id>")
def get_by_no_id(call: Call) -> object:
    """Refuse what is no number, as the recorded server does: with a permission that has no name."""
    raise call.forbid("")


@routes.get("/api/orgs/name/<name>", needs=READ)
def get_by_name(call: Call) -> object:
    """Return the organisation with a name."""
    org = _named(call, call.args["name"])
    if org is None:
        raise Refusal(404, "Organization not found", traceID="")
    return _shown(org)


@routes.put("/api/orgs/<id:int>", needs=WRITE)
def rename(call: Call) -> object:
    """Give an organisation another name."""
    name, number = call.json(name=str).get("name") or "", int(call.args["id"])
    same = _named(call, name)
    if same and same["id"] != number:
        raise Refusal(400, "Organization name taken", traceID="")
    org = call.store.get(EVERYWHERE, "org", str(number))
    if org is None:
        raise Refusal(500, "Failed to update organization", traceID="")
    _write(call, {**org, "name": name})
    return {"message": "Organization updated"}


@routes.put("/api/orgs/<id:int>/address", needs=WRITE)
def change_address(call: Call) -> object:
    """Replace the address."""
    _write(call, {**_by_id(call, call.args["id"]), "address": call.json()})
    return {"message": "Address updated"}


@routes.delete("/api/orgs/<id:int>", needs=DELETE)
def delete(call: Call) -> object:
    """Remove an organisation with all that is in it."""
    number = int(call.args["id"])
    if number == call.org:
        raise Refusal(400, "Can not delete org for current user")
    if not call.store.delete(EVERYWHERE, "org", str(number)):
        raise Refusal(404, "Failed to delete organization. ID not found")
    call.store.delete_organisation(number)
    for user in members_of(call, number):
        leave(call, user, number)
    return {"message": "Organization deleted"}
