"""Dashboard, connectors and search: what charts tell the pointer, the keyboard and readers without scripts, and where they
lead."""

import csv
import datetime
import io
import re

import pytest
from playwright.sync_api import expect

from conftest import PHONE
from team import Team

HOURS = 20


def instant(hours_ago):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (now - datetime.timedelta(hours=hours_ago)).isoformat().replace("+00:00", "Z")


@pytest.fixture(scope="module")
def team(base_url, api_key):
    """Three flows; two connectors, of which one fails and one is slow; twenty hours of calls."""
    team = Team(base_url, api_key, "Charts")
    lines = []
    for hour in range(HOURS):
        for number, flow in enumerate(["orders", "invoices", "stock"]):
            common = {"flow_id": flow, "flow_name": f"Flow of {flow}", "state_id": f"{flow}-{hour // (number + 1)}",
                      "log_time": instant(hour), "method": "GET", "event": "data.load"}
            lines.append({**common, "connector_identifier": "fast", "status": 200, "duration_ms": 12,
                          "uri": f"https://fast.example/{flow}/{hour}"})
            lines.append({**common, "connector_identifier": "slow", "status": 503 if number == 0 else 200,
                          "duration_ms": 2500, "uri": f"https://slow.example/{flow}/{hour}",
                          "response_body": f"<p>Needle {hour}</p>"})
        lines.append({"type": "fault", "name": "Bad Gateway", "state_id": f"orders-{hour}", "flow_id": "orders",
                      "log_time": instant(hour)})
    team.ingest(*lines)
    team.path = f"/teams/{team.id}"
    return team


def numbers(page, chart):
    """The table of a chart: names of its columns, and a sum for each."""
    page.locator(f"#{chart} .numbers > summary").click()
    heads = page.locator(f"#{chart} thead th").all_inner_texts()[1:]
    rows = [[int(cell.replace(",", "") or 0) for cell in row.locator("td").all_inner_texts()]
            for row in page.locator(f"#{chart} tbody tr").all()]
    return dict(zip(heads, (sum(column) for column in zip(*rows))))


def test_charts_count_what_the_api_counts(visit, team, keep):
    page = visit.page
    visit.open(team.path + "?range=24h")
    assert numbers(page, "calls") == {"Failed": HOURS, "OK": 5 * HOURS}
    assert numbers(page, "errors") == {"Root faults": HOURS}
    assert numbers(page, "launches") == {"Flow of orders": 20, "Flow of invoices": 10, "Flow of stock": 7}
    keep(page, "dashboard-charts-1440")
    visit.open(team.path + "?range=24h&search=invoices")
    assert numbers(page, "calls") == {"Failed": 0, "OK": 2 * HOURS}
    assert numbers(page, "launches") == {"Flow of invoices": 10}
    expect(page.locator("#errors")).to_contain_text("No Results")
    # The range that only some of it is in.
    visit.open(f"{team.path}?range=custom&from={instant(5.5)[:19]}&to={instant(-1)[:19]}")
    assert numbers(page, "calls") == {"Failed": 6, "OK": 30}
    assert numbers(page, "errors") == {"Root faults": 6}


def test_shows_counts_under_the_pointer_and_under_the_focus(visit, team, keep):
    page = visit.page
    visit.open(team.path + "?range=24h")
    tip = page.locator("#calls .tip")
    expect(tip).to_be_hidden()
    plot = page.locator("#calls .plot")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    expect(tip).to_be_visible()
    assert re.search(r"[A-Z][a-z]{2} \d+(st|nd|rd|th) \d{4}, \d\d:\d\d", tip.inner_text())
    assert "Failed" in tip.inner_text() and "OK" in tip.inner_text()
    keep(page, "chart-tip-1440")
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()
    page.locator("#launches summary").focus()
    page.keyboard.press("Shift+Tab")
    chart = page.locator("#launches .plot-svg")
    expect(chart).to_be_focused()
    assert chart.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    seen = page.locator("#launches .tip .tip-time")
    last = seen.inner_text()
    page.keyboard.press("ArrowLeft")
    assert seen.inner_text() != last
    page.keyboard.press("End")
    assert seen.inner_text() == last
    expect(page.get_by_role("slider", name="Flow Launches")).to_have_attribute("aria-valuetext", re.compile("Flow of orders"))
    page.keyboard.press("Escape")
    expect(page.locator("#launches .tip")).to_be_hidden()


def test_leads_from_a_red_number_to_the_reason_in_three_clicks(visit, team):
    page = visit.page
    visit.open(team.path + "?range=24h")
    page.locator(".rank .bad").first.click()
    expect(page.get_by_role("heading", level=2, name=f"{HOURS} calls")).to_be_visible()
    page.get_by_role("link", name="Details").first.click()
    expect(page.locator(".badge").first).to_have_text("Failed")
    expect(page.locator("main")).to_contain_text("503")


def test_leads_from_a_run_to_its_failed_calls(visit, team):
    page = visit.page
    visit.open(f"{team.path}/flows/orders?range=24h&status=failed")
    page.locator('td[data-label="Failed"] a').first.click()
    badges = page.locator("table.events .badge")
    expect(badges.first).to_be_visible()
    assert set(badges.all_inner_texts()) == {"Failed"}


def test_sorts_flows_both_ways(visit, team):
    page = visit.page
    visit.open(team.path + "?range=24h")
    names = page.locator("section[aria-labelledby=flows] tbody th .strong")
    page.get_by_role("link", name="Number of States").click()
    assert names.all_inner_texts() == ["Flow of orders", "Flow of invoices", "Flow of stock"]
    expect(page.locator("th.sort-states")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name="Number of States").click()
    assert names.all_inner_texts() == ["Flow of stock", "Flow of invoices", "Flow of orders"]
    page.get_by_role("link", name="Flow Name").click()
    assert names.all_inner_texts() == ["Flow of invoices", "Flow of orders", "Flow of stock"]


def test_downloads_what_the_api_lists(visit, team):
    page = visit.page
    visit.open(team.path + "?range=24h&sort=name")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_bytes().decode())))
    flows = {flow["flow_id"]: flow for flow in team.call("GET", f"/v1/teams/{team.id}/flows")["flows"]}
    assert [row["Flow ID"] for row in rows] == sorted(flows)
    for row in rows:
        flow = flows[row["Flow ID"]]
        assert int(row["Number of States"]) == flow["states"]
        assert int(row["Failed"]) == flow["failed"]
        assert row["Last activity (UTC)"] == flow["last_action_at"]


def test_shows_a_connector(visit, team, keep):
    page = visit.page
    visit.open(team.path + "/connectors?range=24h")
    assert page.locator("tbody th .strong").all_inner_texts() == ["slow", "fast"]
    keep(page, "connectors-1440")
    page.get_by_role("link", name="slow", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="slow")).to_be_visible()
    assert numbers(page, "calls") == {"Failed": HOURS, "OK": 2 * HOURS}
    expect(page.locator("#latency .legend")).to_contain_text("p95")
    keep(page, "connector-1440")
    page.get_by_role("navigation", name="Outcome").get_by_role("link", name="Failed").click()
    assert set(page.locator("section[aria-labelledby=log] .badge").all_inner_texts()) == {"Failed"}
    page.get_by_role("link", name="Details").first.click()
    expect(page.locator("main")).to_contain_text("slow.example")


def test_finds_text_and_marks_it(visit, team, keep):
    page = visit.page
    visit.open(team.path + "/search?range=24h")
    page.get_by_label("Text in addresses").fill("needle 7")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="3 calls")).to_be_visible()
    assert page.locator("mark.match").all_inner_texts() == ["Needle 7"] * 3
    keep(page, "search-1440")
    page.get_by_label("Text in addresses").fill("eedle 7")
    page.keyboard.press("Enter")
    expect(page.locator("section[aria-labelledby=results]")).to_contain_text("No Results")
    page.get_by_label("Also within words").check()
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", level=2, name="3 calls")).to_be_visible()
    assert page.locator("mark.match").all_inner_texts() == ["eedle 7"] * 3
    page.locator(".more > summary").click()
    page.get_by_label("Status", exact=True).fill("5xx")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", level=2, name="1 call")).to_be_visible()
    # Fields that are used stay open.
    expect(page.get_by_label("Status", exact=True)).to_have_value("5xx")


def selected(page):
    assert "range=custom" in page.url
    return page.get_by_role("heading", level=2, name=re.compile("calls?$")).inner_text()


def test_chooses_a_range_by_dragging(visit, team):
    page = visit.page
    visit.open(team.path + "/search?range=24h&outcome=failed")
    box = page.locator("#found .plot").bounding_box()
    middle = box["y"] + 80
    page.mouse.move(box["x"] + box["width"] - 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, middle, steps=5)
    expect(page.locator("#found .chosen")).to_be_visible()
    page.mouse.up()
    page.wait_for_url("**range=custom**")
    assert 3 <= int(selected(page).split()[0]) <= 7
    assert "outcome=failed" in page.url
    page.go_back()
    expect(page.get_by_role("heading", level=2, name=f"{HOURS} calls")).to_be_visible()


def test_takes_no_click_for_a_drag_and_lets_go_of_one(visit, team):
    page = visit.page
    visit.open(team.path + "/search?range=24h&outcome=failed")
    before = page.url
    box = page.locator("#found .plot").bounding_box()
    middle = box["y"] + 80
    page.mouse.click(box["x"] + box["width"] * 0.6, middle)
    page.mouse.move(box["x"] + box["width"] * 0.6, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6 + 2, middle)
    page.mouse.up()
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, middle, steps=5)
    expect(page.locator("#found .chosen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#found .chosen")).to_be_hidden()
    expect(page.locator("#found .tip")).to_be_hidden()
    page.mouse.up()
    page.wait_for_timeout(300)
    assert page.url == before


def test_keeps_a_selection_by_keyboard_when_a_mouse_passes(visit, team):
    page = visit.page
    visit.open(team.path + "/search?range=24h&outcome=failed")
    expect(page.get_by_text("Drag, or hold shift with the arrow keys")).to_be_visible()
    page.locator("#found summary").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    slider = page.get_by_role("slider")
    said, width = slider.get_attribute("aria-valuetext"), page.locator("#found .chosen").get_attribute("width")
    assert "selected from" in said
    box = page.locator("#found .plot").bounding_box()
    page.mouse.move(box["x"] + 90, box["y"] + 50)
    page.mouse.move(box["x"] + 120, box["y"] + 50)
    page.mouse.move(0, 0)
    expect(page.locator("#found .chosen")).to_be_visible()
    assert page.locator("#found .chosen").get_attribute("width") == width
    assert slider.get_attribute("aria-valuetext") == said
    assert int(slider.get_attribute("aria-valuenow")) == int(slider.get_attribute("aria-valuemax")) - 3


def test_shows_counts_to_a_finger_until_it_taps_elsewhere(make_visit, api_key, team, keep):
    visit = make_visit(viewport=PHONE, has_touch=True, is_mobile=True).sign_in(api_key)
    page = visit.page
    visit.open(team.path + "/search?range=24h")
    before = page.url
    plot = page.locator("#found .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.5, box["y"] + 60)
    page.wait_for_timeout(400)
    expect(page.locator("#found .tip")).to_be_visible()
    keep(page, "chart-tap-390")
    page.touchscreen.tap(20, page.get_by_role("heading", level=1).bounding_box()["y"] + 5)
    expect(page.locator("#found .tip")).to_be_hidden()
    assert page.url == before


def test_chooses_a_range_by_keyboard(visit, team):
    page = visit.page
    visit.open(team.path + "/search?range=24h&outcome=failed")
    page.locator("#found summary").focus()
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#found .plot-svg")).to_be_focused()
    page.keyboard.press("End")
    for _ in range(10):
        page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("#found .chosen")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**range=custom**")
    assert 4 <= int(selected(page).split()[0]) <= 7


def test_takes_a_range_of_the_readers_own(visit, team):
    page = visit.page
    visit.open(team.path + "?range=24h")
    page.get_by_text("Custom", exact=True).click()
    page.get_by_label("From (UTC)").fill(instant(3.5)[:19])
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**range=custom**")
    assert numbers(page, "calls")["Failed"] == 4


def test_shows_charts_without_scripts(make_visit, api_key, team):
    visit = make_visit(java_script_enabled=False).sign_in(api_key)
    page = visit.page
    visit.open(team.path + "?range=24h")
    expect(page.locator("#calls path").first).to_be_visible()
    assert numbers(page, "calls") == {"Failed": HOURS, "OK": 5 * HOURS}
    page.get_by_text("Custom", exact=True).click()
    page.get_by_label("From (UTC)").fill(instant(3.5)[:19])
    page.get_by_role("button", name="Show").click()
    assert numbers(page, "calls")["Failed"] == 4


def test_says_that_a_page_takes_its_time(visit, team):
    page = visit.page
    visit.open(team.path)
    held = []
    page.route("**/connectors", lambda route: held.append(route))
    # At once: later Playwright would wait for the page that is held.
    link = page.get_by_role("link", name="Connectors", exact=True)
    assert link.evaluate("link => { link.click(); return document.documentElement.className; }") == "is-loading"
    page.wait_for_timeout(200)
    held[0].continue_()
    expect(page.get_by_role("heading", level=1, name="Connectors")).to_be_visible()
    assert not page.evaluate("document.documentElement.classList.contains('is-loading')")
