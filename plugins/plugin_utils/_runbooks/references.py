# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known only when an alert is there: labels in texts and in parameters, and values of an application."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["APPLICATION_VALUES", "is_reference", "parts", "referred_values"]

# What a description of an application can give a step.
APPLICATION_VALUES = ("unit", "scale_units", "failover_command")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_PLACE = re.compile(r"\$\$|\$([a-zA-Z_][a-zA-Z0-9_]*)")

Part = str | dict[str, str]


def is_reference(value: Any) -> bool:
    """Return whether a value of a parameter stands for a label of the alert, or for a value of its application."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    kind, name = next(iter(value.items()))
    return (kind == "label" and bool(_LABEL.fullmatch(str(name)))) or (
        kind == "application" and name in APPLICATION_VALUES
    )


def referred_values(parameters: dict[str, Any]) -> list[str]:
    """Return the values of an application that parameters stand for."""
    return [value["application"] for value in parameters.values() if is_reference(value) and "application" in value]


def parts(text: str) -> list[Part]:
    """Return a text cut at `$label`, each as {label: name}, so that nobody has to parse it again; `$$` is a `$`."""
    found: list[Part] = []
    end = 0
    for place in _PLACE.finditer(text):
        found.append(text[end : place.start()] + ("" if place[1] else "$"))
        if place[1]:
            found.append({"label": place[1]})
        end = place.end()
    return [part for part in [*found, text[end:]] if part]
