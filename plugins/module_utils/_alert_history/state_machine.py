# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When Prometheus would have fired an alert: pending, firing, `for` and `keep_firing_for`, evaluation by evaluation."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .episodes import Span

__all__ = ["fired"]


def fired(evaluations: Iterable[float], active: Collection[float], hold: float, keep: float) -> list[Span]:
    """Return the first and the last evaluation of each time in which one alert fires.

    Args:
        evaluations: When the rule is evaluated, ascending.
        active: Those of them at which its expression has a result for the alert.
        hold: Its `for`, in the same unit.
        keep: Its `keep_firing_for`.
    """
    spans: list[Span] = []
    pending_since: float | None = None
    absent_since: float | None = None
    fires = False
    for at in evaluations:
        if at in active:
            absent_since = None
            if pending_since is None:
                pending_since = at
        else:
            absent_since = at if absent_since is None else absent_since
            if not (fires and at - absent_since < keep):
                pending_since, fires = None, False
        starts = not fires and pending_since is not None and at - pending_since >= hold
        if starts:
            fires = True
            spans.append((at, at))
        elif fires:
            spans[-1] = (spans[-1][0], at)
    return spans
