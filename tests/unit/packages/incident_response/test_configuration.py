# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What configures the service, and what is refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.packages.incident_response.incident_response.__main__ import main
from ansible_collections.vigil.observability.packages.incident_response.incident_response.configuration import (
    Configuration,
    ConfigurationError,
)
from ansible_collections.vigil.observability.tests.unit.packages.incident_response.runbooks import runbook

MON1 = {"name": "mon1", "url": "https://mon1:9093/", "username": "me", "password_file": "password", "ca_file": "ca.crt"}
SHOP = {"shop": {"team": "sales", "depends_on": ["cart"]}, "cart": {"team": "sales"}}
WHOLE: dict[str, Any] = {"data_dir": "/var/lib/incident_response", "alertmanagers": [MON1], "applications": SHOP}

AWX = {"url": "https://awx/", "token_file": "password", "ca_file": "ca.crt", "templates": {"run_script": 7}}
GRAFANA = {"urls": {"mon1": "https://mon1:3000"}, "token_file": "made later", "ca_file": "ca.crt"}


def written(folder: Path, told: Any) -> Path:
    (folder / "password").write_text("word\n")
    file = folder / "config.yml"
    file.write_text(told if isinstance(told, str) else yaml.safe_dump(told))
    return file


def test_a_password_is_read_from_its_file_beside_the_configuration(tmp_path: Path) -> None:
    found = Configuration.read(written(tmp_path, {**WHOLE, "correlation_window": "900"}))
    (alertmanager,) = found.alertmanagers
    assert (alertmanager.url, alertmanager.password) == ("https://mon1:9093", "word")
    assert found.applications["shop"].depends_on == ("cart",)
    assert (found.reconciliation_interval, found.correlation_window) == (30, 900)


def test_awx_has_a_job_template_for_each_step_of_its_runbooks(tmp_path: Path) -> None:
    step = {"step": "run_script", "parameters": {"command": "repair"}}
    known = [runbook(level="full", executor="awx", steps=[step]), runbook(name="other", executor="awx")]
    found = Configuration.read(written(tmp_path, {**WHOLE, "awx": AWX, "automation": {"runbooks": known}})).awx
    assert found is not None
    assert (found.controller.url, found.controller.token, found.templates) == ("https://awx", "word", {"run_script": 7})


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("{", "Cannot use"),
        ([], "it has to be a mapping."),
        ({**WHOLE, "alertmanager": []}, "it has the unknown key alertmanager."),
        ({key: value for key, value in WHOLE.items() if key != "data_dir"}, "it lacks data_dir."),
        ({**WHOLE, "alertmanagers": []}, "alertmanagers is empty: it has to name every Alertmanager."),
        ({**WHOLE, "alertmanagers": [MON1, MON1]}, "alertmanagers has a name more than once."),
        ({**WHOLE, "alertmanagers": [{**MON1, "url": "mon1"}]}, "mon1 has to begin with https://."),
        ({**WHOLE, "alertmanagers": [{**MON1, "port": 1}]}, "alertmanagers[0] has the unknown key port."),
        ({**WHOLE, "alertmanagers": [{**MON1, "password_file": "none"}]}, "No such file or directory"),
        ({**WHOLE, "alertmanagers": "mon1"}, "alertmanagers of it has to be a list."),
        (
            {**WHOLE, "reconciliation_interval": True},
            "reconciliation_interval of it has to be a number greater than 0.",
        ),
        ({**WHOLE, "reconciliation_interval": []}, "reconciliation_interval of it has to be a number greater than 0."),
        ({**WHOLE, "correlation_window": 0}, "correlation_window of it has to be a number greater than 0."),
        ({**WHOLE, "correlation_window": "nan"}, "correlation_window of it has to be a number greater than 0."),
        ({**WHOLE, "applications": {"shop": {"team": "a", "depends_on": ["x"]}}}, "depends on x, which is not among"),
        ({**WHOLE, "accounts": {"anna": []}}, "accounts.anna has to be a mapping from teams to rights."),
        ({**WHOLE, "accounts": {"admin": {"*": "look"}}}, "accounts has admin, which every engine has."),
        ({**WHOLE, "accounts": {"anna": {"sales": "act"}}}, "anna.sales has to be look, respond or approve."),
        ({**WHOLE, "prometheus": [{**MON1, "url": "mon1"}]}, "url of the Prometheus mon1 has to begin with https://."),
        ({**WHOLE, "prometheus": [MON1, MON1]}, "prometheus has a name more than once."),
        ({**WHOLE, "awx": {**AWX, "url": "awx"}}, "url of awx has to begin with https://."),
        ({**WHOLE, "awx": {**AWX, "token_file": "none"}}, "No such file or directory"),
        (
            {**WHOLE, "awx": AWX, "automation": {"runbooks": [runbook(level="full", executor="awx")]}},
            "The runbook exporter_down needs a job template of AWX for restart_service.",
        ),
        (
            {**WHOLE, "automation": {"runbooks": [runbook(level="partial", executor="awx")]}},
            "The runbook exporter_down needs a job template of AWX for restart_service.",
        ),
        ({**WHOLE, "grafana": {**GRAFANA, "urls": {}}}, "urls of grafana is empty: it has to name a Grafana."),
        ({**WHOLE, "grafana": {**GRAFANA, "urls": {"mon1": "mon1"}}}, "url of the Grafana mon1 has to begin with"),
        ({**WHOLE, "grafana": {**GRAFANA, "token": "x"}}, "grafana has the unknown key token."),
        ({**WHOLE, "score": {"report": -1}}, "report of the score has to be a number from 0."),
        ({**WHOLE, "score": {"severity": {"page": 1}}}, "severity of the score has the unknown key page."),
        ({**WHOLE, "score": {"priorities": {"high": 200}}}, "priorities of the score have to fall from critical to"),
        ({**WHOLE, "score": {"loss_unit": 0}}, "loss_unit of the score has to be a number greater than 0."),
        (
            {**WHOLE, "automation": {"escalations": [{"path": [], "time_zone": "Europe/Berln"}]}},
            "not know the time zone Europe/Berln of escalations: correct it, or install the package tzdata.",
        ),
        ({**WHOLE, "automation": {"escalations": [{"path": [], "time_zone": "/etc"}]}}, "not know the time zone /etc"),
        ({**WHOLE, "automation": {"escalations": [{"path": [], "time_zone": "Europe"}]}}, "know the time zone Europe"),
        ({**WHOLE, "automation": {"escalations": [{}]}}, "escalations[0] lacks path."),
        ({**WHOLE, "automation": {"escalations": [{"path": [], "hour": 1}]}}, "[0] has the unknown key hour."),
        ({**WHOLE, "automation": {"escalations": [{"path": [{}]}]}}, "a step of path lacks receiver."),
        ({**WHOLE, "applications": {"shop": {"team": "a", "port": 1}}}, "applications.shop has the unknown key port."),
    ],
)
def test_a_mistake_is_refused_in_one_sentence(
    tmp_path: Path, told: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = written(tmp_path, told)
    with pytest.raises(ConfigurationError) as refused:
        Configuration.read(file)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
    assert main([f"--config.file={file}", "--check"]) == 1
    assert reason in caplog.text


def test_a_check_changes_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, {**WHOLE, "data_dir": str(tmp_path / "none")})
    assert main([f"--config.file={file}", "--check"]) == 0
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("told", ["[]", "tls_server_config: {}", "{"])
def test_wrong_settings_of_tls_are_refused(tmp_path: Path, told: str, caplog: pytest.LogCaptureFixture) -> None:
    file = written(tmp_path, WHOLE)
    (tmp_path / "web.yml").write_text(told)
    assert main([f"--config.file={file}", f"--web.config.file={tmp_path}/web.yml"]) == 1
    assert f"Cannot use {tmp_path}/web.yml" in caplog.text
