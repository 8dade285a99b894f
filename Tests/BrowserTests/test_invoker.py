"""The page of the invoker: say where a connector's calls go, be told what is wrong with that, and see it hold.

Each test has a team of its own, so that the key of CONNECTORLOG_API_KEY has to be an owner's.
"""

import pytest
from playwright.sync_api import expect

from conftest import DESK, PHONE
from team import Team

VALUE = "correct-horse-battery-staple"


@pytest.fixture
def team(base_url, api_key):
    team = Team(base_url, api_key, "Invoker")
    team.ingest({"connector_identifier": "crm", "uri": "/orders"})
    team.connector = f"/v1/teams/{team.id}/connector_builder/connectors/crm"
    team.call("POST", team.connector + "/secrets", {"secret_name": "API_TOKEN", "secret_value": VALUE})
    return team


def open_page(visit, team):
    visit.open(f"/teams/{team.id}/connectors/crm")
    visit.page.locator(".toolbar").get_by_role("link", name="Invoker").click()
    expect(visit.page.get_by_role("heading", level=1, name="Invoker")).to_be_visible()
    return visit.page


def write_header(page, number, name, value):
    page.get_by_label(f"Name of header {number}", exact=True).fill(name)
    page.get_by_label(f"Value of header {number}", exact=True).fill(value)


def configuration(team):
    return team.call("GET", team.connector)["configuration"]["configuration_json"]


def test_a_base_url_is_set_corrected_and_taken_away(visit, team, base_url, keep):
    page = open_page(visit, team)
    expect(page.locator(".heading .badge")).to_have_text("Off")
    page.get_by_label("Base URL").fill("api.example.com/v2")
    page.get_by_label("Further attempts").fill("6")
    write_header(page, 1, "Authorization", "Bearer made-up-token-of-nobody-4711")
    page.get_by_role("button", name="Save").click()

    # Each fault stands at its field, and nothing that was typed is lost, but for the secret.
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.get_by_role("alert")).to_be_focused()
    for label, words in {"Base URL": "It is http:// or https://", "Further attempts": "It is 0 to 5.",
                         "Name of header 1": "The value is a secret"}.items():
        field = page.get_by_label(label, exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#" + field.get_attribute("aria-errormessage"))).to_contain_text(words)
    expect(page.get_by_label("Base URL")).to_have_value("api.example.com/v2")
    expect(page.get_by_label("Value of header 1")).to_have_value("")
    assert "4711" not in page.content()
    keep(page, "invoker-wrong-1440")

    page.get_by_label("Base URL").fill("https://api.example.com/v2")
    page.get_by_label("Further attempts").fill("2")
    page.get_by_label("Records are required").check()
    expect(page.locator(".registered li")).to_have_text(["{{secret:API_TOKEN}}"])
    write_header(page, 1, "Authorization", "Bearer {{secret:API_TOKEN}}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.locator(".heading .badge")).to_have_text("On")
    assert configuration(team) == {"base_url": "https://api.example.com/v2", "invoker": {
        "retries": 2, "record": "required", "headers": {"Authorization": "Bearer {{secret:API_TOKEN}}"}}}
    example = page.get_by_label("A call as a curl command", exact=True)
    expect(example).to_contain_text(f"curl -sS '{base_url}/invoke/crm/orders?status=open'")
    expect(example).not_to_contain_text("VENDOR_TOKEN")
    assert VALUE not in page.content()

    page.get_by_label("Base URL").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("off the invoker")
    assert "base_url" not in configuration(team)


def test_who_saves_second_is_told(visit, team):
    page = open_page(visit, team)
    body = {"configuration": {"configuration_json": {"base_url": "https://other.example.com", "page_size": 5}}}
    team.put(team.connector, body)
    page.get_by_label("Base URL").fill("https://mine.example.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("changed after this page was opened")
    expect(page.get_by_label("Base URL")).to_have_value("https://mine.example.com")
    assert configuration(team)["base_url"] == "https://other.example.com"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert configuration(team) == {"base_url": "https://mine.example.com", "page_size": 5}


@pytest.mark.parametrize("viewport", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_its_window(make_visit, api_key, team, keep, viewport, scheme):
    team.call("POST", team.connector + "/secrets", {"secret_name": "N" * 255, "secret_value": VALUE[::-1]})
    visit = make_visit(viewport=viewport, color_scheme=scheme).sign_in(api_key)
    page = open_page(visit, team)
    assert visit.overflow() <= 0
    keep(page, f"invoker-off-{scheme}-{viewport['width']}")
    page.get_by_label("Base URL").fill("https://api.example.com/" + "a" * 300)
    write_header(page, 1, "X-" + "n" * 100, "v" * 300)
    write_header(page, 2, "Authorization", "Bearer {{secret:API_TOKEN}}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert visit.overflow() <= 0
    keep(page, f"invoker-long-{scheme}-{viewport['width']}")


def test_works_without_scripts(make_visit, api_key, team):
    visit = make_visit(java_script_enabled=False).sign_in(api_key)
    page = open_page(visit, team)
    page.get_by_label("Base URL").fill("https://api.example.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert configuration(team) == {"base_url": "https://api.example.com"}


def test_a_viewer_sees_and_changes_nothing(make_visit, team, keep):
    team.put(team.connector, {"configuration": {"configuration_json": {
        "base_url": "https://api.example.com", "invoker": {"headers": {"X-Version": "3"}}}}})
    visit = make_visit().sign_in(team.key("viewer"))
    page = open_page(visit, team)
    main = page.get_by_role("main")
    for words in ["https://api.example.com", "Header X-Version", "Editors and admins of the team change this"]:
        expect(main).to_contain_text(words)
    expect(main.locator("form, input, textarea, select")).to_have_count(0)
    assert "API_TOKEN" not in page.content()
    assert visit.overflow() <= 0
    keep(page, "invoker-viewer-1440")
