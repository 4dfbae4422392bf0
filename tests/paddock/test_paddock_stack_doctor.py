"""What `paddock doctor --stack prod` finds in files and variables, without asking anybody."""

from __future__ import annotations

import base64
import json
import time

import pytest
import yaml

from local_oci import credentials
from paddock.stack_doctor import patient_of
from paddock.stack_doctor.backend import backend_findings, backend_of
from paddock.stack_doctor.oci_credentials import own_finding, plugin_finding, region_finding
from paddock.stack_doctor.secrets_provider import opens, secrets_finding
from paddock.workspace import Workspace

# As `pulumi stack init` of Pulumi 3.257.0 wrote it, with this passphrase.
SALT = "v1:scSKlGXeuZo=:v1:vM9KCuBZMmFoYhPt:lWdqcN0DL9mCQgtVaTW68d5DfUDanw=="
PASSPHRASE = "o-PxFpdObf4RNlos6zCO_dF5CyvSGiBBTsVQh_el9z0"


@pytest.fixture
def prod(tmp_path):
    """Stack prod in a project of its own; called with the stack file's content and the caller's variables."""

    def made(document=None, project=None, **environment):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "p", **(project or {})}))
        if document is not None:
            (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump(document))
        return patient_of(Workspace(tmp_path), "prod", {"HOME": str(home), **environment})

    return made


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return credentials.load(tmp_path_factory.mktemp("local"))


def oci_config(prod_home, **values):
    (prod_home / ".oci").mkdir(parents=True, exist_ok=True)
    lines = ["[DEFAULT]", *(f"{name}={value}" for name, value in values.items())]
    (prod_home / ".oci" / "config").write_text("\n".join(lines) + "\n")


def test_the_backend_is_found_in_pulumis_own_order(tmp_path):
    home = tmp_path / ".pulumi"
    home.mkdir()
    (home / "credentials.json").write_text(json.dumps({"current": "s3://logged-in"}))
    environment = {"HOME": str(tmp_path)}
    project = {"backend": {"url": "s3://of-the-project"}}

    assert backend_of({**environment, "PULUMI_BACKEND_URL": "file://~"}, project).url == "file://~"
    assert backend_of(environment, project).url == "s3://of-the-project"
    assert backend_of(environment, {}).url == "s3://logged-in"
    assert backend_of({"HOME": str(tmp_path / "nobody")}, {}).url == "https://api.pulumi.com"


@pytest.mark.parametrize(
    ("variables", "found", "mend"),
    [
        ({}, "nobody is signed in", "pulumi login"),
        ({"PULUMI_BACKEND_URL": "file:///nowhere/at/all"}, "no such folder", "mkdir -p '/nowhere/at/all'"),
        ({"PULUMI_BACKEND_URL": "s3://states?region=x"}, "no keys", "customer-secret-key"),
        (
            {"PULUMI_BACKEND_URL": "s3://states", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
            "no region",
            "AWS_REGION",
        ),
    ],
)
def test_a_backend_that_cannot_be_reached_is_told_with_what_mends_it(prod, variables, found, mend):
    (finding,) = backend_findings(prod({}, **variables))
    assert not finding.is_well
    assert found in finding.found
    assert mend in finding.mend


def test_an_address_is_shown_without_its_password(prod):
    (finding,) = backend_findings(prod({}, PULUMI_BACKEND_URL="postgres://me:secret@db/states"))
    assert "secret" not in finding.found


def test_pulumis_own_salt_is_opened_by_its_passphrase_and_no_other():
    assert opens(SALT, PASSPHRASE)
    assert not opens(SALT, f"{PASSPHRASE}!")
    assert not opens("v1:AAAA", PASSPHRASE)


def test_a_passphrase_that_is_not_the_stacks_is_told_before_the_first_run(prod, tmp_path):
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    document, states = {"encryptionsalt": SALT}, {"PULUMI_BACKEND_URL": "s3://states"}

    assert secrets_finding(prod(document, **states, PULUMI_CONFIG_PASSPHRASE_FILE=str(tmp_path / "passphrase"))).is_well
    wrong = secrets_finding(prod(document, **states, PULUMI_CONFIG_PASSPHRASE="guess"))
    assert "does not open Pulumi.prod.yaml" in wrong.found
    for variables, why in (({}, "neither"), ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere"}, "/nowhere")):
        finding = secrets_finding(prod(document, **states, **variables))
        assert why in finding.found
        assert "PULUMI_CONFIG_PASSPHRASE" in finding.mend


def test_other_providers_of_secrets_need_no_passphrase(prod):
    assert secrets_finding(prod({"secretsprovider": "hashivault://key"}, PULUMI_BACKEND_URL="s3://states")).is_well
    assert secrets_finding(prod({})).found == "by Pulumi Cloud"


def test_a_profile_signs_for_the_plugin_and_for_paddock(prod, tmp_path, key):
    oci_config(
        tmp_path / "home",
        user=key.user_ocid,
        tenancy=key.tenancy_ocid,
        fingerprint=key.fingerprint,
        key_file=key.key_file,
        region="eu-frankfurt-1",
    )
    patient = prod({})
    assert plugin_finding(patient).is_well
    assert own_finding(patient).is_well
    assert region_finding(patient).found == "eu-frankfurt-1 (the profile)"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"user": "ocid1.user.oc1..u"}, "profile DEFAULT"),
        (
            {
                "user": "ocid1.user.oc1..aaaaaaaa",
                "tenancy": "ocid1.tenancy.oc1..aaaaaaaa",
                "fingerprint": ":".join(["aa"] * 16),
                "key_file": "/nowhere/key.pem",
                "region": "eu-frankfurt-1",
            },
            "no key at /nowhere/key.pem",
        ),
    ],
)
def test_a_profile_that_cannot_sign_is_told(prod, tmp_path, values, found):
    oci_config(tmp_path / "home", **values)
    finding = own_finding(prod({}))
    assert found in finding.found
    assert "oci setup config" in finding.mend


def test_a_key_in_the_stacks_file_must_be_whole(prod, key):
    config = {
        "oci:tenancyOcid": key.tenancy_ocid,
        "oci:userOcid": key.user_ocid,
        "oci:fingerprint": key.fingerprint,
        "oci:privateKeyPath": str(key.key_file),
    }
    assert plugin_finding(prod({"config": config})).is_well
    assert plugin_finding(prod({"config": {**config, "oci:privateKey": {"secure": "v1:x"}}})).is_well
    del config["oci:fingerprint"]
    assert "fingerprint not set" in plugin_finding(prod({"config": config})).found


def session_token(ends_s):
    parts = [json.dumps({"alg": "RS256"}), json.dumps({"exp": ends_s}), "signature"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


@pytest.mark.parametrize(("left_s", "is_well"), [(1800, True), (-5, False)])
def test_a_session_token_counts_until_it_ends(prod, tmp_path, left_s, is_well):
    token = tmp_path / "token"
    token.write_text(session_token(time.time() + left_s))
    oci_config(tmp_path / "home", security_token_file=token, region="eu-frankfurt-1")
    patient = prod({"config": {"oci:auth": "SecurityToken"}}, OCI_CLI_AUTH="security_token")
    assert plugin_finding(patient).is_well is is_well
    assert own_finding(patient).is_well is is_well


def test_a_session_that_nobody_is_told_to_use_is_pointed_at(prod, tmp_path):
    oci_config(tmp_path / "home", security_token_file=tmp_path / "token", region="eu-frankfurt-1")
    assert "OCI_CLI_AUTH=security_token TF_VAR_auth=SecurityToken" in own_finding(prod({})).mend


def test_a_resource_principal_shows_by_its_variable(prod):
    config = {"config": {"oci:auth": "ResourcePrincipal"}}
    assert not plugin_finding(prod(config)).is_well
    assert plugin_finding(prod(config, OCI_RESOURCE_PRINCIPAL_VERSION="2.2")).is_well


def test_the_plugins_own_token_exchange_needs_each_of_its_values(prod, tmp_path):
    keys = {
        "oci:auth": "WorkloadIdentityFederation",
        "oci:tokenExchangeDomainUrl": "https://idcs.example",
        "oci:tokenExchangeRequestedTokenType": "urn:oci:token-type:oci-rpst",
        "oci:tokenExchangeResourceType": "ci",
        "oci:tokenExchangeSubjectTokenType": "jwt",
        "oci:workloadIdentityTokenPath": str(tmp_path / "id-token"),
        "oci:tokenExchangeClientId": "id",
    }
    missing = plugin_finding(prod({"config": keys}))
    assert missing.found.endswith("oci:tokenExchangeClientSecret not set")
    keys["oci:tokenExchangeClientSecret"] = {"secure": "v1:x"}
    assert "no token at" in plugin_finding(prod({"config": keys})).found
    (tmp_path / "id-token").write_text("jwt")
    assert plugin_finding(prod({"config": keys})).is_well


def test_an_unknown_way_to_sign_is_refused_by_name(prod):
    assert "'Password'" in plugin_finding(prod({"config": {"oci:auth": "Password"}})).found


@pytest.mark.parametrize(
    ("config", "variables", "is_well"),
    [
        ({"oci:region": "eu-frankfurt-1"}, {}, True),
        ({}, {"TF_VAR_region": "us-ashburn-1"}, True),
        ({"oci:region": "Frankfurt"}, {}, False),
        ({}, {}, False),
    ],
)
def test_a_region_is_named_and_looks_like_one(prod, config, variables, is_well):
    assert region_finding(prod({"config": config}, **variables)).is_well is is_well
