"""Settings: a key that is shown once and revoked, retention, teams, and the audit of all that."""

import re
import urllib.error

import pytest
from playwright.sync_api import expect

from team import Team


@pytest.fixture
def team(base_url, api_key):
    return Team(base_url, api_key, "Settings")


def test_makes_a_key_shows_it_once_and_revokes_it(visit, team, keep):
    page = visit.page
    visit.open(f"/teams/{team.id}/settings/keys")
    page.get_by_label("Name", exact=True).fill("dashboard wall")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", name="The new key")).to_be_visible()
    key = page.locator(".issued-key code").inner_text()
    # What is there once only is where the reader is.
    expect(page.locator(".issued")).to_be_focused()
    expect(page.get_by_role("button", name="Copy key", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("status").first).to_contain_text("sent already")
    assert page.get_by_role("row", name=re.compile("dashboard wall")).count() == 1
    assert re.fullmatch(r"clk_[A-Za-z0-9_-]{43}", key)
    assert team.call("GET", f"/v1/teams/{team.id}/logs", key=key)["logs"] == []
    visit.open(f"/teams/{team.id}/settings/keys")
    assert key not in page.content()
    row = page.get_by_role("row", name=re.compile("dashboard wall"))
    row.locator("summary", has_text="Revoke dashboard wall").click()
    row.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_role("status")).to_contain_text("revoked")
    with pytest.raises(urllib.error.HTTPError) as refused:
        team.call("GET", f"/v1/teams/{team.id}/logs", key=key)
    assert refused.value.code == 401


def test_changes_retention_and_tells_who_did(visit, team, keep):
    page = visit.page
    visit.open(f"/teams/{team.id}/settings")
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Retention").click()
    page.get_by_label("Days that entries").fill("10")
    page.get_by_label("Days that headers").fill("20")
    page.get_by_label("goes for good").first.check()
    page.get_by_role("button", name="Save retention").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    expect(page.get_by_label("Days that entries")).to_have_value("10")
    page.get_by_label("Days that headers").fill("5")
    page.get_by_label("goes for good").first.check()
    page.get_by_role("button", name="Save retention").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    assert team.call("GET", f"/v1/teams/{team.id}/retention")["details_days"] == 5
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Audit").click()
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("Set retention")
    # What was done by the API is there, too.
    expect(rows.last).to_contain_text("Create key")
    listed = team.call("GET", f"/v1/teams/{team.id}/audit")["changes"]
    assert [change["action"] for change in listed] == ["setRetention", "createKey"]
    keep(page, "audit-1440")


def test_renames_a_team_and_makes_one(visit, team):
    page = visit.page
    visit.open(f"/teams/{team.id}/settings")
    page.get_by_label("Name of the team").fill("Renamed 🧾 فريق")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("status")).to_contain_text("new name")
    assert team.call("GET", f"/v1/teams/{team.id}")["name"] == "Renamed 🧾 فريق"
    page.get_by_label("Name of a new team").fill("Another")
    page.get_by_role("button", name="Create team").click()
    expect(page.get_by_role("status")).to_contain_text("no keys yet")
    assert visit.overflow() <= 0


def test_shows_a_viewer_what_is_not_for_viewers(make_visit, team):
    visit = make_visit().sign_in(team.key("viewer"))
    page = visit.page
    for tab, words in {"Keys": "shown to admins", "Audit": "shown to admins", "Retention": "Admins of the team"}.items():
        visit.open(f"/teams/{team.id}/settings")
        page.get_by_role("navigation", name="Settings").get_by_role("link", name=tab).click()
        expect(page.locator("main")).to_contain_text(words)
        expect(page.locator("main form")).to_have_count(0)
