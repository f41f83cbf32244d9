"""What is true of every host, whatever runs on it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import service_of_unit
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services as described

HERE = Path(__file__).resolve().parent

PATHS = ("/", "/metrics", "/-/ready", "/-/healthy", "/api/v1/status/config", "/probe", "/debug/pprof/")
# No connection, a refusal by name, or nothing there.
REFUSALS = {0, 400, 401, 403, 404}

# What a product cannot be told, in the words of sslyze: Grafana (11.6 and 12.1) has no setting for curves, and accepts
# all that Go knows.
UNTELLABLE = {"grafana": {"tls_curves": "TLS curves {'secp521r1'} are supported, but should be rejected."}}


# Prints authorities, certificates and keys by the name that the audit gives them.
FILES = """import json, pathlib
folder = pathlib.Path("/etc/vigil/certificates")
print(json.dumps({"authorities.crt": (folder / "authorities.crt").read_text()} | {
    path.parent.name + path.suffix: path.read_text() for path in folder.glob("*/tls.*")
}))"""


def services_of(host):
    """Return which services of the collection run on a host, by the names of their units."""
    # Not templates, which run only while something is connected.
    units = host.check_output("grep -l vigil.observability /etc/systemd/system/*[!@].service").splitlines()
    return [unit.rpartition("/")[2].removesuffix(".service") for unit in units]


def exposure_of(unit):
    """Return the highest exposure that a unit may have: those of samples are of no service."""
    known = described().get(service_of_unit(unit))
    return known.exposure if known else 2.5


def listening_on(host):
    """Return the rows of open ports, except those that have to be on loopback, and the resolver of the engine."""
    rows = [row.split() for row in host.check_output("ss -Hltn --cgroup").splitlines()]
    local = {service.ports[name] for service in described().values() for name in service.local}
    # A query that is no collector sends its metrics to itself.
    local.add(described()["jaeger"].ports["otlp_http"])
    apart = {f"{loopback}:{port}" for port in local for loopback in ("127.0.0.1", "[::ffff:127.0.0.1]")}
    return [row for row in rows if not row[3].startswith("127.0.0.11:") and row[3] not in apart]


@pytest.fixture(scope="module")
def services(host):
    """Return which services of the collection run on the host, at least one."""
    found = services_of(host)
    assert found
    return found


@pytest.fixture(scope="module")
def listening(host):
    """Return the rows of ports that the host listens on."""
    return listening_on(host)


@pytest.mark.restart
def test_every_service_runs_and_has_never_died(host, services):
    command = f"systemctl show --property=Id,ActiveState,UnitFileState,NRestarts {' '.join(services)}"
    until = time.monotonic() + 60
    # After a reboot, Jaeger ends and is started again until Elasticsearch answers.
    while "ActiveState=activating" in (shown := host.check_output(command)) and time.monotonic() < until:
        time.sleep(1)
    states = [dict(line.split("=") for line in part.splitlines()) for part in shown.split("\n\n")]
    well = {"ActiveState": "active", "UnitFileState": "enabled", "NRestarts": "0"}
    for state in states:
        if state["Id"] == "jaeger.service" and host.file("/etc/jaeger/secrets/elasticsearch").exists:
            state["NRestarts"] = "0"
    assert states == [well | {"Id": f"{service}.service"} for service in services]


def test_every_service_is_hardened(host, services):
    rows = [row.split() for row in host.check_output("systemd-analyze security --no-pager").splitlines()]
    exposures = {row[0].removesuffix(".service"): float(row[1]) for row in rows if row[0].endswith(".service")}
    assert {name: exposures[name] for name in services if exposures[name] > exposure_of(name)} == {}


def test_systemd_knows_every_line_of_every_unit(host, services):
    said = host.run(f"systemd-analyze verify {' '.join(f'{service}.service' for service in services)}").stderr
    assert [line for line in said.splitlines() if "/etc/systemd/system/" in line] == []


@pytest.mark.restart
def test_every_port_refuses_who_shows_no_credentials(host, listening):
    # All but SSH.
    ports = {row[3].rpartition(":")[2] for row in listening} - {"22"}
    assert ports
    # Where nobody talks to who shows nothing, no path can be asked for.
    places = answers(host, [f"{scheme}://localhost:{port}/" for scheme in ("https", "http") for port in ports])
    urls = [place.removesuffix("/") + path for place, (status, _to) in places.items() if status for path in PATHS]
    found = answers(host, urls) if urls else {}
    assert len(found) == len(urls)
    assert {url: answer for url, answer in found.items() if not refuses(url, *answer)} == {}


def answers(host, urls):
    """Return the status, 0 for none, and the redirect of each URL for a client without credentials."""
    shown = "%{url_effective} %{http_code} %{redirect_url}\\n"
    asked = ["curl", "-sS", "--parallel", "--max-time", "3", "--cacert", "/etc/vigil/certificates/authorities.crt"]
    asked += ["--write-out", shown, *(word for url in urls for word in ("-o", "/dev/null", url))]
    rows = [row.split(" ") for row in host.run(shlex.join(asked)).stdout.splitlines()]
    return {url: (int(status), to) for url, status, to in rows}


def refuses(url, status, to):
    """Return whether an answer reveals nothing: a refusal, or a redirect to the login page."""
    return status in REFUSALS or (status == 302 and to == f"{'/'.join(url.split('/')[:3])}/login")


@pytest.fixture(scope="session")
def audits(request, tmp_path_factory):
    """Return what sslyze finds on the ports of every host, by address: all are asked at once."""
    items = (item for item in request.session.items if item.function is test_every_port_has_tls_that_an_auditor_passes)
    asked = [whereabouts(item.callspec.params["_testinfra_host"], tmp_path_factory.mktemp("host")) for item in items]
    made = [sys.executable, HERE.parents[2] / "tests/environments.py", "auditing"]
    tools = Path(subprocess.run(made, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    command = [tools / "python", HERE.parent / "audit.py"]
    done = subprocess.run(command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def test_every_port_has_tls_that_an_auditor_passes(host, services, listening, audits):
    ports = {service: ports_of(listening, service) for service in services}
    unserved = {
        unit
        for one in described().values()
        for unit in one.unit_names
        if not one.ports and "port" not in one.units.get(unit, {})
    }
    assert {service: bool(found) for service, found in ports.items()} == {
        service: service not in unserved for service in services
    }
    wanted = {str(port): UNTELLABLE.get(service, {}) for service in services for port in ports[service]}
    assert audits[host.check_output("hostname -I").split()[0]] == wanted, ports


def whereabouts(host, folder):
    """Return what the audit has to know of a host, whose certificates and keys are written into a folder."""
    for name, text in json.loads(host.check_output(shlex.join(["python3", "-c", FILES]))).items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    name, address = host.check_output("echo $(hostname) $(hostname -I)").split()[:2]
    found = {service: ports_of(listening_on(host), service) for service in services_of(host)}
    ports = {service: numbers for service, numbers in found.items() if numbers}
    return {"name": name, "address": address, "folder": str(folder), "ports": ports}


def ports_of(listening, service):
    """Return the ports that a service listens on."""
    return sorted({int(row[3].rpartition(":")[2]) for row in listening if row[-1].endswith(f"/{service}.service")})


def test_no_secret_is_world_readable(host, secrets):
    every = described().values()
    values = [word for one in every if one.users for word in secrets[f"{one.name}_passwords"].values()]
    values += [secrets[f"{one.name}_{key}"] for one in every for key in one.keys]
    assert values
    values += secrets["certificates_authority_key"].splitlines()[1:2]
    patterns = " ".join(f"-e {value}" for value in values)
    found = host.run(f"find /etc /opt /var/lib /var/log /usr/local -type f -perm /o+r -exec grep -lF {patterns} {{}} +")
    assert found.stdout.split() == []
