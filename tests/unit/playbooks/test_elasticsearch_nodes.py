# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes the playbook elasticsearch_nodes removes and adds, and what that is to the other nodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.unit.playbooks.expressions import COLLECTION, evaluated

HOSTS = ("logs1", "logs2", "logs3", "logs4")
ROLE = {
    "role_path": str(COLLECTION / "roles/elasticsearch"),
    "elasticsearch_keystore_seed": "a-seed-of-the-keystore",
    "elasticsearch_heap_size": "1g",
    "elasticsearch_bootstrap_host": "logs1",
    "__elasticsearch_staged_release": {"version": "8.19.20"},
}

Shown = Callable[..., Any]


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """A function that returns what an expression is on logs1, with the variables of these files."""

    def run(expression: str, files: list[str], **inputs: Any) -> Any:
        deployed = {name: ["elasticsearch"] if name != "logs4" else [] for name in HOSTS}
        hosts = {name: {"deployed": services} for name, services in deployed.items()}
        facts = {"vigil_memory_bytes": 2**33, "vigil_deployed": "{{ deployed }}", "cacheable": True}
        return evaluated(tmp_path, expression, files, {"elasticsearch": hosts}, facts=facts, inputs=inputs)

    return run


def nodes_of(*names: str) -> list[dict[str, str]]:
    """Return the nodes of a cluster, as the playbooks know them."""
    return [{"host": name, "address": f"{name}:9200"} for name in names]


def test_node_is_added_without_a_restart_of_the_others(shown: Shown) -> None:
    files = ["roles/elasticsearch/defaults/main.yml", "roles/elasticsearch/vars/main.yml"]
    expression = "[__elasticsearch_environment, __elasticsearch_seed_hosts] | to_json"
    three, four = (
        shown(expression, files, **ROLE, elasticsearch_nodes=nodes_of(*names)) for names in (HOSTS[:3], HOSTS)
    )
    # What is in the unit restarts a node; it reads the file whenever it looks for a master.
    assert three[0] == four[0]
    assert (three[1], four[1][len(three[1]) :]) == ("logs1:9300\nlogs2:9300\nlogs3:9300\n", "logs4:9300\n")


@pytest.mark.parametrize(
    ("drained", "removed", "asking"),
    [
        ("logs1, logs2,", ["logs1", "logs2"], "logs3"),
        (["logs3", "logs1"], ["logs3", "logs1"], "logs2"),
        (None, [], "logs1"),
        ("logs1,logs2,logs3", ["logs1", "logs2", "logs3"], ""),
    ],
)
def test_hosts_that_stay_ask_the_cluster_to_remove_others(
    shown: Shown, drained: Any, removed: list[str], asking: str
) -> None:
    targets = {"metrics_targets": {"elasticsearch": nodes_of(*HOSTS)}, "nodes_drain": drained}
    found = shown(
        "[nodes_removed, nodes_asking, nodes_new, nodes_urls] | to_json",
        ["playbooks/vars/elasticsearch_nodes.yml"],
        **targets,
    )
    assert found == [removed, asking, ["logs4"], [f"https://{name}:9200" for name in HOSTS if name not in removed]]
