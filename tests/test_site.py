"""The documentation as a site: it builds without a warning, its links lead somewhere, its search needs no server."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest

from experiments.cli import COMMANDS, cli

pytest.importorskip("sphinx")
yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def build(source, out):
    """Sphinx as `make site` calls it."""
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "--jobs", "2"]
    return subprocess.run(
        [*command, "-d", str(out) + "-state", str(source), str(out)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "site"
    built = build(ROOT / "docs", out)
    assert built.returncode == 0, built.stderr
    return out


class Page(HTMLParser):
    """What a page links to, what can be linked to in it, and its words."""

    def __init__(self, file):
        super().__init__()
        self.targets, self.anchors, self.words = [], set(), []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[key] for key in ("id", "name") if given.get(key)}
        self.targets += [given[key] for key in ("href", "src") if given.get(key)]

    def handle_data(self, data):
        self.words.append(data)


def broken_links(folder):
    """`page: link` for every link into the folder whose file or anchor is not there, or that leaves the folder."""
    pages = {file.resolve(): Page(file) for file in folder.rglob("*.html")}
    broken = []
    for file, page in pages.items():
        for target in page.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            leads = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            there = leads.is_file() and leads.is_relative_to(folder.resolve())
            anchor = unquote(parts.fragment)
            if not there or (anchor and leads in pages and anchor not in pages[leads].anchors):
                broken.append(f"{file.relative_to(folder.resolve())}: {target}")
    return sorted(set(broken))


# --- links -----------------------------------------------------------------------------------------------------
def test_every_link_and_anchor_of_the_site_exists(site):
    assert len(list(site.rglob("*.html"))) > 30
    assert broken_links(site) == []


def test_a_broken_link_and_a_missing_anchor_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<h1 id="top">A</h1><a href="b.html#there">1</a><img src="no.png"><a href="#top">2</a>'
    )
    (tmp_path / "b.html").write_text(
        '<a href="a.html#top">1</a><a href="../out.html">2</a><a href="https://example.org">3</a>'
    )
    assert broken_links(tmp_path) == ["a.html: b.html#there", "a.html: no.png", "b.html: ../out.html"]


def test_a_page_that_links_to_nothing_breaks_the_build(tmp_path):
    source = tmp_path / "docs"
    source.mkdir()
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (source / "conf.py").write_text((ROOT / "docs" / "conf.py").read_text(encoding="utf-8"), encoding="utf-8")
    (source / "site" / "static").mkdir(parents=True)
    (source / "site" / "static" / "site.css").write_text("")
    (source / "index.md").write_text("# A page\n\n[leads nowhere](nowhere.md)\n")
    built = build(source, tmp_path / "site")
    assert built.returncode != 0
    assert "nowhere" in built.stderr


# --- the path --------------------------------------------------------------------------------------------------
def test_the_first_page_shows_the_answer_and_the_map_and_leads_to_every_page(site):
    first = Page(site / "index.html")
    words = " ".join("".join(first.words).split())
    claim = (ROOT / "docs/claims.md").read_text().split("## S18\n")[1]
    verdict = re.search(r"^- \*\*Verdict over everything:\*\* (.+)$", claim, re.MULTILINE)[1]
    assert verdict.replace("`", "") in words
    assert any("displacement" in target for target in first.targets)
    made = {page.relative_to(site).as_posix() for page in site.rglob("*.html")} - {"genindex.html", "py-modindex.html"}
    assert made - {urlsplit(target).path for target in first.targets} - {"index.html"} == set()


def test_every_page_of_docs_is_on_the_site(site):
    pages = [file.relative_to(ROOT / "docs") for file in (ROOT / "docs").rglob("*") if file.suffix in (".md", ".ipynb")]
    assert [page for page in pages if not (site / page.with_suffix(".html")).is_file()] == []


def test_every_command_and_option_is_in_the_reference(site):
    context = click.Context(cli)
    options = {
        (name, option)
        for name in COMMANDS
        for parameter in cli.get_command(context, name).params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts
    }
    sections = dict(
        re.findall(
            r"<section id=\"posture-([a-z-]+)\">(.*?)</section>", (site / "site/commands.html").read_text(), re.S
        )
    )
    assert sections.keys() >= COMMANDS.keys()
    assert [pair for pair in sorted(options) if pair[1] not in sections[pair[0]]] == []


# --- in a browser ------------------------------------------------------------------------------------------------
@pytest.mark.browser
def test_the_search_works_from_a_folder(site, page):
    problems = []
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: request.url.startswith(("file:", "data:")) or problems.append(request.url))
    page.goto((site / "index.html").as_uri())
    page.locator("input.sidebar-search").fill("p_intercept")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a", timeout=20_000)
    found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
    assert any("parameters.html" in link for link in found)
    page.locator("#search-results li a[href*='parameters.html']").first.click()
    page.wait_for_selector("article h1")
    assert page.title().startswith("Parameters")
    assert problems == []


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_is_wider_than_the_screen(site, page, size):
    page.set_viewport_size(size)
    wide = []
    for file in sorted(site.rglob("*.html")):
        page.goto(file.as_uri(), wait_until="domcontentloaded")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(file.name)
    assert wide == []


# --- files for others ----------------------------------------------------------------------------------------------
def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    with open(ROOT / "pyproject.toml", "rb") as file:
        version = tomllib.load(file)["project"]["version"]
    assert citation["version"] == version
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
