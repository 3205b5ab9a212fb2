"""The page on which people compare versions: its own files alone, and nothing from a plug-in that could become a script."""

import re

import httpx
import pytest

PAGES = "/plugport/v1/contracts/pages"


def test_the_page_is_for_everybody_and_loads_its_own_files_alone(http: httpx.Client) -> None:
    page = http.get(f"{PAGES}/difference")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    addresses = [each for each in re.findall(r'(?:src|href)="([^"]*)"', page.text) if each != "data:,"]
    assert addresses == ["difference.css", "difference.js"]
    for each in addresses:
        assert http.get(f"{PAGES}/{each}").status_code == 200


def test_the_page_has_no_inline_script_and_its_policy_allows_none(http: httpx.Client) -> None:
    page = http.get(f"{PAGES}/difference")
    assert all(not body for body in re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL))
    assert " style=" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "innerHTML" not in http.get(f"{PAGES}/difference.js").text


def test_a_page_that_the_browser_has_is_not_sent_again(http: httpx.Client) -> None:
    etag = http.get(f"{PAGES}/difference").headers["etag"]
    assert http.get(f"{PAGES}/difference", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", ["none", "difference.html", "..%2Froutes.py"])
def test_there_are_no_other_pages(http: httpx.Client, name: str) -> None:
    assert http.get(f"{PAGES}/{name}").status_code == 404
