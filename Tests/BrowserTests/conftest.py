"""What the browser tests share: a running server, a key, and Chromium: the one of CONNECTORLOG_CHROMIUM or of the system.

CONNECTORLOG_URL and CONNECTORLOG_API_KEY name the server and an owner's key. The server has to hold at least one flow
with a failed call and a root fault with a response body and headers: `connectorlog serve --sample` does.
CONNECTORLOG_SCREENSHOTS names a directory for screenshots (default: none are kept).
"""

import os
import pathlib
import shutil

import pytest
from playwright.sync_api import sync_playwright

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


def required(name):
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"{name} is not set", returncode=2)
    return value


@pytest.fixture(scope="session")
def base_url():
    return required("CONNECTORLOG_URL").rstrip("/")


@pytest.fixture(scope="session")
def api_key():
    return required("CONNECTORLOG_API_KEY")


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        executable = os.environ.get("CONNECTORLOG_CHROMIUM") or shutil.which("chromium")  # or else playwright's own
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A page of its own context that collects whatever the browser complains of."""

    def __init__(self, context, base_url):
        self.context = context
        self.base_url = base_url
        self.complaints = []
        self.page = context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", self._request)

    def _console(self, message):
        # Chromium logs answers of 400 and more, which some tests are about.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _failed(self, request):
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _request(self, request):
        if not request.url.startswith(self.base_url + "/"):
            self.complaints.append(f"other host: {request.url}")

    def open(self, path):
        return self.page.goto(self.base_url + path)

    def sign_in(self, key):
        self.open("/sign-in")
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("heading", name="Dashboard", level=1).wait_for()
        return self

    def overflow(self):
        """Pixels by which the page is wider than its window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


@pytest.fixture
def make_visit(browser, base_url):
    visits = []

    def make(**options):
        options.setdefault("viewport", DESK)
        options.setdefault("accept_downloads", True)
        visit = Visit(browser.new_context(**options), base_url)
        visits.append(visit)
        return visit

    yield make
    complaints = [complaint for visit in visits for complaint in visit.complaints]
    for visit in visits:
        visit.context.close()
    assert complaints == []


@pytest.fixture
def visit(make_visit, api_key):
    return make_visit().sign_in(api_key)


@pytest.fixture(scope="session")
def keep():
    """Saves a screenshot of the whole page (or of the window, where a dialog is open), where wanted."""
    directory = os.environ.get("CONNECTORLOG_SCREENSHOTS")

    def save(page, name):
        if directory:
            path = pathlib.Path(directory)
            path.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(path / f"{name}.png"), full_page=not page.locator("dialog[open]").count())

    return save


class Places:
    """Addresses of the pages of a run that has failures and faults to view."""


@pytest.fixture(scope="session")
def places(browser, base_url, api_key):
    """Finds, through the pages themselves, a run with a failed call and a fault that has a body and headers."""
    visit = Visit(browser.new_context(viewport=DESK), base_url).sign_in(api_key)
    page = visit.page
    page.get_by_role("navigation", name="Range").get_by_role("link", name="1 y").click()
    flows = [link.get_attribute("href") for link in page.locator("section[aria-labelledby=flows] tbody th a").all()]
    for flow in flows:
        visit.open(flow)
        title = page.get_by_role("heading", level=1).inner_text()
        logs = [link.get_attribute("href") for link in page.get_by_role("link", name="Log", exact=True).all()]
        for log in logs[:20]:
            visit.open(log)
            failures = page.get_by_role("link", name="Failures")
            views = page.locator("section[aria-labelledby=faults] a", has_text="View")
            if failures.count() and views.count() >= 2:
                found = Places()
                found.flow, found.flow_name, found.log = flow, title, log
                found.failures = failures.first.get_attribute("href")
                found.details = page.get_by_role("link", name="Details").last.get_attribute("href")
                found.view = views.first.get_attribute("href")
                found.fault = page.locator("section[aria-labelledby=faults] tbody th a").first.get_attribute("href")
                visit.open("/teams/1/connectors")
                found.connector = page.locator("tbody th a").first.get_attribute("href")
                visit.context.close()
                return found
    pytest.fail("the server holds no run with a failed call and a root fault with body and headers")
