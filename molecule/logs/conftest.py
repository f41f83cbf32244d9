"""What the tests of the pillar ask: the cluster, as one of its users."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def request_as(ask, secrets):
    """Return a function that sends a request as one of the users."""

    def sent(user, method, path, body=None, node="elasticsearch-1"):
        options = ["-X", method]
        options += ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body is not None else []
        password = secrets["elasticsearch_passwords"][user]
        return ask(f"https://{node}:9200{path}", *options, user=user, password=password)

    return sent
