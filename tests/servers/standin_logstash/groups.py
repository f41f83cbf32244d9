"""The groups that Java is told to use for TLS, for OpenSSL: it reads them when it is loaded, so this comes before."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["CONFIGURATION", "restrict_groups"]

CONFIGURATION = """openssl_conf = initial
[initial]
ssl_conf = ssl
[ssl]
system_default = tls
[tls]
Groups = $ENV::TLS_GROUPS
"""
_NAMES = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "x448": "X448"}


def restrict_groups(configuration: Path) -> None:
    """Have OpenSSL use the groups in LS_JAVA_OPTS, if it names them."""
    found = re.search(r"-Djdk\.tls\.namedGroups=(\S+)", os.environ.get("LS_JAVA_OPTS", ""))
    if found:
        os.environ["TLS_GROUPS"] = ":".join(_NAMES[name] for name in found[1].split(","))
        os.environ["OPENSSL_CONF"] = str(configuration)
