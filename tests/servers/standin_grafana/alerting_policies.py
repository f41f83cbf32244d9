"""The notification policy and mute timings: recorded in 13-policies.json and 14-mute-timings.json."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from .alerting_config import (
    Config,
    changed_config,
    present_config,
    provenance_of,
    refused,
    set_provenance,
    shown_provenance,
)
from .alerting_rule_records import READ, WRITE
from .alerting_text import addressed, duration, interval, matchers
from .answers import Answer
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()

_DEFAULT = {"receiver": "grafana-default-email", "group_by": ["grafana_folder", "alertname"]}
_MUTE = "mute-timing"
_NOTHING = Answer(404, None, "text/plain; charset=utf-8")


@routes.get("/api/v1/provisioning/policies", needs=READ)
def get_policy(call: Call) -> object:
    """Return the tree."""
    config = present_config(call, 404)
    provenance = provenance_of(config, "policy", "")
    return {**config["policy"], **({"provenance": provenance} if provenance else {})}


@routes.put("/api/v1/provisioning/policies", needs=WRITE)
def put_policy(call: Call) -> object:
    """Replace the tree."""
    with changed_config(call) as config:
        body = call.json(receiver=str, routes=list)
        if not body.get("receiver"):
            raise refused("bad request data")
        policy = _parsed(body)
        receivers = {one["group"] for one in config["integrations"]}
        timings = {one["name"] for one in config["mute_timings"]}
        for route in _routes(policy):
            if route.get("receiver", "") not in receivers:
                raise refused(f"invalid object specification: receiver '{route.get('receiver', '')}' does not exist")
            for name in route.get("mute_time_intervals", ()):
                if name not in timings:
                    raise refused(f"invalid object specification: mute time interval '{name}' does not exist")
        set_provenance(call, config, "policy", "")
        config["policy"] = policy
    return Answer(202, {"message": "policies updated"})


@routes.delete("/api/v1/provisioning/policies", needs=WRITE)
def reset_policy(call: Call) -> object:
    """Put the first tree back."""
    with changed_config(call) as config:
        config["policy"] = copy.deepcopy(_DEFAULT)
        config["provenance"].pop("policy/", None)
    return Answer(202, _DEFAULT)


def _parsed(body: Config) -> Config:
    """Return a route as it is written back: what is empty is left out, and so is what is not known."""
    route: Config = {name: body[name] for name in ("receiver", "mute_time_intervals", "continue") if body.get(name)}
    groups = body.get("group_by") or []
    if len(set(groups)) < len(groups) or ("..." in groups and len(groups) > 1):
        raise refused("bad request data")
    route.update({"group_by": groups} if groups else {})
    route.update(matchers(body))
    for name in ("group_wait", "group_interval", "repeat_interval"):
        if body.get(name):
            route[name] = duration(body[name], positive=name != "group_wait")
    if body.get("routes"):
        route["routes"] = [_parsed(below) for below in body["routes"]]
    return route


def _routes(route: Config) -> Iterator[Config]:
    yield route
    for below in route.get("routes", ()):
        yield from _routes(below)


@routes.get("/api/v1/provisioning/mute-timings", needs=READ)
def list_mute_timings(call: Call) -> object:
    """Return the mute timings, oldest first."""
    config = present_config(call)
    return [{**one, **shown_provenance(call, config, _MUTE, one["name"])} for one in config["mute_timings"]]


@routes.get("/api/v1/provisioning/mute-timings/<name:path>", needs=READ)
def get_mute_timing(call: Call) -> object:
    """Return one mute timing."""
    config = present_config(call)
    found = [one for one in config["mute_timings"] if one["name"] == addressed(call, "name")]
    return {**found[0], **shown_provenance(call, config, _MUTE, addressed(call, "name"))} if found else _NOTHING


def _timing(body: Config, name: Any) -> Config:
    if not name:
        raise refused("bad request data")
    return {"name": str(name), "time_intervals": [interval(one) for one in body.get("time_intervals") or ()]}


@routes.post("/api/v1/provisioning/mute-timings", needs=WRITE)
def create_mute_timing(call: Call) -> object:
    """Make a mute timing, whose name must be new."""
    with changed_config(call) as config:
        body = call.json(time_intervals=list)
        timing = _timing(body, body.get("name"))
        if any(one["name"] == timing["name"] for one in config["mute_timings"]):
            raise refused("invalid object specification: a mute timing with this name already exists")
        config["mute_timings"].append(timing)
        provenance = set_provenance(call, config, _MUTE, timing["name"])
    return Answer(201, {**timing, "provenance": provenance})


@routes.put("/api/v1/provisioning/mute-timings/<name:path>", needs=WRITE)
def update_mute_timing(call: Call) -> object:
    """Replace the mute timing that the path names."""
    with changed_config(call) as config:
        timing = _timing(call.json(time_intervals=list), addressed(call, "name"))
        places = [place for place, one in enumerate(config["mute_timings"]) if one["name"] == timing["name"]]
        if not places:
            return _NOTHING
        config["mute_timings"][places[0]] = timing
        provenance = set_provenance(call, config, _MUTE, timing["name"])
    return Answer(202, {**timing, "provenance": provenance})


@routes.delete("/api/v1/provisioning/mute-timings/<name:path>", needs=WRITE)
def delete_mute_timing(call: Call) -> object:
    """Remove a mute timing, or none; one that the policy uses stays."""
    name = addressed(call, "name")
    with changed_config(call) as config:
        if any(name in route.get("mute_time_intervals", ()) for route in _routes(config["policy"])):
            raise refused(f"mute time '{name}' is currently used by a notification policy", 500)
        config["mute_timings"] = [one for one in config["mute_timings"] if one["name"] != name]
        config["provenance"].pop(f"{_MUTE}/{name}", None)
    return Answer(204, None)
