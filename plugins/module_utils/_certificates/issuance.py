# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call on a host for all its certificates: what is due, requests for it, installation of what was signed."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError
from .._host.selinux import restore_labels
from .._host.system_user import ensure
from .._host.tree import (
    make_directory,
    remove_tree,
    write_atomically,
)
from .._staging.foreign import told
from .expiry_metrics import expiry_metrics
from .request import make_request
from .store import (
    CertificateStore,
    Wanted,
    fingerprints,
)

__all__ = ["HostCertificates"]

_CLOCK_TOLERANCE = 300


class HostCertificates:
    """The certificates that the options of the module describe for this host."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.options = module.params
        self.store = CertificateStore(Path(self.options["certificates_dir"]))
        self.metrics = Path(self.options["textfile_dir"]) / "certificates.prom"
        self.wanted = {service["name"]: self._wanted(service) for service in self.options["services"]}

    def _wanted(self, service: dict[str, Any]) -> Wanted:
        """Return what is wanted, completed by what the host has."""
        name, names = service["name"], service["names"]
        kept = self.store.record(name).get("names", []) if service["keep_names"] else []
        return Wanted(
            service=name,
            user=service["user"] or self.store.user(name) or name,
            names=tuple(kept if set(names) <= set(kept) else sorted({*names, *kept})),
            issuer=self.options["issuer"],
            lifetime_days=self.options["lifetime_days"],
        )

    def brought_up_to_date(self) -> dict[str, Any]:
        """Create requests for what is due, or install what was signed and everything that needs no signature.

        Returns the module's result. Raises OperatorError or OSError.
        """
        now = time.time()
        due = self._due(now)
        for service in self.store.unreadable():
            if service not in self.wanted:
                self.module.warn(
                    f"The record of the certificate of {service} cannot be read, so its expiry is not monitored. Run "
                    f"the role certificates for {service} too, which issues a new one."
                )
        before = self._state()
        if due:
            self._refuse_wrong_clock(now, due)
        if self.module.check_mode:
            return self._result(self._would_change(due), due, before, self._expected(due))
        if due and not self.options["signed"]:
            return self._result(True, due, before, self._expected(due), requests=self._requests(due))
        return self._result(self._installed(due), due, before, self._state())

    def _due(self, now: float) -> dict[str, str]:
        reasons = {
            service: "asked for" if service in self.options["renew"] else self.store.reason_to_issue(wanted, now=now)
            for service, wanted in self.wanted.items()
        }
        return {service: reason for service, reason in reasons.items() if reason}

    def _refuse_wrong_clock(self, now: float, due: dict[str, str]) -> None:
        off = now - self.options["time"]
        if abs(off) > _CLOCK_TOLERANCE:
            raise OperatorError(
                f"No certificate was issued for {', '.join(due)}, because the clock of {self.options['host']} is "
                f"{abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} the controller's: {_utc(now)} compared "
                f"with {_utc(self.options['time'])}. Synchronise both with NTP (at most {_CLOCK_TOLERANCE} seconds "
                "apart) and run again."
            )

    def _requests(self, due: dict[str, str]) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = []
        begun: list[Path] = []
        for service in due:
            for leftover in self.store.leftovers(service):
                self.store.discard(leftover)
            directory = self.store.begin(service)
            begun.append(directory)
            try:
                request = make_request(self.module, service, directory / "tls.key")
            except (OSError, OperatorError):
                for useless in begun:
                    remove_tree(useless)
                raise
            token, names = directory.name.rpartition(".")[2], list(self.wanted[service].names)
            requests.append({"service": service, "token": token, "names": names, "request": request})
        return requests

    def _installed(self, due: dict[str, str]) -> bool:
        """Write users, trusted authorities, certificates and metrics, in this order. Return whether any changed."""
        changes = [self._with_users()]
        make_directory(self.store.directory)
        # Before the certificates: a new one must find its authority trusted.
        changes.append(write_atomically(self.store.trusted, self.options["bundle"].encode()))
        changes += [self._completed(signed, due) for signed in self.options["signed"]]
        for service in self.wanted:
            for leftover in self.store.leftovers(service):
                self.store.discard(leftover)
                changes.append(True)
        make_directory(self.metrics.parent)
        changes.append(write_atomically(self.metrics, self._metrics().encode()))
        if any(changes):
            restore_labels(self.module, self.store.directory)
        return any(changes)

    def _completed(self, signed: dict[str, Any], due: dict[str, str]) -> bool:
        service = signed["service"]
        directory = self.store.begun(service, signed["token"])
        if directory and service in self.wanted and service not in due:
            # Another run was faster, and its certificate is valid too.
            remove_tree(directory)
            return False
        if service not in self.wanted or directory is None:
            raise OperatorError(
                f"The key created for {service} no longer exists on {self.options['host']}: it was removed before its "
                "certificate was signed. Run again."
            )
        if foreign := self.store.foreign(self.store.link(service)):
            local = self.store.local(service)
            self.module.warn(told(self.store.link(service), foreign, local, "they are moved to"))
        self.store.complete(
            self.wanted[service],
            directory,
            signed["certificate"] + self.options["chain"],
            not_before=signed["not_before"],
            not_after=signed["not_after"],
        )
        return True

    def _with_users(self) -> bool:
        services = self.options["services"]
        return bool(sum(ensure(self.module, self.wanted[each["name"]].user, each["uid"]) for each in services))

    def _metrics(self) -> str:
        return expiry_metrics(
            self.options["host"], self.store.records(), authority_not_after=self.options["issuer_not_after"]
        )

    def _would_change(self, due: dict[str, str]) -> bool:
        if due and self.module.get_bin_path("openssl") is None:
            self.module.warn("This host has no openssl command. A run without check mode needs the package openssl.")
        return (
            self._with_users()
            or bool(due)
            or _text(self.store.trusted) != self.options["bundle"]
            or _text(self.metrics) != self._metrics()
            or any(True for service in self.wanted for _path in self.store.leftovers(service))
        )

    def _state(self) -> dict[str, Any]:
        records = self.store.records()
        return {
            "trusted": fingerprints(_text(self.store.trusted)),
            "certificates": {
                service: _described(records[service], _utc(records[service]["not_after"]))
                for service in self.wanted
                if service in records
            },
        }

    def _expected(self, due: dict[str, str]) -> dict[str, Any]:
        state = self._state()
        new = {service: _described(self.wanted[service].facts(), f"(new: {due[service]})") for service in due}
        return {
            "trusted": fingerprints(self.options["bundle"]),
            "certificates": dict(sorted({**state["certificates"], **new}.items())),
        }

    def _result(
        self,
        changed: bool,
        due: dict[str, str],
        before: dict[str, Any],
        after: dict[str, Any],
        requests: list[dict[str, str]] | None = None,
    ) -> dict[str, Any]:
        records = self.store.records()
        return {
            "changed": changed,
            "due": due,
            "requests": requests or [],
            "services": {
                service: {
                    "certificate_file": str(self.store.link(service) / "tls.crt"),
                    "key_file": str(self.store.link(service) / "tls.key"),
                    "not_after": records[service]["not_after"],
                }
                for service in self.wanted
                if service in records
            },
            "authority_file": str(self.store.trusted),
            "diff": {"before": before, "after": after},
        }


def _described(facts: dict[str, Any], not_after: str) -> dict[str, Any]:
    return {"names": facts.get("names"), "issuer": str(facts.get("issuer"))[:16], "not_after": not_after}


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, tz=timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
