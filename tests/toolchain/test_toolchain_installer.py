"""Pulumi's installer, from a server of our own: what it brings, and what happens where it cannot."""

import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from toolchain_programs import builds, plain_tools, write_go

from paddock.toolchain import ensure
from paddock.toolchain.errors import InstallerFailedError
from paddock.toolchain.installer import is_reachable

# What the real script does with its arguments: an unpacked release in the root that it is given.
INSTALL = """#!/bin/sh
while [ $# -gt 0 ]; do
    case "$1" in
        --install-root) root="$2"; shift;;
        --version) version="$2"; shift;;
    esac
    shift
done
mkdir -p "$root/bin"
printf '#!/bin/sh\\necho v%s\\n' "$version" > "$root/bin/pulumi"
printf '#!/bin/sh\\necho theirs\\n' > "$root/bin/pulumi-language-python"
chmod +x "$root/bin/pulumi" "$root/bin/pulumi-language-python"
"""


class Site:
    """An HTTP server on loopback that serves one script, and what was asked of it."""

    def __init__(self) -> None:
        self.script = INSTALL
        self.asked: list[str] = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.do_GET()

            def do_GET(self) -> None:
                site.asked.append(f"{self.command} {self.path}")
                self.send_response(200)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(site.script.encode())

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def paddock_dir(tmp_path) -> Path:
    return tmp_path / "a clone" / ".paddock"


def environ(url: str, *folders: Path, source: str = "") -> dict[str, str]:
    path = os.pathsep.join([*map(str, folders), str(plain_tools())])
    return {"PATH": path, "HOME": "/nonexistent", "PADDOCK_PULUMI_INSTALLER_URL": url, "PADDOCK_PULUMI_SOURCE": source}


def unused_url() -> str:
    """An address on loopback where nothing listens."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return f"http://127.0.0.1:{server.server_port}"


def test_the_installer_brings_the_release_with_its_language_host(paddock_dir, site):
    lines: list[str] = []
    toolchain = ensure(paddock_dir, report=lines.append, environ=environ(site.url))
    assert (toolchain.source, toolchain.version) == ("installer", "3.257.0")
    assert toolchain.language_host is None
    assert subprocess.check_output([toolchain.pulumi], text=True) == "v3.257.0\n"
    assert subprocess.check_output([paddock_dir / "bin" / "pulumi-language-python"], text=True) == "theirs\n"
    assert site.asked == ["HEAD /install.sh", "GET /install.sh"]
    assert lines == ["fetching the Pulumi CLI 3.257.0 with Pulumi's installer"]
    assert list((paddock_dir / "toolchain").glob("installed-*")) == []


def test_what_the_installer_brought_is_not_fetched_again(paddock_dir, site):
    first = ensure(paddock_dir, report=lambda _: None, environ=environ(site.url))
    site.asked.clear()
    assert ensure(paddock_dir, report=lambda _: None, environ=environ(site.url)) == first
    assert site.asked == []


def test_where_the_installers_host_does_not_answer_the_module_is_built(paddock_dir, tmp_path):
    write_go(tmp_path / "go")
    lines: list[str] = []
    toolchain = ensure(paddock_dir, report=lines.append, environ=environ(unused_url(), tmp_path / "go" / "bin"))
    assert toolchain.source == "module"
    assert builds(tmp_path / "go") == 1
    assert "did not answer" in lines[0]


def test_an_installer_that_fails_is_followed_by_the_build(paddock_dir, site, tmp_path):
    site.script = "#!/bin/sh\necho 'no release for this machine' >&2\nexit 7\n"
    write_go(tmp_path / "go")
    lines: list[str] = []
    toolchain = ensure(paddock_dir, report=lines.append, environ=environ(site.url, tmp_path / "go" / "bin"))
    assert toolchain.source == "module"
    assert any("Pulumi's installer from" in line for line in lines)


def test_an_installer_that_is_demanded_and_fails_shows_its_output(paddock_dir, site):
    site.script = "#!/bin/sh\necho 'no release for this machine' >&2\nexit 7\n"
    with pytest.raises(InstallerFailedError) as failed:
        ensure(paddock_dir, report=lambda _: None, environ=environ(site.url, source="installer"))
    assert "no release for this machine" in str(failed.value)
    assert "PADDOCK_PULUMI_SOURCE=module" in str(failed.value)
    assert not (paddock_dir / "bin" / "pulumi").exists()


def test_an_installer_that_brings_another_version_is_refused(paddock_dir, site):
    site.script = INSTALL.replace('"$version" >', "3.1.0 >")
    with pytest.raises(InstallerFailedError):
        ensure(paddock_dir, report=lambda _: None, environ=environ(site.url, source="installer"))
    assert not (paddock_dir / "bin" / "pulumi").exists()


def test_a_host_that_accepts_and_says_nothing_is_given_up(site):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as silent:
        # It listens, and nobody ever answers what it accepts.
        assert not is_reachable(f"http://127.0.0.1:{silent.server_port}", 0.2)
    assert is_reachable(site.url, 5.0)
