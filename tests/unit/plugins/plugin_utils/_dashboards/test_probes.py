# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of probes answers, by the real promtool over made-up probes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.probes.page import probes_page
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.answers import (
    AskedPage,
    steady,
    unknown,
)
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import answered

PAGE = AskedPage.of(probes_page())


def probe(instance: str, **reached: float) -> list[dict[str, str]]:
    """Return the series of an address, with what each prober found."""
    of_it = {"job": "probe_web", "instance": instance}
    return [
        one
        for prober, success in reached.items()
        for one in (
            steady("probe_success", success, prober=prober, **of_it),
            steady("up", 1, prober=prober, **of_it),
            steady("probe_duration_seconds", 1, prober=prober, **of_it),
        )
    ]


UP = probe("up", a=1, b=1)
PARTLY = probe("partly", a=1, b=0)
DOWN = probe("down", a=0, b=0)
UNASKED = [steady("up", 0, job="probe_web", instance="unasked", prober="a")]


def of(instance: str) -> str:
    """Return the labels of an address in answers."""
    return f'{{job="probe_web",instance="{instance}"}}'


def test_each_address_has_its_state_of_now_the_worst_first(tmp_path: Path) -> None:
    told = [*UP, *PARTLY, *DOWN, *UNASKED]
    expected = {of("down"): 0.0, of("unasked"): 1.0, of("partly"): 2.0, of("up"): 3.0}
    answered(tmp_path, PAGE.column("Addresses", "state"), expected, *told)
    answered(tmp_path, PAGE.asked("Addresses", -1), {labels: 3 - state for labels, state in expected.items()}, *told)
    [mapped] = PAGE.said("Addresses", "state")["mappings"]
    shown = {value: (one["text"], one["color"]) for value, one in mapped["options"].items()}
    assert shown == {
        "0": ("down", "red"),
        "1": ("not probed", "orange"),
        "2": ("down from some", "orange"),
        "3": ("up", "transparent"),
    }


def test_state_of_an_address_is_in_sight_of_a_phone() -> None:
    organized = next(one for one in PAGE.panel("Addresses")["transformations"] if one["id"] == "organize")["options"]
    assert [organized["renameByName"][name] for name in list(organized["indexByName"])[:2]] == ["address", "state"]
    assert sum(PAGE.said("Addresses", head)["custom.width"] for head in ("address", "state")) <= 350


@pytest.mark.parametrize("name", ["down", "down from some", "not probed"])
def test_addresses_are_counted_by_what_is_wrong(name: str, tmp_path: Path) -> None:
    answered(tmp_path, PAGE.tile(name), {"{}": 1.0}, *UP, *PARTLY, *DOWN, *UNASKED)
    answered(tmp_path, PAGE.tile(name), {"{}": 0.0}, *UP)
    text = "no probes" if name == "not probed" else "unknown"
    unknown(tmp_path, PAGE.tile(name), PAGE.reading(name), text, steady("something_else", 1))


def test_addresses_whose_prober_is_down_are_not_counted_as_up(tmp_path: Path) -> None:
    unknown(tmp_path, PAGE.tile("down"), PAGE.reading("down"), "unknown", *UNASKED)
    answered(tmp_path, PAGE.tile("not probed"), {"{}": 1.0}, *UNASKED)
    answered(tmp_path, f"({PAGE.column('Addresses', 'available')}) >= 0", {}, *UNASKED)


def test_prober_that_fails_is_named(tmp_path: Path) -> None:
    expected = {'{instance="partly",prober="b"}': 0.0}
    answered(tmp_path, PAGE.asked("Failing probers"), expected, *UP, *PARTLY)


def test_availability_has_the_colour_of_the_alert_on_it_and_no_other() -> None:
    steps = PAGE.said("Addresses", "available")["thresholds"]["steps"]
    assert [(step.get("value"), step["color"]) for step in steps] == [(None, "orange"), (90, "transparent")]


def test_probe_without_tls_has_no_certificate_that_expires(tmp_path: Path) -> None:
    plain = steady("probe_ssl_earliest_cert_expiry", -62135596800, job="probe_web", instance="up", prober="a")
    for expr in (PAGE.column("Addresses", "certificate expires in"), PAGE.asked("Next certificate to expire")):
        answered(tmp_path, f"({expr}) <= 0 or ({expr}) > 0", {}, *UP, plain)
    mapped = PAGE.panel("Next certificate to expire")["fieldConfig"]["defaults"]["mappings"]
    assert [(one["options"]["match"], one["options"]["result"]["text"]) for one in mapped] == [("nan", "no TLS")]


def test_phases_are_those_of_probes_that_succeed(tmp_path: Path) -> None:
    told = [
        steady("probe_http_duration_seconds", seconds, phase="tls", job="probe_web", instance=instance, prober="a")
        for instance, seconds in (("up", 0.5), ("down", 0))
    ]
    answered(tmp_path, PAGE.asked("Phases of HTTP probes"), {'{phase="tls"}': 0.5}, *UP, *DOWN, *told)


def test_status_has_the_colour_of_its_class_and_no_answer_is_red() -> None:
    steps = PAGE.panel("HTTP status")["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step.get("value"), step["color"]) for step in steps] == [
        (None, "red"), (100, "blue"), (200, "green"), (300, "blue"), (400, "orange"), (500, "red"),
    ]  # fmt: skip


def test_address_that_nobody_probes_can_be_chosen_and_addresses_lead_to_themselves() -> None:
    [choice] = [one for one in PAGE.model["templating"]["list"] if one["name"] == "instance"]
    assert choice["query"] == 'label_values(up{job=~"probe_.*"}, instance)'
    [link] = PAGE.said("Addresses", "address")["links"]
    assert link["url"] == "/d/vigil-probes?${__url_time_range}&var-instance=${__data.fields.address:percentencode}"


@pytest.mark.parametrize("curve", PAGE.panels("timeseries", "state-timeline"), ids=lambda curve: curve["title"])
def test_curve_has_ten_lines_of_however_many_addresses(curve: dict[str, Any]) -> None:
    for target in curve["targets"]:
        assert "k(10, " in target["expr"] or "{{instance}}" not in target["legendFormat"]
