# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the numbers of an application are judged: by its objectives where it has some.

An objective that counts only some of the application's requests does not judge all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.description import (
    Application,
    Objective,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import Scale, above
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.slo.alerts import BURNS, burn_limit

__all__ = ["Judged", "errors", "latencies", "response_time"]

# Without an objective: from how many percent of errors on somebody should look, and should hurry.
_USUAL = above((1, "yellow"), (5, "red"))


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A scale, the objective behind it in a few words, empty without one, and a sentence that explains the colours."""

    scale: Scale
    objective: str
    sentence: str


def errors(app: Application) -> Judged:
    """Return how the share of failed requests is judged: by the strictest objective, or by what is usual."""
    objectives = sorted(_of(app, "availability"), key=lambda one: one.bad_ratio)
    if not objectives:
        scale = Scale(unit="percent", decimals=2, soft_maximum=2, steps=_USUAL)
        return Judged(
            scale=scale, objective="", sentence="Yellow from 1 %, red from 5 %, because there is no objective."
        )
    allowed = round(100 * objectives[0].bad_ratio, 6)
    page = round(allowed * burn_limit(BURNS[0], objectives[0]), 6)
    steps = above(*sorted({page: "red", allowed: "orange"}.items()))
    window = objectives[0].window
    return Judged(
        scale=Scale(unit="percent", decimals=2, soft_maximum=2 * allowed, steps=steps),
        objective=f"objective: at most {allowed:.3g} % over {window}",
        sentence=(
            f"Orange above the {allowed:.3g} % that the objective allows over {window}, red above {page:.3g} %, when "
            "an alert pages."
        ),
    )


def latencies(app: Application) -> Iterator[tuple[float, Judged]]:
    """Yield for each objective on latency the share of requests that it is about, and how their duration is judged."""
    for one in _of(app, "latency"):
        bound = one.threshold or 0
        yield (
            one.target,
            Judged(
                scale=Scale(unit="s", steps=above((bound, "orange"))),
                objective=f"{100 * one.target:.6g} %, objective: {bound:g} s over {one.window}",
                sentence=f"{100 * one.target:.6g} % of requests should take at most {bound:g} s over {one.window}.",
            ),
        )


def response_time(app: Application) -> Judged:
    """Return how response times are drawn: with a line for the bound of each objective."""
    judged = [found for _share, found in latencies(app)]
    bounds = sorted({one.scale.steps[1][0] or 0 for one in judged})
    return Judged(
        scale=Scale(
            unit="s", steps=above(*((bound, "orange") for bound in bounds)), soft_maximum=max(bounds, default=None)
        ),
        objective=", ".join(one.objective for one in judged),
        sentence=" ".join(f"Dashed: {one.sentence}" for one in judged),
    )


def _of(app: Application, kind: str) -> list[Objective]:
    return [one for one in app.objectives if one.kind == kind and not one.matchers]
