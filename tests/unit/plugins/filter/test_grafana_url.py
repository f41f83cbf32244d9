# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.filter import grafana_url, grafana_urls
from ansible_collections.vigil.observability.plugins.filter.grafana_url import grafana_url as url_of

SUB_PATH = {"server": {"serve_from_sub_path": True}}
OUTSIDE = "https://proxy.example.com/grafana/"


def test_the_filters_are_found_by_the_names_of_their_files() -> None:
    assert grafana_url.FilterModule().filters() == {"grafana_url": url_of}
    assert grafana_urls.FilterModule().filters() == {"grafana_urls": grafana_urls.grafana_urls}


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("", "https://localhost:3000"),
        ("0.0.0.0", "https://localhost:3000"),
        ("::", "https://localhost:3000"),
        ("127.0.0.1", "https://127.0.0.1:3000"),
        ("fd00::7", "https://[fd00::7]:3000"),
    ],
)
def test_grafana_is_asked_where_it_listens(address: str, url: str) -> None:
    assert url_of({}, address, 3000) == url


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({}, ""),
        ({"server": None}, ""),
        (SUB_PATH, "/grafana"),
        ({"server": {"serve_from_sub_path": "true", "root_url": "https://x/other/"}}, "/other"),
        ({"server": {"serve_from_sub_path": "false"}}, ""),
    ],
)
def test_a_path_counts_when_grafana_serves_from_it(config: dict[str, Any], path: str) -> None:
    assert url_of(config, "", 3000, external_url=OUTSIDE) == f"https://localhost:3000{path}"


def test_others_ask_at_its_address_and_path() -> None:
    hosts: dict[str, dict[str, Any]] = {
        "b": {"ansible_host": "10.0.0.2", "grafana_port": 3001},
        "a": {"grafana_address": "fd00::7", "grafana_config": SUB_PATH, "grafana_external_url": OUTSIDE},
        "web": {},
    }
    found = grafana_urls.grafana_urls(hosts, {"grafana": ["b", "a"]})
    assert found == {"a": "https://[fd00::7]:3000/grafana", "b": "https://10.0.0.2:3001"}
    assert grafana_urls.grafana_urls(hosts, {}) == {}
