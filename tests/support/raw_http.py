"""HTTP/1.1 by hand, for requests that no library would send."""
import gzip
import json
import socket


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Connection:
    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.http_port), timeout=60)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def end_of_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def read_answer(self):
        """The next answer; None when the server closed the connection instead."""
        status_line = self.file.readline()
        if not status_line:
            return None
        status = int(status_line.split()[1])
        headers = {}
        while (line := self.file.readline().strip()):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        if status in (204, 304) or status < 200:
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while (size := int(self.file.readline().split(b";")[0], 16)):
                body += self.file.read(size)
                self.file.readline()
            while self.file.readline().strip():
                pass
            return Answer(status, headers, body)
        if "content-length" in headers:
            return Answer(status, headers, self.file.read(int(headers["content-length"])))
        return Answer(status, headers, self.file.read())

    def ask(self, data):
        self.send(data)
        return self.read_answer()


def request(target, body=b"", method="POST", headers=()):
    body = body if isinstance(body, bytes) else body.encode()
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(target, pieces, headers=()):
    lines = [f"POST {target} HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked", *headers]
    data = "\r\n".join(lines).encode() + b"\r\n\r\n"
    for piece in pieces:
        data += f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    return data + b"0\r\n\r\n"


def zipped(text):
    return gzip.compress(text if isinstance(text, bytes) else text.encode())
