# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does what is declared for this host, and nothing else, for the one attempt that holds the lease of the host.

It takes no arguments: the request is JSON on the standard input, the answer JSON on the standard output.

    {"action": "acquire", "attempt": "inc-7-s1-a1", "seconds": 300, "holder": "monitor1", "runbook": "exporter_down"}
    {"action": "renew", "attempt": "inc-7-s1-a1", "seconds": 300}
    {"action": "release", "attempt": "inc-7-s1-a1"}
    {"action": "status"}
    {"action": "start" | "stop" | "restart", "attempt": "inc-7-s1-a1", "name": UNIT, "settle": SECONDS}
    {"action": "clear" | "run", "attempt": "inc-7-s1-a1", "name": NAME}
    {"action": "vacuum", "attempt": "inc-7-s1-a1"}

With "check": true it does nothing and answers what it would do. The exit status is 1 for what is refused, 2 for what
failed. The lease counts on this host's boot id and the clock since boot, so that no change of a clock and no dead
engine prolongs it. A command ends with the lease that it was started under.

An acquire may say how often its runbook may run here, and how many seconds ago its run was decided, so that an engine
without a memory is refused too:

    {..., "runbook": "exporter_down", "run": "inc-7-d31-1772000000", "age": 3, "cooldown": 1800, "runs": 3,
     "within": 86400}

Attempts of the same run do not count. Those from before a restart of the host do, so it takes the time of day for them.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import stat
import subprocess
import sys
import syslog
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from operator import itemgetter
from pathlib import Path
from typing import Any

LARGEST_REQUEST = 16384
LONGEST_LEASE = 3600
LONGEST_SETTLE = 60
LONGEST_TEXT = 200
LONGEST_MEMORY = 31 * 86400
MOST_RUNS = 1000
KEPT = 50
SHOWN = 4000
# The transient unit of a declared command: one at a time.
COMMAND_UNIT = "vigil-action-command.service"
STOPS = 5  # seconds for which a command may go on once it is told to end
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
NEEDED = {
    "acquire": {"attempt", "seconds"},
    "renew": {"attempt", "seconds"},
    "release": {"attempt"},
    "status": set(),
    "start": {"attempt", "name"},
    "stop": {"attempt", "name"},
    "restart": {"attempt", "name"},
    "clear": {"attempt", "name"},
    "run": {"attempt", "name"},
    "vacuum": {"attempt"},
}
# How often a runbook may run: all of these, or none.
LIMIT = {"run", "age", "cooldown", "runs", "within"}
OPTIONAL = {
    "acquire": {"holder", "runbook"} | LIMIT,
    "start": {"settle"},
    "restart": {"settle"},
}
UNIT_ACTIONS = ("start", "stop", "restart")
NUMBERS = {
    "seconds": (1, LONGEST_LEASE),
    "settle": (0, LONGEST_SETTLE),
    "age": (0, LONGEST_MEMORY),
    "cooldown": (0, LONGEST_MEMORY),
    "runs": (1, MOST_RUNS),
    "within": (1, LONGEST_MEMORY),
}

Request = Mapping[str, Any]
Answer = dict[str, Any]


class RefusedError(Exception):
    """What is not done, as a sentence."""


class FailedError(Exception):
    """What was begun and did not succeed, as a sentence, with what a command has put out."""

    def __init__(self, sentence: str, output: str = "") -> None:
        super().__init__(f"{sentence} {output}".strip())
        self.sentence = sentence


def request_of(text: bytes) -> Request:
    """Return the request in a text; raise RefusedError for all that is none."""
    if len(text) > LARGEST_REQUEST:
        raise RefusedError("The request is too long.")
    try:
        request = json.loads(text)
    except ValueError as error:
        raise RefusedError("The request is not JSON.") from error
    if not isinstance(request, dict) or request.get("action") not in list(NEEDED):
        raise RefusedError(f"The action has to be one of {', '.join(NEEDED)}.")
    given, optional = request.keys() - {"action", "check"}, OPTIONAL.get(request["action"], set())
    needed = NEEDED[request["action"]] | (LIMIT | {"runbook"} if given & optional & LIMIT else set())
    if missing := sorted(needed - given):
        raise RefusedError(f"{request['action']} needs {', '.join(missing)}.")
    if unknown := sorted(given - needed - optional):
        raise RefusedError(f"{request['action']} does not take {', '.join(unknown)}.")
    for key, value in request.items():
        if wrong := unfit(key, value):
            raise RefusedError(f"{key} {wrong}.")
    return request


def unfit(key: str, value: Any) -> str:
    """Return why this is no value of a key of a request, as the end of a sentence, or nothing."""
    if key == "check":
        return "" if isinstance(value, bool) else "has to be true or false"
    if key in NUMBERS:
        least, most = NUMBERS[key]
        fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return "" if fits else f"has to be a whole number from {least} to {most}"
    if not isinstance(value, str):
        return "has to be a text"
    if key in ("attempt", "run"):
        return "" if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", value) else "has to be letters, digits and ._-"
    return "" if value.isprintable() and len(value) <= LONGEST_TEXT else "has to be one line of text"


class Host:
    """This host: what is declared for it, its lease, and its last attempts."""

    def __init__(
        self,
        declared: Path = Path("/etc/vigil/actions.json"),
        state: Path = Path("/var/lib/vigil-action"),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.declared, self.state, self.environment = declared, state, dict(environment or ENVIRONMENT)

    def answer(self, text: bytes) -> Answer:
        """Return the answer to a request, which it logs without what commands have put out: that may have secrets."""
        logged: Answer = {}
        try:
            request = request_of(text)
            answer = {"outcome": "done", "changed": False, **self._done(request)}
        except RefusedError as refusal:
            answer = {"outcome": "refused", "message": str(refusal)}
        except FailedError as failure:
            answer, logged = {"outcome": "failed", "message": str(failure)}, {"message": failure.sentence}
        except (OSError, ValueError, RecursionError) as error:
            answer = {"outcome": "failed", "message": f"vigil-action cannot work: {error}."}
        self._log(text, {**answer, **logged})
        return answer

    def _done(self, request: Request) -> Answer:
        action, check = request["action"], bool(request.get("check"))
        if action in ("acquire", "renew", "release", "status"):
            with self._locked() as state:
                answer: Answer = getattr(self, f"_{action}")(state, request)
                if not check and action != "status":
                    self._write(state)
                return answer
        do = self._declared_action(request)
        if check:
            with self._locked() as state:
                self._refuse_others(state, request["attempt"])
            return do(True)
        with self._only_action():
            with self._locked() as state:
                self._own(state, request["attempt"])
            return self._noted(request, do(False))

    # The lease.

    def _acquire(self, state: Answer, request: Request) -> Answer:
        lease = {key: request.get(key, "") for key in ("attempt", "holder", "runbook", "run")}
        self._refuse_others(state, lease["attempt"], lease["run"])
        with self._only_action():
            pass
        at = int(time.time())
        if set_back(state["attempts"], at) and not request.get("check"):
            self._write(state)
        if "run" in request:
            self._refuse_too_often(state, request)
        state["lease"] = {**lease, "boot": boot(), "until": now() + request["seconds"]}
        if not any(is_of(one, lease["attempt"], lease["run"]) for one in state["attempts"]):
            times = {"acquired": at, "began": at - request.get("age", 0), "released": None}
            state["attempts"].append({**lease, **times, "actions": []})
        del state["attempts"][:-KEPT]
        return {"changed": True, "seconds": request["seconds"], "attempts": state["attempts"]}

    def _renew(self, state: Answer, request: Request) -> Answer:
        self._own(state, request["attempt"])
        state["lease"]["until"] = now() + request["seconds"]
        return {"changed": True, "seconds": request["seconds"]}

    def _release(self, state: Answer, request: Request) -> Answer:
        self._refuse_others(state, request["attempt"])
        held, state["lease"] = bool(remaining(state["lease"])), None
        for one in newest(state["attempts"], request["attempt"]) if held else ():
            one["released"] = int(time.time())
        return {"changed": held}

    def _status(self, state: Answer, _request: Request) -> Answer:
        left = remaining(state["lease"])
        lease = {**state["lease"], "seconds": round(left)} if left else None
        return {"lease": lease, "attempts": state["attempts"], "declared": self._read_declared()}

    def _refuse_others(self, state: Answer, attempt: str, run: str | None = None) -> None:
        """Raise RefusedError if another attempt holds the host, also one by the same name of another run."""
        lease, left = state["lease"], remaining(state["lease"])
        if left and not is_of(lease, attempt, run):
            whose = f" of {lease['holder']}" if lease["holder"] else ""
            raise RefusedError(f"The attempt {lease['attempt']}{whose} holds this host for {round(left)} s more.")

    def _refuse_too_often(self, state: Answer, request: Request) -> None:
        """Raise RefusedError if the runbook has run here too lately or too often, in other runs than this one."""
        if any(one.get("run") == request["run"] for one in state["attempts"]):
            return
        at = time.time()
        runs = begun(state["attempts"], request["runbook"], at)
        ago, last = min(runs.values(), key=itemgetter(0), default=(LONGEST_MEMORY, {}))
        if ago < request["cooldown"]:
            why = f"waits for {request['cooldown']} s between two runs"
        elif sum(one[0] < request["within"] for one in runs.values()) >= request["runs"]:
            why = f"may run {request['runs']} times in {request['within']} s, and has"
        else:
            return
        whose = f" of {last['holder']}" if last["holder"] else ""
        since = f"{datetime.fromtimestamp(at - ago, timezone.utc):%Y-%m-%d %H:%M:%S} UTC, {ago:.0f} s ago"
        raise RefusedError(f"{request['runbook']} {why}: it ran here in {last['attempt']}{whose}, since {since}.")

    def _own(self, state: Answer, attempt: str) -> None:
        """Raise RefusedError unless this attempt holds the host."""
        self._refuse_others(state, attempt)
        if not remaining(state["lease"]):
            raise RefusedError(f"The attempt {attempt} does not hold this host: acquire it first.")

    def _noted(self, request: Request, answer: Answer) -> Answer:
        """Note an action with its attempt, then raise what it failed with."""
        failed = answer.pop("failed", "")
        with self._locked() as state:
            note = {"action": request["action"], "name": request.get("name", ""), "at": int(time.time())}
            for one in newest(state["attempts"], request["attempt"]):
                one["actions"] = [*one["actions"], {**note, "failed": bool(failed)}][-KEPT:]
            self._write(state)
        if failed:
            raise FailedError(failed, answer.get("output", ""))
        return answer

    # Actions. Each returns a function that takes whether it only says what it would do.

    def _declared_action(self, request: Request) -> Any:
        declared, action, name = self._read_declared(), request["action"], request.get("name", "")
        if action in UNIT_ACTIONS:
            if action not in declared.get("units", {}).get(name, ()):
                raise RefusedError(f"This host does not declare {action} of the unit {name!r}.")
            return lambda check: self._unit(action, name, request, check=check)
        if action == "vacuum":
            if not declared.get("vacuum"):
                raise RefusedError("This host does not declare vacuum.")
            return lambda check: self._vacuum(declared["vacuum"], request, check=check)
        if name not in declared.get(action, {}):
            raise RefusedError(f"This host does not declare {action} of {name!r}.")
        one = declared[action][name]
        if action == "clear":
            return lambda check: cleared(one["path"], one.get("older_than_days", 0) * 86400, check=check)
        return lambda check: self._command(one, request, check=check)

    def _unit(self, action: str, unit: str, request: Request, *, check: bool) -> Answer:
        active = self._active(unit)
        if check or (action == "start" and active) or (action == "stop" and not active):
            return {"changed": action == "restart" or active != (action == "start"), "active": active}
        if action != "stop":
            # A unit that has failed too often would refuse to start.
            self._called(["systemctl", "reset-failed", "--", unit], request)
        code, output = self._called(["systemctl", action, "--", unit], request)
        until = now() + (request.get("settle", 0) if action != "stop" else 0)
        while code == 0 and self._active(unit) == (action != "stop") and now() < until:
            time.sleep(0.2)
        active = self._active(unit)
        wrong = code or active != (action != "stop")
        return {
            "changed": True,
            "active": active,
            "failed": f"{unit} is {self._shown(unit)} after {action}. {output}".strip() if wrong else "",
        }

    def _active(self, unit: str) -> bool:
        return self._system(["systemctl", "is-active", "--quiet", "--", unit]).returncode == 0

    def _shown(self, unit: str) -> str:
        properties = "--property=ActiveState,SubState,Result,ExecMainStatus"
        return ", ".join(self._system(["systemctl", "show", properties, "--", unit]).stdout.split())

    def _vacuum(self, size: str, request: Request, *, check: bool) -> Answer:
        if check:
            return {"changed": True}
        code, output = self._called(["journalctl", f"--vacuum-size={size}"], request)
        freed = re.findall(r"freed (\S+) of", output)
        failed = "journalctl failed." if code else ""
        return {"changed": any(one != "0B" for one in freed), "output": output, "failed": failed}

    def _command(self, one: Mapping[str, Any], request: Request, *, check: bool) -> Answer:
        """Run a declared command in a unit of its own, so that nothing of it outlives the unit."""
        if check:
            return {"changed": True, "command": one["argv"]}
        options = ["--quiet", "--wait", "--pipe", "--collect", f"--unit={COMMAND_UNIT}"]
        limits = {"RuntimeMaxSec": one.get("seconds", 300), "TimeoutStopSec": STOPS}
        options += [f"--property={key}={seconds}" for key, seconds in limits.items()]
        code, output = self._called(["systemd-run", *options, "--", *one["argv"]], request)
        self._system(["systemctl", "stop", "--", COMMAND_UNIT])
        failed = f"The command {request['name']} ended with status {code}." if code else ""
        return {"changed": True, "output": output, "failed": failed}

    # Commands.

    def _system(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    def _called(self, command: list[str], request: Request) -> tuple[int, str]:
        """Run a command while the attempt holds the host; return its status and the end of its output."""
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            while (code := process.poll()) is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.5)
                with self._locked() as state:
                    held = remaining(state["lease"]) and state["lease"]["attempt"] == request["attempt"]
                if not held and process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    return 1, "It was ended, as the lease of the host had ended."
            output.seek(max(0, output.tell() - SHOWN))
            return code, output.read().decode(errors="replace").strip()

    # Files.

    def _read_declared(self) -> Any:
        return json.loads(self.declared.read_text(encoding="utf-8"))

    @contextlib.contextmanager
    def _locked(self) -> Iterator[Answer]:
        """Yield what is known of the lease and the attempts, which nobody else reads or writes meanwhile."""
        self.state.mkdir(mode=0o700, exist_ok=True)
        with (self.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            file = self.state / "state.json"
            yield json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"lease": None, "attempts": []}

    @contextlib.contextmanager
    def _only_action(self) -> Iterator[None]:
        """Keep others from acting; raise RefusedError while an action goes on, which may be that of an ended lease."""
        with (self.state / "action.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RefusedError("An action still goes on on this host.") from error
            yield

    def _write(self, state: Answer) -> None:
        new = self.state / "state.json.new"
        with new.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.state / "state.json")

    def _log(self, text: bytes, answer: Answer) -> None:
        """Write a request and its outcome to the journal, as one line whatever it is."""
        user = os.environ.get("SUDO_USER", "root")
        asked = text[:500].decode(errors="replace")
        outcome = {key: answer[key] for key in ("outcome", "changed", "message") if key in answer}
        syslog.openlog("vigil-action", syslog.LOG_PID, syslog.LOG_AUTHPRIV)
        syslog.syslog(syslog.LOG_NOTICE, json.dumps({"user": user, "request": asked, **outcome}))


def cleared(path: str, age: int, *, check: bool) -> Answer:
    """Delete the files below a directory that are older than an age in seconds, without following links."""
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in Path(path).parts[1:]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        before = time.time() - age if age else float("inf")
        files, size = emptied(folder, os.fstat(folder).st_dev, before, check=check)
    finally:
        os.close(folder)
    return {"changed": files > 0, "files": files, "bytes": size}


def emptied(folder: int, device: int, before: float, *, check: bool) -> tuple[int, int]:
    """Delete what is in a directory and on its file system; return the number of files, and the bytes they take."""
    files = size = 0
    for name in os.listdir(folder):
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISDIR(found.st_mode):
            if found.st_mtime < before:
                files, size = files + 1, size + found.st_blocks * 512
                if not check:
                    os.unlink(name, dir_fd=folder)
        elif found.st_dev == device:
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            try:
                more = emptied(inner, device, before, check=check)
            finally:
                os.close(inner)
            files, size = files + more[0], size + more[1]
            if more[0] and not check:
                with contextlib.suppress(OSError):  # what is younger is still in it
                    os.rmdir(name, dir_fd=folder)
    return files, size


def boot() -> str:
    """Return what is another text after each start of the host."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def now() -> float:
    """Return the seconds since the host started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def is_of(known: Mapping[str, Any], attempt: str, run: str | None) -> bool:
    """Return whether a lease or an attempt is one by this name, and of a run unless that is not known."""
    return known["attempt"] == attempt and run in (None, known.get("run", ""))


def newest(attempts: Sequence[Answer], name: str) -> Sequence[Answer]:
    """Return the last attempt by a name, which an engine without a memory may give again; nothing without one."""
    return [one for one in attempts if one["attempt"] == name][-1:]


def set_back(attempts: Sequence[Answer], at: float) -> bool:
    """Have attempts of a later time count as of now, and return whether there are any.

    The clock was put back: otherwise they would count until it gets there again.
    """
    late = [one for one in attempts if one["acquired"] > at]
    for one in late:
        one["acquired"] = one["began"] = at
    return bool(late)


def begun(attempts: Sequence[Answer], runbook: str, at: float) -> dict[str, tuple[float, Answer]]:
    """Return how many seconds ago each run of a runbook was decided, and its last attempt."""
    runs: dict[str, tuple[float, Answer]] = {}
    for one in attempts:
        if one["runbook"] == runbook:
            run = one.get("run") or one["attempt"]
            ago = at - one.get("began", one["acquired"])
            runs[run] = (max(ago, runs.get(run, (ago,))[0]), one)
    return runs


def remaining(lease: Mapping[str, Any] | None) -> float:
    """Return the seconds for which a lease still holds."""
    return max(0.0, lease["until"] - now()) if lease and lease["boot"] == boot() else 0.0


def main() -> int:
    """Answer one request and return the exit status."""
    answer = Host().answer(sys.stdin.buffer.read(LARGEST_REQUEST + 1))
    sys.stdout.write(json.dumps(answer) + "\n")
    return {"done": 0, "refused": 1}.get(answer["outcome"], 2)


if __name__ == "__main__":
    sys.exit(main())
