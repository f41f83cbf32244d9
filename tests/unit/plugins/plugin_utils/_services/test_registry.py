# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services as `services.yml` describes them, and what it cannot say."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.vigil.observability.plugins.filter.pillar_services import pillar_services
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.role_inputs import ROLES, described_inputs
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import CATALOGUE
from ansible_collections.vigil.observability.plugins.plugin_utils._services.registry import (
    described_in,
    pillars,
    service_of_unit,
    services,
)

LEAST = "{pillar: metrics, documentation: d, ports: {web: 1}, access: certificate%s}"


def test_a_service_needs_no_more_than_pillar_documentation_port_and_access() -> None:
    one = described_in(f"exporter: {LEAST % ''}")["exporter"]
    assert (one.name, one.port, one.data_dir, one.batches) == ("exporter", 1, "", (1, "100%"))


@pytest.mark.parametrize(
    ("described", "sentence"),
    [
        ("{prots: {web: 1}}", "a has the unknown key prots: use ports."),
        ("{zzz: 1}", "a has the unknown key zzz."),
        (
            "{pillar: metrics, documentation: d, access: password}",
            "a.ports lacks web, the port at which it is queried.",
        ),
        (LEAST % ", batches: 1", "a.batches is 1: it has to be a list."),
        (LEAST % ", batches: [1.5]", r"a.batches\[0\] is 1.5: it has to be a whole number or a text."),
        (LEAST % ", exposure: high", "a.exposure is 'high': it has to be a number."),
        (LEAST % ", resources: 1G", "a.resources is '1G': it has to be a mapping."),
        (
            "{pillar: m, documentation: d, ports: {web: true}, access: certificate}",
            "a.ports.web is True: it has to be a whole number.",
        ),
        (
            "{pillar: m, documentation: d, ports: {http: 1}, access: certificate}",
            "a.ports lacks web, the port at which it is queried.",
        ),
        (
            "{pillar: m, documentation: d, ports: {web: 1}, access: password, metrics_port: metrics}",
            "a.metrics_port is metrics, which is none of its ports.",
        ),
        (
            "{pillar: m, documentation: d, ports: {web: 1}, access: token}",
            "a.access is token: it has to be certificate, password, authority or none.",
        ),
        (
            "{pillar: m, documentation: d, ports: {web: 1}, access: authority, local: [beats]}",
            "a.local contains beats, which is none of its ports.",
        ),
        (
            "{pillar: m, documentation: d, ports: {web: 1}, access: none, metrics: false}",
            "a.access is none, so it has neither ports nor metrics of its own.",
        ),
        (
            "{pillar: m, documentation: d, access: none}",
            "a.access is none, so it has neither ports nor metrics of its own.",
        ),
        (
            "{pillar: m, documentation: d, ports: {web: 1}, access: password}",
            "a.users lacks prometheus, which scrapes it with a password.",
        ),
        (
            "{pillar: m, documentation: d, access: authority, ports: {web: 1}, units: {a-1: {process: a}}}",
            "a.units have ports and names of their own, so it has neither ports nor unit.",
        ),
        (
            "{pillar: m, documentation: d, access: authority, units: {a-1: {port: 1}}}",
            "a.units.a-1 lacks process.",
        ),
        (
            "{pillar: m, documentation: d, access: none, metrics: false, units: {a-1: {process: a}}}",
            "a.access is none, so it has neither ports nor metrics of its own.",
        ),
        ("text", "what it holds.a is 'text': it has to be a mapping."),
    ],
)
def test_what_a_description_cannot_say_is_refused_by_service_and_key(described: str, sentence: str) -> None:
    with pytest.raises(OperatorError, match=f"^{sentence}$"):
        described_in(f"a: {described}")


def test_every_service_has_a_role_and_a_release_and_no_other_role_is_of_a_service() -> None:
    roles = {path.name for path in ROLES.iterdir()} - {"certificates", "runbook_target"}
    assert roles == services().keys()
    released = {name for name, one in services().items() if one.released}
    assert released == yaml.safe_load(CATALOGUE.read_text(encoding="utf-8")).keys()
    # The role telemetry deploys the shop too, with the library in it; incident_response has the steps of runbooks.
    packages = {path.name for path in (ROLES.parent / "packages").iterdir()} - {"shop", "runbook_steps"}
    assert packages == {name for name, one in services().items() if one.package}
    assert released.isdisjoint(packages)


def test_service_without_ports_has_no_port_at_which_it_is_queried() -> None:
    one = described_in("shipper: {pillar: logs, documentation: d, access: none, metrics: false, unit: own-shipper}")
    assert (one["shipper"].port, one["shipper"].unit_names) == (0, ("own-shipper",))


def test_service_with_several_units_is_scraped_by_a_job_for_each_of_their_processes() -> None:
    units = (
        "{a-1: {process: a, port: 1, metrics_port: 2}, a-2: {process: a, port: 3, metrics_port: 4}, b: {process: b}}"
    )
    given = f"pillar: m, documentation: d, access: authority, user: people, units: {units}"
    one = described_in(f"a: {{{given}}}\nb: {{{given}, metrics: false}}")
    assert (one["a"].jobs, one["b"].jobs) == (("a",), ())
    assert (one["a"].unit_names, one["a"].user_name, one["a"].serves) == (("a-1", "a-2", "b"), "people", True)


def test_program_of_the_distribution_is_no_release() -> None:
    given = "pillar: logs, documentation: d, access: none, metrics: false"
    one = described_in(f"a: {{{given}, distribution_packages: {{a: /usr/bin/a}}}}\nb: {{{given}}}")
    assert (one["a"].released, one["b"].released) == (False, True)


def test_service_is_found_by_its_unit_and_a_unit_of_none_is_its_own() -> None:
    units = {unit: name for name, one in services().items() for unit in one.unit_names}
    assert {units["shop-1"], units["shop-load"]} == {"telemetry"}
    assert {unit: service_of_unit(unit) for unit in units} == units
    assert service_of_unit("nginx") == "nginx"


def test_defaults_of_roles_are_those_of_their_service() -> None:
    for name, service in services().items():
        options = described_inputs()[name]
        said = {input_.removeprefix(f"{name}_"): option.get("default") for input_, option in options.items()}
        ports = {"port" if kind == "web" else f"{kind}_port": port for kind, port in service.ports.items()}
        assert {kind: said.get(kind) for kind in ports} == ports
        assert (said["resources"], said["start_timeout"]) == (service.resources, service.start_timeout)
        assert (said.get("units", {}), said["user"]) == (service.units, service.user_name)
        assert said.get("data_dir", "") == service.data_dir
        assert ("clients" in said, "passwords" in said) == (
            service.access == "certificate",
            bool(service.users),
        )
        assert ("identity" in said) == service.identity


def test_every_pillar_has_a_playbook() -> None:
    for pillar in pillars():
        (play,) = yaml.safe_load((ROLES.parent / "playbooks" / f"{pillar}.yml").read_text(encoding="utf-8"))
        assert play["vars"] == {"deploy_pillars": [pillar]}


def test_services_of_pillars_are_in_the_order_of_activation() -> None:
    assert pillar_services([]) == list(services())
    assert pillar_services(["dashboards"]) == ["grafana"]
    every = r"There is no pillar costs: the pillars are metrics, logs, traces, dashboards, applications\."
    with pytest.raises(Exception, match=every):
        pillar_services(["costs"])
