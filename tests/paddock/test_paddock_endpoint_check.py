"""The parts of `paddock check` that decide: what is approved, how long to wait, what bytes prove."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import threading
from types import SimpleNamespace

import pytest

from local_oci import credentials
from paddock.endpoint_check import approved_digests
from paddock.endpoint_check.approved import artifact_here, given_digests, zip_of
from paddock.endpoint_check.endpoint_answer import ask
from paddock.endpoint_check.result import CheckResult, RowDifference, account
from paddock.endpoint_check.served_artifact import ApprovedZip, served_artifact
from paddock.errors import WordsError
from paddock.oci_access import OciAccess

DIGEST = "0123456789ab" + "c" * 52
OTHER = "f" * 64
BIG_BYTES = 65 * 1024**2


def test_a_pin_goes_before_what_is_built_and_what_is_given_before_both():
    built = {"a": "1" * 64, "b": "2" * 64, "c": "3" * 64}
    approved = approved_digests(built, {"b": "4" * 12, "c": "5" * 12, "gone": "6" * 12}, {"c": "7" * 12})
    assert approved == {"a": "1" * 64, "b": "4" * 12, "c": "7" * 12}


def test_a_digest_alone_is_of_the_one_model_that_is_named():
    assert given_digests([DIGEST], ("wine",)) == {"wine": DIGEST}
    assert given_digests([f"wine={DIGEST}", f"b={OTHER}"], ()) == {"wine": DIGEST, "b": OTHER}


@pytest.mark.parametrize(
    ("word", "names", "why"),
    [
        (DIGEST, (), "of which model"),
        (DIGEST, ("a", "b"), "of which model"),
        ("wine=0123456789a", (), "12 to 64"),
        ("wine=XYZ456789abc", (), "12 to 64"),
        (f"wine={DIGEST}", ("beer",), "not among"),
    ],
)
def test_a_digest_that_cannot_be_meant_is_refused(word, names, why):
    with pytest.raises(WordsError) as refused:
        given_digests([word], names)
    assert why in str(refused.value)


def test_an_artifact_without_its_zip_is_not_here(tmp_path):
    folder = tmp_path / "wine" / DIGEST
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    assert artifact_here(tmp_path, "wine", DIGEST[:12]) is None
    zip_of(folder).write_bytes(b"")
    assert artifact_here(tmp_path, "wine", DIGEST[:12]) == folder


class Endpoint(http.server.ThreadingHTTPServer):
    """Answers with the given statuses in turn, then 200; the last of them for ever where it `stays`."""

    def __init__(self, statuses, *, stays=False):
        super().__init__(("127.0.0.1", 0), Answering)
        self.statuses, self.stays, self.seen = list(statuses), stays, 0
        self.url = f"http://127.0.0.1:{self.server_port}/ocid1.x/predict"


class Answering(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        rows = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server = self.server
        server.seen += 1
        status = server.statuses[0] if server.statuses else 200
        if not (server.stays and len(server.statuses) == 1):
            server.statuses[:1] = []
        body = {"prediction": rows} if status == 200 else {"code": "NotYet", "message": "the endpoint is not there"}
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        """Nothing on the tests' output."""


@pytest.fixture(scope="module")
def oci(tmp_path_factory):
    from oci import config

    made = credentials.load(tmp_path_factory.mktemp("local"))
    return OciAccess(config.from_file(str(made.config_file)), "http://127.0.0.1:1")


@pytest.fixture
def endpoint(request):
    statuses, stays = request.param
    with Endpoint(statuses, stays=stays) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("endpoint", [([404, 503, 503], False)], indirect=True)
def test_an_endpoint_that_is_just_becoming_ready_is_asked_again(endpoint, oci):
    answer = ask(oci, endpoint.url, [[1.0]], wait_s=30)
    assert (answer.problem, answer.body, endpoint.seen) == (None, {"prediction": [[1.0]]}, 4)
    assert answer.latency_ms > 0


@pytest.mark.parametrize("endpoint", [([503], True)], indirect=True)
def test_the_wait_is_bounded_and_says_what_came(endpoint, oci):
    answer = ask(oci, endpoint.url, [[1.0]], wait_s=0.3)
    assert answer.body is None
    assert "answered 503: NotYet: the endpoint is not there" in answer.problem
    assert "0.3 s" in answer.problem


@pytest.mark.parametrize("endpoint", [([400], True)], indirect=True)
def test_a_refused_body_is_not_sent_again(endpoint, oci):
    answer = ask(oci, endpoint.url, [[1.0]], wait_s=30)
    assert (endpoint.seen, "answered 400" in answer.problem) == (1, True)


class Catalog:
    """The two operations of the SDK's client that are asked where no byte is downloaded."""

    def __init__(self, size_bytes, md5_base64, tag):
        headers = {"content-length": str(size_bytes), "content-md5": md5_base64}
        self._headers = {name: value for name, value in headers.items() if value is not None}
        self._tags = {"paddock-digest": tag}

    def get_model(self, _):
        return SimpleNamespace(data=SimpleNamespace(freeform_tags=self._tags))

    def head_model_artifact(self, _):
        return SimpleNamespace(headers=self._headers)


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    path = tmp_path_factory.mktemp("big") / "big.zip"
    with path.open("wb") as file:
        file.truncate(BIG_BYTES)
    return ApprovedZip(DIGEST, path)


def md5_of(path):
    return base64.b64encode(hashlib.md5(path.read_bytes(), usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize(
    ("size_bytes", "md5", "tag", "digest", "proof"),
    [
        (BIG_BYTES, "own", DIGEST, DIGEST, "size and MD5"),
        (BIG_BYTES, "bm90IHRoZSBvbmU=", DIGEST, None, "size and MD5"),
        (BIG_BYTES, "bm90IHRoZSBvbmU=", OTHER, OTHER, "size and MD5"),
        (BIG_BYTES + 1, "own", DIGEST, None, "size"),
        (BIG_BYTES, None, DIGEST, DIGEST, "size and tag"),
    ],
)
def test_a_big_artifact_is_proven_by_headers_that_a_tag_never_outweighs(big, size_bytes, md5, tag, digest, proof):
    catalog = Catalog(size_bytes, md5_of(big.zip_path) if md5 == "own" else md5, tag)
    served = served_artifact(catalog, "ocid1.x", big, big.zip_path.parent)
    assert (served.digest, served.proof) == (digest, proof)


def test_what_oci_does_not_give_out_and_is_not_here_is_known_by_its_tag_only(tmp_path):
    served = served_artifact(Catalog(3 * 1024**3, "x", DIGEST), "ocid1.x", None, tmp_path, hashes_all=True)
    assert (served.digest, served.proof) == (DIGEST, "tag only")


def test_the_account_shows_the_first_rows_that_differ_and_counts_the_rest():
    rows = tuple(RowDifference(row, {}, 1.0, 2.0) for row in (3, 4, 6, 9))
    words = account(CheckResult("wine", DIGEST, differences=rows, problems=("4 of 10 golden rows differ",)))
    assert words.splitlines() == [
        "wine: 4 of 10 golden rows differ",
        "  row 3: expected 1.0, found 2.0",
        "  row 4: expected 1.0, found 2.0",
        "  row 6: expected 1.0, found 2.0",
        "  and 1 more rows",
    ]
