"""What a pipeline decides from plain values: prices, the stack to rehearse with, approvals, Markdown."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path

import pytest

from artifact_builder import Artifact, Deployment, ModelYaml
from artifact_builder.digest import artifact_digest, members_of
from paddock.ci import approval, policies, prices, results
from paddock.ci.approval import Approval
from paddock.ci.pending import pending_in
from paddock.ci.rehearsal_stack import rehearsed
from paddock.errors import PaddockError, WordsError

TODAY = date(2026, 11, 29)
PRICES = """\
as_of: 2026-11-01
source: our price list
currency: EUR
hours_per_month: 100
shapes:
  VM.Standard.E4.Flex: {ocpu_hour: 0.03, memory_gb_hour: 0.002}
  VM.Standard2.1: {instance_hour: 0.07}
load_balancer: {hour: 0.01, mbps_hour: 0.0001}
"""


def price_file(tmp_path: Path, text: str = PRICES) -> prices.Prices:
    path = tmp_path / "prices.yaml"
    path.write_text(text)
    found = prices.read(path)
    assert found is not None
    return found


def model(**deployment) -> ModelYaml:
    values = {"shape": "VM.Standard.E4.Flex", "ocpus": 2, "memory_gbs": 10, "instances": 1, **deployment}
    return ModelYaml.model_construct(name="wine", deployment=Deployment(**values))


def test_a_month_costs_ocpus_memory_and_bandwidth_of_all_its_hours(tmp_path):
    line = prices.line([model()], [model(instances=2)], price_file(tmp_path), TODAY)

    # An instance (2 ocpus and 10 GB) is 8 a month of 100 hours, its load balancer of 10 Mbps is 1.10.
    assert line == "Cost: EUR 9.10 → 17.10 a month (+8.00), by prices of 2026-11-01 (our price list), 28 days old."


def test_a_fixed_shape_has_one_price(tmp_path):
    fixed = model(shape="VM.Standard2.1", ocpus=None, memory_gbs=None)

    assert prices.month_cost([fixed], price_file(tmp_path)).most == pytest.approx(7 + 1.1)


def test_a_deployment_that_scales_costs_between_two_sums(tmp_path):
    scaling = model(instances=None, autoscaling={"min": 1, "max": 3})

    assert "9.10 to 25.10 a month" in prices.line(None, [scaling], price_file(tmp_path), TODAY)


def test_an_inactive_deployment_is_not_metered(tmp_path):
    assert prices.month_cost([model(state="INACTIVE")], price_file(tmp_path)).most == 0


def test_an_unknown_price_makes_the_cost_unknown_and_is_named(tmp_path):
    text = PRICES.replace("memory_gb_hour: 0.002", "memory_gb_hour: null")

    line = prices.line(None, [model()], price_file(tmp_path, text), TODAY)

    assert line == "Cost: unknown, the price file has no price for VM.Standard.E4.Flex (memory_gb_hour)."


def test_without_a_price_file_the_cost_is_unknown(tmp_path):
    assert prices.read(tmp_path / "prices.yaml") is None
    assert prices.line(None, [model()], None, TODAY).startswith("Cost: unknown")


def test_the_price_file_that_comes_with_paddock_names_no_price():
    found = prices.read(Path(__file__).parents[2] / "gitops" / "prices.yaml")

    assert found is not None
    assert prices.line(None, [model()], found, TODAY).startswith("Cost: unknown")


def test_a_price_file_with_a_wrong_key_is_refused(tmp_path):
    with pytest.raises(WordsError, match=r"prices\.yaml: expected the keys .* found vat"):
        price_file(tmp_path, "vat: 19\n")


def test_a_rehearsal_has_the_stacks_declarations_and_none_of_its_accounts():
    document = {
        "encryptionsalt": "v1:x",
        "secretsprovider": "passphrase",
        "config": {
            "paddock:compartmentId": "ocid1.compartment.oc1..real",
            "paddock:models": {"wine": {"instances": 4}},
            "paddock:secrets": {"TOKEN": {"secure": "v1:abc"}},
            "paddock:pins": {"wine": "a" * 12},
            "oci:region": "eu-frankfurt-1",
        },
    }

    made, notes = rehearsed(document, "ocid1.compartment.oc1..local")

    assert made == {
        "config": {
            "paddock:compartmentId": "ocid1.compartment.oc1..local",
            "paddock:models": {"wine": {"instances": 4}},
            "paddock:secrets": {"TOKEN": "not-told-to-a-rehearsal"},
        }
    }
    assert len(notes) == 2
    assert "`paddock:secrets.TOKEN` holds a secret" in notes[0]
    assert "`paddock:pins` is left out" in notes[1]


def test_a_stack_without_a_file_is_rehearsed_with_the_compartment_alone():
    assert rehearsed(None, "ocid1.x")[0] == {"config": {"paddock:compartmentId": "ocid1.x"}}


def test_what_a_lost_run_had_begun_is_told_from_the_state():
    urn = "urn:pulumi:prod::paddock::paddock:infra:ModelService$oci:DataScience/model:Model::wine"
    export = json.dumps({"deployment": {"pending_operations": [{"type": "creating", "resource": {"urn": urn}}]}})

    assert pending_in(export) == ("creating oci:DataScience/model:Model wine",)


@pytest.mark.parametrize("export", ["", '{"version": 3, "deployment": null}', '{"deployment": {}}'])
def test_a_state_without_anything_pending_tells_nothing(export):
    assert pending_in(export) == ()


def test_an_approval_is_read_as_it_was_written(tmp_path):
    given = Approval("prod", "c" * 40, {"wine": "a" * 64})
    approval.write(tmp_path / "approval.json", given)

    assert approval.read(tmp_path / "approval.json") == given


@pytest.mark.parametrize("text", ["", "[]", '{"stack": "prod"}', '{"stack": "prod", "commit": null, "models": 3}'])
def test_what_is_no_approval_is_refused(tmp_path, text):
    path = tmp_path / "approval.json"
    path.write_text(text)

    with pytest.raises(WordsError, match="is no approval"):
        approval.read(path)


def test_everything_that_differs_from_the_approved_is_told_at_once():
    approved = Approval("prod", "c" * 40, {"wine": "a" * 64, "beer": "b" * 64})
    present = Approval("test", "d" * 40, {"wine": "e" * 64, "rum": "f" * 64})

    with pytest.raises(PaddockError) as refused:
        approval.require_same(approved, present)

    told = str(refused.value).splitlines()
    assert told[1:6] == [
        "  stack: approved prod, here test",
        "  commit: approved cccccccccccc, here dddddddddddd",
        "  beer: approved bbbbbbbbbbbb, here none",
        "  rum: approved none, here ffffffffffff",
        "  wine: approved aaaaaaaaaaaa, here eeeeeeeeeeee",
    ]


def artifact(tmp_path: Path) -> Artifact:
    folder = tmp_path / "artifact"
    folder.mkdir()
    (folder / "score.py").write_text("x = 1\n")
    digest = artifact_digest(members_of(folder))
    zip_path = tmp_path / f"wine-{digest}.zip"
    with zipfile.ZipFile(zip_path, "w") as archive:
        archive.write(folder / "score.py", "score.py")
    return Artifact("wine", digest, folder, zip_path, zip_path.stat().st_size, {}, was_cached=True)


def test_an_artifact_that_holds_what_its_name_says_is_whole(tmp_path):
    approval.require_whole([artifact(tmp_path)])


def test_an_artifact_that_was_changed_on_its_way_is_refused(tmp_path):
    made = artifact(tmp_path)
    with zipfile.ZipFile(made.zip_path, "w") as archive:
        archive.writestr("score.py", "x = 2\n")

    with pytest.raises(PaddockError, match="it was changed after the build"):
        approval.require_whole([made])


def test_a_project_without_a_policy_pack_has_no_policy_flags(tmp_path):
    assert policies.flags(tmp_path) == ()


def test_policies_are_what_pulumi_says_under_their_title():
    output = "Resources:\n    1 to create\n\nPolicies:\n    paddock@v0.1 [logs]: off\n\nOutputs:\n    x: 1\n"

    assert policies.told(output) == "    paddock@v0.1 [logs]: off"


def test_policies_are_counted_by_level_and_no_path_of_the_runner_is_told():
    output = (
        "Policies:\n    x paddock@v0.1 (local: /home/runner/policy)\n        - [advisory]  logs-on  (a)\n"
        "        - [mandatory]  budget  (b)\n        - [advisory]  tags  (c)\n"
    )

    told = policies.told(output)

    assert policies.in_words(told) == "2 advisory, 1 mandatory"
    assert "/home/runner" not in told


def test_no_fence_within_a_text_ends_ours():
    assert results.fenced("a\n````\nb") == "`````\na\n````\nb\n`````"


def test_a_cell_stays_one_cell():
    assert results.table(("a",), [("x|y\nz",)]) == "| a |\n| --- |\n| x\\|y<br>z |"


def test_a_comment_that_is_too_long_says_what_was_cut():
    shortened = results.shortened("line\n" * 20_000)

    assert len(shortened) < 65_536
    assert "characters more are in the run's artifacts" in shortened
