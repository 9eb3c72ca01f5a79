"""Drives the fake Outlook (dev/demo/outlook.js) and the pane in it."""

import asyncio
import json
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Frame, FrameLocator, Request, Route

from dev.environment import INTEGRATION, MAILBOX, Addresses
from tests.browser.timeouts import hanging
from tests.browser.tools import HERE, OFFICE_JS, ROOT

OUTLOOK = "outlook.office.com"
ADDIN = "vmr.example.com"  # the seeded integration's add-in server
OFFICE = "appsforoffice.microsoft.com"
AJAX = "ajax.aspnetcdn.com"

PAGES = {
    "/": HERE / "outlook.html",
    "/behaviours.js": HERE / "behaviours.js",
    **{f"/{each.name}": each for each in (ROOT / "dev" / "demo").glob("outlook*.js")},
}
"""The files of the fake Outlook."""

TELEMETRY = "browser.pipe.aria.microsoft.com"

NEXT_TURN = """() => new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(null);
    channel.port2.postMessage(null);
})"""
"""Waits until the page is idle. It uses messages rather than timers, which a test may have stopped."""

PANE = f"https://{ADDIN}/addin/{INTEGRATION}/pane"
DETAILS = f"/api/client/v2/msexchange_schedulers/{INTEGRATION}/meeting_details"
PERSONAL = f"/api/client/v2/msexchange_schedulers/{INTEGRATION}/personal_vmrs"
CONFIG = f"/addin/{INTEGRATION}/config"
TAG_STATE = f"/api/client/v2/msexchange_schedulers/{INTEGRATION}/tag_state"
SIGN_IN = f"/addin/{INTEGRATION}/sign-in"

USUAL = (
    "as documented", "a changed body appears late", "the mailbox is listed by a legacy Exchange DN",
    "the mailbox is listed by its primary address", "the organizer is among the attendees",
    "a semicolon splits the location", "text is reported as HTML",
)  # fmt: skip
"""Behaviours of real Outlooks (behaviours.js) that leave no trace in the body. Each test that does not choose its own
gets one of these; test_matrix.py tests the other behaviours.
"""

OTHER_ADDRESSES = (
    "/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=0123456789abcdef-vmr",
    "video.rooms@corp.example.com",
)
"""The addresses under which the equipment mailbox is listed with some of these behaviours."""

UNRESPONSIVE = "Outlook is not responding."
"""The pane's heading if Office.js has not found its host in time."""

# Instead of waiting in the pane, let time pass in the fake Outlook.
NO_WAITING = """async () => {
    const { href } = document.querySelector('link[rel=modulepreload][href$="-waiting.js"]');
    const { clock } = await import(href);
    clock.pause = async milliseconds => parent.postMessage({ pass: milliseconds }, '*');
}"""

LONG_TIMEOUTS = f"""if (location.hostname === '{ADDIN}') {{
    const start = window.setTimeout;
    window.setTimeout = (run, ms, ...rest) => start(run, ms < 1000 ? ms : 20 * ms, ...rest);
}}"""
"""Extends the pane's timeouts: on a busy machine, the fake Outlook and the add-in's server take longer to respond."""

SINGLE_USE: Mapping[str, Any] = {"modes": {"personal": False}, "identity": {"dialog_url": ""}}
"""The changes to the seeded integration's configuration for tests that are not about personal VMRs or sign-in."""

Answer = Callable[[Route], Awaitable[None]]
"""A function that responds to a request in place of the back end."""


class Outlook:
    """One window with one meeting. `hosts` and `answers` may be changed before `open` and while the window is open."""

    def __init__(
        self, browser: Browser, stack: Addresses, client: httpx.AsyncClient, behaviour: str = "as documented"
    ) -> None:
        self.behaviour = behaviour
        """How this Outlook behaves: a name from behaviours.js. It may be changed before `open`."""
        self._browser = browser
        self._stack = stack
        self._client = client
        self._context: BrowserContext | None = None
        self.requests: list[str] = []
        """The URLs of all requests from any page, in order."""
        self.html = ""
        """The HTML of the pane's page, as served."""
        self.headers: dict[str, dict[str, str]] = {}
        """The add-in server's response headers, by path."""
        self.weights: dict[str, int] = {}
        """The sizes in bytes of the add-in server's responses on the wire (after any compression), by path."""
        self.answered: list[str] = []
        """The URLs whose response has arrived."""
        self._pending: set[Request] = set()
        self._left: set[Request] = set()
        self._news = asyncio.Event()
        self.failed: list[str] = []
        self.lost: list[str] = []
        """The requested URLs on hosts that do not exist in these tests."""
        self.complaints: list[str] = []
        """The browser's messages: errors and policy violations."""
        self.answers: dict[str, Answer] = {}
        """Handlers by path, for requests that must not reach the real add-in server."""
        self.unreachable: set[str] = set()
        """The hosts that cannot be reached."""
        self.hanging: set[str] = set()
        """The hosts that never respond."""
        self.hosts_of_others: dict[str, Answer] = {}
        """Additional hosts that exist."""
        self.config: Mapping[str, Any] = {}
        """Changes to the configuration that the page contains."""
        self.user = "alice@example.com"
        self.token: str | None = None
        """The identity token that Outlook returns; None requests a real one from the simulated Exchange."""

    async def open(
        self,
        meeting: Mapping[str, Any] | None = None,
        *,
        faults: Mapping[str, Any] | None = None,
        rewrite: str = "",
        url: str = PANE,
        wait: bool = True,
        look: Mapping[str, Any] | None = None,
        clock: bool = False,
        script: str = "",
        **options: Any,
    ) -> None:
        """Open a meeting with the pane next to it, and wait until the pane is idle.

        `options` are those of FakeOutlook; `look` contains browser settings (colour scheme, window size); `rewrite` is
        a JavaScript function that changes HTML; `clock` lets the test control time; `script` runs in every page before
        the page's own scripts.
        """
        if url == PANE:
            self.config = _merged(dict(SINGLE_USE), self.config)
        self._context = await self._browser.new_context(**{"viewport": {"width": 320, "height": 570}, **(look or {})})
        await self._context.route("**/*", self._answer)
        self._context.on("request", self._asked)
        self._context.on("requestfinished", lambda request: self._over(request, self.answered))
        self._context.on("requestfailed", lambda request: self._over(request, self.failed))
        self._context.set_default_timeout(hanging())
        self.page = await self._context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if clock:
            await self.page.clock.install()
        else:
            await self._context.add_init_script(LONG_TIMEOUTS)
        if script:
            await self._context.add_init_script(script)
        await self.page.expose_function("identityToken", self._identity_token)
        await self.page.goto(f"https://{OUTLOOK}/")
        await self.page.evaluate(
            "([url, options, meeting, faults, rewrite]) => start(url, options, meeting,"
            " { faults, ...(rewrite && { rewrite: new Function('return ' + rewrite)() }) })",
            [url, options, dict(meeting or {}), dict(faults or {}), rewrite],
        )
        await self.page.evaluate("name => behave(name)", self.behaviour)
        if wait:
            await self._ready()

    async def _ready(self) -> None:
        await self.settled()
        if await self.pane.locator("link[href$='-waiting.js']").count():
            await self.frame().evaluate(NO_WAITING)

    async def reopen(self, *, noted: bool = True) -> None:
        """Close the pane (if `noted`, after it has saved its note) and open it again. The meeting stays open."""
        if noted:
            await self.page.wait_for_function("outlook.calls.includes('saveProperties')")
        url = (await self.pane.locator("html").evaluate("() => location.href")).partition("?")[0]
        await self.page.evaluate("url => outlook.open(document.querySelector('main'), url)", url)
        await self.pane.locator("#fallback[hidden]").wait_for(state="attached")
        await self._ready()

    async def close(self) -> None:
        """Close the window."""
        if self._context:
            await self._context.unroute_all(behavior="ignoreErrors")
            await self._context.close()

    @property
    def pane(self) -> FrameLocator:
        """The pane's document."""
        return self.page.frame_locator("iframe")

    async def until_answered(self, path: str) -> None:
        """Wait until a page has received the response to a request to the add-in's server."""
        await self._until(lambda: f"https://{ADDIN}{path}" in self.answered)

    async def until_requested(self, part: str) -> None:
        """Wait until a URL that contains `part` has been requested."""
        await self._until(lambda: any(part in url for url in self.requests))

    async def pass_time(self, milliseconds: int) -> None:
        """Let time pass in all pages once nothing is loading, because Office.js has time limits for loading, too."""
        asked = -1
        while asked != len(self.requests):  # a script that has arrived may request another one
            asked = len(self.requests)
            await self._until(lambda: self._pending <= self._left)
            for frame in self.page.frames:
                await frame.evaluate(NEXT_TURN)
        await self.page.clock.run_for(milliseconds)

    async def hang(self, route: Route) -> None:
        """A handler that never responds to a request."""
        self._left.add(route.request)
        self._news.set()

    def frame(self) -> Frame:
        """The pane's frame, for evaluating JavaScript in it."""
        return next(frame for frame in self.page.frames if frame.url.startswith(f"https://{ADDIN}/"))

    async def settled(self) -> None:
        """Wait until the pane is idle, including any window it has opened.

        On a busy machine, the pane may say that Outlook is not responding before Office.js has loaded. It is not idle
        then.
        """
        idle = self.pane.locator("#pane[aria-busy=false]:not([data-tone=waiting])")
        await idle.filter(has_not_text=UNRESPONSIVE).wait_for()

    async def unresponsive(self) -> None:
        """Wait until the pane says that Outlook is not responding."""
        await self.pane.locator("#heading", has_text=UNRESPONSIVE).wait_for()

    async def click(self, name: str) -> None:
        """Click the pane's button with this text, and wait for the result."""
        await self.pane.get_by_role("button", name=name, exact=True).click()
        await self.settled()

    async def text(self, part: str) -> str:
        """The visible text of a part of the pane: "heading", "message", "hint"."""
        element = self.pane.locator(f"#{part}")
        return (await element.inner_text()).strip() if await element.is_visible() else ""

    async def buttons(self) -> list[str]:
        """Texts of the buttons, in order."""
        return [text.splitlines()[0] for text in await self.pane.locator("#choices button").all_inner_texts()]

    async def meeting(self) -> dict[str, Any]:
        """The meeting in the form, with attendees as addresses."""
        meeting: dict[str, Any] = await self.page.evaluate(
            "({ ...outlook.meeting, location: outlook.meeting.location })"
        )
        roles = ("required", "optional")
        return meeting | {role: [_known(person["address"]) for person in meeting[role]] for role in roles}

    async def change(self, **fields: Any) -> None:
        """Change the meeting in the form, as the user may do in the meantime."""
        await self.page.evaluate("fields => Object.assign(outlook.meeting, fields)", fields)

    async def break_(self, **faults: Any) -> None:
        """Replace Outlook's faults."""
        await self.page.evaluate("faults => { outlook.faults = faults; }", faults)

    async def calls(self) -> list[str]:
        """The names of the calls that Office.js has made."""
        calls: list[str] = await self.page.evaluate("outlook.calls")
        return calls

    def hosts(self) -> set[str]:
        """All hosts that were contacted."""
        return {urlsplit(url).hostname or "" for url in self.requests}

    def _hear(self, message: ConsoleMessage) -> None:
        # Some seconds after it has loaded, Office.js sends usage data to Microsoft. The page's policy prevents that.
        if message.type == "error" and TELEMETRY not in message.text:
            self.complaints.append(message.text)

    def _asked(self, request: Request) -> None:
        self._pending.add(request)
        self._news.set()

    def _over(self, request: Request, how: list[str]) -> None:
        self._pending.discard(request)
        how.append(request.url)
        self._news.set()

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(hanging() / 1000):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def _identity_token(self) -> str:
        if self.token is not None:
            return self.token
        answer = await self._client.post(f"{self._stack.exchange}/dev/identity-token", json={"user": self.user})
        return str(answer.raise_for_status().json()["token"])

    async def _answer(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        self.requests.append(route.request.url)
        if url.hostname in self.hanging:
            await self.hang(route)
        elif url.hostname in self.unreachable:
            await route.abort("connectionrefused")
        elif other := self.hosts_of_others.get(url.hostname or ""):
            await other(route)
        elif url.hostname == ADDIN:
            await self._add_in(route, url.path, url.query)
        elif url.hostname == OUTLOOK:
            file = PAGES.get(url.path)
            await (route.fulfill(path=file, content_type=_type(file.name)) if file else route.fulfill(status=404))
        elif url.hostname == OFFICE and (script := OFFICE_JS / url.path.removeprefix("/lib/1/hosted/")).is_file():
            await route.fulfill(path=script, content_type=_type(script.name))
        elif url.hostname == AJAX and url.path.endswith("/MicrosoftAjax.js"):
            await route.fulfill(path=HERE / "microsoft_ajax.js", content_type="text/javascript")
        else:
            self.lost.append(route.request.url)
            await route.abort("namenotresolved")

    async def _add_in(self, route: Route, path: str, query: str) -> None:
        if answer := self.answers.get(path):
            await answer(route)
            return
        request = route.request
        response = await self._client.request(
            request.method,
            f"{self._stack.functions}{path}{'?' if query else ''}{query}",
            headers={name: value for name, value in (await request.all_headers()).items() if name[0] != ":"},
            content=request.post_data_buffer,
        )
        self.headers[path] = dict(response.headers)
        self.weights[path] = response.num_bytes_downloaded
        if path.endswith("/pane"):
            self.html = response.text
        body = self._configured(response.text).encode() if path.endswith("/pane") else response.content
        dropped = ("content-length", "content-encoding", "transfer-encoding")
        headers = {name: value for name, value in response.headers.items() if name not in dropped}
        await route.fulfill(status=response.status_code, headers=headers, body=body)

    def _configured(self, page: str) -> str:
        """The page's HTML with the test's changes to the configuration."""
        if not self.config:
            return page
        before, start, rest = page.partition('id="config">')
        data, end, after = rest.partition("</script>")
        config = _merged(json.loads(data), self.config)
        return before + start + json.dumps(config).replace("<", "\\u003c") + end + after


def _known(address: str) -> str:
    return MAILBOX if address in OTHER_ADDRESSES else address


def _merged(old: dict[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in new.items():
        merged[name] = (
            _merged(old[name], value) if isinstance(value, Mapping) and isinstance(old.get(name), dict) else value
        )
    return merged


def _type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "text/plain"
