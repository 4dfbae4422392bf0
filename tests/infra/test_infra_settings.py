"""The stack's configuration is read whole and checked whole."""

import pytest

from infra.settings import Settings, SettingsError, settings_from, settings_from_stack_file

COMPARTMENT = "ocid1.compartment.oc1..aaaa"


def test_a_compartment_alone_is_enough():
    assert settings_from({"compartmentId": COMPARTMENT}, "Pulumi.dev.yaml") == Settings(compartment_id=COMPARTMENT)


def test_every_mistake_is_named_at_once():
    wrong = {"compartmentId": "mine", "modelDir": "x", "tags": "red", "protect": "yes"}

    with pytest.raises(SettingsError) as caught:
        settings_from(wrong, "Pulumi.dev.yaml")

    assert len(caught.value.problems) == 4
    text = str(caught.value)
    assert "paddock:modelDir: unknown key" in text
    assert "paddock:compartmentId: must be the OCID of a compartment" in text
    assert "found 'mine'" in text
    assert "paddock:tags: must be a map" in text
    assert "paddock:protect: must be true or false" in text


def test_a_missing_compartment_says_how_to_set_it():
    with pytest.raises(SettingsError, match="pulumi config set paddock:compartmentId"):
        settings_from({}, "Pulumi.dev.yaml")


def test_a_stack_file_gives_only_its_paddock_keys(tmp_path):
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(
        "config:\n"
        f"  paddock:compartmentId: {COMPARTMENT}\n"
        "  paddock:models: {wine: {instances: 4}}\n"
        "  oci:region: eu-frankfurt-1\n"
    )

    settings = settings_from_stack_file(file)

    assert settings.compartment_id == COMPARTMENT
    assert settings.models == {"wine": {"instances": 4}}


def test_a_missing_stack_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"Pulumi\.dev\.yaml: there is no such file"):
        settings_from_stack_file(tmp_path / "Pulumi.dev.yaml")
