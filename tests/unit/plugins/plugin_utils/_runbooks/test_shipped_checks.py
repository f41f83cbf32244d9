# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus answers to checks of shipped runbooks that combine series: 1 if they hold, 0 or nothing if not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._runbooks.test_shipped import normalised
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import answered

CHECKS = {
    (one["name"], key): "".join(part if isinstance(part, str) else '"web1"' for part in one[key]["text"])
    for one in normalised({})
    for key in ("precheck", "verification")
    if one[key]
}
# Filebeat writes its metrics in the ninth minute, then hangs on web2.
WRITTEN = 'node_textfile_mtime_seconds{host="HOST", file="/var/cache/filebeat/filebeat.prom"}'
ACTIVE = 'node_systemd_unit_state{host="HOST", name="filebeat.service", state="active", type="notify"}'
REACHED = 'elasticsearch_scrape_success{collector="cluster-info", instance="INSTANCE"}'


def on(series: str, values: str, **named: str) -> dict[str, str]:
    """Return a series of promtool, with the names of its labels filled in."""
    for name, value in named.items():
        series = series.replace(name, value)
    return {"series": series, "values": values}


@pytest.mark.parametrize(
    ("check", "series", "found"),
    [
        pytest.param(
            ("filebeat_silent", "verification"),
            [on(WRITTEN, "540x20", HOST="web1"), on(ACTIVE, "1x20", HOST="web1"), on(ACTIVE, "0x20", HOST="web2")],
            {"{}": 1},
            id="it writes",
        ),
        pytest.param(
            ("filebeat_silent", "verification"),
            [on(WRITTEN, "60x20", HOST="web1"), on(WRITTEN, "600x20", HOST="web2"), on(ACTIVE, "1x20", HOST="web1")],
            {"{}": 0},
            id="it hangs",
        ),
        pytest.param(
            ("filebeat_silent", "verification"),
            [on(WRITTEN, "600x20", HOST="web1"), on(ACTIVE, "0x20", HOST="web1")],
            {"{}": 0},
            id="it has stopped again",
        ),
        pytest.param(("filebeat_silent", "verification"), [on(ACTIVE, "1x20", HOST="web1")], {}, id="it never wrote"),
        pytest.param(("jaeger_down", "precheck"), [], {"{}": 1}, id="there is no Elasticsearch"),
        pytest.param(
            ("jaeger_down", "precheck"),
            [on(REACHED, "0x20", INSTANCE="a"), on(REACHED, "1x20", INSTANCE="b")],
            {"{}": 1},
            id="one node answers",
        ),
        pytest.param(("jaeger_down", "precheck"), [on(REACHED, "0x20", INSTANCE="a")], {"{}": 0}, id="none answers"),
    ],
)
def test_a_check_holds_only_in_the_state_that_it_is_for(
    tmp_path: Path, check: tuple[str, str], series: list[dict[str, str]], found: dict[str, float]
) -> None:
    answered(tmp_path, CHECKS[check], found, *series)


def test_rsyslog_is_verified_as_filebeat_is() -> None:
    text = CHECKS["filebeat_silent", "verification"].replace("filebeat.service", "vigil-rsyslog.service")
    assert CHECKS["rsyslog_silent", "verification"] == text.replace("filebeat", "rsyslog")
