# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter import own_secret_key
from ansible_collections.vigil.observability.plugins.filter.own_secret_key import own_secret_key as own

PUBLIC_KEY = "SW2YcwTIb9zpOOhoPsMm"


def test_the_filter_is_found_by_the_name_of_its_file() -> None:
    assert own_secret_key.FilterModule().filters() == {"own_secret_key": own}


def test_a_key_of_ones_own_is_taken() -> None:
    assert own("a key of our own", {"security": {"admin_user": "root"}}) == "a key of our own"


@pytest.mark.parametrize(
    ("key", "config", "name"),
    [
        (PUBLIC_KEY, {}, "grafana_secret_key"),
        ("own", {"security": {"secret_key": PUBLIC_KEY}}, "grafana_config.security.secret_key"),
    ],
)
def test_the_key_that_everybody_knows_is_refused_by_a_role_by_itself(
    key: str, config: dict[str, Any], name: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^{name} is Grafana's default secret_key"):
        own(key, config)
