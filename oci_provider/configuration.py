"""The provider's own configuration: what `oci:…` may say, and what the environment says besides."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

from oci_provider import credentials, endpoints, ignored_tags
from oci_provider.check import Checked, Failure
from oci_provider.errors import ConfigurationError
from oci_provider.intents import Intents, default_folder
from oci_provider.properties import Secret, has_unknown, plain
from oci_provider.rest import SERVICES, Rest

KEYS: Final = frozenset(
    {
        *("auth", "configFileProfile", "disableAutoRetries", "dualStackEndpointEnabled", "fingerprint"),
        *("ignoreDefinedTags", "privateKey", "privateKeyPassword", "privateKeyPath"),
        *("realmSpecificServiceEndpointTemplateEnabled", "region", "retriesConfigFile", "retryDurationSeconds"),
        *("tenancyOcid", "testTimeMaintenanceRebootDue", "userOcid", "workloadIdentityTokenPath"),
    }
)
_PULUMIS_OWN: Final = frozenset({"version", "pluginDownloadURL", "__internal", "__defaults"})
_TOKEN_EXCHANGE: Final = "tokenExchange"  # noqa: S105 - the beginning of nine keys' names


def check_config(news: Mapping[str, Any]) -> Checked:
    """Return the configuration with its keys made secret; a key that pulumi-oci does not have is refused."""
    checked = Checked({})
    for key, value in news.items():
        if key not in KEYS and key not in _PULUMIS_OWN and not key.startswith(_TOKEN_EXCHANGE):
            checked.failures.append(Failure(key, f"oci:{key}: no such key; known are {', '.join(sorted(KEYS))}"))
        is_bare = key in credentials.SECRET_KEYS and not isinstance(value, Secret)
        checked.inputs[key] = Secret(value) if is_bare else value
    try:
        ignored_tags.keys(plain(news.get(ignored_tags.KEY)))
    except ConfigurationError as error:
        checked.failures.append(Failure(ignored_tags.KEY, str(error)))
    return checked


class Configuration:
    """What Configure found; the client is made once, at the first request."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._rest: Rest | None = None
        self._lock = threading.Lock()
        self.intents = Intents(default_folder(environment))
        self.ignored_tags: frozenset[str] = frozenset()

    def configure(self, config: Mapping[str, Any]) -> None:
        """Take endpoints and credentials; raises ConfigurationError. A preview's unknown values are waited for."""
        if has_unknown(dict(config)):
            return
        addresses = endpoints.read(self._environment, [one.client for one in SERVICES])
        told = plain(dict(config))
        self.ignored_tags = ignored_tags.keys(told.get(ignored_tags.KEY))
        with self._lock:
            self._rest = Rest(addresses, credentials.read(told, self._environment))

    def rest(self) -> Rest:
        """Return the client; raises ConfigurationError where the configuration was not known."""
        with self._lock:
            if self._rest is None:
                raise ConfigurationError(
                    "the provider's configuration is not known yet; it is after `pulumi up` of what it reads"
                )
            return self._rest
