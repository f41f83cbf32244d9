# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inputs of the roles of this collection: which there are, and whether a value is what an input takes."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.vigil.observability.plugins.plugin_utils._formats.yaml_text import parsed

__all__ = [
    "PROVISIONED",
    "ROLES",
    "SHARED",
    "Inputs",
    "close_to",
    "described_inputs",
    "is_secret",
    "misspelt",
    "role_of",
    "type_problem",
]

# {role: {name of the input: its option, as meta/argument_specs.yml describes it}}
Inputs = Mapping[str, Mapping[str, Mapping[str, Any]]]

ROLES = Path(__file__).parents[3] / "roles"
SHARED = "vigil"
_SHARED_INPUTS: Mapping[str, Mapping[str, Any]] = {
    "vigil_applications": {"type": "list"},
    "vigil_catalogue_extra": {"type": "dict"},
    "vigil_environment": {"type": "dict"},
    "vigil_foreign_prefixes": {"type": "list", "elements": "str"},
    "vigil_labels": {"type": "dict"},
    "vigil_lock_timeout": {"type": "int"},
    "vigil_log_alerts": {"type": "list", "elements": "dict"},
    "vigil_log_services": {"type": "list", "elements": "str"},
    "vigil_mirror": {"type": "str"},
    "vigil_tags": {"type": "dict"},
    "vigil_textfile_dir": {"type": "path"},
    "vigil_tls_min_version": {"type": "str", "choices": ["TLS12", "TLS13"]},
}
PROVISIONED: Inputs = {
    "elasticsearch": {
        "provision_cluster_settings": {"type": "dict"},
        "provision_log_field_limit": {"type": "int"},
        "provision_log_fields": {"type": "dict"},
        "provision_log_replicas": {"type": "int"},
        "provision_log_retention_days": {"type": "int"},
        "provision_snapshot_repository": {"type": "dict"},
        "provision_snapshot_retention_days": {"type": "int"},
        "provision_snapshot_schedule": {"type": "str"},
    },
    "grafana": {
        "provision_dashboard_directory": {"type": "str"},
        "provision_dashboard_inputs": {"type": "dict"},
        "provision_home_dashboard": {"type": "str"},
        "provision_more_datasources": {"type": "list", "no_log": True},
        "provision_more_folders": {"type": "list"},
    },
    "incident_response": {
        "incident_response_delay": {"type": "str"},
        "incident_response_levels": {"type": "dict"},
        "incident_response_playbooks": {"type": "list", "elements": "path"},
        "incident_response_root_runbooks": {"type": "list", "elements": "str"},
        "incident_response_runbooks": {"type": "list", "elements": "dict"},
    },
    "runbook_target": {"runbook_actions": {"type": "dict"}},
}
"""What the playbooks read and no role does, of the inventory of a host of each service."""
_CONTAINERS: Mapping[str, type] = {"dict": dict, "list": list}
_ONE = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "path": "a path",
    "str": "a text",
}
_MANY = {"dict": "mappings", "float": "numbers", "int": "whole numbers", "path": "paths", "str": "texts"}
_KINDS = ((dict, "dict"), (list, "list"), (str, "str"), (bool, "bool"), ((int, float), "float"))
_ALIKE = 0.6  # of a name without its role
_SAME = 0.85  # of such a name, whatever its words are
_SAME_WORD = 0.75  # of a word in it
_SHORTEST = 3  # letters that abbreviate a word
_ALMOST = 0.9  # of a whole name


@functools.cache
def described_inputs() -> Inputs:
    """Return the inputs of every role, and under SHARED those that the roles have in common."""
    inputs: dict[str, Mapping[str, Mapping[str, Any]]] = {SHARED: _SHARED_INPUTS}
    for path in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        specs = parsed(path.read_text(encoding="utf-8"))["argument_specs"]
        inputs[path.parents[1].name] = specs["main"]["options"]
    return inputs


def role_of(name: str, inputs: Inputs) -> str | None:
    """Return the role whose prefix a variable has, the longest if there are several."""
    return max((role for role in inputs if name.startswith(f"{role}_")), key=len, default=None)


def misspelt(name: str, inputs: Inputs) -> str | None:
    """Return what to say of a variable that comes close to an input of the role that it is named after.

    That is the end of a sentence. Each word of a name that is close is one of the input too, or was meant to be.
    """
    role = role_of(name, inputs)
    if role is None or any(name in options for options in inputs.values()):
        return None
    parts = {option.removeprefix(f"{role}_"): option for option in inputs[role]}
    part = name.removeprefix(f"{role}_")
    near = difflib.get_close_matches(part, parts, n=2, cutoff=_ALIKE)
    meant = [parts[other] for other in near if _is_slip(part, other)]
    if not meant:
        return None
    what = "a variable of this collection" if role == SHARED else f"an input of the role {role}"
    return f"is not {what}: correct it to {' or '.join(meant)}, or remove it."


def _is_slip(part: str, other: str) -> bool:
    words, known = part.split("_"), other.split("_")
    if len(words) <= len(known) and _likeness(part, other) >= _SAME:
        return True
    return all(
        any(_likeness(word, one) >= _SAME_WORD or (one.startswith(word) and len(word) >= _SHORTEST) for one in known)
        for word in words
    )


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(a=one, b=other).ratio()


def close_to(name: str, inputs: Inputs) -> str | None:
    """Return the input that a variable is probably meant to be, when not even its prefix is a role's."""
    if role_of(name, inputs) is not None:
        return None
    known = [option for options in inputs.values() for option in options]
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=_ALMOST)), None)


def is_secret(option: Mapping[str, Any]) -> bool:
    """Return whether a value of the option, or a part of it, must not be shown."""
    return bool(option.get("no_log")) or any(is_secret(nested) for nested in option.get("options", {}).values())


def type_problem(name: str, value: Any, option: Mapping[str, Any]) -> str | None:
    """Return why the value is not what the option takes: the end of a sentence, which shows no secret.

    Texts are no lists or mappings here: roles take a value as it is, while a module would convert it.
    """
    if value is None:
        return f"is empty: set it to {_wanted(option)}, or remove it."
    if found := _misshapen(value, option):
        return f"is {found}: it has to be {_wanted(option)}."
    complaints = ArgumentSpecValidator({name: {**option, "required": False}}).validate({name: value}).error_messages
    if not complaints:
        return None
    if not option.get("options"):
        return f"is {_found(value, option)}: it has to be {_wanted(option)}."
    if is_secret(option):
        return (
            "does not match its description, and is not shown because it is secret: compare it with the role's README."
        )
    return f"does not match its description: {'; '.join(complaints)}."


def _misshapen(value: Any, option: Mapping[str, Any]) -> str:
    """Return what was found where a value, or a member of a list, is a container and should be none, or vice versa."""
    if not _has_shape(value, option.get("type", "str")):
        return _found(value, option)
    elements = option.get("elements")
    wrong = [each for each in value if not _has_shape(each, elements)] if elements else []
    return f"a list with {_kind_of(wrong[0])} in it" if wrong else ""


def _has_shape(value: Any, kind: str) -> bool:
    container = _CONTAINERS.get(kind)
    return isinstance(value, container) if container else kind == "raw" or not isinstance(value, dict | list)


def _wanted(option: Mapping[str, Any]) -> str:
    if option.get("choices"):
        return f"one of {', '.join(str(choice) for choice in option['choices'])}"
    kind, elements = option.get("type", "str"), option.get("elements")
    return f"a list of {_MANY.get(elements, elements)}" if elements else _ONE.get(kind, kind)


def _found(value: Any, option: Mapping[str, Any]) -> str:
    # What stands in place of a container could hold anything, such as a configuration with its passwords.
    hidden = isinstance(value, dict | list) or option.get("type") in _CONTAINERS or is_secret(option)
    return _kind_of(value) if hidden else f"{value!r}"


def _kind_of(value: Any) -> str:
    return next((_ONE[kind] for types, kind in _KINDS if isinstance(value, types)), "nothing")
