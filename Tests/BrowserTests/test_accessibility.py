"""Every page held against the rules of axe-core that WCAG 2.2 A and AA ask for, by day and by night, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from conftest import DESK, PHONE

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["390", "1440"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_breaks_no_rule(make_visit, api_key, places, size, scheme):
    visit = make_visit(viewport=size, color_scheme=scheme)
    visit.open("/sign-in")
    found = problems("sign-in", visit.page)
    visit.sign_in(api_key)
    for path in [
        "/", "/?search=nothing", "/teams/1/connectors", "/teams/1/search?q=a&status=4xx", "/teams/1/search?status=x",
        "/teams/1/settings", "/teams/1/settings/keys", "/teams/1/settings/retention", "/teams/1/settings/audit",
        "/teams/1/redaction", places.connector,
        places.connector + "/invoker", places.flow, places.log, places.failures, places.view, places.details,
        places.fault, "/teams/1/logs/none",
    ]:
        visit.open(path)
        found += problems(path, visit.page)
    assert found == []


def problems(path, page):
    answer = Axe().run(page, options=RULES)
    return [f"{path}: {rule['id']}: {node['html']}" for rule in answer.response["violations"] for node in rule["nodes"]]


def test_would_find_a_broken_rule(visit):
    """What finds nothing may have looked at nothing."""
    visit.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any("button-name" in problem for problem in problems("/", visit.page))
