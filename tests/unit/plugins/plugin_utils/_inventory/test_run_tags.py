# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.vigil.observability.plugins.plugin_utils._inventory.run_tags import RunTags


def problems(*, run: tuple[str, ...] = ("all",), skip: tuple[str, ...] = ()) -> list[str]:
    return list(RunTags(frozenset(run), frozenset(skip), {}).problems())


def test_tag_in_no_playbook_is_refused_with_the_one_that_was_meant() -> None:
    assert problems(run=("prometheus",), skip=("grafana",)) == []
    assert (
        "--tags contains promethues, which no playbook of this collection has: did you mean prometheus?"
        in problems(run=("all", "promethues"))[0]
    )
    assert "--skip-tags contains grafanna" in problems(skip=("grafanna",))[0]


def test_tags_that_molecule_skips_in_every_run_are_no_slip() -> None:
    assert problems(skip=("molecule-idempotence-notest", "molecule-notest", "notest")) == []
    assert "--tags contains notest" in problems(run=("all", "notest"))[0]
