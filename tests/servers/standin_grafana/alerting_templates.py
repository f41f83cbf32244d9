"""Notification templates: recorded in 15-templates.json."""

from __future__ import annotations

from .alerting_config import changed_config, present_config, refused, set_provenance, shown_provenance
from .alerting_rule_records import READ, WRITE
from .alerting_text import addressed
from .answers import Answer
from .routing import Call, Routes

__all__ = ["routes"]

routes = Routes()

_KIND = "template"


@routes.get("/api/v1/provisioning/templates", needs=READ)
def list_templates(call: Call) -> object:
    """Return the templates, by name."""
    config = present_config(call)
    return [_shown(call, name) for name in sorted(config["templates"])]


def _shown(call: Call, name: str) -> dict[str, str]:
    config = present_config(call)
    return {"name": name, "template": config["templates"][name], **shown_provenance(call, config, _KIND, name)}


@routes.get("/api/v1/provisioning/templates/<name:path>", needs=READ)
def get_template(call: Call) -> object:
    """Return one template."""
    if addressed(call, "name") not in present_config(call)["templates"]:
        return Answer(404, None, "text/plain; charset=utf-8")
    return _shown(call, addressed(call, "name"))


@routes.put("/api/v1/provisioning/templates/<name:path>", needs=WRITE)
def put_template(call: Call) -> object:
    """Write a template; one that defines nothing becomes a definition of its name."""
    name = addressed(call, "name")
    with changed_config(call) as config:
        text = str(call.json(template=str).get("template") or "").strip()
        if not text:
            raise refused("invalid object specification: template must have content")
        if "define" not in text:
            text = f'{{{{ define "{name}" }}}}\n  {text}\n{{{{ end }}}}'
        if text.count("{{") != text.count("}}"):
            raise refused("invalid object specification: invalid template: template: :1: unclosed action")
        config["templates"][name] = text
        provenance = set_provenance(call, config, _KIND, name)
    return Answer(202, {"name": name, "template": text, "provenance": provenance})


@routes.delete("/api/v1/provisioning/templates/<name:path>", needs=WRITE)
def delete_template(call: Call) -> object:
    """Remove a template, or none."""
    with changed_config(call) as config:
        config["templates"].pop(addressed(call, "name"), None)
        config["provenance"].pop(f"{_KIND}/{call.args['name']}", None)
    return Answer(204, None)
