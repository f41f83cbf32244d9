# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a unit can contain, for both the inventory preflight and the code that writes the unit.

Each function returns the end of a sentence about the value, which shows no secret, or None where nothing is wrong.
"""

from __future__ import annotations

import re
from typing import Any

from .hardening import BASELINE

__all__ = ["unfit_line", "unfit_resource", "unfit_user", "unfit_variable", "unfit_word"]

_KEY = re.compile(r"[A-Z][A-Za-z0-9]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIALS = re.compile(r"://[^/@\s]*:[^/@\s]*@")
_SECRET = re.compile(r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|(ACCESS|API|SECRET|PRIVATE)_?KEY)$", re.IGNORECASE)
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,30}")
_LONGEST = 200  # characters of a value in a message
# Keys with separate inputs of the module and the roles.
_TAKEN = {
    "Environment": "there is a separate input for the environment",
    "ExecReload": "the role sets it",
    "ExecStart": "there is a separate input for command-line options",
    "Group": "there is a separate input for the user, and the group has the same name",
    "Type": "the role sets it",
    "User": "there is a separate input for the user",
}
_KNOWN = """AllowedCPUs AllowedMemoryNodes BindPaths BindReadOnlyPaths CPUAccounting CPUAffinity CPUQuota
CPUQuotaPeriodSec CPUSchedulingPolicy CPUSchedulingPriority CPUWeight CoredumpFilter Delegate EnvironmentFile
ExecStartPost ExecStartPre ExecStop ExecStopPost IOAccounting IODeviceWeight IOReadBandwidthMax IOReadIOPSMax
IOSchedulingClass IOSchedulingPriority IOWeight IOWriteBandwidthMax IOWriteIOPSMax IPAccounting IPAddressAllow
IPAddressDeny InaccessiblePaths KillMode KillSignal LimitAS LimitCORE LimitCPU LimitDATA LimitFSIZE LimitMEMLOCK
LimitNOFILE LimitNPROC LimitRSS LimitSTACK LoadCredential LogRateLimitBurst LogRateLimitIntervalSec
ManagedOOMMemoryPressure ManagedOOMPreference ManagedOOMSwap MemoryAccounting MemoryHigh MemoryLow MemoryMax MemoryMin
MemorySwapMax MemoryZSwapMax Nice OOMPolicy OOMScoreAdjust ReadOnlyPaths ReadWritePaths Restart RestartSec
RuntimeMaxSec Slice SocketBindAllow SocketBindDeny StandardError StandardOutput StartupCPUWeight StartupIOWeight
StartupMemoryMax SupplementaryGroups SyslogIdentifier TasksAccounting TasksMax TimeoutStartSec TimeoutStopSec
TimeoutSec WorkingDirectory"""
_BY_FOLDED = {key.lower(): key for key in [*_KNOWN.split(), *_TAKEN, *BASELINE]}
_SIZE = re.compile(r"(\d+(\.\d+)?[KMGTPEB]?)+|\d+(\.\d+)?%|infinity")
_LIMIT = re.compile(r"(\d+[KMGTPE]?|infinity)(:(\d+[KMGTPE]?|infinity))?")
# What systemd takes for keys whose values it would ignore otherwise, with an example.
_VALUES: dict[str, tuple[re.Pattern[str], str]] = {
    **dict.fromkeys(
        ("MemoryHigh", "MemoryLow", "MemoryMax", "MemoryMin", "MemorySwapMax", "MemoryZSwapMax", "StartupMemoryMax"),
        (_SIZE, "a size such as 4G or 80%, or infinity"),
    ),
    **dict.fromkeys(("LimitCORE", "LimitMEMLOCK", "LimitNOFILE", "LimitNPROC"), (_LIMIT, "a number, or infinity")),
    "CPUQuota": (re.compile(r"\d+(\.\d+)?%"), "a percentage such as 200%, which is two CPUs"),
    "CPUWeight": (re.compile(r"idle|[1-9]\d{0,3}|10000"), "a number from 1 to 10000, or idle"),
    "IOWeight": (re.compile(r"[1-9]\d{0,3}|10000"), "a number from 1 to 10000"),
    "Nice": (re.compile(r"-?1?\d|-20"), "a number from -20 to 19"),
    "OOMScoreAdjust": (re.compile(r"-?\d{1,3}|-?1000"), "a number from -1000 to 1000"),
    "TasksMax": (re.compile(r"\d+|\d+(\.\d+)?%|infinity"), "a number, a percentage, or infinity"),
}


def unfit_word(word: str) -> str | None:
    """Return why a unit cannot hold a word of a command line, a path or a value of a variable."""
    if any(ord(character) < ord(" ") and character not in "\n\t" for character in word):
        return f"contains a control character ({word[:_LONGEST]!r}): remove it."
    return None


def unfit_line(key: str, text: str) -> str | None:
    """Return why a unit cannot have a line with this key and text."""
    if not _KEY.fullmatch(key):
        return "is not a valid key of a systemd unit: use a key such as MemoryMax."
    if "\n" in text or text.endswith("\\"):
        return f"must be one line that ends without a backslash, not {text[:_LONGEST]!r}."
    return unfit_word(text)


def unfit_user(user: str) -> str | None:
    """Return why this cannot be the name of a system user."""
    if _USER.fullmatch(user):
        return None
    return f"is {user[:_LONGEST]!r}, which is not a valid user name: use at most 31 letters, digits, _, . and -."


def unfit_variable(variable: str, value: Any, resources: str = "resources") -> str | None:
    """Return why a unit cannot hold an environment variable of this name and value."""
    if not _VARIABLE.fullmatch(variable):
        return "is not a valid name for an environment variable: use letters, digits and _, with no digit first."
    if value is None or isinstance(value, (dict, list)):
        return "is not a string: correct or remove it."
    if _CREDENTIALS.search(str(value)) or (value and _SECRET.search(variable)):
        kind = "a password in a URL" if _CREDENTIALS.search(str(value)) else "a secret"
        return (
            f"contains {kind}, but everyone can read a unit: put it into a file that only root can read, and set "
            f"EnvironmentFile in {resources} to it."
        )
    return "has a control character in its value: remove it." if unfit_word(str(value)) else None


def unfit_resource(key: str, value: Any) -> str | None:
    """Return why a unit cannot have this key of its Service section, or what of it systemd would ignore."""
    known = _BY_FOLDED.get(re.sub(r"[\s_-]", "", key).lower(), key)
    if known != key:
        return f"is not a key of a systemd unit: write {known}."
    if key in _TAKEN or key in BASELINE:
        return f"cannot be set here: {_TAKEN.get(key, 'the hardening of the unit sets it and takes precedence')}."
    wrong = (_unfit_value(key, item) for item in (value if isinstance(value, list) else [value]))
    return next((sentence for sentence in wrong if sentence), None)


def _unfit_value(key: str, value: Any) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return "is not a string or a number: correct or remove it."
    text = str(value)
    if wrong := unfit_line(key, text):
        return wrong
    pattern, wanted = _VALUES.get(key, (None, ""))
    if pattern and text and not pattern.fullmatch(text):
        return f"is {text[:_LONGEST]!r}, which systemd would ignore: write {wanted}."
    return None
