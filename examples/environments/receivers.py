"""Stands in for a webhook, DingTalk, Slack and a mail server on this machine. Prints the two ports, then what arrives."""

import http.server
import socketserver
import sys
import threading


class Web(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        print("received", self.path.split("?")[0], body.decode(), file=sys.stderr, flush=True)
        answer = b"{}"
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 ready")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                subject = [l for l in text.decode().splitlines() if l.startswith("Subject")]
                print("received mail", *subject, file=sys.stderr, flush=True)
            elif verb == b"QUIT":
                return self.say("221 bye")
            self.say("250 ok")


servers = [
    socketserver.ThreadingTCPServer(("127.0.0.1", 0), Web),
    socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail),
]
print(*(server.server_address[1] for server in servers), flush=True)
for server in servers:
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever).start()
