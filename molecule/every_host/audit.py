"""Prints what sslyze finds on servers against Mozilla's intermediate profile, as JSON: issues by address and port.

It runs in the environment "auditing", and takes as JSON, of each host: its name and address, the folder with
authorities.crt, and its services with their ports. A service that has a certificate there is asked with it.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

# The lists of authorities that it comes with, which are not used here, hold some that its library warns of.
warnings.simplefilter("ignore")

from sslyze import (  # noqa: E402
    CertificateInfoExtraArgument,
    ClientAuthenticationCredentials,
    ScanCommandsExtraArguments,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
    ServerScanResult,
)
from sslyze.mozilla_tls_profile.tls_config_checker import (  # noqa: E402
    SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
    MozillaTlsConfiguration,
    ServerNotCompliantWithTlsConfiguration,
    TlsConfigurationEnum,
    check_server_against_tls_configuration,
)

PROFILE = MozillaTlsConfiguration.get(TlsConfigurationEnum.MOZILLA_INTERMEDIATE)


def request(asked: dict[str, Any], service: str, port: int) -> ServerScanRequest:
    """Return the query for a port. Certificates of the collection are valid for localhost, others for the host name."""
    folder = Path(asked["folder"])
    certificate, key = folder / f"{service}.crt", folder / f"{service}.key"
    ours = certificate.exists()
    name = "localhost" if ours else asked["name"]
    credentials = ClientAuthenticationCredentials(without_issuers(certificate), key) if ours else None
    return ServerScanRequest(
        ServerNetworkLocation(name, port, ip_address=asked["address"]),
        # The machine may be busy with other scenarios: a handshake has more than the usual five seconds.
        ServerNetworkConfiguration(name, tls_client_auth_credentials=credentials, network_timeout=20),
        scan_commands=SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER,
        scan_commands_extra_arguments=ScanCommandsExtraArguments(
            certificate_info=CertificateInfoExtraArgument(custom_ca_file=folder / "authorities.crt")
        ),
    )


def without_issuers(chain: Path) -> Path:
    """Return a file with the first certificate of a chain: for SSL 2, sslyze cannot load more."""
    first, end, _issuers = chain.read_text().partition("-----END CERTIFICATE-----\n")
    alone = chain.with_suffix(".first")
    alone.write_text(first + end)
    return alone


def issues(result: ServerScanResult) -> dict[str, str]:
    """Return what does not fit the profile, and what could not be found out."""
    try:
        check_server_against_tls_configuration(result, PROFILE)
    except ServerNotCompliantWithTlsConfiguration as found:
        return found.issues
    except Exception as error:  # noqa: BLE001 - whatever keeps it from an answer is one
        return {"scan": f"{type(error).__name__}: {error} {reasons(result)}"}
    return {}


def reasons(result: ServerScanResult) -> dict[str, str]:
    """Return why parts of a scan failed."""
    if result.scan_result is None:
        return {"connectivity": str(result.connectivity_error_trace)}
    attempts = {
        command.value: getattr(result.scan_result, command.value) for command in SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER
    }
    return {name: str(attempt.error_trace) for name, attempt in attempts.items() if attempt.error_trace}


def main() -> None:
    hosts = json.load(sys.stdin)
    asked = {
        (host["address"], port): request(host, service, port)
        for host in hosts
        for service, ports in host["ports"].items()
        for port in ports
    }
    found = scanned(list(asked.values()))
    # A service of a busy machine, or one that another test has just started, may have kept a handshake waiting.
    found |= scanned([asked[place] for place, unfit in found.items() if "scan" in unfit])
    told: dict[str, dict[int, dict[str, str]]] = {host["address"]: {} for host in hosts}
    for (address, port), unfit in found.items():
        told[address][port] = unfit
    print(json.dumps(told))


def scanned(requests: list[ServerScanRequest]) -> dict[tuple[str, int], dict[str, str]]:
    """Return the issues of each address and port."""
    if not requests:
        return {}
    # Ports of a mesh keep each connection for seconds, so many are asked at once.
    scanner = Scanner(per_server_concurrent_connections_limit=20)
    scanner.queue_scans(requests)
    return {
        (str(result.server_location.ip_address), result.server_location.port): issues(result)
        for result in scanner.get_results()
    }


if __name__ == "__main__":
    main()
