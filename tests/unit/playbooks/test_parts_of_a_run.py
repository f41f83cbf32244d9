# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the playbooks runs with tags, and that nothing runs which was not looked at, as Ansible itself tells."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory import run_tags

COLLECTION = Path(run_tags.__file__).parents[3]
PLAYBOOKS = COLLECTION / "playbooks"
HERE = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "ansible_become": False}
SERVICES = ("node_exporter", "alertmanager", "prometheus", "grafana")
UNSEEN = "The preflight did not run: --start-at-task or --skip-tags excluded it."


def play(folder: Path, playbook: str, *options: str) -> str:
    """Run ansible-playbook on this machine as web1 in every group; return its exit status and all that it said."""
    groups = {service: {"hosts": {"web1": None}} for service in SERVICES}
    inventory = folder / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {"web1": HERE}, "children": groups}}))
    collections = next(parent for parent in COLLECTION.parents if parent.name == "ansible_collections").parent
    environment = {
        **os.environ,
        "HOME": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), *options]
    done = subprocess.run(
        [*command, str(PLAYBOOKS / f"{playbook}.yml")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


@functools.cache
def tasks(playbook: str, *options: str) -> dict[str, set[str]]:
    """Return the tasks that a playbook would run, each with its tags."""
    with TemporaryDirectory() as folder:
        said = play(Path(folder), playbook, "--list-tasks", *options)
    assert said.startswith("0\n"), said
    # A service that the playbook does not deploy is activated on no host.
    plays = re.split(r"^  play #\d+ ", said, flags=re.MULTILINE)
    played = [play for play in plays if not re.match(r"\(all:!all\): (Activate|Provision) ", play)]
    found = re.findall(r"^      (\S.*?)\tTAGS: \[(.*)\]$", "".join(played), flags=re.MULTILINE)
    return {name: set(tags.split(", ")) for name, tags in found}


def test_page_lists_the_tags_that_there_are_and_no_others() -> None:
    page = (COLLECTION / "docs" / "run-a-part.md").read_text()
    rows = re.findall(r"^\| (`.*?) \|", page, flags=re.MULTILINE)
    found = {tag for names in tasks("site").values() for tag in names}
    assert {tag for row in rows for tag in re.findall(r"`(\w+)`", row)} == found - {"always"}


@pytest.mark.parametrize("service", [*SERVICES, "blackbox_exporter"])
def test_tag_of_a_service_activates_that_service_alone_and_skips_no_check(service: str) -> None:
    run = tasks("site", "--tags", service)
    assert {"Validate the inventory", "Check that the host can run its services"} <= set(run)
    assert {"Stage the host's services", "Report what was left undone"} <= set(run)
    activated = {name.partition(" : ")[0] for name, tags in run.items() if "activate" in tags}
    assert activated == {f"vigil.observability.{service}"}
    assert ("Provision data sources, folders and dashboards" in run) == (service == "grafana")


@pytest.mark.parametrize("playbook", ["site", "metrics", "dashboards", "preflight"])
def test_tags_leave_the_checks_in_every_playbook(playbook: str) -> None:
    every = {name for name, tags in tasks(playbook).items() if "always" in tags}
    assert every - {"Stage the host's services"} >= {"Check that the host can run its services"}
    assert every <= set(tasks(playbook, "--tags", "nothing"))


def test_pillars_have_playbooks_with_their_services_and_no_others() -> None:
    metrics, dashboards = tasks("metrics"), tasks("dashboards")
    assert not [name for name, tags in metrics.items() if "grafana" in tags]
    assert not [name for name, tags in dashboards.items() if "prometheus" in tags]


@pytest.mark.parametrize("playbook", ["site", "provision_grafana"])
def test_tag_of_no_playbook_is_an_error_before_any_host_is_connected_to(tmp_path: Path, playbook: str) -> None:
    said = play(tmp_path, playbook, "--tags", "prometeus")
    assert said.startswith("2\n")
    assert "--tags contains prometeus, which no playbook of this collection has: did you mean prometheus?" in said
    assert "TASK [Check that the host can run its services]" not in said


@pytest.mark.parametrize(
    "options",
    [
        ("--start-at-task", "Stage the host's services"),
        ("--start-at-task", "vigil.observability.certificates : Issue the services' certificates"),
        ("--start-at-task", "Check that Grafana responds"),
        ("--skip-tags", "always"),
    ],
)
def test_what_was_not_looked_at_is_not_touched(tmp_path: Path, options: tuple[str, str]) -> None:
    said = play(tmp_path, "site", *options)
    assert not said.startswith("0\n")
    assert UNSEEN in " ".join(said.split())


@pytest.mark.parametrize("step", ["switch", "finish"])
def test_step_of_an_authority_is_not_taken_without_a_look_at_every_host(tmp_path: Path, step: str) -> None:
    begin = ("--start-at-task", "Generate missing secrets and rotate those requested")
    said = play(tmp_path, "secrets", "-e", f"secrets_authority={step}", *begin)
    assert said.startswith("2\n")
    assert "No secret was changed: --start-at-task skipped the check" in " ".join(said.split())


@pytest.mark.parametrize("service", [*SERVICES])
def test_what_was_not_staged_in_the_same_run_is_not_activated(tmp_path: Path, service: str) -> None:
    task = {"ansible.builtin.import_role": {"name": f"vigil.observability.{service}", "tasks_from": "activate"}}
    path = tmp_path / "activate.yml"
    path.write_text(yaml.safe_dump([{"hosts": "web1", "gather_facts": False, "tasks": [task]}]))
    said = play(tmp_path, str(path.with_suffix("")), "-e", '{"alertmanager_peers": []}')
    assert said.startswith("2\n")
    assert "but this run has staged nothing" in said
