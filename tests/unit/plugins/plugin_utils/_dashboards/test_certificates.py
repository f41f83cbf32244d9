# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of certificates answers, by the real promtool over made-up certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.certificates import (
    certificates_page,
)
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.answers import (
    AskedPage,
    steady,
    unknown,
)
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import answered

PAGE = AskedPage.of(certificates_page())
DAY = 86400
# promtool's clock begins at 0, and ten minutes have passed when it is asked.
NOW = 600


def certificate(service: str, host: str, *, days: float, of: float = 90) -> list[dict[str, str]]:
    """Return the series of a certificate with so many days left, of so many."""
    name, end = "vigil_certificate_not", NOW + days * DAY
    of_it = {"service": service, "host": host}
    return [
        steady(f"{name}_after_timestamp_seconds", end, **of_it),
        steady(f"{name}_before_timestamp_seconds", end - of * DAY, **of_it),
    ]


def probed(instance: str, issuer: str, *, days: float) -> list[dict[str, str]]:
    """Return the series of a probe over TLS."""
    of_it = {"job": "probe_web", "instance": instance, "prober": "a"}
    return [
        steady("probe_ssl_earliest_cert_expiry", NOW + days * DAY, **of_it),
        steady("probe_ssl_last_chain_info", 1, subject="CN=it", issuer=issuer, **of_it),
    ]


def steps(scale: dict[str, Any]) -> list[tuple[float | None, str]]:
    """Return the colours of a scale."""
    return [(step.get("value"), step["color"]) for step in scale["steps"]]


def test_certificate_that_expires_next_is_named(tmp_path: Path) -> None:
    made = [*certificate("grafana", "a", days=40), *certificate("prometheus", "b", days=30)]
    expected = {'{service="prometheus",host="b"}': 30.0 * DAY}
    answered(tmp_path, PAGE.asked("Next to expire"), expected, *made)
    assert PAGE.panel("Next to expire")["targets"][0]["legendFormat"] == "{{service}} on {{host}}"


def test_renewal_is_overdue_by_its_own_life_not_by_fixed_days(tmp_path: Path) -> None:
    made = [*certificate("long", "a", days=20, of=90), *certificate("short", "a", days=10, of=30)]
    answered(tmp_path, PAGE.tile("renewals overdue"), {"{}": 1.0}, *made)
    assert steps(PAGE.said("Expiry", "lifetime left")["thresholds"]) == [(None, "orange"), (25, "transparent")]
    assert steps(PAGE.said("Expiry", "expires in")["thresholds"]) == [(None, "red"), (7 * DAY, "transparent")]


def test_certificates_are_listed_with_date_and_life_left_the_next_first(tmp_path: Path) -> None:
    made = certificate("grafana", "a", days=45)
    of = '{service="grafana",host="a"}'
    told = {"expires in": 45 * DAY, "expires on": 1000 * (NOW + 45 * DAY), "lifetime left": 50}
    for head, value in told.items():
        answered(tmp_path, PAGE.column("Expiry", head), {of: float(value)}, *made)
    assert PAGE.panel("Expiry")["options"]["sortBy"] == [{"displayName": "expires in", "desc": False}]


def test_nothing_known_of_certificates_is_no_count_of_zero(tmp_path: Path) -> None:
    for name in ("renewals overdue", "hosts with another authority"):
        unknown(tmp_path, PAGE.tile(name), PAGE.reading(name), "unknown", steady("something_else", 1))
    read = PAGE.panel("Authority expires in")["fieldConfig"]["defaults"]
    unknown(tmp_path, PAGE.asked("Authority expires in"), read, "unknown", steady("something_else", 1))
    assert PAGE.panel("Next to expire")["fieldConfig"]["defaults"]["noValue"] == "no certificate is known"


def test_host_with_another_authority_is_counted_and_named(tmp_path: Path) -> None:
    name = "vigil_certificate_authority_not_after_timestamp_seconds"
    made = [steady(name, NOW + (900 if host != "c" else 100) * DAY, host=host) for host in "abcde"]
    answered(tmp_path, PAGE.tile("hosts with another authority"), {"{}": 1.0}, *made)
    expected = {f'{{host="{host}"}}': float(host != "c") for host in "abcde"}
    answered(tmp_path, PAGE.column("Authority of each host", "as most hosts"), expected, *made)


def test_what_is_probed_without_tls_does_not_read_as_expired(tmp_path: Path) -> None:
    plain = steady("probe_ssl_earliest_cert_expiry", -62135596800, job="probe_web", instance="http://a", prober="a")
    answered(tmp_path, PAGE.asked("Expiry of probed certificates"), {}, plain)
    assert (
        PAGE.panel("Expiry of probed certificates")["fieldConfig"]["defaults"]["noValue"]
        == "nothing is probed over TLS"
    )


def test_what_probes_see_is_told_with_who_signed_it(tmp_path: Path) -> None:
    expected = {'{instance="https://a",subject="CN=it",issuer="CN=They"}': 30.0 * DAY}
    answered(tmp_path, PAGE.asked("Expiry of probed certificates"), expected, *probed("https://a", "CN=They", days=30))


def test_hosts_and_addresses_lead_to_their_pages() -> None:
    for title in ("Expiry", "Authority of each host"):
        [link] = PAGE.said(title, "host")["links"]
        assert link["url"] == "/d/vigil-hosts?${__url_time_range}&var-host=${__data.fields.host}"
    [link] = PAGE.said("Expiry of probed certificates", "address")["links"]
    assert link["url"].endswith("&var-instance=${__data.fields.address:percentencode}")
