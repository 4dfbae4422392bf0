"""Endpoints and credentials: from the official plugin's variables, on loopback only, all that is missing at once."""

from __future__ import annotations

import pytest

from oci_provider import credentials, endpoints
from oci_provider.configuration import Configuration, check_config
from oci_provider.errors import ConfigurationError
from oci_provider.properties import UNKNOWN, Secret
from oci_provider.rest import DATA_SCIENCE, LOGGING

HERE = "http://127.0.0.1:8484"
OVERRIDES = f"{DATA_SCIENCE.client}={HERE};{LOGGING.client}={HERE}"
CREDENTIALS = {
    "TF_VAR_tenancy_ocid": "t",
    "TF_VAR_user_ocid": "u",
    "TF_VAR_fingerprint": "f",
    "TF_VAR_region": "r",
    "TF_VAR_private_key_path": "/key.pem",
}


@pytest.mark.parametrize("variable", endpoints.VARIABLES)
def test_endpoints_are_read_from_the_official_providers_variables(variable: str):
    assert endpoints.read({variable: OVERRIDES}, [DATA_SCIENCE.client]) == {
        DATA_SCIENCE.client: HERE,
        LOGGING.client: HERE,
    }


@pytest.mark.parametrize("host", ["http://localhost:1", "http://[::1]:1", "http://127.9.9.9:1", "https://127.0.0.1:1"])
def test_loopback_has_many_names(host: str):
    assert endpoints.read({"CLIENT_HOST_OVERRIDES": f"x={host}"}, []) == {"x": host}


@pytest.mark.parametrize(
    "host",
    [
        "https://datascience.example.com",
        "datascience.example.com",
        "http://10.0.0.1:1",
        "http://127.0.0.1:1/path",
        "http://u@127.0.0.1:1",
    ],
)
def test_an_endpoint_that_is_not_on_loopback_is_refused(host: str):
    with pytest.raises(ConfigurationError, match="is not on loopback") as refused:
        endpoints.read({"CLIENT_HOST_OVERRIDES": f"{OVERRIDES};x={host}"}, [])
    assert "paddock env --official" in str(refused.value)


def test_a_missing_endpoint_says_how_to_get_it():
    with pytest.raises(ConfigurationError, match="names no address for oci_logging") as refused:
        endpoints.read(
            {"CLIENT_HOST_OVERRIDES": f"{DATA_SCIENCE.client}={HERE}"}, [DATA_SCIENCE.client, LOGGING.client]
        )
    assert 'run `eval "$(paddock env)"`' in str(refused.value)


def test_an_item_that_is_no_override_is_refused():
    with pytest.raises(ConfigurationError, match="expected '<client>=<host>' between ';', found 'nonsense'"):
        endpoints.read({"CLIENT_HOST_OVERRIDES": "nonsense"}, [])


def test_configuration_wins_over_the_environment():
    read = credentials.read({"tenancyOcid": "mine", "privateKey": "PEM"}, CREDENTIALS)
    assert (read.tenancy_ocid, read.user_ocid, read.private_key) == ("mine", "u", "PEM")
    assert "PEM" not in repr(read)


def test_all_missing_credentials_are_named():
    with pytest.raises(ConfigurationError) as refused:
        credentials.read({"region": "r"}, {})
    for name in ("oci:tenancyOcid", "oci:userOcid", "TF_VAR_fingerprint", "oci:privateKeyPath"):
        assert name in str(refused.value)


def test_another_way_to_authenticate_is_refused_by_name():
    with pytest.raises(ConfigurationError, match="expected 'ApiKey', found 'InstancePrincipal'"):
        credentials.read({"auth": "InstancePrincipal"}, CREDENTIALS)


def test_a_key_that_cannot_be_read_is_named():
    with pytest.raises(ConfigurationError, match=r"the private key in /key\.pem cannot be used"):
        credentials.read({}, CREDENTIALS).signer()


def test_keys_become_secret_and_unknown_keys_are_refused():
    checked = check_config({"privateKey": "PEM", "region": "r", "version": "5.5.0", "regoin": "x"})
    assert checked.inputs["privateKey"] == Secret("PEM")
    assert [one.property for one in checked.failures] == ["regoin"]


def test_a_preview_with_unknown_configuration_waits():
    configuration = Configuration({})
    configuration.configure({"region": UNKNOWN})
    with pytest.raises(ConfigurationError, match="not known yet"):
        configuration.rest()
