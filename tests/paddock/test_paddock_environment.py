"""The environment of a local run is a pure function of its parts."""

import shlex
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from local_oci.credentials import Credentials
from paddock.environment import LocalTarget, as_shell, local_environment


def target(folder="/clone/.paddock"):
    paddock_dir = Path(folder)
    return LocalTarget(
        paddock_dir=paddock_dir,
        endpoint="http://127.0.0.1:8484",
        credentials=Credentials(
            tenancy_ocid="ocid1.tenancy.oc1..t",
            user_ocid="ocid1.user.oc1..u",
            fingerprint="aa:bb",
            key_file=paddock_dir / "local/keys/private.pem",
            region="us-ashburn-1",
            compartment_ocid="ocid1.compartment.oc1..c",
            config_file=paddock_dir / "local/oci_config",
            public_key_pem="",
            s3_access_key="paddocklocal",
            s3_secret_key="secret",
        ),
        tool_dirs=(paddock_dir / "bin",),
    )


def test_every_client_of_the_program_is_sent_to_the_local_oci():
    overrides = local_environment(target(), {})["CLIENT_HOST_OVERRIDES"].split(";")

    assert "oci_datascience.DataScienceClient=http://127.0.0.1:8484" in overrides
    assert "oci_logging.LoggingManagementClient=http://127.0.0.1:8484" in overrides
    assert all(item.endswith("=http://127.0.0.1:8484") for item in overrides)


def test_a_local_run_may_not_fetch_plugins_and_an_official_one_may():
    ours = local_environment(target(), {})
    official = local_environment(target(), {}, official=True)

    assert ours["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in official
    assert ours["PULUMI_HOME"] != official["PULUMI_HOME"]


def test_nothing_is_kept_in_the_users_home():
    variables = local_environment(target(), {})

    assert variables["PULUMI_HOME"].startswith("/clone/.paddock/")
    assert variables["PULUMI_BACKEND_URL"] == "file:///clone/.paddock/state"


@given(st.lists(st.text("abc/", min_size=1), max_size=5))
def test_applied_twice_it_changes_nothing(folders):
    base = {"PATH": ":".join(folders), "NO_PROXY": "example.com"}
    once = local_environment(target(), base)

    assert local_environment(target(), once) == once


def test_the_shell_form_survives_spaces_and_quotes():
    lines = as_shell({"PULUMI_HOME": "/my clone/it's"}).splitlines()

    assert shlex.split(lines[0]) == ["export", "PULUMI_HOME=/my clone/it's"]
    assert lines[-1] == "unset PULUMI_CONFIG_PASSPHRASE"
