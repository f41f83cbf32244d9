"""Certificates on two hosts with real services: of whatever authority signs at the moment."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from cryptography import x509

HOSTS = ("certificates-1", "certificates-2")
PORTS = {"prometheus": 9090, "alertmanager": 9093, "node_exporter": 9100}
FOLDER = "/etc/vigil/certificates"
OWN = "/etc/ssl/company/node"
REFUSED = 0


@pytest.fixture
def name(host):
    """Return the name of the host."""
    return host.check_output("hostname")


@pytest.fixture
def services(name):
    """Return the services of the host that have a certificate of this collection."""
    return [service for service in PORTS if (name, service) != ("certificates-2", "node_exporter")]


@pytest.fixture(scope="session")
def authority(secrets):
    """Return the certificates of the inventory: those that sign, those that are trusted besides."""
    texts = (secrets["certificates_authority_certificate"], secrets["certificates_trusted"])
    return [x509.load_pem_x509_certificates(text.encode()) for text in texts]


@pytest.fixture
def query(ask, secrets):
    """Return a function that gives the values of an expression by host and service, in the end as many as wanted."""

    def asked(expression, wanted):
        options = ("--get", "--data-urlencode", f"query={expression}")
        login = {"user": "admin", "password": secrets["prometheus_passwords"]["admin"]}
        until = time.monotonic() + 30
        while True:
            answer = ask("https://localhost:9090/api/v1/query", *options, **login)
            found = answer.json()["data"]["result"] if answer.status == 200 else []
            if len(found) == wanted or time.monotonic() > until:
                return {(one["metric"]["host"], one["metric"]["service"]): float(one["value"][1]) for one in found}
            time.sleep(0.3)

    return asked


def self_signed(certificate: x509.Certificate) -> bool:
    """Tell whether this is a root."""
    return certificate.issuer == certificate.subject


def test_only_root_and_the_service_read_its_key(host, services):
    for service in services:
        found = host.check_output(f"stat --dereference --format '%a %U:%G' {FOLDER}/{service}/tls.key")
        assert found == f"640 root:{service}"


def test_certificate_says_which_service_on_which_host_it_is(host, services, name):
    for service in services:
        said = host.check_output(f"openssl x509 -noout -ext subjectAltName -in {FOLDER}/{service}/tls.crt")
        assert re.findall(r"URI:(\S+?)(?:,|$)", said, re.MULTILINE) == [f"vigil://{name}/{service}"]
        assert f"DNS:{name}," in said


@pytest.mark.restart
def test_services_serve_the_chain_and_hosts_trust_the_root_alone(host, services, authority):
    signing, trusted = authority
    chain = [each for each in signing if not self_signed(each)]
    for service in services:
        certificate = x509.load_pem_x509_certificates(host.file(f"{FOLDER}/{service}/tls.crt").content)
        assert certificate[1:] == chain
        command = f"openssl s_client -connect localhost:{PORTS[service]} -showcerts -verify_return_error"
        shown = host.run(f"{command} -CAfile {FOLDER}/authorities.crt </dev/null").stdout
        assert x509.load_pem_x509_certificates(shown.encode()) == certificate
        assert "Verify return code: 0 (ok)" in shown
    roots = {each for each in [*signing, *trusted] if self_signed(each)}
    assert set(x509.load_pem_x509_certificates(host.file(f"{FOLDER}/authorities.crt").content)) == roots


@pytest.mark.restart
def test_node_exporter_answers_prometheus_and_itself_and_nobody_else(ask, host, name):
    clients = {
        f"{FOLDER}/prometheus/tls": 200,
        f"{FOLDER}/alertmanager/tls": REFUSED,
        f"{FOLDER}/node_exporter/tls" if name == "certificates-1" else OWN: None,
    }
    for server in HOSTS:
        for client, expected in clients.items():
            own = 200 if server == name else REFUSED
            found = ask(f"https://{server}:9100/metrics", "--cert", f"{client}.crt", "--key", f"{client}.key").status
            assert found == (own if expected is None else expected), (client, server)


def test_certificate_that_the_host_had_already_is_served(host):
    if host.check_output("hostname") == "certificates-2":
        shown = host.run("openssl s_client -connect localhost:9100 </dev/null").stdout
        assert x509.load_pem_x509_certificate(shown.encode()) == x509.load_pem_x509_certificate(
            host.file(f"{OWN}.crt").content
        )
        assert not host.file(f"{FOLDER}/node_exporter").exists


@pytest.mark.restart
def test_prometheus_knows_when_each_certificate_expires(query):
    expected = {(name, service) for name in HOSTS for service in PORTS} - {("certificates-2", "node_exporter")}
    found = query("vigil_certificate_not_after_timestamp_seconds", len(expected))
    assert set(found) == expected
    assert all(363 < (value - time.time()) / 86400 < 365 for value in found.values())


def test_alerts_on_expiry_are_loaded(ask, secrets):
    login = {"user": "admin", "password": secrets["prometheus_passwords"]["admin"]}
    groups = ask("https://localhost:9090/api/v1/rules", **login).json()["data"]["groups"]
    rules = {
        rule["name"]: rule["health"] for group in groups for rule in group["rules"] if group["name"] == "certificates"
    }
    assert {"CertificateRenewalOverdue", "CertificateExpiresSoon", "CertificateAuthorityExpiresSoon"} <= set(rules)


def runs() -> list[tuple[str, str]]:
    """Return what each run told, with its recap."""
    told = (Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ansible.log").read_text()
    parts = re.split(r"PLAY RECAP \*+", told)
    return list(zip(parts, [part.partition("TASKS RECAP")[0] for part in parts[1:]], strict=False))


def test_a_run_with_nothing_due_is_one_call_on_each_host():
    calls = {}
    for told, recap in runs():
        changes = re.findall(r"certificates-\d +: ok=\d+ +changed=(\d+)", recap)
        made = len(re.findall(r"Using module file \S+/host_certificates\.py", told))
        if made:
            calls.setdefault(set(changes) == {"0"}, set()).add(made)
    assert calls[True] == {len(HOSTS)}


def test_no_key_of_a_service_was_ever_on_the_controller(host, services):
    told = "".join(part for run in runs() for part in run)
    assert "host_certificates.py" in told
    for service in services:
        lines = host.file(f"{FOLDER}/{service}/tls.key").content_string.splitlines()[1:-1]
        assert [line for line in lines if line in told] == []
