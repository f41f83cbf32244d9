"""Has a real engine mend a real host by jobs of AWX, and several want one host at once.

An alert becomes a job, the job runs the step's playbook over SSH, vigil-action restarts the unit under the lease of the
attempt, and Prometheus says that it helped. Meanwhile a second runbook and a person are refused. A job that comes while
a person holds the host does nothing, and people get to know why. Of three that start at once, one acts.

AWX itself is a stand-in, whose jobs run ansible-playbook as AWX's do.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from ansible_collections.vigil.observability.packages.incident_response.incident_response.steps import Host, Spec
from ansible_collections.vigil.observability.tests.live.elasticsearch_modules import free_port
from ansible_collections.vigil.observability.tests.live.incident_intake import await_that as await_within
from ansible_collections.vigil.observability.tests.live.telemetry_databases import docker
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS, ROOT
from ansible_collections.vigil.observability.tests.servers import standin_awx
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release
from ansible_collections.vigil.observability.tests.servers.standin_awx import Job, Project, StandinAwx
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.alerts import (
    listing,
    notified,
    webhook,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.certificates import Certificates
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.engine import Engine, servers
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.mesh import Mesh
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.steps.place import COLLECTIONS, Place

HOST, LABEL, PORT = "incident-awx-1", "incident_awx", 8080
RELEASE = "3.13.2"
STEP = "vigil.observability.steps.restart_service"
PLAYBOOKS = COLLECTIONS / "ansible_collections/vigil/observability/playbooks/steps"
await_that = partial(await_within, patience=60.0)
# The shop of the host notes each start, and is not there yet while something holds it: so a job takes as long as a test
# wants.
SHOP = f"""
mkdir -p /srv/shop && echo shop_ready 1 >/srv/shop/metrics.txt
cat >/etc/systemd/system/shop.service <<'UNIT'
[Service]
ExecStartPre=/bin/sh -c 'echo once >>/var/log/shop; while test -e /run/hold; do sleep 0.1; done'
ExecStart=/usr/bin/python3 -m http.server {PORT} --directory /srv/shop
UNIT
systemctl start shop ssh
"""
ALERTS = ("ShopDown", "ShopGone")
PARAMETERS = {"unit": "shop", "settle": 0}


class Reached(NamedTuple):
    """The host: its address, the one from which this machine reaches it, and its public key."""

    address: str
    controller: str
    key: str


def on_host(script: str) -> str:
    """Return what a script of root on the host prints."""
    return docker("exec", HOST, "sh", "-euc", script)


def action(name: str, **told: Any) -> dict[str, Any]:
    """Return the answer of vigil-action to a person on the host."""
    request = json.dumps({"action": name, **told})
    # It ends with 1 or 2 when it refuses or fails.
    found: dict[str, Any] = json.loads(on_host(f"echo '{request}' | /usr/local/libexec/vigil-action || true"))
    return found


def starts() -> int:
    """Return how often the shop has been started."""
    return int(on_host("wc -l </var/log/shop"))


@contextmanager
def host() -> Iterator[Reached]:
    """Yield a host with systemd, SSH and the shop."""
    hosts = str(ROOT / "tests/hosts/hosts")
    docker("rm", "--force", HOST)
    subprocess.run([hosts, "create", "--label", LABEL, HOST], check=True)
    try:
        on_host(SHOP)
        told = json.loads(docker("inspect", HOST))[0]["NetworkSettings"]["Networks"]["vigil-test"]
        key = " ".join(on_host("cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2])
        yield Reached(told["IPAddress"], told["Gateway"], key)
    finally:
        subprocess.run([hosts, "destroy", "--label", LABEL], check=False)


def admit(folder: Path, reached: Reached) -> None:
    """Make the keys of AWX and of the second runbook, and deploy what they may do on the host."""
    for name in ("awx", "service"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    keys = [
        {"key": (folder / f"{name}.pub").read_text().strip(), "from": [reached.controller]}
        for name in ("awx", "service")
    ]
    own = {
        "ansible_connection": "community.docker.docker",
        "ansible_python_interpreter": "/usr/bin/python3",
        "runbook_target_keys": keys,
        "runbook_actions": {"units": {"shop": ["restart"]}},
    }
    inventory = folder / "people.json"
    inventory.write_text(json.dumps({"all": {"children": {"runbook_target": {"hosts": {HOST: own}}}}}))
    command = ["ansible-playbook", "-i", str(inventory), "vigil.observability.runbook_targets"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def by_hand(folder: Path) -> str:
    """Restart the shop as a person does, and return what Ansible prints."""
    told = json.dumps({"step_hosts": [HOST], "step_parameters": PARAMETERS})
    command = ["ansible-playbook", "-i", str(folder / "people.json"), STEP, "-e", told]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@contextmanager
def awx_for(folder: Path, reached: Reached) -> Iterator[StandinAwx]:
    """Yield an AWX with what the guide says that it needs."""
    guide = (ROOT / "docs/use-awx.md").read_text(encoding="utf-8")
    (playbook,) = re.findall(r"```yaml\n(# restart_service.yml\n.*?)```", guide, re.DOTALL)
    (folder / "restart_service.yml").write_text(playbook)
    own = {"ansible_host": reached.address, "ansible_python_interpreter": "/usr/bin/python3"}
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": {HOST: own}}}))
    project = Project(
        playbook=folder / "restart_service.yml",
        inventory=folder / "inventory.json",
        work=folder,
        arguments=("--user", "vigil-runbook", "--private-key", str(folder / "awx"), "--diff"),
        # Jobs of AWX run in containers of their own, and leave neither keys of hosts nor connections behind.
        environment={"ANSIBLE_SSH_ARGS": "-o UserKnownHostsFile=/dev/null -o ControlMaster=no"},
    )
    with standin_awx.running() as awx:
        awx.add_template("restart_service", asks=["extra_vars", "labels", "limit", "job_type"], project=project)
        yield awx


class Second:
    """A second runbook: an attempt beside another service, over SSH with its own key."""

    def __init__(self, folder: Path, reached: Reached) -> None:
        folder.mkdir()
        self.reached, self.place = reached, Place(folder)
        (folder / "bin/ssh").unlink()
        (self.place.ssh / "known_hosts").write_text(f"{HOST} {reached.key}\n")
        key = self.place.ssh / "id_ed25519"
        key.write_bytes((folder.parent / "service").read_bytes())
        key.chmod(0o600)
        self.attempts = self.place.attempts_with(PLAYBOOKS)

    def outcome(self, attempt: str) -> str:
        """Have an attempt made, and return why it failed, nothing if it did not."""
        where = Host(name=HOST, address=self.reached.address)
        step = partial(Spec, runbook="shop_slow", step="restart_service", parameters=PARAMETERS, holder="mon8")
        self.attempts.start(step(attempt=attempt, host=where))
        await_that("the attempt ends", lambda: self.attempts.state(attempt).code is not None)
        found = self.attempts.output(attempt)
        assert found.refused == bool(found.reason), found
        return found.reason


@contextmanager
def prometheus(folder: Path, reached: Reached) -> Iterator[str]:
    """Yield the URL of a Prometheus that looks at the shop each second."""
    unpack_release("prometheus", RELEASE, folder)
    (program,) = folder.glob(f"prometheus-{RELEASE}.*/prometheus")
    url = f"http://127.0.0.1:{free_port()}"
    shop = {
        "job_name": "shop",
        "metrics_path": "/metrics.txt",
        "static_configs": [{"targets": [f"{reached.address}:{PORT}"], "labels": {"host": HOST}}],
        "relabel_configs": [{"target_label": "instance", "replacement": f"{HOST}:{PORT}"}],
    }
    rules = [
        {"alert": name, "expr": 'up{job="shop"} == 0', "labels": {"severity": "critical", "service": "shop"}}
        for name in ALERTS
    ]
    told = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [shop],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(told))
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "shop", "rules": rules}]}))
    files = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (LOGS / "incident_awx.log").open("ab") as log:
        listen = f"--web.listen-address={url.removeprefix('http://')}"
        process = subprocess.Popen([str(program), *files, listen, "--log.level=error"], stdout=log, stderr=log)
    try:
        await_that("the shop is up", lambda: value(url, 'up{job="shop"}') == 1)
        yield url
    finally:
        process.kill()
        process.wait()


def value(url: str, query: str) -> float:
    """Return the value of the one series of a query. Raises LookupError without one."""
    found = httpx.get(f"{url}/api/v1/query", params={"query": query}).json()["data"]["result"]
    return float(found[0]["value"][1])


class Automation:
    """The engine with a runbook for each alert, whose steps AWX runs."""

    def __init__(self, folder: Path, mesh: Mesh, awx: StandinAwx, url: str, reached: Reached) -> None:
        self.mesh, self.url = mesh, url
        certificates = Certificates(folder)
        check = {"kind": "promql", "text": ['up{job="shop"}'], "within": 40, "stable": 2, "samples": 2}
        steps = [{"step": "restart_service", "parameters": PARAMETERS}]
        (folder / "token").write_text(awx.token)
        automation = {
            "engine": "mon9",
            "hosts": [HOST],
            "targets": {HOST: {"address": reached.address}},
            "runbooks": [
                runbook(
                    name=name.lower(),
                    matchers=[{"label": "alertname", "operator": "=", "value": name}],
                    level="full",
                    executor="awx",
                    steps=steps,
                    verification=check,
                )
                for name in ALERTS
            ],
        }
        self.engine = Engine(
            folder,
            certificates,
            [mesh.url],
            prometheus=servers([url], certificates),
            automation=automation,
            awx={
                "url": awx.url,
                "token_file": "token",
                "ca_file": str(certificates.authority),
                "templates": {"restart_service": "restart_service"},
            },
        )

    def alert(self, name: str) -> None:
        """Have the shop end, and its alert come from Prometheus."""
        on_host("systemctl stop shop")
        await_that("the alert fires", lambda: name in httpx.get(f"{self.url}/api/v1/alerts").text)
        labels = {"alertname": name, "severity": "critical", "service": "shop", "job": "shop", "host": HOST}
        labels["instance"] = f"{HOST}:{PORT}"
        now = time.time()
        self.mesh.alerts = [listing(labels, now, ends_at=now + 600)]
        assert self.engine.post(webhook(notified(labels, now))).is_success

    def decision(self, name: str) -> Mapping[str, Any]:
        """Return the decision that allows the runbook of an alert. Raises LookupError until there is one."""
        incidents = self.engine.get("/api/incidents?state=all").json()["incidents"]
        found = [
            one
            for incident in incidents
            for one in self.engine.get(f"/api/incidents/{incident['id']}").json()["decisions"]
            if (one["runbook"], one["allowed"]) == (name.lower(), True)
        ]
        return dict(found[0])


def job_of(awx: StandinAwx, attempt: str) -> Job:
    """Return the one job of an attempt, which its label tells. Raises LookupError until there is one."""
    jobs = [job for job in awx.jobs.values() if [label.name for label in job.labels] == [attempt]]
    assert len(jobs) <= 1, [job.id for job in jobs]
    return jobs[0]


def refusal(text: str, who: str) -> bool:
    """Return whether a text has that somebody holds the host, and for how long."""
    return bool(re.search(rf"The attempt {who} holds this host for \d+ s more\.", text))


def require_mended(automation: Automation, awx: StandinAwx, second: Second, folder: Path) -> None:
    """Require that a job mends the shop, that others are refused meanwhile, and what the journal has of it."""
    before = starts()
    on_host("touch /run/hold")
    automation.alert("ShopDown")
    await_that("the shop is started", lambda: starts() == before + 1)
    (attempt,) = automation.decision("ShopDown")["attempts"]
    name = attempt["attempt"]
    lease = action("status")["lease"]
    assert (lease["attempt"], lease["holder"], lease["runbook"]) == (name, "mon9", "shopdown"), lease
    assert job_of(awx, name).status == "running"
    with ThreadPoolExecutor() as pool:
        person, other = pool.submit(by_hand, folder), pool.submit(second.outcome, "inc-8-s1-a1")
    for told in (person.result(), other.result()):
        assert refusal(told, f"{name} of mon9"), told
    on_host("rm /run/hold")
    await_that("it is verified", lambda: automation.decision("ShopDown")["verification"])
    found = automation.decision("ShopDown")
    (attempt,) = found["attempts"]
    assert (attempt["outcome"], "Restart a service: changed" in attempt["text"]) == ("done", True), attempt
    verified = found["verification"]
    assert (verified["outcome"], verified["acted"]) == ("recovered", True), verified
    assert (job_of(awx, name).status, starts()) == ("successful", before + 1)
    state = action("status")
    assert (state["lease"], [one["attempt"] for one in state["attempts"]]) == (None, [name]), state


def require_refused(automation: Automation, awx: StandinAwx) -> None:
    """Require that a job does nothing while a person holds the host, and that people get to know who does."""
    before = starts()
    assert action("acquire", attempt="new-disk", seconds=300, holder="anna")["outcome"] == "done"
    automation.alert("ShopGone")
    await_that("the run ends", lambda: automation.decision("ShopGone")["verification"])
    found = automation.decision("ShopGone")
    (attempt,) = found["attempts"]
    assert (attempt["outcome"], refusal(attempt["reason"], "new-disk of anna")) == ("refused", True), attempt
    assert job_of(awx, attempt["attempt"]).status == "failed"
    verified = found["verification"]
    assert verified["reason"].startswith(f"{HOST} refused restart_service: The attempt new-disk of anna"), verified
    assert (verified["outcome"], verified["acted"], starts()) == ("failing", False, before), verified
    await_that("people are paged", lambda: "IncidentEscalated" in dict(automation.mesh.pages()))
    assert not automation.mesh.held()
    assert action("release", attempt="new-disk")["changed"]


def require_one(awx: StandinAwx, second: Second, folder: Path) -> None:
    """Require that of three who start at once one restarts the shop, and that the others are told which."""
    before = starts()
    on_host("touch /run/hold")

    def launched() -> str:
        told = {"extra_vars": {"step_hosts": [HOST], "step_parameters": PARAMETERS}}
        login = {"Authorization": f"Bearer {awx.token}"}
        with httpx.Client(base_url=f"{awx.url}/api/v2", headers=login, timeout=60) as asked:
            job = asked.post("/job_templates/1/launch/", json=told).json()["id"]
            await_that("the job ends", lambda: asked.get(f"/jobs/{job}/").json()["finished"])
            return asked.get(f"/jobs/{job}/stdout/").text

    who: Mapping[str, Callable[[], str]] = {
        r"awx-job-\d+ of awx-user in AWX": launched,
        "inc-8-s1-a2 of mon8": partial(second.outcome, "inc-8-s1-a2"),
        r"by-hand-\S+ of \S+": partial(by_hand, folder),
    }
    with ThreadPoolExecutor() as pool:
        started: dict[str, Future[str]] = {name: pool.submit(start) for name, start in who.items()}
        try:
            await_that("two are refused", lambda: sum(one.done() for one in started.values()) == len(who) - 1)
        finally:
            on_host("rm /run/hold")
    (winner,) = [name for name, one in started.items() if "holds this host" not in one.result()]
    for name in who.keys() - {winner}:
        assert refusal(started[name].result(), winner), started[name].result()
    assert starts() == before + 1
    assert re.fullmatch(winner, "{attempt} of {holder}".format(**action("status")["attempts"][-1]))


def main() -> int:
    """Return the exit code: 0 where every promise was kept."""
    LOGS.mkdir(parents=True, exist_ok=True)
    os.environ["ANSIBLE_PIPELINING"] = "true"
    with tempfile.TemporaryDirectory(prefix="vigil-awx-") as name, ExitStack() as stack:
        folder, begun = Path(name), time.monotonic()

        def passed(what: str) -> None:
            print(f"incident_awx: {what} after {time.monotonic() - begun:.0f} s", flush=True)

        reached = stack.enter_context(host())
        admit(folder, reached)
        awx = stack.enter_context(awx_for(folder, reached))
        second = Second(folder / "second", reached)
        stack.enter_context(second.place)
        url, mesh = stack.enter_context(prometheus(folder, reached)), stack.enter_context(Mesh())
        automation = Automation(folder, mesh, awx, url, reached)
        stack.enter_context(automation.engine).start()
        passed("all is there")
        require_mended(automation, awx, second, folder)
        passed("an alert is mended")
        require_refused(automation, awx)
        passed("a job is refused")
        require_one(awx, second, folder)
        passed("one of three has acted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
