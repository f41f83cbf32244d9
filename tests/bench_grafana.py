"""Measures what a hundred dashboards cost: once through `grafana_dashboards`, once through a loop of community.grafana.

Both go through the same counting proxy to the same server, each in one run of ansible-playbook, first into empty
folders and then unchanged; ours before and after theirs, of which the mean is shown. `task` is the wall time of the
task that provisions, as Ansible's callback reports it; `server` is what the server took of it to answer, as the
proxy sees it; `own` is the rest: Ansible, the module, and the connections they make. The ratios are those of `task` and
of `own`.

The server is the stand-in, whose speed is not Grafana's, so that only the numbers of requests and
connections are a promise there. Where GRAFANA_ARCHIVE names an archive of upstream's layout, it is that Grafana, and
the ratios of `own` are a promise too.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from ansible_collections.vigil.observability.plugins.module_utils._http.session import Endpoint, HttpError, Session
from ansible_collections.vigil.observability.tests.servers.counting_proxy import CountingProxy, Counts, counting_proxy
from ansible_collections.vigil.observability.tests.servers.standin_grafana.server import running
from ansible_collections.vigil.observability.tests.servers.standin_grafana.settings import Settings

DASHBOARDS, FOLDERS, PANELS = 100, 5, 16
START = 120.0
BY = {"ours": "grafana_dashboards", "theirs": "community.grafana"}
RUNS = ("first", "unchanged")
# How many times less of our own time a run has to take on a real Grafana.
GOALS = {"first": 30.0, "unchanged": 40.0}
REQUESTS = 102
LOGIN = ("admin", "admin")
VARIABLES = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}


@dataclass(frozen=True)
class Cost:
    """What one run cost."""

    task: float
    counts: Counts

    @property
    def own(self) -> float:
        return self.task - self.counts.server_seconds


def main() -> int:
    """Run both, print a table, and return 1 when ours cost more than it may."""
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as folder, server(Path(folder)) as (name, port):
        files = write_dashboards(Path(folder) / "dashboards")
        with counting_proxy(port) as proxy:
            playbooks = {"ours": ours(Path(folder), proxy.url), "theirs": theirs(Path(folder), proxy.url, files)}
            costs: dict[tuple[str, str], list[Cost]] = {}
            for run in RUNS:
                # Before and after, since a machine is not equally busy all the time.
                for who in ("ours", "theirs", "ours"):
                    if run == "first":
                        empty(port)
                    costs.setdefault((who, run), []).append(play(playbooks[who], proxy))
    means = {key: mean(found) for key, found in costs.items()}
    show(name, means)
    faults = faults_of(means, real=name != "stand-in")
    Console().print(*faults, sep="\n")
    return int(bool(faults))


def mean(costs: list[Cost]) -> Cost:
    """Return the mean of runs that were counted alike; it has the counts of the first."""
    first = costs[0].counts
    seconds = sum(cost.counts.server_seconds for cost in costs) / len(costs)
    if any((cost.counts.methods, cost.counts.connections) != (first.methods, first.connections) for cost in costs):
        sys.exit(f"The same run was not the same twice: {costs}")
    return Cost(sum(cost.task for cost in costs) / len(costs), replace(first, server_seconds=seconds))


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, int]]:
    """A server for the time of the block: its name and its port on loopback."""
    archive = os.environ.get("GRAFANA_ARCHIVE")
    if not archive:
        with running(Settings()) as served:
            yield "stand-in", int(served.url.rpartition(":")[2])
        return
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "grafana", filter="data")
    (program,) = (folder / "grafana").glob("*/bin/grafana")
    port = free_port()
    settings = {
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_PATHS_DATA": str(folder / "data"),
        "GF_PATHS_LOGS": str(folder / "log"),
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    }
    command = [str(program), "server", "--homepath", str(program.parents[1])]
    with (folder / "grafana.log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | settings, stdout=log, stderr=log)
    try:
        yield f"Grafana {wait(process, port)}", port
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port of loopback that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait(process: subprocess.Popen[bytes], port: int) -> str:
    """Return the version of a Grafana once it is healthy."""
    asked = Session(Endpoint(f"http://127.0.0.1:{port}", retries=0, deadline=START))
    until, reason = time.monotonic() + START, "it ended"
    while time.monotonic() < until and process.poll() is None:
        try:
            answer = asked.request("GET", "/api/health")
        except HttpError as error:
            reason = str(error)
        else:
            if answer.status == HTTPStatus.OK:
                return str(answer.json()["version"])
            reason = f"it answers {answer.status}"
        time.sleep(0.5)
    sys.exit(f"The Grafana of GRAFANA_ARCHIVE did not become healthy: {reason}")


def write_dashboards(folder: Path) -> list[dict[str, str]]:
    """Write the dashboards, of some 30 kB each, and return path and folder of each."""
    files = []
    for number in range(DASHBOARDS):
        team = f"team{number % FOLDERS}"
        path = folder / team / f"bench-{number:03}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dashboard(number), indent=2))
        files.append({"path": str(path), "folder": team})
    return files


def dashboard(number: int) -> dict[str, Any]:
    """Return the model of a dashboard of usual size."""
    return {
        "uid": f"bench-{number:03}",
        "title": f"Service {number:03}",
        # The tag that ours adds stands there already, so that both write the same.
        "tags": ["vigil.observability"],
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": []},
        "panels": [panel(number, index) for index in range(PANELS)],
    }


def panel(number: int, index: int) -> dict[str, Any]:
    """Return a panel with three queries."""
    steps = [{"color": "green", "value": None}, {"color": "red", "value": 0.5}]
    custom = {"lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": False}
    defaults = {"unit": "s", "min": 0, "custom": custom, "thresholds": {"mode": "absolute", "steps": steps}}
    return {
        "id": index + 1,
        "type": "timeseries",
        "title": f"Panel {index} of service {number}",
        "description": "How long requests took, by the instance that answered and the class of the status. " * 2,
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "gridPos": {"x": index % 2 * 12, "y": index // 2 * 8, "w": 12, "h": 8},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"legend": {"displayMode": "table", "calcs": ["mean", "max"]}, "tooltip": {"mode": "multi"}},
        "targets": [
            {
                "refId": letter,
                "expr": f'sum by (instance) (rate(hits_total{{job="s{number}",code=~"{code}.."}}[$__rate_interval]))',
                "legendFormat": "{{instance}}",
            }
            for letter, code in zip("ABC", "245", strict=True)
        ],
    }


def ours(folder: Path, url: str) -> Path:
    """Write the playbook that provisions with one task of this collection, and return its path."""
    options = {
        "url": url,
        "username": LOGIN[0],
        "password": LOGIN[1],
        "dashboards": f"{{{{ '{folder}/dashboards' | vigil.observability.dashboard_files }}}}",
    }
    return written(folder / "ours.yml", {"vigil.observability.grafana_dashboards": options})


def theirs(folder: Path, url: str, files: list[dict[str, str]]) -> Path:
    """Write the playbook that provisions with a loop of the other collection, and return its path."""
    options = {
        "grafana_url": url,
        "grafana_user": LOGIN[0],
        "grafana_password": LOGIN[1],
        "path": "{{ item.path }}",
        "folder": "{{ item.folder }}",
        "overwrite": True,
    }
    return written(folder / "theirs.yml", {"community.grafana.grafana_dashboard": options, "loop": files})


def written(path: Path, task: dict[str, Any]) -> Path:
    """Write a playbook of one task and return its path."""
    path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": VARIABLES, "tasks": [task]}]))
    return path


def empty(port: int) -> None:
    """Leave the server with the folders alone, empty."""
    asked = Session(Endpoint(f"http://127.0.0.1:{port}", *LOGIN))
    for number in range(FOLDERS):
        asked.request("DELETE", f"/api/folders/team{number}")
        answer = asked.request("POST", "/api/folders", body={"uid": f"team{number}", "title": f"Team {number}"})
        if answer.status != HTTPStatus.OK:
            sys.exit(f"A folder cannot be made: {answer.body!r}")
    asked.close()


def play(playbook: Path, proxy: CountingProxy) -> Cost:
    """Run a playbook of one task and return what that cost."""
    settings = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    proxy.take()
    words = ["ansible-playbook", "-i", "localhost,", str(playbook)]
    done = subprocess.run(words, env=os.environ | settings, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    played = json.loads(done.stdout[done.stdout.index("{") :])
    span = played["plays"][0]["tasks"][0]["task"]["duration"]
    begun, ended = (datetime.fromisoformat(span[side]) for side in ("start", "end"))
    return Cost((ended - begun).total_seconds(), proxy.take())


def show(name: str, costs: dict[tuple[str, str], Cost]) -> None:
    """Print a line for each run, and how many times less ours took."""
    table = Table("run", "by", "requests", "writes", "connections", "task", "server", "own", title=name)
    for (who, run), cost in costs.items():
        counts = cost.counts
        writes = counts.requests - counts.methods["GET"]
        numbers = (str(number) for number in (counts.requests, writes, counts.connections))
        seconds = (f"{number:.2f} s" for number in (cost.task, counts.server_seconds, cost.own))
        table.add_row(run, BY[who], *numbers, *seconds)
    for run in RUNS:
        task, own = ratios(costs, run)
        table.add_row(run, "ratio", "", "", "", f"{task:.1f}", "", f"{own:.1f}")
    Console(width=110).print(table)


def ratios(costs: dict[tuple[str, str], Cost], run: str) -> tuple[float, float]:
    """Return how many times longer theirs took, in all and of its own."""
    one, other = costs["theirs", run], costs["ours", run]
    return one.task / other.task, one.own / other.own


def faults_of(costs: dict[tuple[str, str], Cost], *, real: bool) -> list[str]:
    """Return a sentence for every promise that was not kept."""
    faults = []
    for run in RUNS:
        counts = costs["ours", run].counts
        if counts.requests > REQUESTS or counts.connections != 1:
            faults.append(f"{run}: {counts.requests} requests on {counts.connections} connections are too many.")
        _task, own = ratios(costs, run)
        if real and own < GOALS[run]:
            faults.append(f"{run}: of its own time ours takes {own:.1f} times less, not {GOALS[run]:.0f} times.")
    unchanged = costs["ours", "unchanged"].counts
    if unchanged.requests != unchanged.methods["GET"]:
        faults.append(f"unchanged: {dict(unchanged.methods)} are not only reads.")
    return faults


if __name__ == "__main__":
    sys.exit(main())
