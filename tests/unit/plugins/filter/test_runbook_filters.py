# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of runbooks give what the packages make, and refuse what these refuse as filters do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.authorized_keys import FilterModule as AuthorizedKeys
from ansible_collections.vigil.observability.plugins.filter.declared_actions import FilterModule as DeclaredActions
from ansible_collections.vigil.observability.plugins.filter.escalation_paths import FilterModule as EscalationPaths
from ansible_collections.vigil.observability.plugins.filter.runbook_targets import FilterModule as RunbookTargets
from ansible_collections.vigil.observability.plugins.filter.runbooks import FilterModule as Runbooks
from ansible_collections.vigil.observability.plugins.filter.step_actions import FilterModule as StepActions

MODULES = (AuthorizedKeys, DeclaredActions, EscalationPaths, Runbooks, RunbookTargets, StepActions)
FILTERS: dict[str, Callable[..., Any]] = {name: made for one in MODULES for name, made in one().filters().items()}


def test_they_give_what_the_packages_make() -> None:
    assert FILTERS["authorized_keys"]([]) == ""
    assert FILTERS["declared_actions"]({"units": ["shop"]})["units"].keys() == {"shop.service"}
    assert FILTERS["step_actions"]({"command": "repair"}, "run_script") == [{"action": "run", "name": "repair"}]
    (path,) = FILTERS["escalation_paths"]([{"receiver": "duty"}])
    assert path["path"] == [{"receiver": "duty", "after": 0}]
    known = FILTERS["runbooks"]([], hosts={"web1": None})
    assert "exporter_down" in [one["name"] for one in known]


def test_targets_are_where_ssh_reaches_them() -> None:
    hosts = {"web1": {}, "web2": {"ansible_host": "192.0.2.2", "ansible_port": "2222"},
             "web3": {"ansible_host": "bastion", "runbook_target_address": "192.0.2.3",
                      "runbook_target_root_runbooks": ["shop_down"]}, "web4": {}}  # fmt: skip
    assert FILTERS["runbook_targets"](hosts, ["web3", "web1", "web2"]) == {
        "web1": {"address": "web1", "port": 22},
        "web2": {"address": "192.0.2.2", "port": 2222},
        "web3": {"address": "192.0.2.3", "port": 22, "root": ["shop_down"]},
    }


@pytest.mark.parametrize(
    ("name", "given", "named"),
    [
        ("authorized_keys", [[{"key": "x", "from": []}]], {}),
        ("declared_actions", [{"reboot": True}], {}),
        ("escalation_paths", [[{"receiver": "duty", "hour": 1}]], {}),
        ("step_actions", [{}, "reboot"], {}),
        ("runbooks", [["x"]], {"hosts": {}}),
        ("runbooks", [[]], {"hosts": {}, "playbooks": ["mend.yml"]}),
    ],
)
def test_what_cannot_be_used_is_an_error_of_the_filter(name: str, given: list[Any], named: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError):
        FILTERS[name](*given, **named)
