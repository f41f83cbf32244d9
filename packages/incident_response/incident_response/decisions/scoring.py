# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which score an incident has, from what the journal and every Prometheus know of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from .facts import Facts
from .prometheus import Firing, Sample
from .score import Impact, Inputs, Score

__all__ = ["BAD", "differs", "inputs"]

BAD = "sli:bad:ratio5m"
_WORTH = 5  # points by which a score has to differ from the last one in the journal
_LOSS = "BusinessMetricDrop"
_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
_SILENT = "no Prometheus answers"


def inputs(known: Facts, firing: tuple[Firing, ...] | None, bad: tuple[Sample, ...] | None) -> Inputs:
    """Return what the score of an incident is made of."""
    return Inputs(
        severities=[one.labels.get("severity", "") for one in known.firing],
        loss=_loss(known.services, firing),
        bad=_worst(known.services, bad),
        down=known.down,
        recent=len(known.recent),
        reports=len(known.reports),
    )


def _loss(services: frozenset[str], firing: tuple[Firing, ...] | None) -> Impact:
    """Return what is lost a minute, the most of several metrics, as they may count the same loss."""
    if firing is None:
        return Impact(None, _SILENT)
    drops = [one for one in firing if one.labels.get("alertname") == _LOSS and one.labels.get("service") in services]
    amounts = [
        (float(amount[0]), one.labels.get("metric", ""))
        for one in drops
        if (amount := _AMOUNT.match(one.annotations.get("loss_per_minute", "")))
    ]
    if drops and not amounts:
        return Impact(None, "loss_per_unit of the metric is not set")
    return Impact(*max(amounts, default=(0.0, "")))


def _worst(services: frozenset[str], bad: tuple[Sample, ...] | None) -> Impact:
    """Return the share of bad requests of the worst objective."""
    if bad is None:
        return Impact(None, _SILENT)
    own = (one for one in bad if one.labels.get("service") in services and math.isfinite(one.value))
    ratios = [(one.value, one.labels.get("slo", "")) for one in own]
    return Impact(*max(ratios)) if ratios else Impact(None, "no objective of its services has samples")


def differs(score: Score, last: Mapping[str, Any] | None) -> bool:
    """Return whether a score is worth an entry: small changes come every time."""
    if last is None or score.priority != last["priority"] or abs(score.score - last["score"]) >= _WORTH:
        return True
    return score.unknown != {name for name, term in last["terms"].items() if "unknown" in term}
