"""What was found with each release, on the host that was upgraded and went back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

testinfra_hosts = ["traces-2"]

STEPS = ["before", "unhealthy", "upgraded", "returned"]


@pytest.fixture
def newer():
    """Return the version that was upgraded to, as the inventory chooses it."""
    known = yaml.safe_load(Path(os.environ["VIGIL_CATALOGUE"]).read_text(encoding="utf-8"))["vigil_catalogue_extra"]
    return [version for version in known["jaeger"] if version != "2.12.0"][-1]


def test_spans_of_every_release_are_found_by_every_release(host, newer):
    decoder, noted = json.JSONDecoder(), []
    for line in host.file("/run/steps").content_string.splitlines():
        (step, counts), end = decoder.raw_decode(line)
        noted.append((step, counts, json.loads(line[end:])["gitVersion"]))
    assert noted == [
        ("before", [20, 0, 0, 0], "v2.12.0"),
        ("unhealthy", [20, 20, 0, 0], "v2.12.0"),
        ("upgraded", [20, 20, 20, 0], f"v{newer}"),
        ("returned", [20, 20, 20, 20], "v2.12.0"),
    ]


def test_release_that_was_not_healthy_was_rolled_back(host, newer):
    said = host.file("/run/unhealthy").content_string
    assert f"jaeger {newer} was not activated: it was not healthy within 3 s" in said
    assert "Rolled back to jaeger 2.12.0, which is healthy" in said


@pytest.mark.restart
def test_spans_are_found_with_a_password_after_the_last_upgrade(found):
    assert [found(step) for step in STEPS] == [{"found": 20, "twice": 0}] * 4
