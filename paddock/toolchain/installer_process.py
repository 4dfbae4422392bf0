"""`python installer_process.py BASE_URL ROOT VERSION`: the Automation API's installation, from where we say.

`PulumiCommand.install` fetches its script from Pulumi's host and from nowhere else. Here, in a process that does
nothing else, every request for that host goes to BASE_URL instead (with the default base: to the same host).
"""

import socket
import subprocess
import sys
import urllib.parse
import urllib.request

import semver
from pulumi.automation import PulumiCommand

_TIMEOUT_S = 30.0


class _FromBase(urllib.request.BaseHandler):
    """Rewrites the request's host before a connection is made."""

    handler_order = 100  # before urllib's own handlers for http and https

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def https_open(self, request: urllib.request.Request) -> object:
        """Ask the base instead; urllib calls this by the scheme's name."""
        path = urllib.parse.urlsplit(request.full_url).path
        return urllib.request.build_opener().open(self._base_url + path)


def main() -> None:
    """Install into ROOT; a failed script's output is printed, since the SDK's error leaves it out."""
    base_url, root, version = sys.argv[1:]
    socket.setdefaulttimeout(_TIMEOUT_S)
    urllib.request.install_opener(urllib.request.build_opener(_FromBase(base_url)))
    try:
        command = PulumiCommand.install(root=root, version=semver.VersionInfo.parse(version))
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error}\n{error.output.decode(errors='replace')}")
        sys.exit(1)
    sys.stdout.write(f"{command.version}\n")


if __name__ == "__main__":
    main()
