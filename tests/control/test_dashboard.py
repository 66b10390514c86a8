import re
from html.parser import HTMLParser

import httpx

from control_bench import TOKEN, Control, plain_client, with_control
from simexchange.control import dashboard

MODULES = sorted(name for name in dashboard.assets() if name.endswith(".js"))


class Links(HTMLParser):
    """What a page loads, and what it says that a strict policy would not let run."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.loaded += [said[name] or "" for name in ("src",) if name in said]
        if tag == "link":
            self.loaded.append(said["href"] or "")
        self.inline += [name for name in said if name.startswith("on") or name == "style"]
        if (tag == "script" and "src" not in said) or tag == "style":
            self.inline.append(tag)


async def page(control: Control) -> httpx.Response:
    return await control.http.get("/")


def test_the_page_loads_files_of_this_package_alone_and_has_nothing_inline() -> None:
    async def work(control: Control) -> None:
        reply = await page(control)
        assert reply.status_code == 200
        links = Links()
        links.feed(reply.text)
        assert links.inline == []
        assert links.loaded
        for place in links.loaded:
            assert place.startswith("/dashboard/")
            assert (await control.http.get(place)).status_code == 200

    with_control(work)


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    async def work(control: Control) -> None:
        headers = (await page(control)).headers
        policy = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
        assert policy == {
            "default-src": "'self'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "connect-src": "'self'",
            "object-src": "'none'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
            "form-action": "'none'",
        }
        assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")

    with_control(work)


def test_every_module_a_module_imports_is_there() -> None:
    assert "app.js" in MODULES
    for name in MODULES:
        text = dashboard.assets()[name].body.decode()
        for imported in re.findall(r'^import [^"]*"([^"]+)";', text, re.MULTILINE):
            place = imported.removeprefix("./").removeprefix("/dashboard/")
            assert place in dashboard.assets(), f"{name} imports {imported}"


def test_no_module_makes_markup_or_code_of_a_text() -> None:
    for name in MODULES:
        text = dashboard.assets()[name].body.decode()
        assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b|new Function|document\.write", text), (
            name
        )


def test_what_is_vendored_stands_beside_its_licence() -> None:
    vendored = [name for name in dashboard.assets() if name.startswith("vendor/") and name.endswith(".mjs")]
    assert vendored == ["vendor/lightweight-charts.mjs"]
    licence = dashboard.assets()["vendor/LICENSE-lightweight-charts.txt"].body.decode()
    assert "Apache License" in licence
    assert "TradingView, Inc. https://www.tradingview.com/" in licence
    assert "https://www.tradingview.com/" in dashboard.assets()["index.html"].body.decode()


def test_a_browser_without_the_token_is_told_how_to_get_in_and_a_program_in_json() -> None:
    async def work(control: Control) -> None:
        async with plain_client(base_url=control.url) as browser:
            for query in ("", "?token=wrong"):
                reply = await browser.get(f"/{query}", headers={"Accept": "text/html,*/*"})
                assert (reply.status_code, reply.headers["content-type"]) == (401, "text/html; charset=utf-8")
                assert "simexchange serve" in reply.text
                assert "content-security-policy" in reply.headers
            assert (await browser.get("/")).headers["content-type"] == "application/problem+json"
            for path in ("/dashboard/style.css", "/dashboard/icon.svg"):
                assert (await browser.get(path)).status_code == 200
            assert (await browser.get(f"/?token={TOKEN}", follow_redirects=True)).status_code == 200

    with_control(work)


def test_files_are_kept_by_browsers_until_they_change_and_only_they_are_served() -> None:
    async def work(control: Control) -> None:
        reply = await control.http.get("/dashboard/app.js")
        assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
        known = {"If-None-Match": reply.headers["etag"]}
        again = await control.http.get("/dashboard/app.js", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        for path in ("/dashboard/", "/dashboard/nothing.js", "/dashboard/%2e%2e/app.py", "/dashboard/../app.py"):
            assert (await control.http.get(path)).status_code == 404

    with_control(work)
