# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Levels that the business watches, such as orders or revenue per minute, as an application describes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.expression import answers_without_data

__all__ = ["BUSINESS_OPTIONS", "BusinessMetric", "business_metric", "faults_of_business"]

BUSINESS_OPTIONS = {
    "name": {"type": "str", "required": True},
    "expr": {"type": "str", "required": True},
    "counts": {"type": "bool"},
    "currency": {"type": "str", "default": ""},
    "loss_per_unit": {"type": "float"},
    "drop": {"type": "float", "default": 0.1},
}


@dataclass(frozen=True, kw_only=True)
class BusinessMetric:
    """A level per minute that the business watches, such as revenue.

    `expr` gives it as one series of an application; `counts` is whether it counts events, so that its noise can be
    derived from its level, and is assumed of all but money; `loss_per_unit` is what a missing unit costs, in
    `currency`, and 1 when the level itself is money; `drop` is the share below the usual level that alerts.
    """

    name: str
    expr: str
    counts: bool
    currency: str
    loss_per_unit: float | None
    drop: float


def business_metric(values: Mapping[str, Any]) -> BusinessMetric:
    """Return the metric that BUSINESS_OPTIONS describe, with what follows from its currency."""
    is_money = bool(values["currency"]) and values["loss_per_unit"] is None
    counts = not is_money if values["counts"] is None else values["counts"]
    loss = 1.0 if is_money else values["loss_per_unit"]
    return BusinessMetric(**{**values, "counts": counts, "loss_per_unit": loss})


def faults_of_business(listed: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the business metrics of an application, as ends of sentences."""
    for one in listed:
        if not 0 < one["drop"] < 1:
            yield f"drop {one['drop']} of the business metric {one['name']!r} must lie between 0 and 1."
        if one["loss_per_unit"] is not None and one["loss_per_unit"] <= 0:
            yield f"loss_per_unit {one['loss_per_unit']} of the business metric {one['name']!r} must be more than 0."
        if answers_without_data(one["expr"]):
            yield (
                f"the business metric {one['name']!r} has a value even when it has no data (vector() or absent() in "
                "its expr): leave that out, a series that vanishes counts as zero anyway."
            )
