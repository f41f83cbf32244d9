"""A job of a template with a project runs its playbook, and ends with it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.servers import standin_awx
from ansible_collections.vigil.observability.tests.servers.standin_awx import Project, StandinAwx

LAUNCH = "/api/v2/job_templates/1/launch/"
# Notes its process, and stays while a file is there.
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Note what it has been told
      ansible.builtin.copy:
        content: "{{ [who, awx_job_id, awx_user_name, inventory_hostname, ansible_check_mode] | to_json }}"
        dest: "{{ place }}/told"
        mode: "0600"
      check_mode: false
    - name: Stay
      ansible.builtin.shell: "echo $$ > '{{ place }}/process'; while test -e '{{ place }}/hold'; do sleep 0.1; done"
    - name: Fail
      ansible.builtin.fail: {msg: no luck}
      when: who == 'nobody'
"""


@pytest.fixture
def awx(tmp_path: Path) -> Iterator[StandinAwx]:
    """An AWX whose template runs that playbook on two hosts that are this machine."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "place": str(tmp_path)}
    (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": {"web1": here, "web2": here}}}))
    (tmp_path / "play.yml").write_text(PLAY)
    project = Project(tmp_path / "play.yml", tmp_path / "inventory.json", tmp_path)
    with standin_awx.running() as server:
        server.add_template("stay", asks=["extra_vars", "limit", "job_type"], project=project)
        yield server


def asked(awx: StandinAwx, method: str, path: str, body: Any = None) -> Any:
    """Return the body of an answer to its user."""
    return awx.answer(method, path, {}, body or {}, f"Bearer {awx.token}")[1]


def wait_for(holds: Callable[[], Any]) -> None:
    """Wait until something holds."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def runs(tmp_path: Path) -> bool:
    """Return whether the process of the task runs."""
    return Path("/proc", (tmp_path / "process").read_text().strip()).exists()


def test_job_has_variables_limit_and_job_type_of_its_launch_and_ends_as_its_playbook(
    awx: StandinAwx, tmp_path: Path
) -> None:
    awx.user = "alice"
    told = {"extra_vars": {"who": "nobody"}, "limit": "web2", "job_type": "check"}
    number = asked(awx, "POST", LAUNCH, told)["id"]
    wait_for(lambda: asked(awx, "GET", f"/api/v2/jobs/{number}/")["finished"])
    assert asked(awx, "GET", f"/api/v2/jobs/{number}/")["status"] == "failed"
    assert json.loads((tmp_path / "told").read_text()) == ["nobody", number, "alice", "web2", True]
    events = asked(awx, "GET", f"/api/v2/jobs/{number}/job_events/")["results"]
    assert [(one["event"], one["host_name"], one["task"]) for one in events] == [
        ("runner_on_ok", "web2", "Note what it has been told"),
        ("runner_on_failed", "web2", "Fail"),
    ]
    assert events[-1]["event_data"]["res"]["msg"] == "no luck"
    assert "TASK [Fail]" in asked(awx, "GET", f"/api/v2/jobs/{number}/stdout/")


def test_cancelled_job_is_killed_with_all_that_it_has_started(awx: StandinAwx, tmp_path: Path) -> None:
    (tmp_path / "hold").touch()
    number = asked(awx, "POST", LAUNCH, {"extra_vars": {"who": "bob"}, "limit": "web1"})["id"]
    wait_for(lambda: (tmp_path / "process").exists() and runs(tmp_path))
    statuses = [asked(awx, "GET", f"/api/v2/jobs/{number}/")["status"] for _look in range(4)]
    assert statuses == ["pending", "waiting", "running", "running"]
    asked(awx, "POST", f"/api/v2/jobs/{number}/cancel/")
    wait_for(lambda: not runs(tmp_path))
    wait_for(lambda: asked(awx, "GET", f"/api/v2/jobs/{number}/")["finished"])
    assert asked(awx, "GET", f"/api/v2/jobs/{number}/")["status"] == "canceled"
