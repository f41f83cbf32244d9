# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the score of an incident is made."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.score import (
    Impact,
    Inputs,
    scored,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.decisions.weights import (
    Weights,
)
from ansible_collections.vigil.observability.packages.incident_response.incident_response.described import (
    ConfigurationError,
    Described,
)

USUAL = Weights.of(Described("score", {}))
QUIET: dict[str, Any] = {
    "severities": ["critical"],
    "loss": Impact(0.0, ""),
    "bad": Impact(0.0, ""),
    "down": [],
    "recent": 1,
    "reports": 0,
}


@pytest.mark.parametrize(
    ("changed", "score", "priority"),
    [
        ({}, 100, "high"),
        ({"severities": ["info", "high", "warning"]}, 70, "medium"),
        ({"severities": ["warning"]}, 40, "low"),
        ({"severities": ["info", "none"]}, 20, "low"),
        ({"severities": ["page", ""]}, 0, "low"),
        ({"loss": Impact(2.5, "orders")}, 125, "high"),
        ({"loss": Impact(5.0, "orders")}, 150, "critical"),
        ({"loss": Impact(1000.0, "orders")}, 200, "critical"),
        ({"loss": Impact(-3.0, "orders")}, 100, "high"),
        ({"bad": Impact(0.5, "checkout")}, 125, "high"),
        ({"bad": Impact(1.5, "checkout")}, 150, "critical"),
        ({"down": ["database"]}, 150, "critical"),
        ({"recent": 5}, 100, "high"),
        ({"recent": 6}, 130, "high"),
        ({"reports": 3}, 160, "critical"),
        ({"severities": ["warning"], "reports": 1}, 60, "medium"),
        (
            {"severities": ["warning"], "recent": 9, "reports": 1, "down": ["a", "b"], "bad": Impact(1.0, "")},
            190,
            "critical",
        ),
    ],
)
def test_every_term_counts_as_the_guide_says(changed: dict[str, Any], score: int, priority: str) -> None:
    found = scored(Inputs(**{**QUIET, **changed}), USUAL)
    assert (found.score, found.priority) == (score, priority)
    assert round(sum(term["points"] for term in found.terms.values())) == score


def test_what_is_unknown_counts_as_0_and_says_why() -> None:
    unknown = Impact(None, "no Prometheus answers")
    found = scored(Inputs(**{**QUIET, "severities": [], "loss": unknown, "bad": unknown}), USUAL)
    assert (found.score, sorted(found.unknown)) == (0, ["revenue", "severity", "users"])
    assert found.terms["revenue"] == {"points": 0, "unknown": "no Prometheus answers"}
    assert found.terms["severity"]["unknown"] == "no alert has a severity that counts"


def test_a_term_shows_its_input() -> None:
    found = scored(Inputs(**{**QUIET, "loss": Impact(30.0, "orders"), "down": ["database"]}), USUAL)
    assert found.terms["revenue"] == {"points": 100, "impact": 10, "loss_per_minute": 30.0, "of": "orders"}
    assert found.terms["users"] == {"points": 0, "impact": 0, "bad_ratio": 0.0}
    assert found.terms["dependency"] == {"points": 50, "down": ["database"]}


def test_weights_of_the_configuration_replace_the_usual_ones() -> None:
    told = {"severity": {"critical": "10"}, "report": 0, "loss_unit": 60, "priorities": {"critical": 20}}
    with pytest.raises(ConfigurationError, match="have to fall from critical to high to medium"):
        Weights.of(Described("score", told))
    told["priorities"] = {"critical": 20, "high": 11, "medium": 11}
    own = Weights.of(Described("score", told))
    found = scored(Inputs(**{**QUIET, "loss": Impact(60.0, "orders"), "reports": 9}), own)
    assert (found.score, found.priority) == (20, "critical")
    assert own.priority(10.9) == "low"
