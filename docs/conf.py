"""The documentation as a site: `make site` builds it into `build/site`.

Pages are the Markdown files of `docs/`, which read well where they are. Those of `docs/site/` are the site's alone: its
sections, what it takes from the README and the contributors' guide, commands and public parts from the program itself.
"""

from __future__ import annotations

import posixpath
import re
import tomllib
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent

project = "Posture"
author = "The Posture maintainers"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_nb", "sphinx_design", "sphinx_click", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
root_doc = "index"
language = "en"
smartquotes = False  # two hyphens are two hyphens: `--out`

# --- Markdown and the notebook -----------------------------------------------------------------------------------
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4  # headings have the anchors that Markdown gives them elsewhere
nb_execution_mode = "off"  # a test runs the notebook; the site shows what it printed

# --- the program itself ------------------------------------------------------------------------------------------
default_role = "code"  # names in docstrings stand in single backticks
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_inherit_docstrings = False
autodoc_default_options = {"members": True}
autosummary_generate = False
add_module_names = False
toc_object_entries_show_parents = "hide"

# --- the look ----------------------------------------------------------------------------------------------------
html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_search_summary = False  # a page opened from a folder may not read the others, and says so at every result

# --- links that lead out of docs/ --------------------------------------------------------------------------------
PAGES = {
    "README.md": "docs/site/first-steps.md",
    "CHANGELOG.md": "docs/site/changelog.md",
    "CONTRIBUTING.md": "docs/site/contributing.md",
    "SECURITY.md": "docs/site/security.md",
    "results/README.md": "docs/site/results-folders.md",
    "results/reference": "docs/site/results-folders.md",
}
"""File or folder outside docs/ -> the page of the site that shows it."""
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)")


def rehomed(text: str, written_in: str, shown_in: str) -> str:
    """A text with its relative links as they must be where it is shown. Both are folders, as seen from the root."""

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(written_in, match[1]))
        return posixpath.relpath(PAGES.get(target, target), shown_in)

    return LINK.sub(link, text)


def _on_page(app: Sphinx, docname: str, source: list[str]) -> None:
    folder = posixpath.dirname(f"docs/{docname}")
    if app.env.doc2path(docname).suffix != ".ipynb":
        source[0] = rehomed(source[0], folder, folder)


def _on_piece(app: Sphinx, path: Path, _: str, content: list[str]) -> None:
    """A piece of another file is shown on the page that is being read."""
    written_in = posixpath.normpath(posixpath.join("docs", posixpath.dirname(path.as_posix())))
    content[0] = rehomed(content[0], written_in, posixpath.dirname(f"docs/{app.env.current_document.docname}"))


def _examples(_app: Sphinx, _context: object, lines: list[str]) -> None:
    """The examples in a command's help, which arrive as verse, become a block to copy from."""
    verse = [line for line in lines if line.startswith("| ")]
    rest = [line for line in lines if line not in verse]
    if verse:
        lines[:] = [
            *rest,
            "Examples:",
            "",
            ".. code-block:: console",
            "",
            *(f"   $ {line[2:].strip()}" for line in verse[1:]),
            "",
        ]


def setup(app: Sphinx) -> None:
    """Links are put right as pages and pieces of pages are read; a table in a page needs no colours."""
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", _on_page)
    app.connect("include-read", _on_piece)
    app.connect("sphinx-click-process-description", _examples)
