"""The way of an operator: from the dashboard to the call that broke a run, by mouse, by keyboard, without scripts."""

import re

import pytest
from playwright.sync_api import expect

from conftest import DESK, PHONE

DATE = re.compile(r"^[A-Z][a-z]{2} \d{1,2}(st|nd|rd|th) \d{4}, \d{2}:\d{2}:\d{2}$")
DATE_MILLISECONDS = re.compile(r"^[A-Z][a-z]{2} \d{1,2}(st|nd|rd|th) \d{4}, \d{2}:\d{2}:\d{2}\.\d{3}$")


def headings(table):
    return [text.rstrip(" ↑↓") for text in table.locator("thead th").all_inner_texts()]


def walk_to_log(visit, places):
    page = visit.page
    page.get_by_role("navigation", name="Range").get_by_role("link", name="1 y").click()
    page.get_by_role("link", name=places.flow_name, exact=True).first.click()
    page.get_by_role("heading", level=1, name=places.flow_name).wait_for()
    page.locator(f'a[href="{places.log}"]').click()
    page.get_by_role("heading", level=1, name="Connector Log").wait_for()


def test_walks_by_mouse_and_names_what_users_know(visit, places, keep):
    page = visit.page
    keep(page, "dashboard-1440")
    assert headings(page.locator("section[aria-labelledby=flows] table")) == [
        "Flow Name", "Number of States", "Failed", "Last activity (UTC)", "By status",
    ]
    walk_to_log(visit, places)
    page.go_back()
    assert headings(page.locator("table")) == [
        "Status", "Current Step", "User", "Elapsed Time", "Created (UTC)", "Last Action (UTC)", "Join Uri",
        "State ID", "Calls", "Failed", "Faults", "Actions",
    ]
    crumbs = page.get_by_role("navigation", name="Breadcrumb")
    assert crumbs.locator("li").all_inner_texts() == ["Dashboard", "Insights"]
    assert page.locator("#status option").all_inner_texts() == [
        "All", "In progress", "Done", "Failed", "Expired",
    ]
    page.go_forward()
    assert crumbs.locator("li").all_inner_texts() == ["Dashboard", "Insights", "Connector Log"]
    events, faults = page.locator("table.events"), page.locator("table.faults")
    expect(page.get_by_role("heading", name="Connector Log Events")).to_be_visible()
    expect(page.get_by_role("heading", name="Root Faults")).to_be_visible()
    assert headings(events) == ["Occurred At (UTC)", "URI", "Method", "Status", "Duration", "Actions"]
    assert headings(faults) == [
        "Name", "URI", "Message", "Status Code", "Response Body", "Response Headers",
    ]
    for time in events.locator("tbody time").all_inner_texts():
        assert DATE.match(time), time
    for row in events.locator("tbody tr").all():
        badge = row.locator(".badge").inner_text()
        assert badge in ("OK", "Failed")
        assert row.get_by_role("link", name="Failures").count() == (badge == "Failed")
        assert row.get_by_role("link", name="Details").count() == 1
    keep(page, "connector-log-1440")


def test_opens_failures_in_place_and_gives_the_focus_back(visit, places, keep):
    page = visit.page
    visit.open(places.log)
    link = page.locator(f'a[href="{places.failures}"]')
    link.click()
    dialog = page.get_by_role("dialog", name="Failures")
    expect(dialog).to_be_visible()
    assert page.url.endswith(places.failures)
    for label in ("Occurred At", "Status Code", "Message", "Actions"):
        expect(dialog.locator("dt", has_text=label).first).to_be_visible()
    assert DATE_MILLISECONDS.match(dialog.locator("time").first.inner_text())
    content = dialog.get_by_role("group", name="Content").first
    assert content.text_content().startswith('{\n  "')
    keep(page, "failures-1440")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.wait_for_url("**" + places.log)
    expect(link).to_be_focused()


def test_closes_a_view_by_the_back_button_and_by_its_own(visit, places):
    page = visit.page
    visit.open(places.log)
    link = page.locator(f'a[href="{places.view}"]')
    link.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.go_back()
    expect(dialog).to_be_hidden()
    assert page.url.endswith(places.log)
    expect(link).to_be_focused()
    page.go_forward()
    expect(dialog).to_be_visible()
    assert page.url.endswith(places.view)
    page.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    page.wait_for_url("**" + places.log)
    # The way back leads to the page before, not through views that were closed.
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()


def test_goes_back_from_a_view_that_was_loaded_anew(visit, places):
    page = visit.page
    visit.open(places.log)
    page.locator(f'a[href="{places.failures}"]').click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Failures")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Connector Log")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url.endswith(places.log)
    page.go_forward()
    expect(page.get_by_role("dialog", name="Failures")).to_be_visible()
    assert page.url.endswith(places.failures)
    page.keyboard.press("Escape")
    page.wait_for_url("**" + places.log)


def test_shows_the_view_that_was_asked_for_last(visit, places):
    page = visit.page
    visit.open(places.log)
    steps = page.evaluate("history.length")
    held = []
    page.route("**" + places.failures, lambda route: held.append(route))
    for path in (places.failures, places.view):
        page.locator(f'a[href="{path}"]').evaluate("element => element.click()")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.url.endswith(places.view)
    assert "is-loading" not in (page.locator("html").get_attribute("class") or "")
    page.unroute("**" + places.failures)
    page.wait_for_timeout(300)
    assert page.url.endswith(places.view)
    page.keyboard.press("Escape")
    page.wait_for_url("**" + places.log)
    # The same one twice is one step, too.
    page.locator(f'a[href="{places.view}"]').dblclick()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("history.length") == steps + 1
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url.endswith(places.log)


def test_says_that_a_view_takes_its_time(visit, places):
    page = visit.page
    visit.open(places.log)
    held = []
    page.route("**" + places.failures, lambda route: held.append(route))
    page.locator(f'a[href="{places.failures}"]').click()
    expect(page.locator("html")).to_have_class("is-loading")
    held[0].continue_()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.locator("html").get_attribute("class") == ""


def test_keeps_no_colours_of_a_view_that_is_closed(visit, places):
    page = visit.page
    visit.open(places.log)
    count = "[...CSS.highlights.values()].reduce((sum, one) => sum + one.size, 0)"
    for path in (places.failures, places.view):
        page.locator(f'a[href="{path}"]').click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        page.wait_for_url("**" + places.log)
        assert page.evaluate(count) == 0


def test_names_what_is_copied_and_says_that_it_was(visit, places):
    page = visit.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.open(places.log)
    page.get_by_role("button", name="Copy State ID", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(".strip code").inner_text()
    page.locator(f'a[href="{places.failures}"]').click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Copy content", exact=True).first.click()
    # All that is outside of a dialog is silent.
    expect(dialog.get_by_role("status")).to_have_text("Copied")


def test_leads_to_the_sign_in_page_when_a_download_comes_too_late(visit, places):
    for path, name in (("/", "CSV"), (places.flow, "CSV"), (places.log, "HAR")):
        visit.open(path)
        cookies = visit.context.cookies()
        visit.context.clear_cookies()
        visit.page.get_by_role("link", name=name).click()
        expect(visit.page.get_by_role("heading", name="Sign in")).to_be_visible()
        visit.context.add_cookies(cookies)


def test_begins_with_what_was_done(make_visit):
    visit = make_visit()
    visit.open("/sign-in")
    visit.page.get_by_label("API key").fill("clk_no-such-key-000000000000000000000000")
    visit.page.get_by_role("button", name="Sign in").click()
    expect(visit.page.get_by_role("alert")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 600, 800, 1440])
def test_opens_every_menu_within_the_window(make_visit, api_key, places, width):
    visit = make_visit(viewport={"width": width, "height": 844}).sign_in(api_key)
    page = visit.page
    for path in ["/", "/teams/1/connectors", "/teams/1/search", places.connector, places.flow]:
        visit.open(path)
        for menu in page.locator("details.menu").all():
            menu.locator("summary").click()
            box = menu.locator(".menu-list").bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width, f"{path} at {width}"
            assert visit.overflow() <= 0
            page.keyboard.press("Escape")


def test_sorts_by_links_above_the_cards_of_a_phone(make_visit, api_key, places):
    visit = make_visit(viewport=PHONE).sign_in(api_key)
    page = visit.page
    visit.open("/?range=1y")
    row = page.get_by_role("navigation", name="Sort flows")
    row.get_by_role("link", name="Flow Name").click()
    assert "sort=name" in page.url
    expect(row.get_by_role("link", name=re.compile("Flow Name ?, ascending"))).to_have_attribute("aria-current", "true")
    for path in ["/", places.log]:
        visit.open(path)
        assert page.locator("thead a").evaluate_all("all => all.filter(one => one.checkVisibility({visibilityProperty: true})).length") == 0


def test_opens_a_view_at_its_own_address(visit, places):
    page = visit.page
    visit.open(places.view)
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[data-view-content]")).to_be_visible()
    expect(page.get_by_role("navigation", name="Breadcrumb")).to_be_visible()


def test_walks_by_keyboard_alone(visit, places):
    page = visit.page

    def tab_to(locator, limit=400):
        for _ in range(limit):
            if locator.evaluate("element => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        pytest.fail("the keyboard does not get there")

    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    year = page.get_by_role("navigation", name="Range").get_by_role("link", name="1 y")
    tab_to(year)
    page.keyboard.press("Enter")
    flow = page.get_by_role("link", name=places.flow_name, exact=True).first
    tab_to(flow)
    page.keyboard.press("Enter")
    log = page.locator(f'a[href="{places.log}"]')
    tab_to(log)
    page.keyboard.press("Enter")
    failures = page.locator(f'a[href="{places.failures}"]')
    tab_to(failures)
    outline = failures.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert inside, "the focus left the open dialog"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(failures).to_be_focused()


def test_works_without_scripts(make_visit, api_key, places, keep):
    visit = make_visit(java_script_enabled=False).sign_in(api_key)
    page = visit.page
    walk_to_log(visit, places)
    page.locator(f'a[href="{places.failures}"]').click()
    expect(page.get_by_role("heading", level=1, name="Failures")).to_be_visible()
    keep(page, "failures-without-scripts-1440")
    page.get_by_role("link", name="Back to the Connector Log").click()
    page.locator(f'a[href="{places.view}"]').click()
    expect(page.locator("[data-view-content]")).to_be_visible()
    visit.open(places.flow)
    page.locator("#status").select_option("failed")
    page.get_by_role("button", name="Apply").click()
    assert "status=failed" in page.url
    assert set(page.locator("tbody .badge").all_inner_texts()) <= {"Failed"}
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_applies_the_status_menu_when_asked_to(visit, places):
    page = visit.page
    visit.open(places.flow)
    # A choice alone leads nowhere (WCAG 3.2.2): who walks through it by keyboard would never get to the last.
    page.get_by_label("Status", exact=True).select_option("failed")
    page.wait_for_timeout(300)
    assert "status=failed" not in page.url
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**status=failed**")
    expect(page.get_by_label("Status", exact=True)).to_have_value("failed")


def test_downloads_the_filtered_rows(visit, places):
    page = visit.page
    visit.open(places.flow)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert re.match(r"^insights-[A-Za-z0-9_-]+\.csv$", download.value.suggested_filename)
    lines = download.value.path().read_bytes().decode().split("\r\n")
    assert lines[0].startswith("Status,Current Step,User,Elapsed Time,")
    assert len(lines) - 2 >= page.locator("tbody tr").count() > 0


def test_shows_one_call_whole(visit, places, keep):
    page = visit.page
    visit.open(places.details)
    for heading in ("Request", "Response", "Identity", "Redactions"):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    expect(page.get_by_text("Log entry ID")).to_be_visible()
    keep(page, "entry-1440")


def test_searches_flows(visit, places):
    page = visit.page
    page.get_by_label("Search flows").fill("no flow is called like this")
    page.keyboard.press("Enter")
    expect(page.locator("section[aria-labelledby=flows]").get_by_text("No Results")).to_be_visible()
    page.get_by_role("link", name="Show the flows of a year").click()
    expect(page.get_by_role("link", name=places.flow_name, exact=True).first).to_be_visible()


def test_refuses_a_wrong_key_and_says_so(make_visit):
    visit = make_visit()
    visit.open("/sign-in")
    visit.page.get_by_label("API key").fill("clk_no-such-key-000000000000000000000000")
    visit.page.get_by_role("button", name="Sign in").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("not known")


def test_goes_on_to_the_page_that_was_asked_for(make_visit, api_key, places):
    visit = make_visit()
    visit.open(places.log)
    page = visit.page
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("API key").fill(api_key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**" + places.log)


def test_keeps_the_session_for_links_from_other_sites(visit, places):
    """The cookie is SameSite=Strict; a link in a chat or a ticket still has to lead to the page."""
    page = visit.page
    outside = visit.base_url.replace("127.0.0.1", "localhost")
    if outside == visit.base_url:
        pytest.skip("needs a server at 127.0.0.1, which localhost also names")
    page.remove_listener("request", visit._request)
    page.goto(outside + "/sign-in")
    page.evaluate(
        "address => { const link = document.createElement('a'); link.href = address; document.body.append(link);"
        " link.click(); }",
        visit.base_url + places.log,
    )
    expect(page.get_by_role("heading", level=1, name="Connector Log")).to_be_visible()
    assert page.url == visit.base_url + places.log


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1440"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_never_scrolls_sideways(make_visit, api_key, places, keep, size, scheme):
    visit = make_visit(viewport=size, color_scheme=scheme)
    visit.open("/sign-in")
    assert visit.overflow() <= 0
    keep(visit.page, f"sign-in-{size['width']}-{scheme}")
    visit.sign_in(api_key)
    for name, path in {
        "dashboard": "/", "connectors": "/teams/1/connectors", "search": "/teams/1/search?q=e",
        "settings": "/teams/1/settings", "keys": "/teams/1/settings/keys", "audit": "/teams/1/settings/audit",
        "retention": "/teams/1/settings/retention", "redaction": "/teams/1/redaction", "insights": places.flow, "connector-log": places.log, "failures": places.failures,
        "view": places.view, "entry": places.details, "fault": places.fault, "trouble": "/teams/1/logs/none",
    }.items():
        visit.open(path)
        assert visit.overflow() <= 0, f"{name} is wider than {size['width']}"
        keep(visit.page, f"{name}-{size['width']}-{scheme}")


def test_holds_still_for_readers_who_want_that(make_visit, api_key, places):
    visit = make_visit(reduced_motion="reduce").sign_in(api_key)
    visit.open(places.log)
    visit.page.locator(f'a[href="{places.failures}"]').click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("element => getComputedStyle(element).animationName") == "none"


def test_shows_edges_where_colours_are_forced(make_visit, api_key, places, keep):
    visit = make_visit(forced_colors="active").sign_in(api_key)
    page = visit.page
    for name, path in {"dashboard": "/", "connector-log": places.log, "search": "/teams/1/search?q=e", "keys": "/teams/1/settings/keys"}.items():
        visit.open(path)
        bare = page.locator("input:not([type=hidden],[type=checkbox]), select, .button, .copy, .menu > summary, .badge").evaluate_all(
            "all => all.filter(one => one.checkVisibility() && getComputedStyle(one).borderTopWidth === '0px').map(one => one.outerHTML)")
        assert bare == []
        keep(page, f"{name}-forced")
