"""The page of redaction: write a rule, be told what is wrong with it, try it, save it, and see it hold; register a secret,
and see its value nowhere.

Each test has a team of its own, so that the key of CONNECTORLOG_API_KEY has to be an owner's.
"""

import json
import re

import pytest
from playwright.sync_api import expect

from conftest import DESK, PHONE
from team import Team

VALUE = "correct-horse-battery-staple"
ORDER = '{"order":"ORD-12345678","paid":true}'
PLACEHOLDER = re.compile(r"\[secret:[0-9a-z]{6}\]")


@pytest.fixture
def team(base_url, api_key):
    team = Team(base_url, api_key, "Redaction")
    team.path = f"/teams/{team.id}/redaction"
    team.ingest({"connector_identifier": "crm", "uri": "/orders", "response_body": ORDER},
                {"connector_identifier": "payroll", "uri": "/salaries", "response_body": '{"salary":1}'})
    return team


def open_page(visit, team):
    visit.open(f"/teams/{team.id}")
    visit.page.get_by_role("link", name="Settings").click()
    visit.page.get_by_role("navigation", name="Settings").get_by_role("link", name="Redaction").click()
    expect(visit.page.get_by_role("heading", level=2, name="Redaction", exact=True)).to_be_visible()
    return visit.page


def write_expression(page, number, name, expression):
    page.get_by_label(f"Name of expression {number}", exact=True).fill(name)
    page.get_by_label(f"Expression {number}", exact=True).fill(expression)


def test_a_rule_is_written_corrected_tried_saved_and_holds(visit, team, keep):
    page = open_page(visit, team)
    page.get_by_label("Names that say credential").fill("x-ticket")
    write_expression(page, 1, "order", "ORD-([0-9]{8}")
    page.get_by_label("Connectors without bodies").fill("payroll")
    page.get_by_role("button", name="Try on stored entries").click()

    # The fault stands at its field, and nothing that was typed is lost.
    expect(page.get_by_role("alert")).to_contain_text("cannot be used yet")
    wrong = page.get_by_label("Expression 1", exact=True)
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_value("ORD-([0-9]{8}")
    expect(page.locator("#" + wrong.get_attribute("aria-errormessage"))).to_contain_text("the group is not closed, at byte 4")
    expect(page.get_by_label("Names that say credential")).to_have_value("x-ticket")
    expect(page.locator("#trial")).to_have_count(0)
    keep(page, "redaction-wrong-1440")

    write_expression(page, 1, "order", "ORD-([0-9]{8})")
    page.get_by_role("button", name="Try on stored entries").click()
    trial = page.get_by_role("region", name="What these rules would remove")
    expect(trial).to_contain_text("2 entries would change")
    counts = {row.locator("th").inner_text(): row.locator("td").all_inner_texts()
              for row in trial.locator("tbody tr").all()}
    assert counts == {"Expression order": ["1", "1"], "No bodies of payroll": ["1", "1"], "Name x-ticket": ["0", "0"]}
    example = trial.locator(".example", has_text="Expression order")
    before, after = example.locator("dd").all_inner_texts()
    assert before == ORDER
    assert PLACEHOLDER.sub("12345678", after) == ORDER != after
    assert example.locator("del").inner_text() == "12345678"
    assert team.call("GET", f"/v1/teams/{team.id}/redaction")["patterns"] == []
    keep(page, "redaction-trial-1440")

    # What was tried is what is saved.
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The rules are saved")
    expect(page.get_by_label("Expression 1", exact=True)).to_have_value("ORD-([0-9]{8})")
    rules = team.call("GET", f"/v1/teams/{team.id}/redaction")
    assert rules["patterns"] == [{"name": "order", "expression": "ORD-([0-9]{8})"}]
    assert rules["keep_no_bodies"] == ["payroll"] and rules["names"] == ["x-ticket"]

    team.ingest({"connector_identifier": "crm", "uri": "/after", "response_body": ORDER},
                {"connector_identifier": "payroll", "uri": "/after-payroll", "response_body": '{"salary":2}'})
    stored = {entry["uri"]: entry["id"] for entry in team.entries()}
    visit.open(f"/teams/{team.id}/logs/{stored['/after']}")
    expect(page.locator("mark.redacted").first).to_have_text(PLACEHOLDER)
    assert "12345678" not in page.content()
    receipt = page.get_by_role("region", name="Redactions")
    expect(receipt.locator("tbody tr")).to_have_count(1)
    expect(receipt).to_contain_text("response_body.order")
    expect(receipt).to_contain_text("An expression of the team’s rules matched")
    visit.open(f"/teams/{team.id}/logs/{stored['/after-payroll']}")
    expect(page.get_by_role("region", name="Redactions")).to_contain_text("keep no bodies of this connector")
    assert "salary" not in page.content()
    # What was stored before stays as it is.
    visit.open(f"/teams/{team.id}/logs/{stored['/orders']}")
    assert "ORD-12345678" in page.content()


def test_a_secret_is_registered_holds_and_is_deleted_and_its_value_is_nowhere(visit, team, keep):
    page = open_page(visit, team)
    value = page.get_by_label("Value")
    assert value.get_attribute("type") == "password" and value.get_attribute("autocomplete") == "off"

    def register(name, text, owner):
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Value").fill(text)
        page.get_by_label("Holds for").select_option(owner)
        page.get_by_role("button", name="Register").click()

    register("warehouse", VALUE, "crm")
    expect(page.get_by_role("status")).to_contain_text("The secret is registered")
    row = page.locator("table.secrets tbody tr")
    expect(row).to_contain_text("warehouse")
    expect(row).to_contain_text("crm")
    placeholder = row.locator("mark").inner_text()
    assert VALUE not in page.content()

    # A name is taken once; what was typed stays, but for the value.
    register("warehouse", VALUE, "crm")
    expect(page.get_by_role("alert")).to_contain_text("A secret of this name exists")
    expect(page.get_by_label("Name", exact=True)).to_have_value("warehouse")
    expect(page.get_by_label("Holds for")).to_have_value("crm")
    expect(page.get_by_label("Value")).to_have_value("")
    assert VALUE not in page.content()
    keep(page, "redaction-secrets-1440")

    team.ingest({"connector_identifier": "crm", "uri": f"/x?q={VALUE}"})
    newest = next(entry for entry in team.entries() if entry["uri"].startswith("/x"))
    visit.open(f"/teams/{team.id}/logs/{newest['id']}")
    expect(page.locator("h1")).to_contain_text(placeholder)
    expect(page.get_by_role("region", name="Redactions")).to_contain_text("A registered secret stood here")
    assert VALUE not in page.content()

    open_page(visit, team)
    page.locator("summary", has_text="Delete warehouse").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("status")).to_contain_text("The secret is deleted")
    expect(page.get_by_text("No secret is registered.")).to_be_visible()
    assert VALUE not in page.content()


@pytest.mark.parametrize("viewport", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_its_window(make_visit, api_key, team, keep, viewport, scheme):
    team.call("POST", f"/v1/teams/{team.id}/secrets", {"secret_name": "n" * 255, "secret_value": VALUE})
    visit = make_visit(viewport=viewport, color_scheme=scheme).sign_in(api_key)
    page = open_page(visit, team)
    assert visit.overflow() <= 0
    page.get_by_label("JSON paths").fill("$." + "a" * 200 + "\n$.paid")
    page.get_by_label("and on a text of your own").fill(json.dumps({"password": "x" * 300, "long": "y" * 300}))
    write_expression(page, 1, "e" * 64, "ORD-[0-9]+")
    page.get_by_role("button", name="Try on stored entries").click()
    expect(page.get_by_role("region", name="What these rules would remove")).to_be_visible()
    page.locator("summary", has_text="Delete").click()
    assert visit.overflow() <= 0
    keep(page, f"redaction-{scheme}-{viewport['width']}")


def test_works_without_scripts(make_visit, api_key, team):
    visit = make_visit(java_script_enabled=False).sign_in(api_key)
    page = open_page(visit, team)
    page.get_by_label("IBANs").check()
    page.get_by_role("button", name="Try on stored entries").click()
    expect(page.get_by_role("region", name="What these rules would remove")).to_contain_text("0 entries would change")
    expect(page.get_by_label("IBANs")).to_be_checked()
    page.get_by_role("button", name="Save").click()
    assert team.call("GET", f"/v1/teams/{team.id}/redaction")["personal_data"]["iban"] is True


def test_a_viewer_sees_and_changes_nothing(make_visit, team):
    team.call("PUT", f"/v1/teams/{team.id}/redaction", {"names": ["x-ticket"], "personal_data": {"email": True}})
    team.call("POST", f"/v1/teams/{team.id}/secrets", {"secret_name": "warehouse", "secret_value": VALUE})
    visit = make_visit().sign_in(team.key("viewer"))
    page = open_page(visit, team)
    expect(page.get_by_role("region", name="Rules of this team")).to_contain_text("x-ticket")
    expect(page.get_by_role("region", name="Rules of this team")).to_contain_text("E-mail addresses")
    assert page.get_by_role("main").get_by_role("button").count() == 0
    assert page.get_by_role("main").locator("input, textarea, select").count() == 0
    assert "warehouse" not in page.content() and VALUE not in page.content()
