# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a dashboard's questions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.dashboards.expressions import (
    expressions,
    variable_selectors,
)


def asked(expr: str) -> dict[str, Any]:
    """Return a panel that asks this."""
    return {"type": "stat", "title": "Up", "targets": [{"expr": expr}, {"query": "logs"}]}


@pytest.mark.parametrize(
    ("written", "ready"),
    [
        ("rate(a[$__rate_interval])", "rate(a[5m])"),
        ("rate(a[$__range:$__interval])", "rate(a[1h:1m])"),
        ('up{host=~"$host",job=~"${job}",a=~"${a:regex}"}', 'up{host=~".*",job=~".*",a=~".*"}'),
        ("rate(a[$__range]) * $__range_s", "rate(a[1h]) * 3600"),
        ('label_replace(up, "a", "${1}$2", "b", "(.)(.)")', 'label_replace(up, "a", "${1}$2", "b", "(.)(.)")'),
        ("up", "up"),
    ],
)
def test_expression_is_ready_to_be_asked(written: str, ready: str) -> None:
    [found] = expressions({"panels": [asked(written)]})
    assert (found.panel, found.expr, found.written) == ("Up", ready, written)


def test_panel_that_may_be_empty_tells_what_that_means() -> None:
    panel = {**asked("up == 0"), "fieldConfig": {"defaults": {"noValue": "none"}}}
    assert [one.when_empty for one in expressions({"panels": [panel, asked("up")]})] == ["none", ""]


def test_panels_within_rows_are_asked_too() -> None:
    rows = [{"type": "row", "title": "Row", "panels": [asked("a")]}, asked("b")]
    assert [found.expr for found in expressions({"panels": rows})] == ["a", "b"]


def test_dashboard_of_nothing_asks_nothing() -> None:
    assert expressions({}) == []
    assert variable_selectors({}) == []


def test_variables_that_name_a_label_alone_ask_for_no_series() -> None:
    variables = [
        {"name": "host", "type": "query", "query": "label_values(host)"},
        {"name": "job", "type": "query", "query": 'label_values(up{a=~"$b"}, job)'},
        {"name": "source", "type": "datasource", "query": "prometheus"},
    ]
    assert [found.expr for found in variable_selectors({"templating": {"list": variables}})] == ['up{a=~".*"}']
