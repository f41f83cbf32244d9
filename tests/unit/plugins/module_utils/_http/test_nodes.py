# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of several nodes: the next one is asked when one gives no answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http.session import (
    Api,
    ApiError,
    Endpoint,
    HttpError,
    Session,
)


class Node(ThreadingHTTPServer):
    """Answers each request with the status that it has."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body = 200, b"{}"
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Node
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.command} {self.path} {self.headers.get('Authorization', '')}".strip())
        self.send_response_only(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_PUT = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def start() -> Iterator[Callable[[], Node]]:
    """A function that starts a node."""
    nodes: list[tuple[Node, threading.Thread]] = []

    def started() -> Node:
        node = Node()
        thread = threading.Thread(target=node.serve_forever, args=(0.02,))
        thread.start()
        nodes.append((node, thread))
        return node

    yield started
    for node, thread in nodes:
        node.shutdown()
        thread.join()
        node.server_close()


@pytest.fixture
def dead() -> Iterator[str]:
    """The URL of a node that does not run: its port is kept, but nobody listens."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{kept.getsockname()[1]}"


def test_the_next_node_is_asked_where_one_is_dead_and_stays_the_one(start: Callable[[], Node], dead: str) -> None:
    alive = start()
    asked = Session(Endpoint(dead, more_urls=[f"{alive.url}/search"], retries=0))
    assert asked.request("PUT", "/one", body={}).status == 200
    assert asked.request("GET", "/two").status == 200
    assert (alive.asked, asked.requests, asked.connections) == (["PUT /search/one", "GET /search/two"], 3, 1)
    assert asked.url == f"{alive.url}/search"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_the_next_node_is_asked_where_one_is_away(start: Callable[[], Node], status: int) -> None:
    away, alive = start(), start()
    away.status = status
    asked = Session(Endpoint(away.url, more_urls=[alive.url], retries=0))
    assert asked.request("GET", "/").status == 200
    assert (len(away.asked), len(alive.asked)) == (1, 1)


def test_a_write_that_may_have_happened_and_may_not_be_repeated_is_not_sent_to_another_node(
    start: Callable[[], Node],
) -> None:
    away, alive = start(), start()
    away.status = 503
    asked = Session(Endpoint(away.url, more_urls=[alive.url]))
    assert asked.request("POST", "/", body={}).status == 503
    assert alive.asked == []


def test_a_refusal_is_believed(start: Callable[[], Node]) -> None:
    refusing, other = start(), start()
    refusing.status = 401
    asked = Session(Endpoint(refusing.url, more_urls=[other.url]))
    assert asked.request("GET", "/").status == 401
    assert other.asked == []


def test_where_no_node_answers_all_are_named(start: Callable[[], Node], dead: str) -> None:
    with pytest.raises(HttpError, match="got no answer") as error:
        Session(Endpoint(dead, more_urls=[f"{dead}/other"], retries=0)).request("GET", "/")
    assert f"{dead} and {dead}/other were tried" in str(error.value)


def test_a_url_of_a_further_node_is_checked_before_anything_is_asked() -> None:
    with pytest.raises(HttpError, match="must be like https://host:port"):
        Session(Endpoint("http://127.0.0.1:1", more_urls=["search2:9200"]))


def test_the_reasons_of_elasticsearch_are_quoted_with_their_causes_once_and_no_secret(
    start: Callable[[], Node],
) -> None:
    node = start()
    node.status = 400
    node.body = (
        b'{"error": {"type": "x", "reason": "cannot store [hidden-one]", "caused_by": {"reason": "it is wrong.", '
        b'"caused_by": {"reason": "it is wrong"}}, "root_cause": []}, "status": 400}'
    )
    api = Api(Session(Endpoint(node.url, token="hidden-key", scheme="ApiKey")), "Elasticsearch", ["hidden-one"])
    with pytest.raises(ApiError) as error:
        api.call("PUT", "/x", attempt="make x", body={})
    assert str(error.value).endswith("answered 400: cannot store [********]: it is wrong.")
    assert node.asked == ["PUT /x ApiKey hidden-key"]
