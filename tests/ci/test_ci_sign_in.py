"""Signing in without a key: the CI system's token is exchanged at an identity domain on loopback."""

from __future__ import annotations

import base64
import json
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from paddock.ci.sign_in import leave_to_later_steps, sign_in
from paddock.errors import LackError, PaddockError, WordsError
from paddock.oci_access import access
from paddock.session import Session
from paddock.workspace import Workspace


def token(**claims: object) -> str:
    """A JWT as far as clients read it: its claims, unsigned."""
    parts = ({"alg": "none"}, {"iat": int(time.time()), "exp": int(time.time()) + 3600, **claims})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".eA"


@dataclass
class Domain:
    """A CI system's token endpoint (GET) and an identity domain's (POST); `asked` has what came."""

    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    session: str = field(default_factory=lambda: token(sub="ci"))

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "OCI_DOMAIN_URL": self.url,
            "OCI_CLIENT_ID": "client",
            "OCI_CLIENT_SECRET": "secret",
            "OCI_TENANCY": "ocid1.tenancy.oc1..x",
            "OCI_REGION": "eu-frankfurt-1",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?x=1",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of the job",
            **more,
        }


@pytest.fixture
def domain() -> Iterator[Domain]:
    told = Domain()

    class Edge(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["authorization"] == "Bearer of the job"
            told.asked.append({"path": self.path})
            self._answer({"value": "the CI system's token"})

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            told.asked.append({"path": self.path, "authorization": self.headers["authorization"]})
            told.asked[-1] |= {name: values[0] for name, values in form.items()}
            self._answer({"token": told.session}, told.status)

        def _answer(self, body: dict[str, str], status: int = 200) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Edge) as server:
        told.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield told
        server.shutdown()
        thread.join()


def test_the_ci_systems_token_is_exchanged_for_one_that_is_bound_to_a_fresh_key(domain, tmp_path):
    signed_in = sign_in(domain.environment(OCI_TOKEN_AUDIENCE="oci"), tmp_path)

    asked, exchanged = domain.asked
    assert asked["path"] == "/token?x=1&audience=oci"
    assert exchanged["path"] == "/oauth2/v1/token"
    assert base64.b64decode(exchanged["authorization"].removeprefix("Basic ")) == b"client:secret"
    assert exchanged["subject_token"] == "the CI system's token"
    assert exchanged["requested_token_type"] == "urn:oci:token-type:oci-upst"
    key = load_pem_private_key((tmp_path / ".oci" / "session.pem").read_bytes(), None)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert exchanged["public_key"] in pem.replace("\n", "")
    assert signed_in is not None
    assert signed_in.config_file == tmp_path / ".oci" / "config"


def test_what_is_kept_is_for_this_user_only(domain, tmp_path):
    sign_in(domain.environment(), tmp_path)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / ".oci").iterdir()}
    assert modes["token"] == modes["session.pem"] == modes["config"] == 0o600


def test_gitlabs_token_is_in_the_environment(domain, tmp_path):
    sign_in(domain.environment(OCI_ID_TOKEN="of the job's own"), tmp_path)

    assert [asked.get("subject_token") for asked in domain.asked] == ["of the job's own"]


def test_later_steps_sign_with_the_session(domain, tmp_path):
    signed_in = sign_in(domain.environment(), tmp_path)
    assert signed_in is not None
    environment = {**signed_in.variables, "OCI_CONFIG_FILE": str(signed_in.config_file)}

    found = access(Session(Workspace(tmp_path), "prod", Path("pulumi"), environment, None))

    assert found.endpoint is None
    assert found.signer().api_key == f"ST${domain.session}"
    assert found.config["region"] == "eu-frankfurt-1"


def test_later_steps_of_github_find_the_variables(domain, tmp_path):
    signed_in = sign_in(domain.environment(), tmp_path)
    assert signed_in is not None

    assert leave_to_later_steps(signed_in, {"GITHUB_ENV": str(tmp_path / "env")})
    assert "OCI_CLI_AUTH=security_token\n" in (tmp_path / "env").read_text()


def test_signing_in_again_takes_the_place_of_the_old_session(domain, tmp_path):
    sign_in(domain.environment(), tmp_path)
    domain.session = token(sub="ci", again=True)

    sign_in(domain.environment(), tmp_path)

    assert (tmp_path / ".oci" / "token").read_text() == domain.session


def test_a_configuration_of_somebodys_own_is_not_overwritten(domain, tmp_path):
    (tmp_path / ".oci").mkdir()
    (tmp_path / ".oci" / "config").write_text("[DEFAULT]\n")

    with pytest.raises(WordsError, match="is there already"):
        sign_in(domain.environment(), tmp_path)

    assert domain.asked == []


def test_without_a_domain_nothing_is_done(tmp_path):
    assert sign_in({"OCI_DOMAIN_URL": ""}, tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_missing_is_named_at_once(domain, tmp_path):
    with pytest.raises(WordsError, match="OCI_CLIENT_ID, OCI_CLIENT_SECRET"):
        sign_in(domain.environment(OCI_CLIENT_ID="", OCI_CLIENT_SECRET=""), tmp_path)


def test_a_job_that_may_not_have_a_token_is_told_what_to_allow(domain, tmp_path):
    with pytest.raises(LackError, match="id-token: write"):
        sign_in(domain.environment(ACTIONS_ID_TOKEN_REQUEST_URL=""), tmp_path)


def test_a_refusal_names_the_domain_and_tells_no_secret(domain, tmp_path):
    domain.status = 401

    with pytest.raises(PaddockError) as refused:
        sign_in(domain.environment(), tmp_path)

    told = str(refused.value)
    assert "401" in told
    assert "Identity Propagation Trust" in told
    assert "secret" not in told.replace("Secret", "")
    assert "the CI system's token" not in told
