"""A tiny real web server with answers laid out by the test, and a log of what it was asked."""

import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Reply:
    status: int = 200
    body: bytes | str = b""
    type: str = "text/plain"
    headers: tuple = ()
    promised: int | None = None  # a Content-Length that is not kept
    reason: str | None = None


@dataclass
class Asked:
    method: str
    path: str  # as sent, still encoded
    query: dict
    headers: dict
    body: bytes


@dataclass
class Tiny:
    """`replies` maps "METHOD path" to a Reply, a list of them (the last stays) or a function."""

    replies: dict = field(default_factory=dict)
    log: list = field(default_factory=list)
    url: str = ""
    fallback: Reply = field(default_factory=lambda: Reply(404, "<h3>Not here</h3>", "text/html"))

    def asked(self, method, path):
        return [a for a in self.log if a.method == method and a.path == path]

    def json(self, path, value, method="GET"):
        self.replies[f"{method} {path}"] = Reply(200, json.dumps(value), "application/json")

    def table(self, path, *rows, method="GET"):
        self.json(path, {"ResultSet": {"Result": list(rows)}}, method)

    def text(self, path, text, status=200):
        self.replies[f"GET {path}"] = Reply(status, text)

    def start(self, certificate=None):
        tiny = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args):
                pass

            def answer(self):
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(
                    self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body
                )
                tiny.log.append(asked)
                reply = tiny.replies.get(f"{self.command} {parts.path}", tiny.fallback)
                if isinstance(reply, list):
                    reply = reply.pop(0) if len(reply) > 1 else reply[0]
                if callable(reply):
                    reply = reply(asked)
                self.give(reply)

            def give(self, reply):
                data = reply.body.encode() if isinstance(reply.body, str) else reply.body
                self.send_response(reply.status, reply.reason)
                self.send_header("Content-Type", reply.type)
                self.send_header("Content-Length", str(reply.promised or len(data)))
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
                if reply.promised:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_DELETE = answer

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # clients that hang up are part of the tests

        self.httpd = Quiet(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.httpd.socket = context.wrap_socket(self.httpd.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.httpd.server_address[1]}"
        threading.Thread(target=self.httpd.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        self.httpd.shutdown()
        self.httpd.server_close()


COOKIE = (("Set-Cookie", "JSESSIONID=ABC123; Path=/; HttpOnly"),)


def with_login(tiny):
    tiny.replies["GET /data/auth"] = Reply(
        200, "User 'nurse' is logged in; XNAT_CSRF=tok-1", headers=COOKIE
    )
    tiny.json("/xapi/siteConfig/buildInfo", {"version": "1.8.10"})
    tiny.replies["DELETE /data/JSESSION"] = Reply(200)
    return tiny
