# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How numbers are read: units, bounds, and colours, which are kept for what deviates."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

with contextlib.suppress(ImportError):  # refused by a sentence when a dashboard is asked for
    from grafana_foundation_sdk.builders import dashboard
    from grafana_foundation_sdk.cog.builder import Builder
    from grafana_foundation_sdk.models import dashboard as models

__all__ = ["CALM", "LEVELS", "SEVERITIES", "STATUSES", "Scale", "Steps", "above", "below", "mappings", "thresholds"]

# Colours, each with the value from which it holds; the first has None and holds below all others.
Steps = tuple[tuple[float | None, str], ...]

# What is as it should be has no colour.
CALM = "transparent"
# Regular expressions of legends, and the colour that each has on every page.
STATUSES = {"/^2/": "green", "/^3/": "blue", "/^4/": "orange", "/^5/": "red"}
LEVELS = {"FATAL": "dark-purple", "CRITICAL": "dark-red", "ERROR": "red", "WARN": "orange", "INFO": "green"}
SEVERITIES = {"critical": "red", "warning": "orange", "info": "blue"}


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How numbers are read: unit, bounds, colours by value, and texts with their colours in place of some values.

    `soft_maximum` is how high a curve's axis reaches at least, so that flat zeros do not fill it; without a `minimum`
    it reaches down to 0 at least. `unknown` is the text in place of NaN.
    """

    unit: str
    minimum: float | None = 0
    maximum: float | None = None
    soft_maximum: float | None = None
    decimals: int | None = None
    steps: Steps = ((None, CALM),)
    texts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unknown: str = ""


def above(*bounds: tuple[float, str]) -> Steps:
    """Return steps that are calm below the first of the bounds, which rise."""
    return ((None, CALM), *bounds)


def below(worst: str, *bounds: tuple[float, str]) -> Steps:
    """Return steps that have the colour `worst` below the first of the bounds, which rise and end with a calm one."""
    return ((None, worst), *bounds)


def thresholds(scale: Scale) -> Builder[models.ThresholdsConfig]:
    """Return the colours by value.

    Those of texts come first: where equal values are drawn as one, Grafana asks for the colour of the step alone.
    """
    steps = scale.steps
    if scale.texts:
        by_value = sorted((float(value), color) for value, (_text, color) in scale.texts.items())
        steps = ((None, by_value[0][1]), *by_value[1:])
    made = [models.Threshold(value=value, color=color) for value, color in steps]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(made)


def mappings(scale: Scale) -> list[models.ValueMapping]:
    """Return the texts in place of values."""
    shown = {
        value: models.ValueMappingResult(text=text, color=color, index=place)
        for place, (value, (text, color)) in enumerate(scale.texts.items())
    }
    found: list[models.ValueMapping] = [models.ValueMap(options=shown)] if shown else []
    if scale.unknown:
        found.append(_special(models.SpecialValueMatch.NA_N, scale.unknown, len(shown)))
    elif not shown and scale.steps[0][1] != CALM:
        # No value at all would have the colour of the lowest ones.
        found.append(_special(models.SpecialValueMatch.NULL, None, 0))
    return found


def _special(match: models.SpecialValueMatch, text: str | None, index: int) -> models.ValueMapping:
    result = models.ValueMappingResult(text=text, color=CALM, index=index)
    return models.SpecialValueMap(options=models.DashboardSpecialValueMapOptions(match=match, result=result))
