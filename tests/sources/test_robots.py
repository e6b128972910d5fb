"""robots.txt as sources obey it that ask a server's API."""

import pytest
from tests.sources.site import running_site

from jaga.core.observations import SourceRefused, SourceUnreachable
from jaga.sources.kit import HttpReader


@pytest.mark.parametrize(
    ("rules", "forbidden"),
    [
        ("User-agent: *\nDisallow: /forum/api/", True),
        ("User-agent: *\nDisallow: /*/api/*/posts$", True),
        ("User-agent: *\nDisallow: /\nAllow: /forum/", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: jaga\nDisallow: /admin", False),
        ("User-agent: lain\nDisallow: /", False),
        ("<html>\x00 no rules", False),
        ("", False),
    ],
)
def test_the_rules_for_jaga_decide(rules: str, forbidden: bool) -> None:
    """Those of its own name before those for all; the longest rule counts, as in RFC 9309. The file is the site's,
    also where the API stands in a folder of it.
    """
    with running_site() as site:
        site.put("/robots.txt", rules, Content_Type="text/plain")
        reader = HttpReader(f"{site.url}/forum/")
        if forbidden:
            with pytest.raises(SourceRefused, match="robots"):
                reader.obey_robots("/api/v1/posts")
        else:
            reader.obey_robots("/api/v1/posts")


def test_a_site_without_rules_forbids_nothing_and_one_that_fails_is_not_read() -> None:
    """404 and 403 mean that there are none (RFC 9309, 2.3.1.3); after a fault nobody knows, so it is asked again."""
    for status in (404, 403):
        with running_site() as site:
            site.put("/robots.txt", "User-agent: *\nDisallow: /", status)
            HttpReader(site.url).obey_robots("/api")
    with running_site() as site:
        site.put("/robots.txt", "", 503)
        with pytest.raises(SourceUnreachable):
            HttpReader(site.url).obey_robots("/api")
        site.put("/robots.txt", "User-agent: *\nDisallow: /")
        with pytest.raises(SourceRefused):
            HttpReader(site.url).obey_robots("/api")
        site.put("/robots.txt", "")
        with pytest.raises(SourceRefused):  # remembered, also by another reader
            HttpReader(site.url).obey_robots("/api")
