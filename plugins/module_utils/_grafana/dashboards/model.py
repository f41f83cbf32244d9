# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The model of a dashboard: as written or exported, as Grafana stores it, and when two are the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..._api.owner import unmarked
from ..._api.plan import PlanError

__all__ = ["Prepared", "alike", "prepared", "stored"]

# Keys that Grafana numbers itself, and keys of an export that are meant for its import.
_SERVERS = ("id", "version")
_ELEMENTS = "__elements"
_EXPORTS = ("__inputs", "__requires", _ELEMENTS)
_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
# The data source that evaluates expressions is part of Grafana.
_EXPRESSIONS = "__expr__"
# An input of this type keeps its value in the export, even an empty one.
_CONSTANT = "constant"


class Prepared(NamedTuple):
    """A model to be stored, and the library panels in an export, as the export contains them."""

    model: dict[str, Any]
    elements: Any


def stored(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model that was read, without what Grafana numbers itself."""
    return {key: value for key, value in model.items() if key not in _SERVERS}


def prepared(
    given: Mapping[str, Any],
    *,
    uid: str | None,
    tag: str,
    inputs: Mapping[str, Any],
    datasources: Mapping[str, str],
    where: str,
) -> Prepared:
    """Return the model to be stored, and what comes with it.

    Args:
        given: A model, an export with `__inputs`, or an answer of the API with the model in it.
        uid: Replaces the uid of the model.
        tag: Mark of the owner, which replaces those of others unless it is empty.
        inputs: {name: value} for `__inputs`.
        datasources: {type: uid} for those of `__inputs` that are data sources and have no value by name.
        where: Its name in messages.

    Raises PlanError for a model without title or usable uid, and for inputs without a value, by name.
    """
    model = given["dashboard"] if "dashboard" in given and "meta" in given else given
    title, found = model.get("title"), uid or model.get("uid")
    if not isinstance(title, str) or not title.strip():
        raise PlanError(
            f"{where} has no title. It must be the JSON model of a dashboard, with 'title' and 'panels' at the top."
        )
    if not isinstance(found, str) or not _UID.fullmatch(found):
        raise PlanError(
            f"{where} ({title!r}) has the uid {found!r}. It must be 1 to 40 letters, digits, _ or -, and never change, "
            "because it identifies the dashboard. Add one to the model, or set uid."
        )
    tags = model.get("tags") or []
    if not isinstance(tags, list):
        raise PlanError(f"{where} ({title!r}): tags must be a list.")
    values = _values(model, inputs, datasources, f"{where} ({title!r})")
    kept = {key: value for key, value in stored(model).items() if key not in _EXPORTS}
    kept, elements = _filled([kept, model.get(_ELEMENTS)], values) if values else (kept, model.get(_ELEMENTS))
    marked = [*unmarked(tags), tag] if tag else tags
    own = {"uid": found, "title": kept["title"].strip(), **({"tags": marked} if marked or tags else {})}
    return Prepared({**kept, **own}, elements)


def _values(
    model: Mapping[str, Any], inputs: Mapping[str, Any], datasources: Mapping[str, str], where: str
) -> dict[str, str]:
    """Return {"${NAME}": value} of the inputs of an export."""
    values = {}
    missing = []
    for asked in (asked for asked in model.get("__inputs") or [] if isinstance(asked, dict)):
        name, plugin = str(asked.get("name")), asked.get("pluginId")
        own = {**datasources, _EXPRESSIONS: _EXPRESSIONS}.get(str(plugin)) or asked.get("value")
        value = inputs.get(name, own)
        if value is None or (value == "" and asked.get("type") != _CONSTANT):
            missing.append(f"{name} ({plugin or asked.get('type', 'value')})")
        values[f"${{{name}}}"] = str(value)
    if missing:
        raise PlanError(
            f"{where} is an export with open inputs: {', '.join(missing)}. Give each a value in inputs; for a data "
            "source, its uid."
        )
    return values


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if isinstance(value, str) and "${" in value:
        for name, text in values.items():
            value = value.replace(name, text)
    return value


def alike(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same: 1 and 1.0 are, 1 and true are not."""
    # Python's own comparison takes a tenth of the time of one written here, and only confuses 1 and true.
    if one != other:
        return False
    pairs = [(one, other)]
    while pairs:
        one, other = pairs.pop()
        if isinstance(one, bool) != isinstance(other, bool):
            return False
        if isinstance(one, dict):
            pairs += [(item, other[key]) for key, item in one.items() if not isinstance(item, str)]
        elif isinstance(one, list):
            pairs += [pair for pair in zip(one, other) if not isinstance(pair[0], str)]
    return True
