# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that tells incident_response what applications need."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.vigil.observability.plugins.filter.application_dependencies import application_dependencies


def test_what_owns_an_application_and_what_it_needs_is_returned_by_its_name() -> None:
    shop = {"name": "shop", "team": "sales", "depends_on": ["cart"]}
    found = application_dependencies([shop, {"name": "cart", "team": "carts"}])
    assert found == {"shop": {"team": "sales", "depends_on": ["cart"]}, "cart": {"team": "carts", "depends_on": []}}


def test_a_dependency_that_nobody_declares_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="depends on 'cart', which is not declared"):
        application_dependencies([{"name": "shop", "team": "sales", "depends_on": ["cart"]}])
