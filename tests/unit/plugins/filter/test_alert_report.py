# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report on alerts as a page, and as Markdown."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.alert_report import alert_report
from ansible_collections.vigil.observability.tests.unit.plugins.filter.test_trace_report import HOSTILE, Page

QUERY = 'ALERTS{alertname="Slow",alertstate="firing"}'
RULE = {
    "alert": "Slow",
    "teams": ["sales", "web"],
    "severities": ["warning"],
    "series": 1,
    "episodes": 3,
    "firing_seconds": 90_000,
    "short": 1,
    "at_night": 2,
    "at_weekends": 0,
    "median_seconds": None,
    "p90_seconds": 90,
    "flaps": 1,
    "open": 1,
    "lost": 0,
    "query": QUERY,
}
TEAM = {
    "team": "",
    "alerts": 1,
    "episodes": 3,
    "per_week": 1.5,
    "short": 1,
    "at_night": 2,
    "at_weekends": 0,
    "firing_seconds": 9000,
}
PAIR = {"first": "Slow", "second": "Down", "both": 3, "jaccard": 0.75, "first_share": 1.0, "lag_seconds": 60}


def analysis(**changed: Any) -> dict[str, Any]:
    window = {
        "start": "2026-10-05T00:00:00.000Z",
        "end": "2026-10-19T00:00:00.000Z",
        "seconds": 1_209_600,
        "timezone": "UTC",
        "attention": 300.0,
        "flapping": 600.0,
        "together": 300.0,
    }
    coverage = {
        "sources": ["https://monitor1:9090/"],
        "samples": 1,
        "queries": 1,
        "gaps": [],
        "notes": ["Down."],
    }
    hours = [0, 3] + [0] * 22
    found = {"window": window, "coverage": coverage, "rules": [RULE], "hours": hours, "teams": [TEAM]}
    return {**found, "together": [PAIR], "silent": [], "proposals": [], **changed}


def test_a_row_has_the_figures_and_its_name_leads_to_the_query() -> None:
    page = Page(alert_report(analysis(rules=[RULE, RULE], teams=[TEAM, TEAM], together=[PAIR, PAIR])))
    figures = ["3", "1", "2", "0", "1", "", "90 s", "25 h", "1"]
    assert ["Slow", "sales, web", "warning", *figures] in page.rows
    assert ["none", "1", "3", "1.5", "1", "2", "0", "2 h"] in page.rows
    assert ["Slow", "Down", "3", "75 %", "100 %", "60 s"] in page.rows
    address, _same = [urlsplit(str(attributes["href"])) for tag, attributes in page.tags if tag == "a"]
    asked = parse_qs(address.query)
    assert (address.netloc, address.path, asked["g0.expr"]) == ("monitor1:9090", "/graph", [QUERY])
    assert (asked["g0.end_input"], asked["g0.range_input"]) == (["2026-10-19T00:00:00.000Z"], ["1209600s"])


def test_a_proposal_has_what_it_saves_and_costs_or_why_there_is_none() -> None:
    costs = {"saved": 2, "missed": 0, "later_seconds": 300, "longer_seconds": 0}
    change = {"alert": "Slow", "queries": 2, "episodes": 3, "change": {"for": "300s"}, **costs}
    refused = {"alert": "Down", "queries": 2, "episodes": 4, "refused": "it is new"}
    rows = Page(alert_report(analysis(proposals=[change, refused, refused]))).rows
    assert ["Slow", "for: 300s", "3", "2", "5 min", "0 s"] in rows
    assert ["Down", "none: it is new", "4", "", "", ""] in rows


def test_a_rule_that_did_not_fire_is_told_with_what_nobody_has_recorded() -> None:
    silent = {"alert": "Never", "group": "all", "health": "ok", "error": "", "query": "a > 0", "missing": ["a", "b"]}
    assert ["Never", "all", "ok", "", "a, b"] in Page(alert_report(analysis(silent=[silent, silent]))).rows


def test_the_text_of_a_label_is_text() -> None:
    rule = {**RULE, "alert": HOSTILE, "teams": ["a|b", "[x](javascript:y)"]}
    page = alert_report(analysis(rules=[rule], coverage={**analysis()["coverage"], "sources": ["javascript:x"]}))
    assert "<script" not in page
    assert not [tag for tag, _attributes in Page(page).tags if tag == "a"]
    markdown = alert_report(analysis(rules=[rule]), kind="md")
    assert not re.search(r"(?<!\\)<script", markdown)
    assert r"a\|b, \[x\]\(javascript:y\)" in markdown


def test_markdown_has_the_same_rows() -> None:
    text = alert_report(analysis(), "Alerts", "md")
    assert text.startswith("# Alerts\n\n2026-10-05T00:00:00.000Z to 2026-10-19T00:00:00.000Z\n\n- Down\\.\n")
    assert "| none | 1 | 3 | 1\\.5 | 1 | 2 | 0 | 2 h |" in text
    assert "## What did not fire\n\nNone." in text


def test_rows_that_are_not_shown_are_counted() -> None:
    many = [{**RULE, "alert": f"Slow{number}"} for number in range(101)]
    assert "1 more are in the result." in alert_report(analysis(rules=many))
    assert "1 more are in the result." in alert_report(analysis(rules=many), kind="md")
    assert len(Page(alert_report(analysis(rules=[], hours=[0] * 24, teams=[], together=[]))).rows) == 0


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="kind 'pdf' must be one of html, md"):
        alert_report(analysis(), kind="pdf")
