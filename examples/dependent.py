"""A dependent of service.ts in Python: it lists the accounts with the service's token. Standard library only."""

import http.client
import json
import os
import socket
import sys
from urllib.parse import urlsplit


class Service(http.client.HTTPConnection):
    """HTTP over the service's socket, if that is this user's own."""

    def __init__(self, path):
        super().__init__("localhost", timeout=70)
        self.path = path

    def connect(self):
        if os.stat(self.path).st_uid != os.getuid():
            raise PermissionError(f"{self.path} is another user's")
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, method, target, body=None):
        self.request(method, target, body, {"X-Token-Service": "1"})
        answer = self.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None


class TokenSource:
    """The service's token, and calls to Tradovate with it."""

    def __init__(self, path):
        self.service = Service(path)
        self.token = self.fetch("/v1/token")

    def fetch(self, target):
        status, answer = self.service.ask("GET", target)
        if status == 304:
            return self.token
        if status != 200:
            raise RuntimeError(f"the token service has no token: {answer['code']}")
        return answer

    def get(self, endpoint):
        """A GET, which is sent again once with a newer token if Tradovate refuses this one. A POST never should be."""
        if "stopped" in self.token:
            raise RuntimeError(f"no GET may be sent now: {self.token['stopped']['code']}")
        status, answer = self.call(endpoint)
        if status == 401:
            refused = self.token["generation"]
            self.report(status)
            self.token = self.fetch(f"/v1/token?after={refused}&wait=30")
            status, answer = self.call(endpoint)
        if status != 200:
            raise RuntimeError(f"{endpoint}: Tradovate answered {status}")
        return answer

    def report(self, status, **more):
        report = {"generation": self.token["generation"], "status": status, **more}
        self.service.ask("POST", "/v1/token/rejected", json.dumps(report))

    def call(self, endpoint):
        base = urlsplit(self.token["baseUrl"])
        # It follows no redirect, along which the token would go as well.
        kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
        tradovate = kind(base.netloc, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {self.token['accessToken']}", "Accept": "application/json"}
            tradovate.request("GET", f"{base.path}/{endpoint}", headers=headers)
            answer = tradovate.getresponse()
            text = answer.read()
            if answer.status in (423, 429):
                # The user's: the service stops everybody who uses the token.
                wait = answer.getheader("Retry-After", "")
                self.report(answer.status, **({"retryAfterMs": int(wait) * 1000} if wait.isdigit() else {}))
            return answer.status, json.loads(text) if answer.status == 200 else None
        finally:
            tradovate.close()


def main(path):
    source = TokenSource(path)
    print(f"{source.token['environment']}, token {source.token['generation']}")
    for account in source.get("account/list"):
        print(f"account {account['id']} {account['name']} {account['accountType']}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: dependent.py <path of the socket>")
    main(sys.argv[1])
