# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Series of incident_response, and what pages of incidents read out of several of them."""

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.scale import CALM, Scale, below
from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.frame import INSTANCE

__all__ = ["AUTOMATION", "HELPED", "NO_RUNS", "automation", "helped", "mean", "of", "total"]

HELPED = Scale(unit="percent", maximum=100, decimals=0, steps=below("orange", (80, CALM)))
AUTOMATION = Scale(
    unit="none", texts={"0": ("on", CALM), "1": ("stopped", "orange"), "2": ("stuck", "red")}, unknown="unknown"
)
NO_RUNS = "no runs"


def of(name: str, *matchers: str) -> str:
    """Return the series of a metric of the instances that are chosen."""
    return f"incident_response_{name}{{{','.join((*matchers, INSTANCE))}}}"


def automation(*by: str) -> str:
    """Return 0 while automation is on, 1 where a person has stopped it, 2 where it does not go on by itself."""
    stuck = f"(time() - {of('acting_timestamp_seconds')} > bool 120)"
    state = f"clamp_max(2 * {stuck} + ({of('stopped_seconds')} > bool 0), 2)"
    return f"max by ({', '.join(by)}) ({state})"


def helped(*by: str) -> str:
    """Return the share of the runs in 7 days that helped, of those that nobody stopped."""
    recovered, judged = (
        f"sum by ({', '.join(by)}) (increase({of('runs_total', matcher)}[7d]))"
        for matcher in ('outcome="recovered"', 'outcome!="stopped"')
    )
    return f"100 * {recovered} / ({judged} > 0)"


def total(name: str, within: str) -> str:
    """Return what the incidents within a time come to, nothing without one of which it is known."""
    return f"{_increase(name, 'sum', within)} and {_increase(name, 'count', within)} > 0"


def mean(name: str, within: str) -> str:
    """Return the average of the incidents within a time, nothing without one of which it is known."""
    return f"{_increase(name, 'sum', within)} / ({_increase(name, 'count', within)} > 0)"


def _increase(name: str, part: str, within: str) -> str:
    return f"sum(increase({of(f'{name}_{part}')}[{within}]))"
