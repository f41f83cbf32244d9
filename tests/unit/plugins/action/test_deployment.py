# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller adds to the options of staged_config and active_service."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible import template
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.vigil.observability.plugins.action import active_service, staged_config

Options = dict[str, Any]
# From 2.19 on, Ansible evaluates what comes from a file of the inventory, and no text that a program made.
trust = getattr(template, "trust_as_template", str)
RELEASE = {"changed": True, "path": "/opt/vigil/demo/1.0-0", "version": "1.0", "data_oldest_reader": "0.9"}
CONFIG = {"changed": True, "path": "/etc/vigil/demo/0", "digest": "0"}


def given(plugin: Any, options: Options, variables: Options | None = None) -> Options:
    """Return the options that reach the module."""
    task = SimpleNamespace(args=options, async_val=0, check_mode=False, action=plugin.MODULE, diff=False, no_log=False)
    shell, templar = SimpleNamespace(tmpdir=None), Templar(DataLoader(), variables=variables)
    action = plugin.ActionModule(task, SimpleNamespace(_shell=shell), SimpleNamespace(), DataLoader(), templar, None)
    reached: Options = {}

    def execute(name: str, *, module_args: Options, **_: Any) -> Options:
        assert name == plugin.MODULE
        reached.update(module_args)
        return {"changed": False}

    action._execute_module = execute
    assert action.run(task_vars=variables) == {"changed": False}
    return reached


@pytest.mark.parametrize("plugin", [active_service, staged_config])
def test_lock_is_waited_for_as_long_as_the_inventory_says(plugin: Any) -> None:
    variables = {"vigil_lock_timeout": 7}
    assert given(plugin, {"user": "demo"}, variables) == {"user": "demo", "lock_timeout": 7}
    assert given(plugin, {"lock_timeout": 1}, variables) == {"lock_timeout": 1}
    assert given(plugin, {"user": "demo"}) == {"user": "demo"}


INPUTS: Options = {
    "demo_user": "{{ whoever }}",
    "demo_uid": 999,
    "demo_port": 9,
    "demo_resources": {"MemoryMax": "1G"},
    "demo_authority_file": "/ca.crt",
    "demo_certificate_file": "/demo.crt",
    "demo_key_file": "/demo.key",
    "other_user": "other",
}


def evaluated(value: Any) -> Any:
    """Return the inputs as Ansible has them, whose templates it trusts."""
    return {key: trust(text) if isinstance(text, str) else text for key, text in value.items()} | {"whoever": "me"}


def test_what_a_task_leaves_out_the_inputs_of_the_role_say() -> None:
    assert given(staged_config, {"service": "demo"}, evaluated(INPUTS)) == {"service": "demo", "user": "me", "uid": 999}
    reached = given(active_service, {"name": "demo", "port": 10}, evaluated(INPUTS))
    assert reached == {"name": "demo", "user": "me", "port": 10, "resources": {"MemoryMax": "1G"}}


@pytest.mark.parametrize(
    ("health", "files"),
    [
        ({}, {"ca_file": "/ca.crt", "certificate": "/demo.crt", "key": "/demo.key"}),
        ({"username": "a"}, {"ca_file": "/ca.crt"}),
        ({"ca_file": "/own.crt"}, {"ca_file": "/own.crt", "certificate": "/demo.crt", "key": "/demo.key"}),
    ],
)
def test_service_is_asked_with_the_files_of_its_role(health: Options, files: Options) -> None:
    reached = given(active_service, {"name": "demo", "health": {"path": "/", **health}}, evaluated(INPUTS))
    assert reached["health"] == {"path": "/", **health, **files}


def test_every_part_of_a_service_is_asked_with_the_files_of_its_role() -> None:
    own = {"certificate": "/demo.crt", "key": "/demo.key"}
    health = {"path": "/", "username": "a", "also": [{"port": 9, "path": "/status"}]}
    reached = given(active_service, {"name": "demo", "health": health}, evaluated(INPUTS))
    assert reached["health"] == {
        **health,
        "ca_file": "/ca.crt",
        "also": [{"port": 9, "path": "/status", "ca_file": "/ca.crt", **own}],
    }


def test_service_of_no_role_is_asked_as_the_task_says() -> None:
    options = {"name": "demo", "health": {"path": "/"}}
    assert given(active_service, dict(options)) == options


def test_service_of_this_collection_has_the_documentation_of_its_description() -> None:
    documentation = "https://grafana.com/docs/grafana/latest/"
    assert given(active_service, {"name": "grafana"}) == {"name": "grafana", "documentation": documentation}


def test_service_is_activated_from_what_staging_returned() -> None:
    assert given(active_service, {"name": "demo", "release": RELEASE, "config": CONFIG}) == {
        "name": "demo",
        "release": "/opt/vigil/demo/1.0-0",
        "config": "/etc/vigil/demo/0",
        "version": "1.0",
        "data_oldest_reader": "0.9",
    }


def test_options_of_the_task_prevail_over_what_staging_returned() -> None:
    own = {"version": "2.0", "data_oldest_reader": None}
    reached = given(active_service, {"name": "demo", "release": RELEASE, **own})
    assert (reached["version"], reached["data_oldest_reader"]) == ("2.0", None)


def test_release_of_which_the_catalogue_says_no_reader_has_none() -> None:
    reached = given(active_service, {"name": "demo", "release": {**RELEASE, "data_oldest_reader": None}})
    assert reached == {"name": "demo", "release": "/opt/vigil/demo/1.0-0", "version": "1.0"}


def test_encrypted_flags_reach_the_host_as_texts() -> None:
    class Encrypted(str):
        """What no module can read."""

        __slots__ = ()

    [value] = given(active_service, {"name": "demo", "flags": {"a": Encrypted("b")}})["flags"].values()
    assert (value, type(value)) == ("b", str)


def test_directories_are_taken_as_they_are() -> None:
    options = {"name": "demo", "release": "/opt/vigil/demo/1.0-0", "version": "1.0"}
    assert given(active_service, dict(options)) == options


@pytest.mark.parametrize("option", ["release", "config"])
@pytest.mark.parametrize("staged", [{}, {"failed": True, "msg": "no room"}])
def test_what_this_run_has_not_staged_is_not_activated(option: str, staged: Options) -> None:
    options = {"name": "demo", "release": RELEASE, "config": CONFIG, option: staged}
    with pytest.raises(
        AnsibleActionFail, match=f"demo was not touched. The option {option} must refer to what this run"
    ):
        given(active_service, options)


def test_deployment_is_shown_where_node_exporter_reads() -> None:
    both = {"vigil_textfile_dir": "/metrics", "node_exporter_textfile_dir": "/own"}
    assert given(active_service, {"name": "demo"}, {"vigil_textfile_dir": "/metrics"})["textfile_dir"] == "/metrics"
    assert given(active_service, {"name": "demo"}, both)["textfile_dir"] == "/own"
