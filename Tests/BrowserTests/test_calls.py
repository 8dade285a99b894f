"""One call in full, its downloads, documents to fold, calls over time, and pages that grow while a run goes on."""

import datetime
import json
import urllib.request
import uuid

import pytest
from playwright.sync_api import expect

from conftest import DESK, PHONE


@pytest.fixture(scope="session")
def api(base_url, api_key):
    def call(path, lines=None):
        body = None if lines is None else "\n".join(json.dumps(line) for line in lines).encode()
        request = urllib.request.Request(
            base_url + path, body,
            {"Authorization": f"Bearer {api_key}", "Content-Type": "application/x-ndjson"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    return call


class Run:
    """A flow state of its own, so that tests do not meet."""

    def __init__(self, api):
        self.api = api
        self.id = f"run-{uuid.uuid4()}"
        self.log = f"/teams/1/states/{self.id}/log"
        self.start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)

    def time(self, seconds):
        return (self.start + datetime.timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")

    def call(self, seconds, **members):
        return {
            "type": "entry", "team_id": 1, "connector_identifier": "shop", "log_time": self.time(seconds),
            "method": "GET", "uri": f"https://api.shop.example/v2/orders/{seconds}?limit=100", "status": 200,
            "duration_ms": 250, "flow_id": "shop-sync", "flow_name": "Shop sync", "state_id": self.id,
        } | members

    def status(self, status):
        return {
            "type": "state", "team_id": 1, "state_id": self.id, "flow_id": "shop-sync", "status": status,
            "updated_at": self.time(600), "join_uri": "https://flows.example.com/join/1",
        }

    def fault(self, seconds):
        return {
            "type": "fault", "team_id": 1, "state_id": self.id, "occurred_at": self.time(seconds),
            "name": "Data Save Fault", "message": "No contact was saved",
        }

    def ingest(self, *lines):
        assert self.api("/v1/ingest", lines)["rejected"] == []
        return self

    def entries(self):
        answer = self.api(f"/v1/teams/1/logs?state_id={self.id}&order=asc")
        rows = next(value for value in answer.values() if isinstance(value, list))
        return sorted(rows, key=lambda row: row["log_time"])


@pytest.fixture
def run(api):
    return Run(api)


REQUEST = {
    "method": "POST",
    "request_headers": {"Content-Type": "application/json", "Authorization": "Bearer made-up-token-0123456789abcdef"},
    "request_body": '{"inputs":[{"name":"Åsa it\'s","api_key":"made-up-key-0123456789"},{"name":"$(id)"}]}',
    "response_headers": {"Content-Type": "application/json"},
    "response_body": '{"status":"error","errors":[{"in":"email","deep":{"a":[1,2]}}]}',
    "status": 422, "error_name": "ValidationError", "error_message": "Not valid",
}


def test_shows_a_call_and_gives_it_as_command_and_archive(visit, run, api, keep):
    run.ingest(run.call(0), run.call(1, **REQUEST), run.call(2))
    entry = run.entries()[1]
    whole = api(f"/v1/teams/1/logs/{entry['id']}")
    whole = whole.get("log", whole.get("data", whole))
    page = visit.page
    visit.open(f"/teams/1/logs/{entry['id']}")
    keep(page, "call-1440")
    expect(page.get_by_text("250,000 µs")).to_be_visible()
    nav = page.get_by_role("navigation", name="Calls of the same state")
    assert nav.get_by_role("link").all_inner_texts() == ["Previous call", "Next call"]
    page.get_by_text("Copy as curl").click()
    command = page.get_by_label("The call as a curl command", exact=True).text_content()
    assert "# SECRET_1 is what was removed as [secret:" in command
    assert "--header 'Authorization: Bearer '\"$SECRET_1\"" in command
    assert "made-up" not in command
    with page.expect_download() as download:
        page.get_by_role("link", name="HAR").click()
    assert download.value.suggested_filename == f"connector-log-{entry['id']}.har"
    [archived] = json.loads(download.value.path().read_bytes())["log"]["entries"]
    assert archived["_connectorLog"]["id"] == whole["id"]
    assert archived["request"]["url"] == whole["uri"]
    assert archived["request"]["postData"]["text"] == whole["request_body"]
    assert archived["response"]["content"]["text"] == whole["response_body"]
    assert archived["response"]["status"] == whole["status"]
    headers = {header["name"]: header["value"] for header in archived["request"]["headers"]}
    assert headers == whole["request_headers"]
    nav.get_by_role("link", name="Next call").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("/v2/orders/2")
    page.get_by_role("link", name="First failed call").click()
    page.wait_for_url(f"**/{entry['id']}")


def test_archives_a_whole_run(visit, run):
    run.ingest(*[run.call(number) for number in range(30)])
    page = visit.page
    visit.open(run.log)
    with page.expect_download() as download:
        page.get_by_role("link", name="HAR").click()
    entries = json.loads(download.value.path().read_bytes())["log"]["entries"]
    assert [entry["_connectorLog"]["id"] for entry in entries] == [entry["id"] for entry in run.entries()]


def test_folds_by_keyboard(visit, run, keep):
    run.ingest(run.call(1, **REQUEST))
    page = visit.page
    visit.open(run.log)
    page.get_by_role("link", name="Failures").click()
    dialog = page.get_by_role("dialog", name="Failures")
    content = dialog.get_by_role("group", name="Content")
    text = content.text_content()
    assert json.loads(text)["statusCode"] == 422
    expect(dialog.get_by_text("Marked values were removed")).to_have_count(0)
    deep = content.locator("details", has_text='"errors"').last
    summary = content.locator("summary", has_text='"errors"')
    summary.focus()
    page.keyboard.press("Enter")
    assert not deep.evaluate("element => element.open")
    expect(content.get_by_text('"in"')).to_be_hidden()
    page.keyboard.press("Space")
    assert deep.evaluate("element => element.open")
    expect(content.get_by_text('"in"')).to_be_visible()
    dialog.get_by_role("button", name="Collapse all").click()
    assert content.locator("details[open]").count() == 1
    keep(page, "folded-1440")
    dialog.get_by_role("button", name="Expand all").click()
    assert content.locator("details:not([open])").count() == 0
    # What is folded is copied all the same.
    assert content.text_content() == text
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog.get_by_role("button", name="Copy content").click()
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == json.loads(text)


def test_copies_a_body_as_it_was_stored(visit, run):
    run.ingest(run.call(1, **REQUEST))
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.open(f"/teams/1/logs/{run.entries()[0]['id']}")
    page.get_by_role("button", name="Copy response body as stored").last.click()
    assert page.evaluate("navigator.clipboard.readText()") == REQUEST["response_body"]


def test_leads_from_bars_to_rows(visit, run, keep):
    run.ingest(run.call(0), run.call(3, status=500, duration_ms=2000), run.call(4, status=None, duration_ms=None))
    page = visit.page
    visit.open(run.log)
    bars = page.locator(".waterfall-row")
    assert bars.count() == 3
    bar = page.get_by_role("link", name="GET /v2/orders/3, Failed 500, 2 s, 3 s after the start")
    bar.focus()
    page.keyboard.press("Enter")
    row = page.locator("tr:target")
    expect(row).to_contain_text("/v2/orders/3")
    assert row.get_attribute("id") == "call-" + run.entries()[1]["id"]
    keep(page, "waterfall-1440")
    page.get_by_text("Over time").click()
    expect(bars.first).to_be_hidden()


def test_grows_while_a_run_goes_on(visit, run, keep):
    run.ingest(run.status("in_progress"), run.call(0))
    page = visit.page
    visit.open(run.log)
    rows = page.locator("table.events tbody tr")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    # It took long: it comes in later, and belongs before another.
    run.ingest(run.call(20, status=500))
    expect(rows).to_have_count(2)
    run.ingest(run.call(10), run.fault(21))
    expect(rows).to_have_count(3)
    assert [text.split("/orders/")[1].split("?")[0] for text in rows.locator(".uri").all_inner_texts()] == [
        "0", "10", "20"]
    expect(page.locator("table.faults tbody tr")).to_have_count(1)
    expect(page.locator("[data-live=calls]")).to_have_text("3")
    expect(page.get_by_role("status").filter(has_text="new")).to_have_text("3 new rows")
    expect(page.get_by_role("status").filter(has_text="Ended")).to_have_count(1)
    assert page.locator(".waterfall > summary .note").inner_text().count("when this page was loaded") == 1
    # A row that came in is a row like any other.
    assert rows.last.locator("time").get_attribute("title").endswith("where you are")
    keep(page, "live-1440")
    rows.last.get_by_role("link", name="Failures").click()
    expect(page.get_by_role("dialog", name="Failures")).to_be_visible()
    page.keyboard.press("Escape")


def test_pauses_and_goes_on(visit, run):
    run.ingest(run.status("in_progress"))
    page = visit.page
    visit.open(run.log + "?order=newest")
    rows = page.locator("table.events tbody tr")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused")).to_be_visible()
    run.ingest(run.call(1), run.call(2))
    page.wait_for_timeout(800)
    assert rows.count() == 0
    page.get_by_role("button", name="Resume").click()
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("/v2/orders/2")
    run.ingest(run.status("done"))
    expect(page.get_by_text("Ended", exact=True)).to_be_visible()
    expect(page.locator("[data-live=status]")).to_have_text("Done")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_shows_failed_calls_alone_where_asked_to(visit, run):
    run.ingest(run.status("in_progress"))
    page = visit.page
    visit.open(run.log + "?outcome=failed")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    run.ingest(run.call(1), run.call(2, status=500))
    rows = page.locator("table.events tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("/v2/orders/2")
    expect(page.locator("[data-live=calls]")).to_have_text("2")


def test_pulses_for_nobody_who_wants_it_still(make_visit, api_key, run):
    run.ingest(run.status("in_progress"))
    for motion, name in (("reduce", "none"), ("no-preference", "pulse")):
        visit = make_visit(reduced_motion=motion).sign_in(api_key)
        visit.open(run.log)
        expect(visit.page.get_by_text("Live", exact=True)).to_be_visible()
        dot = visit.page.locator(".live-dot")
        assert dot.evaluate("element => getComputedStyle(element).animationName") == name


def test_keeps_a_thousand_rows_at_most(visit, run):
    run.ingest(run.status("in_progress"))
    page = visit.page
    visit.open(run.log)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    for first in (0, 600):
        run.ingest(*[run.call(number / 10, uri=f"https://a.example/{number}") for number in range(first, first + 600)])
        expect(page.locator("[data-live=calls]")).to_have_text(f"{first + 600:,}", timeout=30_000)
    rows = page.locator("table.events tbody tr")
    expect(rows).to_have_count(1000)
    expect(rows.last).to_contain_text("a.example/1199")


def test_shows_without_scripts_what_scripts_would_add_to(make_visit, api_key, run):
    run.ingest(run.status("in_progress"), run.call(1, **REQUEST))
    visit = make_visit(java_script_enabled=False).sign_in(api_key)
    page = visit.page
    visit.open(run.log)
    expect(page.get_by_text("Live", exact=True)).to_be_hidden()
    page.locator(".waterfall-row").click()
    expect(page.locator("tr:target")).to_contain_text("/v2/orders/1")
    page.get_by_role("link", name="Failures").click()
    summary = page.locator("summary", has_text='"responseBody"')
    summary.click()
    expect(page.get_by_text('"errors"')).to_be_hidden()


def test_leaves_a_link_where_no_stream_comes(make_visit, api_key, run):
    run.ingest(run.status("in_progress"))
    visit = make_visit().sign_in(api_key)
    visit.page.route("**/events?*", lambda route: route.fulfill(status=503, body="busy"))
    visit.open(run.log)
    expect(visit.page.get_by_text("Not live")).to_be_visible()
    expect(visit.page.get_by_role("link", name="Refresh")).to_be_visible()
    visit.page.unroute("**/events?*")
    visit.page.get_by_role("button", name="Try again").click()
    expect(visit.page.get_by_text("Live", exact=True)).to_be_visible()
    expect(visit.page.get_by_role("button", name="Pause")).to_be_visible()


def test_tries_a_lost_stream_again_by_itself(make_visit, api_key, run):
    run.ingest(run.status("in_progress"))
    visit = make_visit().sign_in(api_key)
    page = visit.page
    page.clock.install()
    page.route("**/events?*", lambda route: route.fulfill(status=503, body="busy"))
    visit.open(run.log)
    expect(page.get_by_text("Not live")).to_be_visible()
    page.wait_for_timeout(300)
    page.unroute("**/events?*")
    page.clock.fast_forward(6000)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_says_that_the_session_is_over(make_visit, api_key, run):
    run.ingest(run.status("in_progress"))
    visit = make_visit().sign_in(api_key)
    page = visit.page
    visit.open(run.log)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    visit.context.clear_cookies()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Your session is over")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("link", name="Reload the page").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    # Chromium tells of a stream that is a page.
    visit.complaints = [text for text in visit.complaints if "MIME type" not in text]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1440"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_holds_whatever_is_sent(make_visit, api_key, run, keep, size, scheme):
    """A hundred calls, long names without a break, text from right to left, emoji."""
    calls = [run.call(number) for number in range(97)]
    calls.append(run.call(97, uri="https://api.shop.example/" + "segment-without-a-break" * 20, event="e" * 200))
    calls.append(run.call(98, uri="https://api.shop.example/مرحبا/שלום/🚀", event="مرحبا بالعالم 🚀"))
    calls.append(run.call(99, **REQUEST | {"request_id": "r" * 200, "response_body": "<a><b>" + "x" * 3000 + "</b></a>"}))
    run.ingest(run.status("in_progress"), *calls)
    visit = make_visit(viewport=size, color_scheme=scheme).sign_in(api_key)
    entries = run.entries()
    for name, path in {
        "hundred": run.log, "long": f"/teams/1/logs/{entries[97]['id']}", "bidi": f"/teams/1/logs/{entries[98]['id']}",
        "whole": f"/teams/1/logs/{entries[99]['id']}", "fold": f"/teams/1/logs/{entries[99]['id']}/failures",
    }.items():
        visit.open(path)
        for fold in visit.page.locator("details.fold").all():
            fold.evaluate("element => { element.open = true; }")
        assert visit.overflow() <= 0, f"{name} is wider than {size['width']}"
        keep(visit.page, f"{name}-{size['width']}-{scheme}")
