"""Contact points: recorded in 12-contact-points.json and 12b-contact-points-secrets.json."""

from __future__ import annotations

import re
from typing import Any

from .alerting_config import Config, changed_config, present_config, provenance_of, refused, set_provenance
from .alerting_rule_records import READ, WRITE
from .alerting_text import addressed
from .answers import Answer
from .documented import seen
from .routing import Call, Routes
from .store import new_uid

__all__ = ["routes"]

routes = Routes()

_HIDDEN = "[REDACTED]"
_KIND = "contact-point"
# What is secret of a type, and what it cannot do without.
_SECRET = {
    "LINE": ("token",),
    "opsgenie": ("apiKey",),
    "pagerduty": ("integrationKey",),
    "prometheus-alertmanager": ("basicAuthPassword",),
    "pushover": ("apiToken", "userKey"),
    "sensugo": ("apikey",),
    "slack": ("token", "url"),
    "telegram": ("bottoken",),
    "threema": ("api_secret",),
    "webex": ("bot_token",),
    "webhook": ("password", "authorization_credentials"),
    "wecom": ("url", "secret"),
}
_NEEDED = {
    "LINE": (),
    "dingding": ("url",),
    "discord": ("url",),
    "email": ("addresses",),
    "googlechat": ("url",),
    "kafka": ("kafkaRestProxy", "kafkaTopic"),
    "opsgenie": (),
    "pagerduty": ("integrationKey",),
    "prometheus-alertmanager": ("url",),
    "pushover": ("apiToken", "userKey"),
    "sensugo": ("url", "apikey"),
    "slack": (),
    "teams": ("url",),
    "telegram": ("bottoken", "chatid"),
    "threema": ("gateway_id", "recipient_id", "api_secret"),
    "victorops": ("url",),
    "webex": ("room_id", "bot_token"),
    "webhook": ("url",),
    "wecom": (),
}


@routes.get("/api/alert-notifiers")
def list_types(call: Call) -> object:
    """Return the types with the settings that are secret or needed; Grafana lists all, with texts for people."""
    return [
        {
            "type": kind,
            "name": kind,
            "options": [
                {"propertyName": name, "required": name in needed, "secure": name in _SECRET.get(kind, ())}
                for name in dict.fromkeys((*needed, *_SECRET.get(kind, ())))
            ],
        }
        for kind, needed in _NEEDED.items()
    ]


@routes.get("/api/v1/provisioning/contact-points", needs=READ)
def list_contact_points(call: Call) -> object:
    """Return the integrations, by name."""
    config = present_config(call)
    named = call.query.get("name")
    found = [one for one in config["integrations"] if named in {None, one["name"]}]
    return [_shown(config, one, one["secure"]) for one in sorted(found, key=lambda one: (one["name"], one["uid"]))]


def _shown(config: Config, integration: Config, secrets: Any) -> Config:
    provenance = provenance_of(config, _KIND, integration["uid"])
    return {
        **{name: integration[name] for name in ("uid", "name", "type", "disableResolveMessage")},
        "settings": {**integration["settings"], **dict.fromkeys(secrets, _HIDDEN)},
        **({"provenance": provenance} if provenance else {}),
    }


@routes.post("/api/v1/provisioning/contact-points", needs=WRITE)
def create_contact_point(call: Call) -> object:
    """Add an integration to the contact point of its name; its uid must be new. The answer hides more than there is."""
    with changed_config(call) as config:
        integration = _parsed(call.json(settings=dict), {})
        integration["uid"] = integration["uid"] or new_uid()
        for other in config["integrations"]:
            if other["uid"] == integration["uid"]:
                raise refused(
                    f"receiver configuration with UID '{other['uid']}' already exist in contact point "
                    f"'{other['name']}'. Please use unique identifiers for receivers across all contact points",
                    500,
                )
        config["integrations"].append(integration)
        set_provenance(call, config, _KIND, integration["uid"])
    return Answer(202, _shown(config, integration, _SECRET.get(integration["type"], ())))


@routes.put("/api/v1/provisioning/contact-points/<uid:path>", needs=WRITE)
def update_contact_point(call: Call) -> object:
    """Replace an integration; a hidden secret stays, one left out goes."""
    uid = addressed(call, "uid")
    with changed_config(call) as config:
        places = [place for place, one in enumerate(config["integrations"]) if one["uid"] == uid and uid]
        before = config["integrations"][places[0]] if places else {"secure": {}}
        integration = {**_parsed(call.json(settings=dict), before["secure"]), "uid": uid}
        if not places:
            raise refused(f"object not found: contact point with uid '{uid}' not found", 404)
        set_provenance(call, config, _KIND, uid, guarded=True)
        config["integrations"][places[0]] = integration
    return Answer(202, {"message": "contactpoint updated"})


@routes.delete("/api/v1/provisioning/contact-points/<uid:path>", needs=WRITE)
def delete_contact_point(call: Call) -> object:
    """Remove an integration, or none; the last one of a name that the policy uses stays."""
    with changed_config(call) as config:
        kept = [one for one in config["integrations"] if one["uid"] != addressed(call, "uid")]
        gone = {one["group"] for one in config["integrations"]} - {one["group"] for one in kept}
        for name in sorted(gone & _receivers(config["policy"])):
            raise refused(f"contact point '{name}' is currently used by a notification policy", 500)
        config["integrations"] = kept
        config["provenance"].pop(f"{_KIND}/{call.args['uid']}", None)
    return Answer(202, {"message": "contactpoint deleted"})


def _receivers(route: Config) -> set[str]:
    below = [_receivers(one) for one in route.get("routes", ())]
    return {route.get("receiver", "")}.union(*below)


@seen("an address of Slack that cannot be parsed is refused in the words of Go, which quote it, secrets included")
def _check_address(url: str) -> None:
    user = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    if re.search(r"%(?![0-9A-Fa-f]{2})", url) or re.search(r'["\\\\]', user):
        quoted = url.replace("\\", "\\\\").replace('"', '\\"')
        told = f'failed to validate receiver of type "slack": invalid URL "{quoted}"'
        raise refused(f"invalid object specification: {told}")


def _parsed(body: Config, stored: Config) -> Config:
    kind, settings = body.get("type") or "", body.get("settings")
    if not kind:
        raise refused("invalid object specification: type should not be an empty string")
    if settings is None:
        raise refused("invalid object specification: settings should not be empty")
    if kind not in _NEEDED:
        raise refused(f"invalid object specification: unknown type '{kind}'")
    for name in _NEEDED[kind]:
        if not settings.get(name):
            told = f"failed to validate receiver of type \"{kind}\": required field '{name}' is not specified"
            raise refused(f"invalid object specification: {told}")
    if kind == "slack":
        _check_address(str(settings.get("url", "")))
    secret = {name: value for name, value in settings.items() if name in _SECRET.get(kind, ())}
    kept = {name: stored.get(name, value) if value == _HIDDEN else value for name, value in secret.items()}
    return {
        "uid": body.get("uid") or "",
        "group": body.get("name") or "",
        "name": body.get("name") or "",
        "type": kind,
        "disableResolveMessage": bool(body.get("disableResolveMessage")),
        "settings": {name: value for name, value in settings.items() if name not in secret},
        "secure": {name: value for name, value in kept.items() if value},
    }
