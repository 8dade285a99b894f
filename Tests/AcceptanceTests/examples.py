"""The examples of the documentation, as they stand there."""

import re

from server import REPOSITORY


def example(page, test, language):
    """The block of that language which is marked `<!-- test: NAME -->` in the page; where there are several, all in order."""
    text = (REPOSITORY / "docs" / page).read_text()
    blocks = re.findall(rf"<!-- test: {test} -->\n```{language}\n(.*?)```", text, re.DOTALL)
    assert blocks, f"{page} has no {language} for {test}"
    return blocks
