"""What a template accepts of a launch, what it ignores, and what it lacks."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from .records import ASKED, Template

__all__ = ["lacking", "sorted_out"]

_JOB_TYPES = ("run", "check")


def sorted_out(template: Template, told: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that are accepted, and those that are ignored though they differ from the template's."""
    accepted: dict[str, Any] = {}
    ignored: dict[str, Any] = {}
    shown = template.shown()
    for name, value in told.items():
        if name not in ASKED or value == shown.get(name):
            continue
        if name == "extra_vars":
            _sort_variables(template, value, accepted, ignored)
        else:
            (accepted if name in template.asks else ignored)[name] = value
    return accepted, ignored


def _sort_variables(template: Template, told: Any, accepted: dict[str, Any], ignored: dict[str, Any]) -> None:
    """Sort variables: without the prompt, those of the survey are accepted."""
    variables = json.loads(told) if isinstance(told, str) else told
    known = set(variables if "extra_vars" in template.asks else template.variables_needed)
    for place, keys in ((accepted, variables.keys() & known), (ignored, variables.keys() - known)):
        if keys:
            place["extra_vars"] = {key: variables[key] for key in sorted(keys)}


def lacking(
    template: Template, told: dict[str, Any], accepted: dict[str, Any], labels: Collection[int]
) -> dict[str, list[str]]:
    """Return why a job cannot be made, by field; nothing if it can."""
    given, passwords = accepted.get("extra_vars", {}), told.get("credential_passwords", {})
    found = {
        "variables_needed_to_start": [f"{one!r} is missing" for one in template.variables_needed if one not in given],
        "passwords_needed_to_start": [one for one in template.passwords_needed if one not in passwords],
        "resources_needed_to_start": [] if template.inventory else ["The inventory is missing."],
        "labels": [f"There is no label {one}." for one in told.get("labels", []) if one not in labels],
        "job_type": [] if told.get("job_type", "run") in _JOB_TYPES else [f"{told['job_type']!r} is no job type."],
    }
    return {name: reasons for name, reasons in found.items() if reasons}
