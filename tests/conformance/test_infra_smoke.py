"""infra/smoke.py runs against small servers that are either healthy or faulty in one respect."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from dev.host.host import FunctionsHost
from infra import smoke


class App(BaseHTTPRequestHandler):
    """An app that responds like a healthy one, unless class attributes make it faulty."""

    health = (200, '{"status": "ok", "version": "1"}')
    looked_up = (404, '{"status":"failure","error":{"code":"not_found"}}')
    echo = True
    starting = 0

    def do_GET(self) -> None:
        type(self).starting -= 1
        ready = self.looked_up if self.path.startswith("/addin/") else self.health
        self._answer(*((503, "starting") if type(self).starting >= 0 else ready))

    def do_POST(self) -> None:
        [token] = parse_qs(urlsplit(self.path).query)["validationToken"]
        self._answer(200, token if self.echo else "hello")

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def app() -> type[App]:
    class Own(App):
        """An app whose attributes a test can change without affecting other tests."""

    return Own


@pytest.fixture
def base(app: type[App]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_healthy_app_passes(base: str) -> None:
    assert smoke.first_fault(base, timeout=0, pause=0) == ""


async def test_the_real_product_passes(host: FunctionsHost) -> None:
    assert await asyncio.to_thread(smoke.first_fault, host.url, timeout=0, pause=0) == ""


def test_an_app_may_take_a_while_to_start(app: type[App], base: str) -> None:
    app.starting = 3
    assert smoke.first_fault(base, timeout=30, pause=0) == ""


@pytest.mark.parametrize(
    ("illness", "words"),
    [
        ({"health": (500, "broken")}, ["/api/health", "500", "broken", "log"]),
        ({"health": (200, "<html>welcome</html>")}, ["/api/health", "welcome"]),
        ({"echo": False}, ["handshake", "hello"]),
        ({"looked_up": (500, "")}, ["500", "settings", "roles"]),
        ({"looked_up": (404, "<html>nothing here</html>")}, ["404", "nothing here"]),
    ],
)
def test_each_fault_in_an_app_is_named(app: type[App], base: str, illness: dict[str, object], words: list[str]) -> None:
    for name, value in illness.items():
        setattr(app, name, value)
    fault = smoke.first_fault(base, timeout=0, pause=0)
    assert all(word in fault for word in words)


def test_an_app_that_does_not_exist_is_reported() -> None:
    assert "refused" in smoke.first_fault("http://127.0.0.1:1", timeout=0, pause=0)


@pytest.mark.parametrize(
    ("address", "message"), [("app.azurewebsites.net", "needed"), ("http://example.com", "needed")]
)
def test_only_https_addresses_are_accepted(monkeypatch: pytest.MonkeyPatch, address: str, message: str) -> None:
    monkeypatch.setattr("sys.argv", ["smoke.py", address])
    with pytest.raises(SystemExit, match=message):
        smoke.main()
