# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of alerts and objectives: true, and leading from each alert to what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.alerts_dashboard import alerts_dashboard
from ansible_collections.vigil.observability.tests.dashboards.expressions import (
    all_panels,
    expressions,
)
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import evaluate

SHOP: dict[str, Any] = {"name": "shop", "team": "sales", "objectives": [{"kind": "availability", "target": 0.999}]}
PAGE = alerts_dashboard("https://alerts.example/", applications=[SHOP])


def panel(title: str, dashboard: dict[str, Any] = PAGE) -> dict[str, Any]:
    """Return the panel of this title."""
    [found] = [dict(one) for one in all_panels(dashboard) if one["title"] == title]
    return found


def columns(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is said of each column of a table, by its head."""
    found = shown["fieldConfig"]["overrides"]
    return {one["matcher"]["options"]: {each["id"]: each["value"] for each in one["properties"]} for one in found}


def asked(title: str) -> list[str]:
    """Return what a panel asks, ready to be asked."""
    return [one.expr for one in expressions(PAGE) if one.panel == title]


def answered(
    folder: Path,
    expr: str,
    samples: Mapping[str, float],
    series: dict[str, str],
    *,
    rules: list[dict[str, Any]] | None = None,
    after: str = "30m",
    step: str = "15s",
) -> bool:
    """Tell whether promtool answers the question with these samples, by their labels."""
    test = {
        "interval": step,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": expr,
                "eval_time": after,
                "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
            }
        ],
    }
    return "SUCCESS" in evaluate(folder, test, [{"name": "g", "rules": rules or []}], step=step)


DOWN = {
    "alert": "Down",
    "expr": "up == 0",
    "for": "1m",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "down"},
}


def test_title_tags_and_what_can_be_chosen() -> None:
    assert PAGE["title"] == "System Alerts & SLA"
    assert PAGE["tags"] == ["alerts", "sla", "operations"]
    assert [one["name"] for one in PAGE["templating"]["list"]] == ["datasource", "service", "host"]


def test_objective_is_red_only_when_it_is_missed() -> None:
    told = columns(panel("SLA compliance"))
    assert told["objective is"]["mappings"][0]["options"] == {
        "0": {"text": "missed", "color": "red", "index": 0},
        "1": {"text": "kept", "color": "transparent", "index": 1},
    }
    coloured = {head for head, each in told.items() if "custom.cellOptions" in each}
    assert coloured == {"objective is"}


def test_objective_and_window_are_written_beside_the_number_and_the_requests_behind_it() -> None:
    heads = list(columns(panel("SLA compliance")))
    assert heads[3:] == [
        "objective is",
        "promised",
        "over",
        "good so far",
        "good in 24 h",
        "requests in 24 h",
        "bad in 24 h",
    ]


@pytest.mark.parametrize(("left", "kept"), [("0.85", 1), ("-0.01", 0)])
def test_objective_is_kept_while_its_budget_lasts(tmp_path: Path, left: str, kept: int) -> None:
    series = {
        'slo:error_budget:remaining_ratio{service="shop",slo="availability"}': f"{left}x200",
        'slo:objective:bad_ratio{service="shop",slo="availability"}': "0.01x200",
    }
    row = '{service="shop",slo="availability",page="app-shop"}'
    verdict, promised, _window, so_far, *_rest = asked("SLA compliance")
    assert answered(tmp_path, verdict, {row: kept}, series)
    assert answered(tmp_path, promised, {row: 99}, series)
    assert answered(tmp_path, f"round({so_far}, 0.0001)", {row: round(99 + float(left), 4)}, series)


def test_no_number_is_there_twice() -> None:
    titles = [one["title"] for one in all_panels(PAGE)]
    assert "SLA checks passed" not in titles
    every = [(one.panel, one.written) for one in expressions(PAGE)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize(
    ("left", "burn", "spent"),
    # A third of a window of 30 days is left, and goes four times too fast: 2.5 days. Times are in milliseconds.
    [("0.33333333333333", "4", 1_800_000 + 2.5 * 86_400_000), ("-0.5", "4", 0), ("0.5", "0.9", None)],
)
def test_budget_tells_when_it_is_spent_at_this_pace(tmp_path: Path, left: str, burn: str, spent: float | None) -> None:
    of = '{service="shop",slo="availability"}'
    series = {
        f"slo:error_budget:remaining_ratio{of}": f"{left}x200",
        f"slo:burn_rate:ratio1h{of}": f"{burn}x200",
        f"slo:objective:window_seconds{of}": f"{30 * 86400}x200",
    }
    expr = f"round({asked('Error budgets')[3]}, 1000) and on (service) slo:burn_rate:ratio1h"
    row = '{service="shop",slo="availability",page="app-shop"}'
    assert answered(tmp_path, expr, {} if spent is None else {row: spent}, series)
    assert columns(panel("Error budgets"))["spent on"]["noValue"] == "not at this rate"


def test_state_of_each_alert_of_an_objective_is_told(tmp_path: Path) -> None:
    told = columns(panel("Alerts of objectives"))
    assert list(told)[3:] == [
        "burns fast",
        "burns",
        "budget spent",
        "violation predicted",
        "forecast unreliable",
        "no traffic",
        "no data",
        "unusable data",
    ]
    texts = [each["text"] for each in told["burns fast"]["mappings"][0]["options"].values()]
    assert texts == ["inactive", "pending", "firing"]
    alerts = {
        'ALERTS{alertname="SLOBurnRateHigh",alertstate="firing",service="shop",slo="one"}': "1x200",
        'ALERTS{alertname="SLOBurnRateHigh",alertstate="pending",service="shop",slo="two"}': "1x200",
    }
    objectives = {f'slo:objective:bad_ratio{{service="shop",slo="{slo}"}}': "0x200" for slo in ("one", "two", "three")}
    expected = {
        f'{{service="shop",slo="{slo}",page="app-shop"}}': state
        for slo, state in {"one": 2, "two": 1, "three": 0}.items()
    }
    assert answered(tmp_path, asked("Alerts of objectives")[0], expected, {**alerts, **objectives})


def test_burn_rates_are_drawn_with_their_steps_in_sight() -> None:
    shown = panel("Burn rate")
    config = shown["fieldConfig"]["defaults"]
    steps = [step["value"] for step in config["thresholds"]["steps"] if step.get("value")]
    assert steps == [1, 6, 14.4]
    assert config["custom"]["axisSoftMax"] > max(steps)
    assert config["custom"]["thresholdsStyle"]["mode"] == "dashed"


def test_no_curve_has_more_lines_than_can_be_told_apart() -> None:
    for one in (one for one in all_panels(PAGE) if one["type"] == "timeseries"):
        assert all("topk(" in target["expr"] or "bottomk(" in target["expr"] for target in one["targets"])


def test_what_is_chosen_narrows_every_panel_about_alerts() -> None:
    for title in ("Alerts firing", "Active alerts", "When alerts fired", "Episodes", "Time firing"):
        for one in (one for one in expressions(PAGE) if one.panel == title):
            assert 'service=~"$service",host=~"$host"' in one.written


def test_alert_of_a_severity_of_ones_own_is_counted_and_the_sign_of_life_is_not(tmp_path: Path) -> None:
    series = {
        f'ALERTS{{alertname="{severity}",severity="{severity}",alertstate="firing"}}': "1x200"
        for severity in ("critical", "page", "none")
    }
    critical, _warning, info, other = asked("Alerts firing")
    for expr, count in ((critical, 1), (info, 0), (other, 1)):
        assert answered(tmp_path, expr, {"{}": count}, series)


def test_alerts_are_ordered_by_severity_in_fixed_colours() -> None:
    shown = panel("Active alerts")
    assert shown["transformations"][0] == {"id": "sortBy", "options": {"sort": [{"field": "rank", "desc": True}]}}
    colours = {text: each["color"] for text, each in columns(shown)["severity"]["mappings"][0]["options"].items()}
    assert colours == {"critical": "red", "warning": "orange", "info": "blue"}


def test_alert_tells_since_when_it_is_active_and_how_it_is_silenced(tmp_path: Path) -> None:
    """Its summary is recorded a moment later; until then the row refers to Alertmanager."""
    [expr] = asked("Active alerts")
    up = 'up{host="mon1",instance="mon1:9100",device="sda"}'
    told = 'alertname="Down",severity="critical",host="mon1",instance="mon1:9100"'
    silence = (told + ',device="sda"').replace('"', '\\"')
    row = f'{{{told},rank="3",page="vigil-alerts",silence="{silence}",summary="see Alertmanager"}}'
    # It went down at minute 10.
    assert answered(tmp_path, expr, {row: 600_000}, {up: "1x39 0x200"}, rules=[DOWN])


def test_summary_and_runbook_that_are_recorded_are_shown(tmp_path: Path) -> None:
    [expr] = asked("Active alerts")
    told = 'alertname="Down",severity="critical",host="mon1",summary="mon1 is down",runbook_url="https://docs.example"'
    silence = 'alertname=\\"Down\\",severity=\\"critical\\",host=\\"mon1\\"'
    row = f'{{{told},rank="3",page="vigil-alerts",silence="{silence}"}}'
    assert answered(tmp_path, expr, {row: 600_000}, {f"alert:summary:firing{{{told}}}": "600x200"})


def test_alert_leads_to_its_runbook_its_host_its_application_and_a_new_silence() -> None:
    told = columns(panel("Active alerts"))
    urls = {head: each["links"][0]["url"] for head, each in told.items() if "links" in each}
    assert urls["runbook"] == "${__value.raw}"
    assert urls["host"].startswith("/d/vigil-hosts?")
    assert urls["host"].endswith("&var-host=${__data.fields.host:percentencode}")
    assert urls["service"].startswith("/d/${__data.fields.page:percentencode}?")
    assert unquote(urls["silence"]) == ("https://alerts.example/#/silences/new?filter={${__value.raw:percentencode}}")
    assert all(told[head]["links"][0]["targetBlank"] for head in ("runbook", "silence"))


def test_without_an_address_of_alertmanager_nothing_leads_there() -> None:
    made = alerts_dashboard("")
    told = columns(panel("Active alerts", made))["silence"]
    assert told["custom.hidden"] is True
    assert "links" not in told
    assert "Alertmanager" not in [link["title"] for link in made["links"]]
    assert [link["url"] for link in PAGE["links"] if link["title"] == "Alertmanager"] == ["https://alerts.example/"]


def test_critical_alert_that_fires_is_red_in_the_timeline() -> None:
    """Where equal values are drawn as one, Grafana asks the steps and not the texts for the colour."""
    shown = panel("When alerts fired")
    assert shown["options"]["mergeValues"] is True
    steps = {step.get("value"): step["color"] for step in shown["fieldConfig"]["defaults"]["thresholds"]["steps"]}
    assert (steps[1], steps[2], steps[3]) == ("blue", "orange", "red")


def test_timeline_is_of_alerts_alone_the_worst_first_and_ends_with_the_one_that_always_fires(tmp_path: Path) -> None:
    [expr] = asked("When alerts fired")
    severities = {"Alpha": "info", "Beta": "critical", "Watchdog": "none"}
    series = {
        f'ALERTS{{alertname="{name}",severity="{severity}",alertstate="firing"}}': "1x200"
        for name, severity in severities.items()
    }
    expected = {
        '{_place="1",alertname="Beta"}': 3,
        '{_place="3",alertname="Alpha"}': 1,
        '{_place="4",alertname="Watchdog"}': 0,
    }
    assert answered(tmp_path, expr, expected, series)


HISTORY = {
    # Twice for a while with a short pause, once too short to fire, and never.
    'up{instance="a"}': "1x39 0x19 1x3 0x19 1x200",
    'up{instance="b"}': "1x39 0x2 1x200",
    'up{instance="c"}': "1x300",
}


def test_episodes_are_counted_where_an_alert_fired_and_not_where_it_was_only_pending(tmp_path: Path) -> None:
    row = '{alertname="Down",severity="critical"}'
    assert answered(tmp_path, asked("Episodes")[0], {row: 2}, HISTORY, rules=[DOWN])


def test_time_firing_belongs_to_the_episodes_beside_it(tmp_path: Path) -> None:
    row = '{alertname="Down",severity="critical"}'
    # Each was down for 5 minutes, of which the first is waited for.
    assert answered(tmp_path, asked("Time firing")[0], {row: 480}, HISTORY, rules=[DOWN])


def test_neither_is_told_of_what_never_fired(tmp_path: Path) -> None:
    series = {'up{instance="b"}': HISTORY['up{instance="b"}']}
    for title in ("Episodes", "Time firing"):
        assert answered(tmp_path, asked(title)[0], {}, series, rules=[DOWN])


def test_no_row_stands_for_none() -> None:
    assert 'vector(0), "alertname"' not in str(PAGE)
    assert panel("Active alerts")["fieldConfig"]["defaults"]["noValue"] == "none"


def test_application_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="alerts_dashboard: Application 'shop': .*colour"):
        alerts_dashboard("", applications=[{**SHOP, "colour": "red"}])
