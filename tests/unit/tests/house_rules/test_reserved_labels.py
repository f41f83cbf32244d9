# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import RESERVED
from ansible_collections.vigil.observability.tests.house_rules import reserved_labels
from ansible_collections.vigil.observability.tests.house_rules.service_inputs import BEGIN, END
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

RULES = """\
groups:
  - name: queues
    rules:
      - alert: QueueFull
        expr: max by (queue) (length{shard!="a", job="q"}) > 9
        annotations: {summary: "{{ $labels.tenant }} waits for {{ $labels.team }}"}
"""


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ('up{job="a",  host=~"b.*"}', {"job", "host"}),
        ("sum by (le, route) (rate(x[5m])) / on (route) group_left () y", {"le", "route"}),
        ('label_replace(x{a="1"}, "b", "$1", "a", "(.*)") * on (b) y', set()),
        ("x > 5", set()),
    ],
)
def test_labels_that_an_expression_asks_for_are_those_it_selects_and_groups_by(expr: str, labels: set[str]) -> None:
    assert reserved_labels.asked(expr) == labels


def test_label_that_a_new_rule_asks_for_or_shows_is_reserved_by_the_next_run(write: Callable[..., Tree]) -> None:
    files = {reserved_labels.FILE: f"{BEGIN}\n_OF_METRICS = ()\n{END}\n", "services.yml": "{}\n"}
    tree = write({**files, "roles/prometheus/files/rules/queues.yml": RULES})
    assert list(reserved_labels.outdated(tree)) == [
        f"{reserved_labels.FILE}: its list of labels is not up to date; run `make docs-tables`"
    ]
    assert reserved_labels.write(tree) == [reserved_labels.FILE]
    written = (tree.root / reserved_labels.FILE).read_text()
    assert all(f'"{name}"' in written for name in ("queue", "shard", "tenant"))
    assert not any(f'"{name}"' in written for name in ("job", "team"))


def test_labels_of_targets_metrics_and_alerts_are_reserved() -> None:
    assert {"job", "instance", "host", "mountpoint", "state", "le", "slo", "severity", "summary"} <= RESERVED
