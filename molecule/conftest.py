"""What the tests of all scenarios share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep the report of every verification: a scenario verifies several times, each in a process of its own."""
    if config.option.xmlpath:
        path = Path(config.option.xmlpath)
        config.option.xmlpath = str(path.with_name(f"{path.stem}-{os.getpid()}{path.suffix}"))
