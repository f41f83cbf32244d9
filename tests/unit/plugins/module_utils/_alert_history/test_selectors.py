# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Selectors of expressions; tests/unit/tests/rules compares those of all shipped rules with what a parser finds."""

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._alert_history.selectors import selectors_of


@pytest.mark.parametrize(
    ("expr", "selectors"),
    [
        ('sum by (a, b) (rate(foo{x="}{"}[5m])) > 0.5e3', ['foo{x="}{"}']),
        ("sum(foo) without (instance) / count(foo)", ["foo"]),
        ('up{job!~"a|b"} == 0 and on (job) count by (job) (up) - 1 == 0 or vector(1)', ['up{job!~"a|b"}', "up"]),
        ('{__name__=~"a.*", b=\'"\'}', ['{__name__=~"a.*", b=\'"\'}']),
        ("absent(foo:bar) offset 5m", ["foo:bar"]),
        ("a @ start() > bool inf unless ignoring (x) group_left (y) b # not c", ["a", "b"]),
        ("quantile_over_time(0.9, x[5m:1m]) ^ 2", ["x"]),
        ('label_replace(x, "to", "$1", "from", "(.*) sum(y)")', ["x"]),
        ("vector(1) > 0x1f", []),
    ],
)
def test_selectors_are_found_as_they_are_written(expr: str, selectors: list[str]) -> None:
    assert selectors_of(expr) == selectors
