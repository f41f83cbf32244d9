# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.module_utils._http.session import (
    Answer,
    Api,
    ApiError,
    Endpoint,
    HttpError,
    NotJsonError,
    Session,
)
from ansible_collections.vigil.observability.plugins.module_utils._http.transport import is_dropped


@dataclass
class Reply:
    """One answer; `drop` closes the connection in place of it, `hang_up` after it and without a word."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    hang_up: bool = False
    missing: int = 0
    pause: float = 0.0


class Server(ThreadingHTTPServer):
    """Gives one reply after the other, plain ones when there are no more, and notes what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.server_address[1]}"

    def methods(self) -> list[str]:
        return [method for method, _path, _headers, _body in self.asked]

    def handle_error(self, *_: object) -> None:
        """Clients that break off are part of these tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        reply = self.server.replies.pop(0) if self.server.replies else Reply()
        if reply.drop:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        sent = reply.body[: len(reply.body) - reply.missing]
        for byte in range(len(sent)) if reply.pause else ():
            self.wfile.write(sent[byte : byte + 1])
            time.sleep(reply.pause)
        if not reply.pause:
            self.wfile.write(sent)
        self.close_connection = reply.hang_up or bool(reply.missing)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

    def log_message(self, format: str, *args: object) -> None:
        """Keep the output of the tests clean."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback for the time of one test."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the session would have waited between attempts; it does not wait. Other threads of this process do."""
    waited: list[float] = []
    sleep, asked_by = time.sleep, threading.get_ident()

    def pause(seconds: float) -> None:
        (waited.append if threading.get_ident() == asked_by else sleep)(seconds)

    monkeypatch.setattr(time, "sleep", pause)
    return waited


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a certificate for localhost and its key, plain and encrypted, which is its own authority."""
    folder = tmp_path_factory.mktemp("certificates")
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=demo"]
    files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.crt"]
    subprocess.run(["openssl", "req", "-x509", *options, *files], check=True, capture_output=True)
    encrypt = ["-in", f"{folder}/tls.key", "-aes256", "-passout", "pass:hidden", "-out", f"{folder}/locked.key"]
    subprocess.run(["openssl", "ec", *encrypt], check=True, capture_output=True)
    return folder


@pytest.fixture
def tls(server: Server, certificates: Path) -> Server:
    """The same server with TLS, which asks for a certificate and takes none for an answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "tls.crt", certificates / "tls.key")
    context.load_verify_locations(certificates / "tls.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.scheme = "https"
    return server


def session(server: Server, **options: Any) -> Session:
    return Session(Endpoint(server.url, **{"timeout": 20, **options}))


# ------------------------------------------------------------------------------------------------- one connection


def test_a_hundred_requests_take_one_connection(server: Server) -> None:
    asked = session(server)
    for number in range(100):
        assert asked.request("GET", f"/{number}").status == 200
    asked.close()
    assert (asked.requests, asked.connections, server.connections) == (100, 1, 1)


def test_a_body_is_sent_as_json_and_a_form_as_a_form(server: Server) -> None:
    asked = session(server)
    asked.request("POST", "/json", body={"name": "Größe"}, headers={"X-Own": "yes"})
    asked.request("POST", "/form", form=[("match[]", "up"), ("match[]", "a b")])
    asked.request("GET", "/query", query=[("limit", "5"), ("tag", "a&b")])
    (*_first, json_headers, json_body), (*_second, form_headers, form_body), (_method, path, *_rest) = server.asked
    assert (json_headers["Content-Type"], json_headers["X-Own"]) == ("application/json", "yes")
    assert json_body == b'{"name": "Gr\\u00f6\\u00dfe"}'
    assert (form_headers["Content-Type"], form_body) == (
        "application/x-www-form-urlencoded",
        b"match%5B%5D=up&match%5B%5D=a+b",
    )
    assert path == "/query?limit=5&tag=a%26b"


def test_the_path_of_the_url_stays_before_every_path(server: Server) -> None:
    Session(Endpoint(f"{server.url}/grafana/")).request("GET", "/api/health")
    assert server.asked[0][1] == "/grafana/api/health"


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"username": "admin", "password": "pa:ß"}, "Basic YWRtaW46cGE6w58="),
        ({"token": "glsa_x"}, "Bearer glsa_x"),
        ({}, None),
    ],
)
def test_who_asks_is_said_in_every_request(server: Server, options: dict[str, str], sent: str | None) -> None:
    session(server, **options).request("GET", "/")
    assert server.asked[0][2].get("Authorization") == sent


def test_names_of_headers_are_found_however_the_server_writes_them(server: Server) -> None:
    server.replies = [Reply(headers={"x-request-ID": "7"})]
    assert session(server).request("GET", "/").headers["X-Request-Id"] == "7"


# ---------------------------------------------------------------------------------------- lost connections, retries


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew_before_anything_is_sent(
    server: Server, pauses: list[float]
) -> None:
    server.replies = [Reply(hang_up=True)]
    asked = session(server)
    asked.request("POST", "/first", body={})
    deadline = time.monotonic() + 5
    while not is_dropped(asked._nodes[0].connection.sock) and time.monotonic() < deadline:  # the news take a moment
        pass
    assert asked.request("POST", "/second", body={}).status == 200
    assert (server.methods(), asked.connections, pauses) == (["POST", "POST"], 2, [])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_lost_answer_is_asked_for_again_when_that_does_no_harm(
    server: Server, method: str, pauses: list[float]
) -> None:
    server.replies = [Reply(drop=True), Reply(drop=True)]
    asked = session(server)
    assert asked.request(method, "/").status == 200
    assert (asked.requests, asked.connections, pauses) == (3, 3, [0.5, 1.0])


def test_a_post_is_never_sent_twice(server: Server, pauses: list[float]) -> None:
    server.replies = [Reply(drop=True)]
    with pytest.raises(HttpError, match=r"^POST http://localhost:\d+/api got no answer: Remote end closed connection"):
        session(server).request("POST", "/api", body={"secret": "hidden"})
    assert (server.methods(), pauses) == (["POST"], [])


def test_a_post_is_tried_again_where_no_connection_was_made(pauses: list[float]) -> None:
    with Server() as closed:
        url = closed.url
    with pytest.raises(HttpError, match="Connection refused"):
        Session(Endpoint(url)).request("POST", "/", body={})
    assert pauses == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_without_its_server_is_asked_again(server: Server, status: int, pauses: list[float]) -> None:
    server.replies = [Reply(status), Reply(status)]
    assert session(server).request("GET", "/").status == 200
    server.replies = [Reply(status)]
    assert session(server).request("POST", "/", body={}).status == status
    assert pauses == [0.5, 1.0]


def test_the_last_answer_is_given_when_no_attempt_went_better(server: Server, pauses: list[float]) -> None:
    server.replies = [Reply(503)] * 3
    assert session(server, retries=2).request("GET", "/").status == 503
    assert (len(server.asked), len(pauses)) == (3, 2)


@pytest.mark.parametrize("asked", ["7", "date"])
def test_a_server_that_wants_to_be_left_alone_is_left_alone_for_that_time(
    server: Server, asked: str, pauses: list[float]
) -> None:
    moment = datetime.now(timezone.utc) + timedelta(seconds=7)
    value = format_datetime(moment, usegmt=True) if asked == "date" else asked
    server.replies = [Reply(429, headers={"retry-after": value})]
    assert session(server).request("POST", "/", body={}).status == 200
    assert pauses == [pytest.approx(7, abs=1.5)]


def test_a_wait_that_does_not_mean_anything_is_our_own(server: Server, pauses: list[float]) -> None:
    server.replies = [Reply(429, headers={"Retry-After": "soon"})]
    assert session(server).request("GET", "/").status == 200
    assert pauses == [0.5]


def test_nobody_waits_beyond_the_deadline(server: Server, pauses: list[float]) -> None:
    server.replies = [Reply(429, headers={"Retry-After": "3600"})]
    assert session(server).request("GET", "/").status == 429
    assert pauses == []


def test_no_request_begins_after_the_deadline(server: Server) -> None:
    asked = session(server, deadline=0.0)
    with pytest.raises(HttpError, match="got no answer: the deadline of 0 s for all requests has passed"):
        asked.request("GET", "/")
    assert (asked.requests, server.asked) == (0, [])


def test_an_answer_that_comes_in_drops_is_not_waited_for(server: Server) -> None:
    server.replies = [Reply(body=b"x" * 100, pause=0.02)]
    begun = time.monotonic()
    with pytest.raises(HttpError, match="the answer was not complete in time"):
        session(server, timeout=0.2, retries=0).request("GET", "/")
    assert time.monotonic() - begun < 1.5


def test_a_kept_connection_has_the_deadline_of_the_moment(server: Server) -> None:
    asked = session(server, deadline=60)
    asked.request("GET", "/")
    asked._until = time.monotonic() + 0.2
    server.replies = [Reply(body=b"x" * 10, pause=1)]
    begun = time.monotonic()
    with pytest.raises(HttpError, match=r"got no answer: (timed out|the answer was not complete in time)"):
        asked.request("GET", "/")
    assert time.monotonic() - begun < 2.5


def test_half_an_answer_is_none(server: Server, pauses: list[float]) -> None:
    server.replies = [Reply(body=b'{"a": 1}', missing=3)]
    assert session(server).request("GET", "/").json() == {}
    assert len(server.asked) == 2


# -------------------------------------------------------------------------- writes whose answers were lost, or no


Looked = tuple[Callable[[], "Answer | None"], list[int]]


def looking(*found: bool) -> Looked:
    """Return a look that finds the write done or not, one time after the other, and how many requests came before."""
    answers, looks = list(found), list[int]()

    def outcome() -> Answer | None:
        looks.append(len(looks))
        return Answer.of({"found": len(looks)}) if answers.pop(0) else None

    return outcome, looks


@pytest.mark.parametrize("lost", [Reply(drop=True), Reply(502), Reply(504)])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_that_may_be_done_is_looked_at_before_it_is_repeated(
    server: Server, method: str, lost: Reply, pauses: list[float]
) -> None:
    server.replies = [lost]
    outcome, looks = looking(True)
    answer = session(server).request(method, "/x", body={}, outcome=outcome)
    assert (answer.json(), len(looks), server.methods()) == ({"found": 1}, 1, [method])
    server.replies = [lost]
    outcome, looks = looking(False)
    answer = session(server).request(method, "/x", body={}, outcome=outcome)
    assert (answer.json(), answer.repeated, len(looks), server.methods()) == ({}, True, 1, [method] * 3)


def test_a_write_that_cannot_have_been_made_is_not_looked_at(server: Server, pauses: list[float]) -> None:
    server.replies = [Reply(429), Reply(429)]
    outcome, looks = looking()
    answer = session(server).request("POST", "/x", body={}, outcome=outcome)
    assert (answer.status, answer.repeated, looks, len(server.asked)) == (200, False, [], 3)


@pytest.mark.parametrize("status", [400, 404, 409, 412, 500])
def test_a_refusal_of_a_write_is_believed_after_a_look(server: Server, status: int, pauses: list[float]) -> None:
    server.replies = [Reply(status), Reply(status)]
    assert session(server).request("PUT", "/x", body={}, outcome=looking(True)[0]).status == 200
    assert session(server).request("PUT", "/x", body={}, outcome=looking(False)[0]).status == status
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [401, 403])
def test_who_may_not_write_does_not_look_either_as_that_locks_users(server: Server, status: int) -> None:
    server.replies = [Reply(status)]
    assert session(server).request("PUT", "/x", outcome=looking()[0]).status == status


def test_the_last_attempt_that_was_lost_is_looked_at_too(server: Server, pauses: list[float]) -> None:
    server.replies = [Reply(drop=True)] * 4
    assert session(server, retries=1).request("POST", "/x", outcome=looking(False, True)[0]).json() == {"found": 2}
    with pytest.raises(HttpError, match=r"^POST http://localhost:\d+/x got no answer: ") as lost:
        session(server, retries=1).request("POST", "/x", outcome=looking(False, False)[0])
    assert lost.value.again


def test_a_last_look_that_fails_leaves_the_words_of_the_write(server: Server, pauses: list[float]) -> None:
    asked = api(server, retries=0)
    server.replies = [Reply(409, b'{"message": "no"}'), Reply(500)]

    def outcome() -> Answer | None:
        return asked.call("GET", "/x", attempt="look")

    words = refusal(lambda: asked.call("POST", "/x", attempt="write", body={}, outcome=outcome))
    assert str(words) == f"Could not write: Grafana at {server.url} answered 409: no."
    assert server.methods() == ["POST", "GET"]


# ------------------------------------------------------------------------------------------------------------- TLS


def test_a_certificate_of_the_given_authority_is_trusted(tls: Server, certificates: Path) -> None:
    pair = {"client_cert": str(certificates / "tls.crt"), "client_key": str(certificates / "tls.key")}
    asked = session(tls, ca_path=str(certificates / "tls.crt"), **pair)
    assert [asked.request("GET", "/").status for _time in range(3)] == [200, 200, 200]
    assert asked.connections == 1


def test_a_certificate_of_a_stranger_is_refused_at_once_and_says_what_to_do(tls: Server, pauses: list[float]) -> None:
    message = r"its certificate is not trusted \(.*\); set ca_path to the file with its authority\.$"
    with pytest.raises(HttpError, match=message):
        session(tls).request("GET", "/")
    assert (pauses, tls.asked) == ([], [])


def test_a_stranger_among_several_nodes_is_passed_over(tls: Server, pauses: list[float]) -> None:
    with Server() as other:
        thread = threading.Thread(target=other.serve_forever, args=(0.02,))
        thread.start()
        try:
            assert session(tls, more_urls=(other.url,)).request("POST", "/x", body={}).status == 200
        finally:
            other.shutdown()
            thread.join()
    assert (pauses, tls.asked, other.methods()) == ([0.0], [], ["POST"])


def test_strangers_are_asked_once_each(tls: Server, pauses: list[float]) -> None:
    asked = session(tls, more_urls=(tls.url.replace("localhost", "127.0.0.1"),))
    with pytest.raises(HttpError, match=r"its certificate is not trusted .* were tried"):
        asked.request("GET", "/")
    assert (pauses, asked.requests) == ([0.0], 2)


def test_a_first_look_goes_without_the_check(tls: Server) -> None:
    assert session(tls, validate_certs=False).request("GET", "/").status == 200


@pytest.mark.parametrize(
    "files",
    [
        {"ca_path": "/nowhere/ca.crt"},
        {"client_cert": "tls.crt", "client_key": "locked.key"},
    ],
)
def test_files_that_cannot_be_read_are_named(files: dict[str, str], certificates: Path) -> None:
    named = {name: str(certificates / file) for name, file in files.items()}
    with pytest.raises(HttpError, match=r"^The certificates for https://x cannot be read \(.+\): "):
        Session(Endpoint("https://x", **named))  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ what is of no use


@pytest.mark.parametrize(
    "url",
    [
        "monitor1:3000",
        "ftp://monitor1",
        "https://",
        "https://admin:hidden@monitor1:3000",
        "https://monitor1?token=hidden",
        "https://monitor1/#hidden",
        "https://monitor1:hidden/",
        "https://[::1",
    ],
)
def test_a_url_that_names_no_server_is_refused_without_what_may_be_secret(url: str) -> None:
    with pytest.raises(HttpError, match="must be like https://host:port") as refused:
        Session(Endpoint(url))
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "options", [{"token": "hidden\n"}, {"token": "hïdden"}, {"username": "a:b", "password": "hidden"}]
)
def test_what_no_header_can_hold_is_refused_without_being_shown(options: dict[str, str]) -> None:
    with pytest.raises(HttpError) as refused:
        Session(Endpoint("http://localhost", **options))  # type: ignore[arg-type]
    assert "dden" not in str(refused.value)


def test_an_endpoint_does_not_show_its_secrets() -> None:
    assert "hidden" not in repr(Endpoint("http://x", username="u", password="hidden", token="hidden"))


# ------------------------------------------------------------------------------------------- the words of a refusal


def api(server: Server, *secrets: str, **options: Any) -> Api:
    return Api(session(server, **options), "Grafana", secrets)


def refusal(call: Callable[[], object]) -> ApiError:
    with pytest.raises(ApiError) as refused:
        call()
    return refused.value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message": "folder not found"}', ": folder not found."),
        (b'{"message": "Folder API error", "error": "no such table"}', ": Folder API error: no such table."),
        (b'{"status": "error", "error": "parse error."}', ": parse error."),
        (b'"bad matcher format"', ": bad matcher format."),
        (b'{"detail": 1}', "."),
        (b"", "."),
        (b"plain  words\n of a proxy", ": plain words of a proxy."),
        (b"<html><body>Bad</body></html>", ": (an HTML page)."),
    ],
)
def test_a_refusal_says_what_was_attempted_and_quotes_the_server(server: Server, body: bytes, words: str) -> None:
    server.replies = [Reply(400, body)]
    error = refusal(lambda: api(server).call("POST", "/x", attempt="create the folder 'hosts'", body={"hidden": 1}))
    assert str(error) == f"Could not create the folder 'hosts': Grafana at {server.url} answered 400{words}"
    assert error.status == 400


@pytest.mark.parametrize(
    ("status", "headers", "advice"),
    [
        (401, {}, "Check the user and password, or the token"),
        (403, {}, "The user or token does not have permission for this."),
        (301, {"Location": "https://u:p@monitor1:3000/api/x?token=hidden"}, "It redirects to https://monitor1:3000: "),
        (302, {"Location": "/login"}, "It redirects to /login: "),
        (302, {}, "It redirects to nowhere: "),
    ],
)
def test_a_refusal_says_what_to_look_at(server: Server, status: int, headers: dict[str, str], advice: str) -> None:
    server.replies = [Reply(status, headers=headers)]
    error = refusal(lambda: api(server).call("GET", "/x", attempt="read"))
    assert advice in str(error)
    assert "hidden" not in str(error)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "again", "advice"),
    [
        (
            412,
            b'{"message": "no", "status": "version-mismatch"}',
            True,
            " Somebody else has changed it since it was read",
        ),
        (412, b'{"message": "no", "status": "name-exists"}', False, " Choose another title: "),
        (412, b"<html>", False, "(an HTML page)."),
        (409, b'{"message": "already been updated by someone else."}', True, " Somebody else has changed it since"),
        (409, b'{"message": "the same name already exists"}', False, "already exists."),
        (400, b'{"message": "no", "status": "name-match"}', False, ": no."),
        (429, b"", True, "429."),
        (503, b"", True, "503."),
        (500, b"", False, "500."),
    ],
)
def test_another_run_is_advised_where_another_run_can(
    server: Server, status: int, body: bytes, again: bool, advice: str
) -> None:
    server.replies = [Reply(status, body)]
    error = refusal(lambda: api(server, retries=0).call("PUT", "/x", attempt="write"))
    assert (error.again, advice in str(error), "run again" in str(error)) == (again, True, "Somebody" in advice)


def test_a_status_that_means_something_else_is_no_refusal(server: Server) -> None:
    server.replies = [Reply(404, b'{"message": "no"}')]
    assert api(server).call("GET", "/x", attempt="read", accept=(404,)).status == 404


def test_no_message_holds_a_secret_whatever_the_server_repeats(server: Server) -> None:
    basic = "dTpwYXNzd29yZCAgb2YgdHdvIHdvcmRz"
    repeated = f"password  of two words and {basic} and sslkey " + "x" * 440 + "sslkey"
    server.replies = [Reply(400, repeated.encode())]
    secrets = {"username": "u", "password": "password  of two words"}
    error = refusal(lambda: api(server, "sslkey", "", **secrets).call("GET", "/x", attempt="read"))
    assert "two words" not in str(error)
    assert basic not in str(error)
    assert "ssl" not in str(error)
    assert str(error).count("********") >= 3


@pytest.mark.parametrize(
    "quoted", ['"p\\"w\\\\n\\x01d"', "p%22w%5cn%01d", "p&#34;w\\n&#1;d", "dTpwIndcbgFk", "cCJ3XG4BZA"]
)
def test_no_message_holds_a_secret_that_a_server_quotes_its_own_way(server: Server, quoted: str) -> None:
    server.replies = [Reply(400, json.dumps({"message": f"parse {quoted}: invalid port"}).encode())]
    asked = api(server, username="u", password='p"w\\n\x01d')
    words = str(refusal(lambda: asked.call("GET", "/x", attempt="read")))
    assert words.endswith((": parse ********: invalid port.", ': parse "********": invalid port.'))


def test_no_answer_at_all_says_what_was_attempted(server: Server, pauses: list[float]) -> None:
    server.replies = [Reply(drop=True)] * 4
    with pytest.raises(HttpError, match=r"^Could not read the health: GET http://localhost:\d+/x got no answer: .+\.$"):
        api(server).call("GET", "/x", attempt="read the health")


def test_a_login_page_in_place_of_json_is_called_one(server: Server) -> None:
    server.replies = [Reply(body=b"<html>hidden</html>", headers={"content-type": "text/html"}), Reply(body=b" \n")]
    asked = api(server)
    with pytest.raises(NotJsonError, match=r"answered 200 with text/html instead of JSON") as refused:
        asked.call("GET", "/x", attempt="read").json()
    assert server.url in str(refused.value)
    assert "hidden" not in str(refused.value)
    assert isinstance(refused.value, ValueError)
    assert asked.call("GET", "/x", attempt="read").json() is None
