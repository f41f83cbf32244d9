# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host declares for automation, and by which keys that logs in."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.declared import declared_actions
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.keys import authorized_keys

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mJ3mZlqXo0t5mQ1e1Jt0o6l1ZQ4W7q3b1xV0d8nQk"


def test_actions_are_completed_with_names_and_defaults() -> None:
    described = {
        "units": {"shop": ["restart"], "shop.timer": ["start", "stop"]},
        "clear": {"pages": {"path": "/var/cache/shop//pages/"}},
        "run": {"promote": {"argv": ["/usr/bin/pg_ctlcluster", "15", "main", "promote"], "seconds": 60}},
        "vacuum": "500M",
    }
    assert declared_actions(described) == {
        "units": {"shop.service": ["restart"], "shop.timer": ["start", "stop"]},
        "clear": {"pages": {"path": "/var/cache/shop/pages", "older_than_days": 0}},
        "run": {"promote": {"argv": ["/usr/bin/pg_ctlcluster", "15", "main", "promote"], "seconds": 60}},
        "vacuum": "500M",
    }


def test_listed_units_may_be_started_stopped_and_restarted_and_nothing_declared_allows_nothing() -> None:
    assert declared_actions({"units": ["shop@1"]})["units"] == {"shop@1.service": ["start", "stop", "restart"]}
    assert declared_actions({}) == {"units": {}, "clear": {}, "run": {}, "vacuum": ""}


@pytest.mark.parametrize(
    ("described", "sentence"),
    [
        ([], "runbook_actions must be a mapping, not []."),
        ({"restart": ["shop"]}, "runbook_actions.restart is unknown: use units, clear, run, vacuum."),
        ({"units": "shop"}, "runbook_actions.units must be names of units, not ''."),
        ({"units": ["shop; reboot"]}, "runbook_actions.units must be names of units, not 'shop; reboot'."),
        ({"units": ["--all"]}, "runbook_actions.units must be names of units, not '--all'."),
        ({"units": {"shop": ["kill"]}}, "runbook_actions.units.shop must be a list of start, stop, restart."),
        ({"units": {"shop": "restart"}}, "runbook_actions.units.shop must be a list of start, stop, restart."),
        ({"clear": ["/tmp/a"]}, "runbook_actions.clear must be a mapping by name."),
        (
            {"clear": {"Pages": {"path": "/srv/pages"}}},
            (
                "runbook_actions.clear.Pages must be named by at most 40 lower-case letters, digits, _ and -, a letter "
                "first."
            ),
        ),
        ({"clear": {"pages": "/srv/a"}}, "runbook_actions.clear.pages must be a mapping of older_than_days, path."),
        (
            {"clear": {"pages": {"path": "pages"}}},
            "runbook_actions.clear.pages.path 'pages' is not an absolute path: start it with /.",
        ),
        (
            {"clear": {"pages": {"path": "/var/a/../lib"}}},
            (
                "runbook_actions.clear.pages.path is /var/a/../lib, which belongs to the system: name the directory "
                "of an application."
            ),
        ),
        (
            {"clear": {"pages": {"path": "/srv/pages", "older_than_days": -1}}},
            "runbook_actions.clear.pages.older_than_days -1 must be a whole number.",
        ),
        (
            {"run": {"go": {"argv": "reboot"}}},
            "runbook_actions.run.go.argv must be a list of texts, the program first.",
        ),
        (
            {"run": {"go": {"argv": ["reboot"]}}},
            "runbook_actions.run.go.argv must begin with the path of a program, not 'reboot'.",
        ),
        (
            {"run": {"go": {"argv": ["/bin/true"], "seconds": 0}}},
            "runbook_actions.run.go.seconds 0 must be a whole number from 1 to 3600.",
        ),
        ({"vacuum": "all"}, "runbook_actions.vacuum 'all' must be a size such as 500M, to which the journal is cut."),
    ],
)
def test_what_cannot_be_declared_is_refused_in_a_sentence(described: Any, sentence: str) -> None:
    with pytest.raises(OperatorError) as refusal:
        declared_actions(described)
    assert str(refusal.value) == sentence


def test_key_is_accepted_from_its_addresses_alone_and_for_commands_alone() -> None:
    accepted = [{"key": f"{KEY} engine@monitor1\n", "from": ["192.0.2.10", "fd00::/64"]}]
    assert authorized_keys(accepted) == f'restrict,from="192.0.2.10,fd00::/64" {KEY}\n'
    assert authorized_keys([]) == ""


@pytest.mark.parametrize(
    ("key", "addresses", "sentence"),
    [
        (f"{KEY}\n{KEY}", ["192.0.2.10"], "A key has to be one public key"),
        (f'command="id" {KEY}', ["192.0.2.10"], "A key has to be one public key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", ["192.0.2.10"], "A key has to be one public key"),
        (KEY, [], "A key needs the addresses or networks"),
        (KEY, ["*"], "from has to be addresses or networks, not '*'"),
        (KEY, ['192.0.2.10",command="id'], "from has to be addresses or networks"),
    ],
)
def test_what_is_no_key_or_no_address_is_refused(key: str, addresses: list[str], sentence: str) -> None:
    with pytest.raises(OperatorError, match=sentence):
        authorized_keys([{"key": key, "from": addresses}])
