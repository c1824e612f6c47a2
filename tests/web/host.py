"""A plain file host, with the faults that hosts have."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


@dataclass
class Host:
    """What a host serves, and how.

    ``under`` is the path the site lies under. ``types`` are the content types by
    suffix. ``instead`` replaces files, by the end of their path: None is 404.
    ``compress`` sends what shrinks with gzip.
    """

    folder: Path
    under: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=lambda: TYPES)
    instead: Mapping[str, bytes | None] = field(default_factory=dict)
    compress: bool = False
    #: What was asked for: the path, and how many bytes of body were sent.
    asked: list[tuple[str, int]] = field(default_factory=list)
    origin: str = ""
    #: What was compressed once, by tag.
    packed: dict[str, bytes] = field(default_factory=dict)

    def find(self, path: str) -> bytes | None:
        """The body for a path, or None."""
        for end, body in self.instead.items():
            if path.endswith(end):
                return body
        if not path.startswith(self.under):
            return None
        file = self.folder / path.removeprefix(self.under)
        if file.is_dir():
            file /= "index.html"
        inside = file.resolve().is_relative_to(self.folder.resolve())
        return file.read_bytes() if inside and file.is_file() else None

    def pack(self, tag: str, body: bytes) -> bytes:
        """The body as it is sent; a host compresses a file once, not each time."""
        if not self.compress or len(body) <= 200:
            return body
        if tag not in self.packed:
            self.packed[tag] = gzip.compress(body, 6, mtime=0)
        return self.packed[tag]


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, host: Host, *arguments: object) -> None:
        self.host = host
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Send a file, or tell that the browser has it already."""
        path = unquote(urlsplit(self.path).path)
        body = self.host.find(path)
        tag = f'"{zlib.crc32(body or b""):08x}"'
        if body is not None and self.headers["If-None-Match"] == tag:
            self.send_response(304)
            self.end_headers()
            self.host.asked.append((path, 0))
            return
        self.send_response(404 if body is None else 200)
        body = body or b""
        suffix = Path(path).suffix or ".html"
        kind = self.host.types.get(suffix, "application/octet-stream")
        self.send_header("Content-Type", kind)
        self.send_header("ETag", tag)
        sent = self.host.pack(tag, body)
        if sent is not body:
            self.send_header("Content-Encoding", "gzip")
        for name, value in self.host.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.host.asked.append((path, len(sent)))
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A browser that was closed hangs up: nothing to tell."""


@contextmanager
def serving(host: Host) -> Iterator[Host]:
    """Serve for as long as the ``with`` lasts; ``host.origin`` says where."""
    with Server(("127.0.0.1", 0), partial(Handler, host)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host.origin = f"http://127.0.0.1:{server.server_address[1]}"
        yield host
        server.shutdown()
