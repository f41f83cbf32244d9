# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._deployment.definition import (
    Deployment,
    content_digest,
)
from ansible_collections.vigil.observability.plugins.module_utils._host.tree import mark_staged

ONE = Deployment("/r/1", "t1", "/c/1", "u1", "[Unit]\n", {"/opt/demo": "/r/1", "/etc/demo": "/c/1"}, {"/crt": None})


def test_deployment_knows_the_tokens_of_what_is_staged_and_the_content_of_what_is_watched(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    token = mark_staged(tmp_path / "release")
    (tmp_path / "watched").write_text("a")
    watched = [str(tmp_path / "watched"), str(tmp_path / "absent")]
    found = Deployment.of_staged(str(tmp_path / "release"), None, watched, unit="", links={})
    assert (found.release_token, found.config, found.config_token) == (token, None, None)
    assert found.watched == {watched[0]: content_digest(Path(watched[0])), watched[1]: None}


def test_release_unit_and_watched_files_need_a_restart() -> None:
    for other in (
        replace(ONE, release="/r/2"),
        replace(ONE, release_token="t2"),
        replace(ONE, unit="[Unit]\n\n"),
        replace(ONE, watched={"/crt": "ab"}),
    ):
        assert other.needs_restart_after(ONE)
    assert not replace(ONE, config="/c/2", version="3").needs_restart_after(ONE)


def test_configuration_put_back_at_its_path_is_another_one() -> None:
    assert not replace(ONE, config_token="u2").has_config_of(ONE)
    assert replace(ONE, release="/r/2").has_config_of(ONE)


def test_how_a_service_is_asked_makes_no_other_deployment() -> None:
    assert replace(ONE, health={"url": "http://a"}, version="2", reload_url="http://b") == ONE


def test_lines_tell_links_with_what_was_staged_and_watched_files() -> None:
    assert replace(ONE, watched={"/crt": "0123456789abcdef"}, config_token=None).lines() == [
        "/etc/demo -> /c/1",
        "/opt/demo -> /r/1 (staged as t1)",
        "/crt: 0123456789ab",
    ]


@pytest.mark.parametrize("data", [{}, {"release": "/r/1"}, {**ONE.to_json(), "unit": None}])
def test_something_else_is_no_deployment(data: dict[str, Any]) -> None:
    assert Deployment.from_json(ONE.to_json()) == ONE
    with pytest.raises(TypeError):
        Deployment.from_json(data)
