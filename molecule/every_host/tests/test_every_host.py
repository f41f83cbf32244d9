"""What is true of every host, whatever runs on it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import services as described

HERE = Path(__file__).resolve().parent

PATHS = ("/", "/metrics", "/-/ready", "/-/healthy", "/api/v1/status/config", "/probe", "/debug/pprof/")
# No connection, a refusal by name, or nothing there.
REFUSALS = {0, 400, 401, 403, 404}

# What a product cannot be told, in the words of sslyze: Grafana (11.6 and 12.1) has no setting for curves, and accepts
# all that Go knows.
UNTELLABLE = {"grafana": {"tls_curves": "TLS curves {'secp521r1'} are supported, but should be rejected."}}


@pytest.fixture
def services(host):
    """Return which services of ours run on the host."""
    units = host.check_output("grep -l vigil.observability /etc/systemd/system/*.service").splitlines()
    return [unit.rpartition("/")[2].removesuffix(".service") for unit in units]


def test_every_service_runs_and_has_never_died(host, services):
    assert services
    for service in services:
        shown = host.check_output(f"systemctl show --property=ActiveState,UnitFileState,NRestarts {service}")
        assert set(shown.splitlines()) == {"ActiveState=active", "UnitFileState=enabled", "NRestarts=0"}, service


def test_every_service_is_hardened(host, services):
    for service in services:
        limit = described()[service].exposure
        said = host.check_output(f"systemd-analyze security --no-pager {service}")
        assert float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1]) <= limit, service


def test_every_port_refuses_who_shows_no_credentials(host, ask):
    # All but the resolver that the engine gives every host, and SSH.
    rows = [row.split()[3] for row in host.check_output("ss -Hltn").splitlines()]
    ports = {row.rpartition(":")[2] for row in rows if not row.startswith("127.0.0.11:")} - {"22"}
    assert ports
    for place in (f"{scheme}://localhost:{port}" for scheme in ("https", "http") for port in ports):
        # Where nobody talks to who shows nothing, no path can be asked for.
        paths = PATHS if ask(place, "--max-time", "3").status else ()
        answers = {path: ask(f"{place}{path}") for path in paths}
        assert {path: answer.status for path, answer in answers.items() if not refuses(answer)} == {}


def refuses(answer):
    """Return whether an answer gives nothing away: a refusal, or the way to the page where people log in."""
    return answer.status in REFUSALS or (answer.status == 302 and 'href="/login"' in answer.body)


def test_every_port_has_tls_that_an_auditor_passes(host, services, tmp_path):
    ports = {service: ports_of(host, service) for service in services}
    assert all(ports.values()), ports
    for name, path in certificates_of(host, services).items():
        (tmp_path / name).write_text(host.file(path).content_string)
        (tmp_path / name).chmod(0o600)
    name, address = host.check_output("echo $(hostname) $(hostname -I)").split()[:2]
    found = audit({"name": name, "address": address, "folder": str(tmp_path), "ports": ports})
    wanted = {str(port): UNTELLABLE.get(service, {}) for service in services for port in ports[service]}
    assert found == wanted, ports


def ports_of(host, service):
    """Return the ports that a service listens on."""
    rows = [row.split() for row in host.check_output("ss -Hltn --cgroup").splitlines()]
    return sorted({int(row[3].rpartition(":")[2]) for row in rows if row[-1].endswith(f"/{service}.service")})


def certificates_of(host, services):
    """Return where authorities, certificates and keys lie on the host, by the name that the audit gives them."""
    folder = "/etc/vigil/certificates"
    owners = [service for service in services if host.file(f"{folder}/{service}/tls.crt").exists]
    ends = [(service, end) for service in owners for end in ("crt", "key")]
    return {"authorities.crt": f"{folder}/authorities.crt"} | {
        f"{service}.{end}": f"{folder}/{service}/tls.{end}" for service, end in ends
    }


def audit(asked):
    """Return what sslyze finds on the ports of a host."""
    made = [sys.executable, HERE.parents[2] / "tests/environments.py", "auditing"]
    tools = Path(subprocess.run(made, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    command = [tools / "python", HERE.parent / "audit.py"]
    done = subprocess.run(command, input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def test_no_secret_is_world_readable(host, secrets):
    every = described().values()
    values = [word for one in every if one.users for word in secrets[f"{one.name}_passwords"].values()]
    values += [secrets[f"{one.name}_{key}"] for one in every for key in one.keys]
    assert values
    values += secrets["certificates_authority_key"].splitlines()[1:2]
    patterns = " ".join(f"-e {value}" for value in values)
    found = host.run(f"find /etc /opt /var/lib /var/log /usr/local -type f -perm /o+r -exec grep -lF {patterns} {{}} +")
    assert found.stdout.split() == []
