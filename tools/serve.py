"""Serve the built book on this machine, on the first free port from --port on.

It is there three times, as on its host: at /, at /latest/, and at the edition's
own /vN/, so that the links in it open. What `make archive` has made lies beside it.
"""

from __future__ import annotations

import argparse
import re
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ksmlib.site import EDITION

TREE = re.compile(rf"^/(v{EDITION}|latest)(?=[/?#]|$)")


class Handler(SimpleHTTPRequestHandler):
    """Finds a file of either tree in the one folder."""

    def translate_path(self, path: str) -> str:
        """The file for the path of an address."""
        path = TREE.sub("", path)
        file = super().translate_path(path)
        if not path.startswith("/archive/"):
            return file
        inside = Path(file).relative_to(self.directory)
        return str(Path(self.directory).parent / inside)

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """An error, with what to do if the archive was not made."""
        if code == HTTPStatus.NOT_FOUND and "/archive/" in self.path:
            explain = "`make archive` makes this file; it is not there yet."
        super().send_error(code, message, explain)


def bind(folder: Path, port: int, tries: int = 50) -> ThreadingHTTPServer:
    """A server for ``folder`` on ``port``, or on one of those that follow."""
    handler = partial(Handler, directory=str(folder))
    for candidate in range(port, port + tries):
        try:
            return ThreadingHTTPServer(("127.0.0.1", candidate), handler)
        except OSError:  # taken
            continue
    raise SystemExit(f"no free port from {port} to {port + tries - 1}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    with bind(arguments.folder, arguments.port) as server:
        port = server.server_address[1]
        print(f"The book is at http://localhost:{port}/ (Ctrl-C stops)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
