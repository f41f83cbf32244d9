# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.ini import ini_text


def test_sections_and_keys_keep_their_order_and_letters() -> None:
    sections = {"DEFAULT": {"app_mode": "production"}, "server": {"X-Frame": "deny", "http_port": 3000}, "auth": {}}
    assert ini_text(sections) == (
        "[DEFAULT]\napp_mode = production\n\n[server]\nX-Frame = deny\nhttp_port = 3000\n\n[auth]\n"
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (0.5, "0.5"),
        ("", ""),
        ("%(protocol)s://x/%y", "%(protocol)s://x/%y"),
        ("groups[?contains(@, 'admin')] && 'Admin'", "groups[?contains(@, 'admin')] && 'Admin'"),
        ("a;b", "`a;b`"),
        ("#a", "`#a`"),
        (" a", "` a`"),
        ("a\\", "`a\\`"),
        ('"a"', '`"a"`'),
        ("`a`", '"""`a`"""'),
    ],
)
def test_value_is_written_so_that_its_reader_gets_all_of_it(value: Any, written: str) -> None:
    assert ini_text({"a": {"b": value}}) == f"[a]\nb = {written}".rstrip() + "\n"


def test_key_without_a_value_is_left_out() -> None:
    assert ini_text({"a": {"b": None, "c": 1}}) == "[a]\nc = 1\n"


@pytest.mark.parametrize(
    ("sections", "reason"),
    [
        ({"a": "b"}, "The section a has to be a mapping"),
        ({"a]": {}}, r"'a\]' in the section a\] cannot be a name"),
        ({"a": {"b=c": 1}}, "'b=c' in the section a cannot be a name"),
        ({"a": {"b": ["c"]}}, "a.b has to be a single text, number or boolean"),
        ({"a": {"b": "c\nd"}}, "a.b has to be one line"),
        ({"a": {"b": '#`"""'}}, "a.b contains both quotes"),
    ],
)
def test_what_ini_cannot_hold_is_refused_by_its_place(sections: dict[str, Any], reason: str) -> None:
    with pytest.raises(OperatorError, match=reason):
        ini_text(sections)
