"""What is true of every Jaeger of the scenario, and of those that ask for passwords or for certificates."""

from __future__ import annotations

import datetime as dt
import time
import uuid

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

testinfra_hosts = ["jaeger"]

QUERY, OTLP, SAMPLING, METRICS, HEALTH = (f"https://localhost:{port}" for port in (16686, 4318, 5778, 8889, 13133))
PATIENCE = 60.0


@pytest.fixture
def by_password(host):
    """Return whether the query of the host asks for passwords."""
    return host.file("/etc/jaeger/htpasswd").exists


@pytest.fixture
def expired(host, secrets):
    """Return a certificate of the authority that was valid until yesterday, as files on the host."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.load_pem_x509_certificate(secrets["certificates_authority_certificate"].encode())
    signing = serialization.load_pem_private_key(secrets["certificates_authority_key"].encode(), None)
    today = dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "yesterday")])
    made = x509.CertificateBuilder(authority.subject, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(today - dt.timedelta(9)).not_valid_after(today - dt.timedelta(1))
    made = made.add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    texts = {"crt": made.sign(signing, hashes.SHA256()).public_bytes(plain[0]), "key": key.private_bytes(*plain)}
    for end, text in texts.items():
        host.check_output(f"umask 077; echo '{text.decode()}' >/run/expired.{end}")
    return {"certificate": "/run/expired.crt", "key": "/run/expired.key"}


@pytest.fixture
def foreign(host):
    """Return a certificate of an authority that nobody knows, as files on the host."""
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=stranger"
    host.check_output(f"{made} -out /run/stranger.crt -keyout /run/stranger.key")
    return {"certificate": "/run/stranger.crt", "key": "/run/stranger.key"}


@pytest.mark.restart
def test_spans_that_are_accepted_are_found(send, found):
    until = time.monotonic() + PATIENCE
    # Right after a start, its memory can be above the limit until garbage is collected; senders try again then.
    while send(service := f"accepted-{uuid.uuid4()}", 5, 3) != {"statuses": {"200": 5}, "accepted": 15}:
        assert time.monotonic() < until
        time.sleep(1)
    while (spans := found(service)) != {"found": 15, "twice": 0}:
        assert time.monotonic() < until, spans
        time.sleep(0.2)


def test_sender_without_a_valid_certificate_of_the_authority_is_refused(send, expired, foreign):
    for pair in ({"certificate": "", "key": ""}, foreign, expired):
        answer = send(f"refused-{uuid.uuid4()}", 1, 1, **pair)
        assert answer["accepted"] == 0
        assert not answer["statuses"].keys() & {"200", "503"}, (pair, answer)


def test_no_other_port_answers_without_a_certificate(ask):
    places = (f"{SAMPLING}/api/sampling?service=till", f"{METRICS}/metrics", f"{HEALTH}/status")
    assert [ask(place).status for place in places] == [0, 0, 0]
    assert [ask(place, service="jaeger").status for place in places] == [200, 200, 200]


def test_query_answers_its_users_alone_or_holders_of_a_certificate(ask, secrets, by_password):
    place = f"{QUERY}/api/v3/services"
    answers = {user: ask(place, user=user, password=word).status for user, word in secrets["jaeger_passwords"].items()}
    assert sorted(answers) == ["admin", "analysis", "grafana"]
    if by_password:
        assert set(answers.values()) == {200}
        strangers = [("", ""), ("admin", "wrong"), ("nobody", secrets["jaeger_passwords"]["admin"])]
        assert [ask(place, user=user, password=word).status for user, word in strangers] == [401, 401, 401]
    else:
        assert set(answers.values()) == {0}
        assert ask(place, service="jaeger").status == 200


def test_query_answers_what_grafana_asks(ask, secrets, send, by_password):
    service = f"asked-{uuid.uuid4()}"
    assert send(service, 1, 2)["accepted"] == 2
    shown = {"user": "grafana", "password": secrets["jaeger_passwords"]["grafana"]} if by_password else {}
    until = time.monotonic() + PATIENCE
    while service not in ask(f"{QUERY}/api/services", service="jaeger", **shown).json()["data"]:
        assert time.monotonic() < until
        time.sleep(0.2)
    (trace,) = ask(f"{QUERY}/api/traces?service={service}", service="jaeger", **shown).json()["data"]
    assert {span["operationName"] for span in trace["spans"]} == {"GET /orders", "SELECT orders"}


@pytest.mark.restart
def test_applications_get_the_strategies_of_the_inventory(ask):
    def strategy(service):
        return ask(f"{SAMPLING}/api/sampling?service={service}", service="jaeger").json()

    assert strategy("shop")["probabilisticSampling"] == {"samplingRate": 0.25}
    assert strategy("till")["rateLimitingSampling"] == {"maxTracesPerSecond": 7}


def test_metrics_are_those_of_jaeger_and_of_spans(ask, send):
    service = f"measured-{uuid.uuid4()}"
    assert send(service, 2, 2)["accepted"] == 4
    until = time.monotonic() + PATIENCE
    while True:
        shown = ask(f"{METRICS}/metrics", service="jaeger").body
        if service in shown and "otelcol_exporter_queue_size" in shown:
            break
        assert time.monotonic() < until
        time.sleep(0.5)


def test_unit_has_the_limits_of_the_inventory(host):
    shown = host.check_output("systemctl show --property=MemoryMax,TimeoutStopUSec jaeger").splitlines()
    assert sorted(shown) == (
        ["MemoryMax=536870912", "TimeoutStopUSec=1min 10s"]
        if host.check_output("hostname") == "traces-1"
        else ["MemoryMax=1073741824", "TimeoutStopUSec=2min 10s"]
    )
