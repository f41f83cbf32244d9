# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which alerts a runbook is for: matchers, as Alertmanager and PromQL write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._applications.matcher import (
    Matcher,
    MatcherError,
    counted_labels,
    matcher,
)

__all__ = ["faults_of_alerts", "may_both_match", "may_match", "parsed"]


def faults_of_alerts(texts: Any) -> Iterator[str]:
    """Yield the end of a sentence for each text that is no matcher, and for matchers that any alert could have."""
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        yield "matchers must be a list of texts such as 'alertname=\"TargetDown\"'."
        return
    found = []
    for text in texts:
        try:
            found.append(matcher(text))
        except MatcherError as error:
            yield f"the matcher {text!r} {error}."
    if len(found) < len(texts):
        return
    if not any(one.label in ("alertname", "action") and not one.matches("") for one in found):
        yield "matchers must name alerts: add one on alertname or action."


def parsed(texts: Sequence[str]) -> list[Matcher]:
    """Return valid texts as matchers."""
    return [matcher(text) for text in texts]


def may_match(matchers: Sequence[Matcher], label: str, value: str) -> bool:
    """Return whether an alert with this label may be among those that are meant."""
    return all(one.matches(value) for one in matchers if one.label == label)


def may_both_match(one: Sequence[Matcher], other: Sequence[Matcher]) -> bool:
    """Return whether an alert can be found that both are for."""
    together = [*one, *other]
    found = counted_labels(together)
    return all(may_match(together, label, found.get(label, "")) for label in {each.label for each in together})
