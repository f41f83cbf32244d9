# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.filter import grafana_url
from ansible_collections.vigil.observability.plugins.filter.grafana_url import grafana_url as url_of

SUB_PATH = {"server": {"serve_from_sub_path": True}}
OUTSIDE = "https://proxy.example.com/grafana/"


def test_the_filter_is_found_by_the_name_of_its_file() -> None:
    assert grafana_url.FilterModule().filters() == {"grafana_url": url_of}


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
