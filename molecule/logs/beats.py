"""Sends lines to Logstash as a Beat does and waits until they are acknowledged: beats.py HOST CERTIFICATE KEY LINES.

CERTIFICATE and KEY are files, or empty; LINES is a list as JSON.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import sys

host, certificate, key, lines = sys.argv[1:]
context = ssl.create_default_context(cafile="/etc/vigil/certificates/authorities.crt")
if certificate:
    context.load_cert_chain(certificate, key)
READ_AT = "2026-02-01T10:00:00.000Z"  # which makes the day in the names of indices
bodies = [json.dumps({"@timestamp": READ_AT, "message": line}).encode() for line in json.loads(lines)]
frames = [struct.pack("!2sII", b"2J", number, len(body)) + body for number, body in enumerate(bodies, 1)]
acknowledged = 0
try:
    with (
        socket.create_connection((host, 5044), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=host) as peer,
    ):
        peer.sendall(struct.pack("!2sI", b"2W", len(bodies)) + b"".join(frames))
        answers = peer.makefile("rb")
        while acknowledged < len(bodies):
            acknowledged = struct.unpack("!2sI", answers.read(6))[1]
except (OSError, struct.error) as error:
    sys.exit(f"the connection ended after {acknowledged} lines: {error}")
