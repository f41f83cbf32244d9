# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._services.catalogue import (
    is_tested,
    release_of,
)

DIGEST = "0" * 64


def release(component: str, **asked: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"version": None, "architecture": "x86_64", "mirror": None, "extra": {}}
    return release_of(component, **{**usual, **asked})


def test_a_release_without_a_version_is_the_default_of_the_catalogue() -> None:
    found = release("prometheus", architecture="aarch64")
    assert is_tested("prometheus", found["version"])
    assert found["url"].endswith(f"prometheus-{found['version']}.linux-arm64.tar.gz")
    assert found["data_oldest_reader"] == "2.55.0"


def test_a_mirror_takes_the_place_of_the_host_of_every_url() -> None:
    found = release("prometheus", version="2.45.0", mirror="https://mirror.example/files/")
    assert found["url"].startswith("https://mirror.example/files/prometheus/prometheus/releases/download/v2.45.0/")


def test_entries_of_the_inventory_are_laid_over_the_catalogue() -> None:
    extra = {"prometheus": {"9.9.9": {"amd64": {"url": "http://a/b.tar.gz", "sha256": DIGEST}}}}
    assert release("prometheus", version="9.9.9", extra=extra)["sha256"] == DIGEST


@pytest.mark.parametrize(("algorithm", "length"), [("sha256", 64), ("sha512", 128)])
def test_release_has_the_digest_that_upstream_publishes(algorithm: str, length: int) -> None:
    extra = {"elasticsearch": {"9.9.9": {"amd64": {"url": "http://a/b.tar.gz", algorithm: "0" * length}}}}
    found = release("elasticsearch", version="9.9.9", extra=extra)
    assert {key for key in found if key.startswith("sha")} == {algorithm}
    assert found[algorithm] == "0" * length


@pytest.mark.parametrize(
    ("version", "architecture", "extra", "message"),
    [
        ("3.13.9", "x86_64", {}, r"There is no prometheus 3\.13\.9 in the catalogue\. Close to it: 3\.13"),
        ("999", "x86_64", {}, "Add it to vigil_catalogue_extra with its url and its sha256 or sha512"),
        ("3.13.2", "riscv64", {}, r"prometheus 3\.13\.2 has no archive for riscv64"),
        ("9", "x86_64", {"9": {"amd64": {"url": "http://a"}}}, "needs a url and either sha256 or sha512"),
        (
            "9",
            "x86_64",
            {"9": {"amd64": {"url": "http://a", "sha256": DIGEST, "sha512": DIGEST * 2}}},
            "needs a url and e",
        ),
    ],
)
def test_a_release_that_cannot_be_verified_is_refused(
    version: str, architecture: str, extra: dict[str, Any], message: str
) -> None:
    with pytest.raises(OperatorError, match=message):
        release("prometheus", version=version, architecture=architecture, extra={"prometheus": extra})
