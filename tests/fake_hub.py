"""A hub on loopback, with one repository: the routes that huggingface_hub's client asks.

It fails on purpose where a test says so; `asked` is every request that came.
"""

import contextlib
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from parity.hub import POINTER

REPOSITORY = "org/name"


def git(data):
    """What git calls a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class Hub:
    """Commits by their 40 digits, each with files; branches by name.

    large: names of files that are kept by LFS.
    fault: what goes wrong: a status for the API, "half" for files that break off, "changed" for
        files that are not what the listing says.
    """

    def __init__(self, commits, branches, large=()):
        self.commits, self.branches, self.large = commits, branches, large
        self.fault, self.code, self.asked = None, "", []

    def listing(self, commit):
        rows = []
        for path, data in self.commits[commit].items():
            row = {"type": "file", "path": path, "size": len(data), "oid": git(data)}
            if path in self.large:
                sha = hashlib.sha256(data).hexdigest()
                pointer = POINTER.format(sha, len(data)).encode()
                row |= {"oid": git(pointer), "lfs": {"oid": sha, "size": len(data),
                                                     "pointerSize": len(pointer)}}  # fmt: skip
            rows.append(row)
        return rows

    @contextlib.contextmanager
    def served(self):
        """Yield the address."""
        handler = type("Handler", (_Handler,), {"hub": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, *, with_body):
        hub, path = self.hub, self.path.partition("?")[0]
        hub.asked.append(f"{self.command} {path}")
        if isinstance(hub.fault, int):
            self.reply(hub.fault, b'{"error": "no"}', {"X-Error-Code": hub.code}, with_body)
        elif path.startswith(f"/api/models/{REPOSITORY}/revision/"):
            commit = self.commit(path.rpartition("/")[2])
            self.reply_json({"id": REPOSITORY, "sha": commit, "siblings": []}, commit)
        elif path.startswith(f"/api/models/{REPOSITORY}/tree/"):
            commit = self.commit(path.split("/")[6])
            self.reply_json(hub.listing(commit) if commit else [], commit)
        elif path.startswith(f"/{REPOSITORY}/resolve/"):
            commit, _, name = path.removeprefix(f"/{REPOSITORY}/resolve/").partition("/")
            self.file(commit, name, with_body)
        else:
            self.reply(404, b"{}", {"X-Error-Code": "RepoNotFound"}, with_body)

    def commit(self, revision):
        found = self.hub.branches.get(revision, revision)
        return found if found in self.hub.commits else ""

    def reply_json(self, value, commit):
        code = {} if commit else {"X-Error-Code": "RevisionNotFound"}
        self.reply(200 if commit else 404, json.dumps(value).encode(), code, with_body=True)

    def file(self, commit, name, with_body):
        data = self.hub.commits[commit][name]
        row = next(row for row in self.hub.listing(commit) if row["path"] == name)
        headers = {"X-Repo-Commit": commit, "ETag": f'"{row["oid"]}"'}
        if name in self.hub.large:
            headers |= {"X-Linked-Etag": f'"{row["lfs"]["oid"]}"', "X-Linked-Size": str(len(data))}
        if self.hub.fault == "changed":
            data = data[:-2] + b"  "
        self.reply(200, data, headers, with_body)

    def reply(self, status, data, headers, with_body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if with_body and self.hub.fault == "half" and status == 200 and len(data) > 900:
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.connection.close()
            self.close_connection = True
        elif with_body:
            self.wfile.write(data)
