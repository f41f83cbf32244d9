# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.vigil.observability.plugins.action.certificates import ActionModule
from ansible_collections.vigil.observability.plugins.module_utils._certificates.issuance import HostCertificates
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.modules import host_certificates
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.authority import make_authority
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils.authorities import (
    certificate,
    pem_of,
    pem_of_key,
)

Result = dict[str, Any]
RunModule = Callable[..., Result]
Pair = tuple[str, str]

NOW = datetime.now(UTC)
ME = pwd.getpwuid(os.geteuid()).pw_name


class Site:
    """Hosts below a directory, and the action as a playbook would run it for one of them."""

    def __init__(self, root: Path, run_module: RunModule) -> None:
        self.root = root
        self.run_module = run_module
        self.sent: list[dict[str, Any]] = []

    def directory(self, host: str) -> Path:
        return self.root / host / "certificates"

    def run(self, authority: Pair, host: str = "web1", *, check: bool = False, **changed: Any) -> Result:
        self.sent = []
        arguments = {
            "services": [{"name": "prometheus", "user": ME}, {"name": "node_exporter", "user": ME}],
            "host": host,
            "address": "127.0.0.1",
            "authority_certificate": authority[0],
            "authority_key": authority[1],
            "certificates_dir": str(self.directory(host)),
            "textfile_dir": str(self.root / host / "textfile"),
            "locks_dir": str(self.root / host / "locks"),
            **changed,
        }
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None))
        arguments.pop(arguments.pop("without", None), None)
        task = SimpleNamespace(args=arguments, async_val=0, check_mode=check, diff=False, action="certificates")
        action = ActionModule(task, connection, None, None, None, None)

        def execute(*, module_name: str, module_args: dict[str, Any], task_vars: Any) -> Result:
            assert module_name == "vigil.observability.host_certificates"
            assert task_vars == {}
            self.sent.append(module_args)
            return self.run_module(host_certificates, check=check, **module_args)

        action._execute_module = execute
        result: Result = action.run(task_vars={})
        return result

    def certificate(self, service: str, host: str = "web1") -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.directory(host) / service / "tls.crt").read_bytes())

    def identity(self, service: str, host: str = "web1") -> ssl.SSLContext:
        """Return what a client with the identity of the service uses."""
        return self._context(ssl.PROTOCOL_TLS_CLIENT, service, host)

    def _context(self, protocol: Any, service: str, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(protocol)
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        directory = self.directory(host)
        context.load_verify_locations(directory / "authorities.crt")
        context.load_cert_chain(directory / service / "tls.crt", directory / service / "tls.key")
        return context

    def reach(self, client: ssl.SSLContext, service: str, host: str = "web1", name: str = "127.0.0.1") -> list[str]:
        """Return the URIs that the service sees of the client. Raises OSError when either refuses the other."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(5)
            seen: list[Any] = []
            server = self._context(ssl.PROTOCOL_TLS_SERVER, service, host)
            thread = threading.Thread(target=_answer, args=(listening, server, seen))
            thread.start()
            try:
                with (
                    socket.create_connection(listening.getsockname(), timeout=5) as plain,
                    client.wrap_socket(plain, server_hostname=name) as secured,
                ):
                    assert secured.recv(2) == b"ok"
            finally:
                thread.join()
            return [value for kind, value in seen[0]["subjectAltName"] if kind == "URI"]


def _answer(listening: socket.socket, context: ssl.SSLContext, seen: list[Any]) -> None:
    try:
        plain, _address = listening.accept()
        with plain, context.wrap_socket(plain, server_side=True) as secured:
            seen.append(secured.getpeercert())
            secured.sendall(b"ok")
    except OSError:
        pass  # what the client sees of it is what is tested


@pytest.fixture
def site(tmp_path: Path, run_module: RunModule) -> Site:
    return Site(tmp_path, run_module)


@pytest.fixture
def authority() -> Pair:
    return make_authority(NOW)


def test_services_of_a_host_get_certificates_in_two_calls(site: Site, authority: Pair) -> None:
    result = site.run(authority)
    assert result["changed"]
    assert result["due"] == {"prometheus": "it has none", "node_exporter": "it has none"}
    assert "requests" not in result
    assert len(site.sent) == 2
    leaf = site.certificate("node_exporter")
    assert leaf.subject.rfc4514_string() == "CN=node_exporter on web1"
    assert result["services"]["node_exporter"]["not_after"] == int(leaf.not_valid_after_utc.timestamp())


def test_unchanged_host_takes_one_call(site: Site, authority: Pair) -> None:
    site.run(authority)
    result = site.run(authority)
    assert not result["changed"]
    assert result["due"] == {}
    assert len(site.sent) == 1


def test_key_of_the_authority_is_never_sent_to_the_host(site: Site, authority: Pair) -> None:
    site.run(authority)
    secret = authority[1].splitlines()[1]
    assert len(site.sent) == 2
    assert secret not in str(site.sent)
    assert not [path for path in site.root.rglob("*") if path.is_file() and secret in path.read_text()]


def test_key_of_a_service_is_never_sent_to_the_controller(site: Site, authority: Pair) -> None:
    result = site.run(authority)
    key = (site.directory("web1") / "prometheus" / "tls.key").read_text().splitlines()[1]
    assert key not in str(site.sent) + str(result)


def test_check_mode_takes_one_call_and_signs_nothing(site: Site, authority: Pair) -> None:
    result = site.run(authority, check=True)
    assert result["changed"]
    assert set(result["due"]) == {"prometheus", "node_exporter"}
    assert len(site.sent) == 1
    assert not site.directory("web1").exists()


def test_named_service_is_renewed_and_no_other(site: Site, authority: Pair) -> None:
    site.run(authority)
    before = {name: site.certificate(name) for name in ("prometheus", "node_exporter")}
    assert site.run(authority, renew=["prometheus"])["due"] == {"prometheus": "asked for"}
    assert site.certificate("prometheus").public_key() != before["prometheus"].public_key()
    assert site.certificate("node_exporter") == before["node_exporter"]


def test_all_services_are_renewed_at_once(site: Site, authority: Pair) -> None:
    site.run(authority)
    assert set(site.run(authority, renew=["all"])["due"]) == {"prometheus", "node_exporter"}


def test_renewing_a_service_that_only_other_hosts_have_is_a_warning(site: Site, authority: Pair) -> None:
    site.run(authority)
    result = site.run(authority, renew=["grafana"])
    assert not result["changed"]
    assert result["warnings"] == [
        "Some hosts of this run have no service grafana, so no certificate of it was renewed there."
    ]


def test_service_that_is_named_alone_keeps_names_and_user_of_its_certificate(site: Site, authority: Pair) -> None:
    site.run(authority, services=[{"name": "grafana", "user": ME, "names": ["graphs.example.org"]}])
    alone = site.run(authority, services=[{"name": "grafana"}])
    assert (alone["changed"], alone["due"]) == (False, {})
    assert site.run(authority, services=[{"name": "grafana"}], renew=["all"])["due"] == {"grafana": "asked for"}
    assert "graphs.example.org" in names_in(site.certificate("grafana"))
    assert site.run(authority, services=[{"name": "grafana", "names": []}])["due"] == {"grafana": "its names changed"}
    assert "graphs.example.org" not in names_in(site.certificate("grafana"))


def names_in(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName)


def test_failure_of_the_first_call_is_the_result(site: Site, authority: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HostCertificates, "brought_up_to_date", _unwell)
    result = site.run(authority)
    assert result["failed"]
    assert len(site.sent) == 1


def _unwell(_self: Any) -> Result:
    raise OperatorError("The host is unwell.")


def test_failure_of_the_second_call_is_the_result(site: Site, authority: Pair) -> None:
    site.directory("web1").mkdir(parents=True)
    (site.directory("web1") / "prometheus").mkdir()
    result = site.run(authority)
    assert "something other than a symbolic link" in result["msg"]
    assert len(site.sent) == 2


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"services": [{"name": "a"}, {"name": "a"}]}, "a is listed twice among the services of web1"),
        ({"lifetime_days": 29}, "lifetime_days is 29: at least 30 are needed"),
        ({"address": "no name"}, "The address 'no name' of web1 is neither a DNS name nor an IP address"),
        ({"host": "web 1"}, "The inventory name 'web 1' cannot be used in a certificate"),
        ({"authority_key": make_authority(NOW)[1]}, "authority_key does not belong to the certificate authority"),
        ({"trusted": "nonsense"}, "trusted cannot be read as certificates"),
    ],
)
def test_bad_input_is_refused_before_any_connection(
    site: Site, authority: Pair, changed: dict[str, Any], reason: str
) -> None:
    with pytest.raises(AnsibleActionFail, match=reason):
        site.run(authority, **changed)
    assert site.sent == []


@pytest.mark.parametrize("missing", ["authority_key", "authority_certificate", "host", "address", "services"])
def test_missing_input_is_named(site: Site, authority: Pair, missing: str) -> None:
    with pytest.raises(AnsibleActionFail, match=missing):
        site.run(authority, without=missing)


def test_host_without_services_gets_the_authorities_to_trust(site: Site, authority: Pair) -> None:
    site.run(authority, services=[])
    assert (site.directory("web1") / "authorities.crt").read_text() == authority[0]


@pytest.mark.parametrize(("days_left", "warned"), [(26, False), (24, True)])
def test_authority_in_its_last_quarter_is_a_warning(site: Site, days_left: int, warned: bool) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    end = NOW + timedelta(days=days_left)
    own = certificate("Own", key, start=end - timedelta(days=100), end=end)
    warnings = site.run((pem_of(own), pem_of_key(key)), check=True)["warnings"]
    assert [f"The certificate authority CN=Own expires on {end:%Y-%m-%d}" in each for each in warnings] == [
        True
    ] * warned


def test_services_accept_each_other_and_see_who_the_other_is(site: Site, authority: Pair) -> None:
    site.run(authority, "web1")
    site.run(authority, "monitor1")
    seen = site.reach(site.identity("prometheus", "monitor1"), "node_exporter", "web1")
    assert seen == ["vigil://monitor1/prometheus"]


@pytest.mark.parametrize(
    "name", ["127.0.0.1", "localhost", "web1", "node-exporter.vigil.internal", "other.example.org"]
)
def test_service_answers_to_all_its_names(site: Site, authority: Pair, name: str) -> None:
    service = {"name": "node_exporter", "user": ME, "names": ["other.example.org"]}
    site.run(authority, services=[service])
    assert site.reach(site.identity("node_exporter"), "node_exporter", name=name)


def test_service_does_not_answer_to_the_name_of_another(site: Site, authority: Pair) -> None:
    site.run(authority)
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for 'prometheus.vigil.internal'"):
        site.reach(site.identity("prometheus"), "node_exporter", name="prometheus.vigil.internal")


def test_client_of_another_authority_is_refused(site: Site, authority: Pair) -> None:
    other = make_authority(NOW)
    site.run(authority, "web1")
    site.run(other, "stranger", trusted=authority[0])
    with pytest.raises(OSError, match="(?i)unknown.ca|reset|EOF"):
        site.reach(site.identity("prometheus", "stranger"), "node_exporter", "web1")


def test_client_without_a_certificate_is_refused(site: Site, authority: Pair) -> None:
    site.run(authority)
    nobody = ssl.create_default_context(cafile=site.directory("web1") / "authorities.crt")
    with pytest.raises(OSError, match="(?i)certificate.required|handshake.failure|reset|EOF"):
        site.reach(nobody, "node_exporter")


def test_server_of_another_authority_is_refused(site: Site, authority: Pair) -> None:
    site.run(authority, "web1")
    site.run(make_authority(NOW), "stranger")
    with pytest.raises(ssl.SSLCertVerificationError):
        site.reach(site.identity("prometheus", "web1"), "node_exporter", "stranger")


def test_authority_is_replaced_in_two_phases_without_a_moment_in_which_hosts_refuse_each_other(site: Site) -> None:
    old, new = make_authority(NOW), make_authority(NOW)
    phases = [(old, ""), (old, new[0]), (new, old[0]), (new, "")]
    for host in ("a", "b"):
        site.run(old, host)
    for signing, trusted in phases:
        for host in ("a", "b"):
            site.run(signing, host, trusted=trusted)
            assert site.reach(site.identity("prometheus", "a"), "node_exporter", "b")
            assert site.reach(site.identity("prometheus", "b"), "node_exporter", "a")
    assert (site.directory("a") / "authorities.crt").read_text() == new[0]
    site.certificate("prometheus", "a").verify_directly_issued_by(x509.load_pem_x509_certificate(new[0].encode()))


def test_trusting_the_next_authority_renews_no_certificate(site: Site, authority: Pair) -> None:
    site.run(authority)
    result = site.run(authority, trusted=make_authority(NOW)[0])
    assert result["changed"]
    assert result["due"] == {}
    assert len(site.sent) == 1


def test_intermediate_of_a_company_signs_and_clients_trust_only_its_root(site: Site) -> None:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _strict("Company Root", root_key)
    signing = _strict("Company Signing", key, root, root_key)
    pair = (pem_of(signing) + pem_of(root), pem_of_key(key))
    site.run(pair, "web1")
    site.run(pair, "monitor1")
    assert (site.directory("web1") / "authorities.crt").read_text() == pem_of(root)
    assert site.reach(site.identity("prometheus", "monitor1"), "node_exporter", "web1")


def _strict(name: str, key: Any, issuer: x509.Certificate | None = None, issuer_key: Any = None) -> x509.Certificate:
    """Return an authority with all that strict verification asks for."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = {"key_cert_sign": True, "crl_sign": True}
    others = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    others += ["encipher_only", "decipher_only"]
    signer_key = issuer_key or key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=3000))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage, **dict.fromkeys(others, False)), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key()), critical=False)
    )
    return builder.sign(signer_key, hashes.SHA256())
