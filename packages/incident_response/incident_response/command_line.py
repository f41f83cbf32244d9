# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Works on incidents from a terminal. The password is asked for, or read from VIGIL_INCIDENTS_PASSWORD_FILE."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import ssl
import sys
import warnings
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from .history.timeline import timeline

__all__ = ["main"]

_PATIENCE = 30.0
_INTERRUPTED = 130
_OF_AN_INCIDENT = ("acknowledge", "take-over", "stop", "release", "note", "approve")


class CommandError(Exception):
    """The command was not done, for the reason in the message."""


def main(words: Sequence[str] | None = None) -> int:
    """Return the exit code."""
    given = _parser().parse_args(words)
    try:
        _write(_done(given))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _refused(f"{given.url} does not answer: {str(error) or type(error).__name__}")
    except (CommandError, OSError, ValueError) as error:
        return _refused(str(error) or type(error).__name__)
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _refused(reason: str) -> int:
    sys.stderr.write(f"vigil-incidents: {_plain(reason)}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vigil-incidents", description=__doc__)
    told = os.environ.get
    parser.add_argument("--url", default=told("VIGIL_INCIDENTS_URL", "https://localhost:9095"))
    parser.add_argument("--ca", default=told("VIGIL_INCIDENTS_CA", "/etc/vigil/certificates/authorities.crt"))
    parser.add_argument("--user", default=told("VIGIL_INCIDENTS_USER") or _login())
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list incidents").add_argument(
        "--state", choices=["open", "closed", "all"], default="open"
    )
    for name in ("show", "post-mortem", *_OF_AN_INCIDENT, "hand-over"):
        one = commands.add_parser(name)
        one.add_argument("incident", type=int)
        if name == "post-mortem":
            one.add_argument("--format", choices=["md", "html", "json"], default="md")
        elif name != "show":
            if name == "hand-over":
                one.add_argument("to")
            elif name == "approve":
                one.add_argument("--attempt", default="", help="the step to approve, if several wait")
            one.add_argument("text", nargs=None if name == "note" else "?", default="")
    for name, what in (("stop-all", "stop all automation"), ("resume", "let automation act again")):
        commands.add_parser(name, help=what).add_argument("reason")
    trust = commands.add_parser("trust", help="let a runbook that was lowered act by itself again")
    trust.add_argument("runbook")
    trust.add_argument("reason")
    for name in ("maintenance", "freeze"):
        one = commands.add_parser(name, help="open a window in which automation leaves something alone")
        one.add_argument("--service", default="")
        one.add_argument("--host", default="")
        one.add_argument("--from", dest="starts_at", default="", metavar="2026-03-10T22:00Z", help="now by default")
        one.add_argument("--minutes", default="60")
        one.add_argument("reason")
    commands.add_parser("windows", help="list what automation leaves alone, and runbooks that are lowered")
    commands.add_parser("end-window").add_argument("number", type=int)
    return parser


def _login() -> str:
    """Return the name with which the person logged in, also of one who became root; nothing if there is none."""
    try:
        return (os.environ.get("SUDO_USER") if os.geteuid() == 0 else None) or getpass.getuser()
    except (KeyError, OSError):
        return ""


def _done(given: argparse.Namespace) -> str:
    """Return what a command says. Raises CommandError, OSError, httpx.HTTPError."""
    with _client(given) as client:
        if given.command == "list":
            found = _json(client.get("/api/incidents", params={"state": given.state}))["incidents"]
            return "\n".join(map(_line, found)) or "No incident."
        if given.command == "show":
            return _shown(_json(client.get(f"/api/incidents/{given.incident}")))
        if given.command == "post-mortem":
            return _answered(client.get(f"/api/incidents/{given.incident}/post-mortem.{given.format}")).text
        if given.command == "windows":
            return json.dumps(_json(client.get("/api/automation")), indent=2)
        path, fields = _action(given)
        _json(client.post(path, json=fields))
        return "Done."


def _action(given: argparse.Namespace) -> tuple[str, Mapping[str, str]]:
    match given.command:
        case "stop-all" | "resume":
            return f"/api/automation/{given.command.partition('-')[0]}", {"reason": given.reason}
        case "trust":
            return f"/api/runbooks/{quote(given.runbook, safe='')}/trust", {"reason": given.reason}
        case "maintenance" | "freeze":
            scope = {"service": given.service, "host": given.host}
            times = {"starts_at": given.starts_at, "minutes": given.minutes}
            return "/api/windows", {"kind": given.command, **scope, **times, "reason": given.reason}
        case "end-window":
            return f"/api/windows/{given.number}/end", {}
    own = {"hand-over": "to", "approve": "attempt"}.get(given.command)
    fields = {"text": given.text, **({own: getattr(given, own)} if own else {})}
    return f"/api/incidents/{given.incident}/{given.command.replace('-', '_')}", fields


def _client(given: argparse.Namespace) -> httpx.Client:
    if not given.user:
        raise CommandError("Name your account with --user.")
    try:
        verify = ssl.create_default_context(cafile=given.ca)
    except OSError as error:
        raise CommandError(f"{given.ca} cannot be read: {error.strerror or error}") from error
    auth = (given.user, _password(given.user))
    return httpx.Client(base_url=given.url, auth=auth, verify=verify, timeout=_PATIENCE, trust_env=False)


def _password(user: str) -> str:
    if file := os.environ.get("VIGIL_INCIDENTS_PASSWORD_FILE"):
        return Path(file).read_text(encoding="utf-8").rstrip("\n")
    try:
        with warnings.catch_warnings():
            # Otherwise it would be read where it is shown.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(f"Password of {user}: ")
    except (EOFError, getpass.GetPassWarning):
        reason = "Without a terminal, VIGIL_INCIDENTS_PASSWORD_FILE has to name a file with it"
        raise CommandError(f"The password of {user} is missing. {reason}.") from None


def _answered(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        raise CommandError("This account and password are not accepted. Name your account with --user.")
    try:
        reason = answer.json()["error"]
    except (ValueError, LookupError, TypeError):
        reason = f"{answer.url} answers {answer.status_code}: is it incident_response?"
    raise CommandError(reason)


def _json(answer: httpx.Response) -> Any:
    return _answered(answer).json()


def _line(one: Mapping[str, Any]) -> str:
    holder = one["holder"]
    who = f"{holder['person']} {'took over' if holder['took_over'] else 'has it'}" if holder else "nobody has it"
    state = "closed" if one["state"] == "closed" else f"{one['priority'] or one['severity'] or 'no severity'}, {who}"
    return f"#{one['id']} {one['cause']['name']} ({', '.join([*one['services'], *one['teams']])}): {state}"


def _shown(incident: Mapping[str, Any]) -> str:
    lines = [_line(incident), f"Cause: {incident['cause']['because']}"]
    alerts = ((one["state"], one["labels"]) for one in incident["alerts"])
    lines += [f"  {state}: {labels.get('alertname', '')} {labels.get('host', '')}" for state, labels in alerts]
    for entry in timeline(incident):
        lines.append(f"{entry.at[:19]} {entry.what}")
        lines += [f"  > {line}" for line in entry.text.splitlines()]
    return "\n".join(lines)


def _write(text: str) -> None:
    sys.stdout.write("".join(f"{_plain(line)}\n" for line in text.splitlines()))


def _plain(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


if __name__ == "__main__":
    sys.exit(main())
