"""The modules of awx.awx, written for the real AWX, get from the stand-in what they expect."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.servers import standin_awx

Results = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The result of each task of the play."""
    with standin_awx.running() as awx:
        awx.add_template("restart_service", asks=["extra_vars", "labels", "limit", "job_type"])
        awx.add_template("failing", course=("running", "failed"))
        awx.add_template("holding", course=("pending", "running"))
        awx.add_template("ignoring", asks=[])
        awx.add_template("lacking", variables_needed=["reason"])
        awx.add_template("not launchable", launchable=False)
        variables = json.dumps({"url": awx.url, "token": awx.token})
        command = ["ansible-playbook", str(Path(__file__).with_name("modules.yml")), "--extra-vars", variables]
        settings = {
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_PIPELINING": "true",
            "HOME": str(tmp_path_factory.mktemp("home")),
        }
        ended = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        (play,) = json.loads(ended.stdout)["plays"]
        return {task["task"]["name"]: task["hosts"]["localhost"] for task in play["tasks"]}


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("Make a label", {"changed": True, "name": "inc-1-s1-a1"}),
        ("Make it again", {"changed": False}),
        ("Launch and wait", {"changed": True, "status": "successful"}),
        ("Wait for one that fails", {"failed": True, "msg": "The Job - failing, failed"}),
        ("Wait for one that holds", {"failed": True, "msg": "Monitoring of Job - holding aborted due to timeout"}),
        ("Launch one that holds", {"changed": True, "status": "pending"}),
        ("Cancel", {"changed": True}),
        ("Wait for the cancelled one", {"failed": True, "status": "canceled"}),
        ("Cancel again", {"changed": False}),
        ("List by an unknown field", {"detail": "There is no field 'colour' in job."}),
        (
            "Launch what ignores",
            {
                "failed": True,
                "msg": "Parameters specified which can not be passed into job template, see errors for details",
            },
        ),
        ("Launch what lacks a variable", {"failed": True, "msg": "Failed to launch job, see response for details"}),
        (
            "Launch what cannot be",
            {
                "failed": True,
                "msg": "Cannot make a request with the POST method to this endpoint /api/v2/job_templates/6/launch/",
            },
        ),
        (
            "Launch as a stranger",
            {"failed": True, "msg": "Invalid authentication credentials for /api/v2/job_templates/ (HTTP 401)."},
        ),
    ],
)
def test_module_finds_what_it_expects_of_awx(results: Results, task: str, expected: dict[str, Any]) -> None:
    found = results[task]
    assert {key: found.get(key) for key in expected} == expected
    assert found.get("failed", False) is expected.get("failed", False)


def test_module_lists_jobs_by_label_status_and_page(results: Results) -> None:
    def listed(task: str) -> list[str]:
        return [job["name"] for job in results[task]["results"]]

    assert listed("List by label") == ["restart_service"]
    assert listed("List by status") == ["holding"]
    assert (listed("List a page"), results["List a page"]["count"]) == (["holding", "holding"], 4)
    assert listed("List all pages") == ["holding", "holding", "failing", "restart_service"]


def test_module_has_launched_what_it_was_told_to(results: Results) -> None:
    (job,) = results["List by label"]["results"]
    told = {"extra_vars": '{"step_hosts": ["web1"]}', "limit": "web1", "job_type": "check"}
    assert {key: job[key] for key in told} == told
