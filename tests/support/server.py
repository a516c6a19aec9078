"""A running `xinglin serve` for tests: on a free port, with a data directory of its own.

    with Server() as server:
        answer = server.request("GET", "/fhir/metadata")
        answer.status, answer.headers["ETag"], answer.json()

The program is XINGLIN_BIN, else build/release/xinglin, else build/debug/xinglin.
"""
import http.client
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
START_S = 120
STOP_S = 60


def binary() -> Path:
    chosen = os.environ.get("XINGLIN_BIN")
    if chosen:
        return Path(chosen)
    for preset in ("release", "debug"):
        if (ROOT / "build" / preset / "xinglin").exists():
            return ROOT / "build" / preset / "xinglin"
    raise FileNotFoundError("build the program first: ./dev build")


def run(*arguments, data=None, programs=None, timeout=600, check=False):
    """The program with these arguments, to its end: CompletedProcess with text in stdout and stderr."""
    command = [str(binary())]
    if data is not None:
        command += ["--data", str(data)]
    if programs is not None:
        command += ["--programs", str(programs)]
    done = subprocess.run(command + [str(a) for a in arguments], cwd=ROOT, capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"{done.args} gave {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def exact(text):
    """JSON with its numbers as they were written: a decimal's text is its value here."""
    return json.loads(text, parse_float=str, parse_int=str)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.body)

    def exact(self):
        return exact(self.text)


class Server:
    def __init__(self, data=None, programs=None, arguments=()):
        self._temporary = tempfile.TemporaryDirectory(prefix="xinglin-test-") if data is None else None
        self.data = Path(self._temporary.name) / "data" if data is None else Path(data)
        self.programs, self.arguments = programs, list(arguments)
        self.process = None
        self.port = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process:
            self.stop()
        if self._temporary:
            self._temporary.cleanup()

    def start(self):
        command = [str(binary()), "--data", str(self.data)]
        if self.programs is not None:
            command += ["--programs", str(self.programs)]
        command += ["serve", "--port", "0", "--json", *self.arguments]
        self._errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._errors, stdin=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(START_S)
            raise AssertionError(f"the server did not start: {self.errors()}")
        self.port = int(json.loads(line)["address"].rstrip("/").rsplit(":", 1)[1])

    def errors(self):
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")

    def stop(self, signal_number=signal.SIGTERM):
        """Asks it to end; gives its exit code."""
        self.process.send_signal(signal_number)
        code = self.process.wait(STOP_S)
        self._close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait(STOP_S)
        self._close()

    def _close(self):
        self.process.stdout.close()
        self._errors.close()
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def connect(self, timeout=120):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, connection=None):
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode("utf-8")
        if body is not None and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/fhir+json"
        own = connection is None
        connection = connection or self.connect()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            if own:
                connection.close()

    def wait_until_fresh(self, seconds=60):
        """Until the figures have every record that was acknowledged."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.request("GET", "/api/status").json()["warehouse_lag"] == 0:
                return
            time.sleep(0.02)
        raise AssertionError(f"the tables do not catch up: {self.errors()}")
