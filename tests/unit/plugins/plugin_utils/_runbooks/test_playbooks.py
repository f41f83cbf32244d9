# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's own steps: which playbooks can be some, which of them become root, and who has to agree to that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.collection import (
    faults_of_all,
    normalised_all,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.place import Place
from ansible_collections.vigil.observability.plugins.plugin_utils._runbooks.playbooks import Playbook, own_playbooks
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._runbooks.test_collection import (
    changed,
    place,
)

TASK = {"name": "Mend", "ansible.builtin.command": {"cmd": "true"}}
PLAY = {"hosts": "{{ step_hosts }}", "gather_facts": False, "tasks": [TASK]}
MENDS = changed(steps=[{"step": "mend", "parameters": {"shelf": {"label": "shelf"}, "parts": [1, 2]}}])


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., str]:
    """A function that writes a playbook, and returns its path."""

    def write(plays: Any, name: str = "mend.yml") -> str:
        (tmp_path / name).write_text(plays if isinstance(plays, str) else json.dumps(plays))
        return str(tmp_path / name)

    return write


def own(*, root: bool, consents: dict[str, list[str]] | None = None) -> Place:
    """Return the inventory with a playbook of the operator."""
    return replace(place(), playbooks={"mend": Playbook("[]", root)}, consents=consents or {})


def task(**keys: Any) -> list[dict[str, Any]]:
    return [{**PLAY, "tasks": [{**TASK, **keys}]}]


@pytest.mark.parametrize(
    ("plays", "root"),
    [
        ([PLAY], False),
        ([{**PLAY, "become": False}], False),
        ([{**PLAY, "hosts": "{{ step_hosts | default([]) }}"}], False),
        ([{**PLAY, "become": True}], True),
        ([{**PLAY, "become": "{{ step_parameters.become }}"}], True),
        (task(become=True), True),
        ([{**PLAY, "handlers": [{**TASK, "become": "yes"}]}], True),
        ([{**PLAY, "tasks": [{"block": [TASK], "rescue": [{**TASK, "become": True}]}]}], True),
        ([{**PLAY, "vars": {"ansible_become": True}}], True),
        (task(vars={"ansible_become": "true"}), True),
        ([{**PLAY, "tasks": [{"ansible.builtin.set_fact": {"ansible_become": True}}]}], True),
        ([PLAY, {**PLAY, "become": True}], True),
    ],
)
def test_playbook_becomes_root_where_any_part_of_it_may(written: Any, plays: Any, root: bool) -> None:
    path = written(plays)
    assert own_playbooks([path]) == {"mend": Playbook(Path(path).read_text(), root)}


@pytest.mark.parametrize(
    ("plays", "name", "sentence"),
    [
        ("- {", "mend.yml", "mend.yml cannot be read: "),
        ({}, "mend.yml", "must be a list of plays."),
        ([], "mend.yml", "must be a list of plays."),
        (["x"], "mend.yml", "must be a list of plays."),
        ([{**PLAY, "hosts": "{{ step_hosts }}:localhost"}], "mend.yml", 'must have hosts: "{{ step_hosts }}" in every'),
        ([{**PLAY, "hosts": "all"}], "mend.yml", 'must have hosts: "{{ step_hosts }}" in every play.'),
        ([PLAY, {"tasks": [TASK]}], "mend.yml", 'must have hosts: "{{ step_hosts }}" in every play.'),
        ([{**PLAY, "connection": "local"}], "mend.yml", "has connection: it may act on its target alone."),
        (task(delegate_to="localhost"), "mend.yml", "has delegate_to: it may act on its target alone."),
        (task(local_action="x"), "mend.yml", "has local_action: it may act on its target alone."),
        ([{**PLAY, "roles": ["shop"]}], "mend.yml", "has roles: the engine gets that file alone"),
        (task(**{"ansible.builtin.include_tasks": "x.yml"}), "mend.yml", "has include_tasks: the engine gets"),
        ([{"import_playbook": "other.yml"}], "mend.yml", "has import_playbook: the engine gets that file alone"),
        ([PLAY], "Mend.yml", "must be named by at most 40 lower-case letters"),
        ([PLAY], "mend.yaml", "and .yml."),
        ([PLAY], "free_disk.yml", "has the name of a step of the collection: choose another name."),
        (task(name="x" * 65536), "mend.yml", "has more than 65536 bytes."),
    ],
)
def test_playbook_that_can_be_no_step_is_refused(written: Any, plays: Any, name: str, sentence: str) -> None:
    with pytest.raises(OperatorError) as refused:
        own_playbooks([written(plays, name)])
    assert sentence in str(refused.value)


def test_paths_of_playbooks_are_absolute_and_their_names_differ(written: Any, tmp_path: Path) -> None:
    for paths, sentence in (
        ("mend.yml", "incident_response_playbooks must be a list of paths."),
        (["steps/mend.yml"], "steps/mend.yml must be an absolute path, such as {{ inventory_dir }}/../files/steps/"),
        ([str(tmp_path / "none.yml")], "none.yml cannot be read: "),
        ([written([PLAY])] * 2, "two playbooks are named 'mend': choose another name."),
    ):
        with pytest.raises(OperatorError) as refused:
            own_playbooks(paths)
        assert sentence in str(refused.value)


def test_runbook_has_its_own_playbooks_with_it() -> None:
    (found,) = normalised_all([MENDS], own(root=False))
    assert (found["playbooks"], "root" in found) == ({"mend": {"content": "[]", "root": False}}, False)
    (found,) = normalised_all([MENDS], own(root=True, consents={"web1": ["shop_down"]}), root=["shop_down"])
    assert (found["playbooks"]["mend"]["root"], found["root"]) == (True, True)


ROOT = {"root": ["shop_down"]}
AGREED = {"web1": ["shop_down"]}


@pytest.mark.parametrize(
    ("keys", "becomes", "consents", "options", "sentences"),
    [
        ({}, False, {}, {}, []),
        ({}, True, AGREED, ROOT, []),
        ({"target": {"host": "web1"}}, True, AGREED, ROOT, []),
        ({"level": "observe"}, True, {}, ROOT, []),
        (
            {"level": "observe"},
            True,
            AGREED,
            {},
            ["mend becomes root: name the runbook in incident_response_root_runbooks."],
        ),
        (
            {},
            True,
            {"web1": ["other"]},
            ROOT,
            ["no host lets it become root: name it in runbook_target_root_runbooks of those on which it may."],
        ),
        (
            {"target": {"host": "web2"}},
            True,
            AGREED,
            ROOT,
            ["web2 does not let it become root: name it in runbook_target_root_runbooks of web2."],
        ),
        (
            {"target": {"application": "service"}},
            True,
            AGREED,
            ROOT,
            ["web2 does not let it become root: name it in runbook_target_root_runbooks of web2."],
        ),
        (
            {},
            False,
            {},
            ROOT,
            ["no step becomes root: take it out of incident_response_root_runbooks."],
        ),
        (
            {},
            False,
            {},
            {"root": ["gone"]},
            ["There is no runbook 'gone' that could become root: take it out of incident_response_root_runbooks."],
        ),
        (
            {"executor": "awx"},
            False,
            {},
            {},
            ["mend is a playbook of incident_response_playbooks, which the service runs: not with executor awx."],
        ),
        (
            {"steps": [{"step": "mend", "parameters": ["x"]}]},
            False,
            {},
            {},
            ["parameters of mend must be a mapping."],
        ),
        (
            {"steps": [{"step": "mend", "parameters": {"shelf": {"name": 1}}}]},
            False,
            {},
            {},
            ["shelf of mend must be a value, a list, or {label: NAME}."],
        ),
        (
            {"rollback": {"step": "mend"}, "steps": [{"step": "restart_service", "parameters": {"unit": "shop"}}]},
            True,
            AGREED,
            {},
            ["mend becomes root: name the runbook in incident_response_root_runbooks."],
        ),
    ],
)
def test_runbook_becomes_root_only_where_both_sides_name_it(
    keys: dict[str, Any], becomes: bool, consents: Any, options: Any, sentences: list[str]
) -> None:
    described = {**MENDS, **keys}
    found = list(faults_of_all([described], own(root=becomes, consents=consents), **options))
    assert [said.removeprefix("Runbook 'shop_down': ") for said in found] == sentences
