# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of Elasticsearch's modules share: a module that runs on a cluster."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.unit.plugins.elasticsearch import LOGIN, Elasticsearch


@pytest.fixture
def run(run_module: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A function that runs a module on a cluster."""

    def on(cluster: Elasticsearch, module: ModuleType, **options: Any) -> dict[str, Any]:
        cluster.forget()
        return run_module(module, **{"url": cluster.url, **LOGIN, **options})

    return on
