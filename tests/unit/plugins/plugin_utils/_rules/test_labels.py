# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labels that the stack keeps to itself; a house rule compares them with those that rules and dashboards ask for."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.filter.inventory_targets import inventory_targets
from ansible_collections.vigil.observability.plugins.filter.probe_jobs import probe_jobs
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import ROLES
from ansible_collections.vigil.observability.plugins.plugin_utils._rules.labels import RESERVED, wrong_labels

PROBE = {"name": "shop", "module": "http_2xx", "targets": ["https://shop.example"]}


def test_every_label_that_the_stack_sets_on_a_target_is_its_own() -> None:
    [target] = inventory_targets({"a": {}}, {"prometheus": ["a"]})["prometheus"]
    [job] = probe_jobs([PROBE], [{"host": "a", "address": "a:9115"}])
    external = yaml.safe_load((ROLES / "prometheus/vars/main.yml").read_text())["__prometheus_config"]["global"]
    relabelled = {rule["target_label"] for rule in job["relabel_configs"] if not rule["target_label"].startswith("__")}
    assert relabelled | set(target["labels"]) | set(external["external_labels"]) <= RESERVED


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"team": "shop", "environment": "production", "rack": 7, "spare": False}, []),
        (
            {"job": "web"},
            [
                (
                    "cannot contain job, which is a label of the stack's own: alerts and dashboards use it, so "
                    "choose another name."
                )
            ],
        ),
        (
            {"host": "a", "team": "b", "state": "c"},
            [
                (
                    "cannot contain host and state, which are labels of the stack's own: alerts and dashboards use "
                    "them, so choose another name."
                )
            ],
        ),
        *(
            (
                {name: "x"},
                [
                    (
                        f"cannot contain {name!r}: names of labels consist of letters, digits and _, "
                        "and begin with neither a digit nor __."
                    )
                ],
            )
            for name in ("on-call", "1st", "__address__", "", "größe")
        ),
        (
            {"team": "", "rack": None, "row": ["a"]},
            ["must have a text for team, rack and row: set it to one, or remove it."],
        ),
    ],
)
def test_label_that_hides_one_of_the_stacks_or_is_none_is_named(labels: dict[Any, Any], said: list[str]) -> None:
    assert list(wrong_labels(labels)) == said
