"""Runs after somebody laid hands on the host, and after a run that was killed: each is a run as its user starts it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

testinfra_hosts = ["prometheus"]

SCENARIO = Path(__file__).resolve().parent.parent
BUILD = SCENARIO.parent.parent / ".build"
CATALOGUE = yaml.safe_load(Path(os.environ["VIGIL_CATALOGUE"]).read_text())["vigil_catalogue_extra"]
ARCHIVE = CATALOGUE["prometheus"]["3.13.2"]["amd64"]
# What is asked for until it is so: another configuration, another option, and an upgrade that serves, which is the
# archive of the release that runs, under another version and at a place on the host.
ON_HOST = "/var/tmp/archive"  # noqa: S108 - of a host that lives as long as its scenario
CHANGED = {
    "prometheus_region": "elsewhere",
    "prometheus_flags": {"log.level": "debug", "scrape.discovery-reload-interval": "100ms"},
    "prometheus_version": "3.13.3",
    "vigil_catalogue_extra": {
        "prometheus": {
            "3.13.3": {"amd64": {**ARCHIVE, "url": f"file://{ON_HOST}"}, "data_oldest_reader": "2.55.0"},
        },
    },
}
HOLD = "/run/hold"
DROP_IN = "/run/systemd/system/prometheus.service.d/hold.conf"


def start(inputs: dict[str, Any], output: int | None = None, **environment: str) -> subprocess.Popen[str]:
    """Start a run with these inputs beside those of the inventory; what it says is shown when the test fails."""
    words = ["ansible-playbook", "--diff", "-i", os.environ["MOLECULE_INVENTORY_FILE"], "-i", str(BUILD / "inventory")]
    words += ["-e", f"@{os.environ['VIGIL_CATALOGUE']}", "-e", json.dumps(inputs), str(SCENARIO / "converge.yml")]
    environment = {**os.environ, **environment}
    return subprocess.Popen(words, stdout=output, stderr=output and subprocess.STDOUT, text=True, env=environment)


@dataclass(frozen=True)
class Run:
    """A run that is over."""

    status: int
    output: str

    @property
    def changed(self) -> list[str]:
        """The tasks that reported a change."""
        tasks = re.split(r"^TASK \[(?:.* : )?(.*?)\] \*+$", self.output, flags=re.MULTILINE)[1:]
        return [name for name, said in zip(tasks[::2], tasks[1::2], strict=True) if "\nchanged: " in said]


def run(**inputs: Any) -> Run:
    """Run to the end."""
    process = start(inputs, subprocess.PIPE)
    output = process.communicate(timeout=300)[0]
    print(output)
    return Run(process.returncode, output)


def serving(host: Any) -> dict[str, Any]:
    """Return what serves, and from what."""
    told: dict[str, Any] = json.loads(host.check_output("python3 /usr/local/bin/serving.py"))
    return told


def killed_on_host(host: Any, module: str, moment: str, inputs: dict[str, Any]) -> int:
    """Start a run, kill the module on the host when it comes to the moment, and return how the run ends.

    The moment is a command of the shell that returns when it has come.
    """
    # So that the module lies in a file of its own name, and its process can be found.
    process = start(inputs, ANSIBLE_PIPELINING="false")
    name = f"AnsiballZ_[{module[0]}]{module[1:]}"
    try:
        host.check_output(f"timeout 60 sh -c '{moment} && pkill --signal KILL --full {name}'")
        return process.wait(60)
    finally:
        process.kill()


def active_parts(host: Any) -> dict[str, str]:
    """Return what the links point at; each must be marked as completely staged."""
    links = {link: host.file(link).linked_to for link in ("/opt/prometheus", "/etc/prometheus")}
    for target in links.values():
        assert json.loads(host.file(f"{target}/.staged").content_string)["token"]
    return links


def recorded(host: Any) -> dict[str, Any]:
    """Return the record."""
    record: dict[str, Any] = json.loads(host.file("/var/lib/vigil/prometheus.json").content_string)
    return record


@pytest.fixture(scope="module")
def before_the_kills(host):
    """Return what served before the first run that is killed."""
    return serving(host)


@pytest.fixture
def held_start(host):
    """Hold the service before its process starts, until somebody writes to the hold."""
    host.check_output(
        f"mkfifo {HOLD} && chmod 644 {HOLD} && mkdir -p {Path(DROP_IN).parent} && "
        f"printf '[Service]\\nExecStartPre=/bin/cat {HOLD}\\n' > {DROP_IN} && systemctl daemon-reload"
    )
    yield
    host.check_output(f"rm -f {HOLD} {DROP_IN} && systemctl daemon-reload")


def test_file_edited_by_hand_is_shown_put_back_and_loaded_without_a_restart(host):
    before = serving(host)
    host.check_output("sed -i 's/region: default/region: mine/' /etc/prometheus/prometheus.yml")
    host.check_output("systemctl reload prometheus")
    assert wait_until(lambda: serving(host)["serves"]["configuration"] != before["serves"]["configuration"])
    done = run()
    assert done.changed == ["Stage the configuration", "Activate Prometheus"]
    assert re.search(r"^-    region: mine\n\+    region: default$", done.output, re.MULTILINE)
    after = serving(host)
    assert after["loaded"] > before["loaded"]
    same = ("configuration", "links", "unit", "state", "targets", "configurations")
    assert {key: after["serves"][key] for key in same} == {key: before["serves"][key] for key in same}
    assert after["process"] == before["process"]


def test_service_stopped_and_disabled_by_hand_is_started_and_enabled_again(host):
    before = serving(host)
    host.check_output("systemctl disable --now prometheus")
    assert run().changed == ["Activate Prometheus"]
    after = serving(host)
    assert after["serves"] == before["serves"]
    assert after["process"] != before["process"]


def test_run_killed_while_it_stages_touches_nothing(host, before_the_kills):
    host.check_output(f"mkfifo {ON_HOST}")
    # The pipe opens when the module opens it; then it waits for an archive that never comes.
    assert killed_on_host(host, "staged_release", f"exec 3>{ON_HOST}", CHANGED) > 0
    now = serving(host)
    assert (now["serves"], now["process"]) == (before_the_kills["serves"], before_the_kills["process"])
    host.check_output(f"rm {ON_HOST} && curl -sSf -o {ON_HOST} {ARCHIVE['url']}")


def test_repeated_run_killed_between_staging_and_switching_touches_nothing(host, before_the_kills):
    watch = {"ANSIBLE_CALLBACK_PLUGINS": str(SCENARIO / "callback_plugins"), "ANSIBLE_CALLBACKS_ENABLED": "kill_before"}
    assert start(CHANGED, KILL_BEFORE="active_service", **watch).wait(60) == -signal.SIGKILL
    now = serving(host)
    staged = set(now["serves"]["configurations"]) - set(before_the_kills["serves"]["configurations"])
    assert "prometheus.yml" in {name.rpartition("/")[2] for name in staged}
    assert "3.13.3" in {name.partition("-")[0] for name in now["releases"]}
    expected = {**before_the_kills["serves"], "configurations": now["serves"]["configurations"]}
    assert (now["serves"], now["process"]) == (expected, before_the_kills["process"])


def test_repeated_run_killed_during_the_switch_leaves_whole_parts_and_no_proof(host, before_the_kills, held_start):
    # The pipe opens when systemd opens it to start the service anew, while the module waits for that.
    assert killed_on_host(host, "active_service", f"exec 3>{HOLD}", CHANGED) > 0
    assert "/3.13.3-" in active_parts(host)["/opt/prometheus"]
    record = recorded(host)
    assert (record["proven"], record["active"]) == (False, before_the_kills["serves"]["record"]["active"])


def test_repeated_run_converges_with_a_new_process_and_leaves_nothing_of_those_killed(host, before_the_kills):
    half_made = host.check_output("systemctl show --property=InvocationID prometheus")
    assert run(**CHANGED).status == 0
    assert host.check_output("systemctl show --property=InvocationID prometheus") != half_made
    serves = serving(host)["serves"]
    record = serves["record"]
    assert (record["proven"], serves["targets"]) == (True, {"prometheus": "up"})
    assert record["previous"] == before_the_kills["serves"]["record"]["active"]
    assert serves["links"] == {
        "/opt/prometheus": record["active"]["release"],
        "/etc/prometheus": record["active"]["config"],
    }
    assert "/3.13.3-" in serves["links"]["/opt/prometheus"]
    assert serves["flags"]["log.level"] == "debug"
    assert serves["configuration"] != before_the_kills["serves"]["configuration"]
    assert host.check_output("find /etc /opt /usr/local /var/lib/vigil -name '.*.new' -o -name '.unpack-*'") == ""


def test_run_killed_while_it_waits_for_health_leaves_whole_parts_and_goes_back_when_it_is_repeated(host):
    before = serving(host)
    broken = {"prometheus_version": "3.99.2", "prometheus_start_timeout": 300}
    moment = "until readlink /opt/prometheus | grep 3.99.2 && systemctl is-active prometheus; do sleep 0.1; done"
    assert killed_on_host(host, "active_service", moment, broken) > 0
    assert "/3.99.2-" in active_parts(host)["/opt/prometheus"]
    record = recorded(host)
    assert (record["proven"], record["active"]) == (False, before["serves"]["record"]["active"])
    repeated = run(**{**broken, "prometheus_start_timeout": 5})
    assert repeated.status > 0
    assert "Rolled back to prometheus 3.13.3, which is healthy" in repeated.output
    after = serving(host)["serves"]
    assert after["record"] == before["serves"]["record"]
    assert (after["links"], after["unit"], after["flags"]) == tuple(
        before["serves"][key] for key in ("links", "unit", "flags")
    )


def test_release_that_crashes_is_taken_back_where_the_record_of_what_runs_was_lost(host):
    before = serving(host)["serves"]
    host.check_output("rm /var/lib/vigil/prometheus.json")
    done = run(prometheus_version="3.99.1")
    assert done.status > 0
    assert "There is no record of prometheus: the running deployment is taken as the last known good one" in done.output
    assert "Rolled back to prometheus 3.13.3, which is healthy" in done.output
    after = serving(host)["serves"]
    assert {**after, "record": None, "configurations": None} == {**before, "record": None, "configurations": None}
    assert (after["record"]["proven"], after["record"]["active"]["version"]) == (True, "3.13.3")


def test_record_that_is_damaged_is_refused_and_what_runs_not_touched(host):
    before = serving(host)
    host.check_output("cp -p /var/lib/vigil/prometheus.json /run/ && truncate -s 200 /var/lib/vigil/prometheus.json")
    done = run(prometheus_version="3.99.1")
    host.check_output("mv /run/prometheus.json /var/lib/vigil/")
    assert done.status > 0
    assert "prometheus: The record /var/lib/vigil/prometheus.json is damaged" in done.output
    now = serving(host)
    assert (now["serves"], now["process"]) == (before["serves"], before["process"])


def test_run_that_waits_too_long_for_another_one_is_refused_and_names_it(host, held_start):
    first = start({**CHANGED, "prometheus_flags": {"log.level": "warn", "scrape.discovery-reload-interval": "100ms"}})
    host.check_output("timeout 60 sh -c 'until systemctl is-active prometheus | grep activating; do sleep 0.1; done'")
    refused = run(**CHANGED, vigil_lock_timeout=1)
    host.check_output(f"echo go > {HOLD}")
    told = (
        r"Another run is working on prometheus and did not finish within 1 s: vigil.observability.active_service "
        r"\(pid \d+"
    )
    assert refused.status > 0
    assert re.search(told, refused.output)
    assert first.wait(60) == 0
    assert serving(host)["serves"]["flags"]["log.level"] == "warn"


def test_two_runs_at_once_both_go_well_and_one_has_its_way(host):
    regions = ("here", "there")
    runs = [start({**CHANGED, "prometheus_region": region}) for region in regions]
    assert [one.wait(120) for one in runs] == [0, 0]
    active = host.file("/etc/prometheus/prometheus.yml").content_string
    assert len([region for region in regions if f"region: {region}\n" in active]) == 1
    serves = serving(host)["serves"]
    assert (serves["record"]["proven"], serves["targets"]) == (True, {"prometheus": "up"})
    assert host.check_output("find /etc /opt /usr/local /var/lib/vigil -name '.*.new' -o -name '.unpack-*'") == ""


def wait_until(holds: Any, seconds: float = 60) -> bool:
    """Return whether something holds before the time is over."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
