# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._host.version import is_older


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2.9.0", "2.10.0"),
        ("2.53.3", "3.0.0"),
        ("2.55", "2.55.1"),
        ("3.0.0-rc.0", "3.0.0"),
        ("3.0.0-rc.1", "3.0.0-rc.2"),
        ("v1.9.1", "1.11.0"),
    ],
)
def test_older_release_comes_first(older: str, newer: str) -> None:
    assert is_older(older, newer)
    assert not is_older(newer, older)


@pytest.mark.parametrize(("one", "other"), [("2.55", "2.55.0"), ("v3.5.0", "3.5.0")])
def test_same_release_is_not_older(one: str, other: str) -> None:
    assert not is_older(one, other)
    assert not is_older(other, one)
