# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of certificates: it signs what the host requests, in this process."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.vigil.observability.plugins.module_utils._deployment.lock import LOCK_OPTIONS
from ansible_collections.vigil.observability.plugins.module_utils._errors.sentence import OperatorError
from ansible_collections.vigil.observability.plugins.plugin_utils._formats.same_text import plain
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.authority import (
    Authority,
    read_authority,
    sign,
    unfit_lifetime,
)
from ansible_collections.vigil.observability.plugins.plugin_utils._pki.names import names_of

__all__ = ["ActionModule"]

SERVICE = {
    "name": {"type": "str", "required": True},
    "user": {"type": "str"},
    "uid": {"type": "int"},
    "names": {"type": "list", "elements": "str"},
}
SPEC = {
    "services": {"type": "list", "elements": "dict", "required": True, "options": SERVICE},
    "host": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "authority_certificate": {"type": "str", "required": True},
    "authority_key": {"type": "str", "required": True, "no_log": True},
    "trusted": {"type": "str", "default": ""},
    "lifetime_days": {"type": "int", "default": 365},
    "renew": {"type": "list", "elements": "str", "default": []},
    "certificates_dir": {"type": "path", "default": "/etc/vigil/certificates"},
    "textfile_dir": {"type": "path", "default": "/var/lib/vigil/textfile"},
    **LOCK_OPTIONS,
}
_MODULE = "vigil.observability.host_certificates"


class ActionModule(ActionBase):
    """Reads the state of the host; when something is due, signs and calls once more to install."""

    _requires_connection = True
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the result of the task, as documented in the module."""
        super().run(tmp, task_vars)
        options = plain(self.validate_argument_spec(argument_spec=SPEC)[1])
        now = datetime.now(UTC)
        try:
            _refuse_unusable(options)
            authority = read_authority(
                options["authority_certificate"], options["authority_key"], options["trusted"], now
            )
            arguments = _module_arguments(options, authority)
            result = self._call(arguments, task_vars)
            if result.get("failed") or not result["requests"]:
                return _finished(result, options, authority, now)
            arguments["signed"] = [_signed(request, arguments, authority, now) for request in result["requests"]]
        except OperatorError as error:
            raise AnsibleActionFail(str(error)) from error
        installed = self._call(arguments, task_vars)
        if not installed.get("failed"):
            installed["due"] = result["due"]
        return _finished(installed, options, authority, now)

    def _call(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(
            module_name=_MODULE, module_args={**arguments, "time": time.time()}, task_vars=task_vars
        )
        return result


def _refuse_unusable(options: dict[str, Any]) -> None:
    names = [service["name"] for service in options["services"]]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OperatorError(
            f"{', '.join(twice)} is listed twice among the services of {options['host']}: list it once."
        )
    if wrong := unfit_lifetime(options["lifetime_days"]):
        raise OperatorError(f"lifetime_days {wrong}")


def _module_arguments(options: dict[str, Any], authority: Authority) -> dict[str, Any]:
    """Return the options of the module on the host. The key of the authority is none of them."""
    services = [
        {
            "name": service["name"],
            "user": service["user"],
            "uid": service["uid"],
            "names": names_of(
                service["name"], host=options["host"], address=options["address"], extra=service["names"] or ()
            ),
            "keep_names": service["names"] is None,
        }
        for service in options["services"]
    ]
    return {
        "services": services,
        "issuer": authority.identity,
        "issuer_not_after": int(authority.certificate.not_valid_after_utc.timestamp()),
        "chain": authority.chain,
        "bundle": authority.bundle,
        "renew": [service["name"] for service in services] if "all" in options["renew"] else options["renew"],
        **{key: options[key] for key in ("host", "lifetime_days", "certificates_dir", "textfile_dir", *LOCK_OPTIONS)},
    }


def _signed(
    request: dict[str, Any], arguments: dict[str, Any], authority: Authority, now: datetime
) -> dict[str, str | int]:
    signed = sign(
        authority,
        request["request"],
        subject=f"{request['service']} on {arguments['host']}",
        names=request["names"],
        now=now,
        days=arguments["lifetime_days"],
    )
    return {
        "service": request["service"],
        "token": request["token"],
        "certificate": signed.certificate,
        "not_before": signed.not_before,
        "not_after": signed.not_after,
    }


def _finished(result: dict[str, Any], options: dict[str, Any], authority: Authority, now: datetime) -> dict[str, Any]:
    """Return the result for the user, with warnings."""
    result.pop("requests", None)
    warnings = result.setdefault("warnings", [])
    unknown = sorted(set(options["renew"]) - {service["name"] for service in options["services"]} - {"all"})
    if unknown:
        # Without the name of the host: one warning for a run that renews a service wherever it is.
        warnings.append(
            f"Some hosts of this run have no service {', '.join(unknown)}, so no certificate of it was renewed there."
        )
    end = authority.certificate.not_valid_after_utc
    if end - now < (end - authority.certificate.not_valid_before_utc) / 4:
        warnings.append(
            f"The certificate authority {authority.certificate.subject.rfc4514_string()} expires on {end:%Y-%m-%d}, "
            "and no certificate is valid for longer. Replace the authority with the playbook secrets, in three phases."
        )
    return result
