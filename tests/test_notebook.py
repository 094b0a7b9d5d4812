"""The notebook runs as it stands, says what it said when it was saved, and names no machine.

After a change of the model or of the notebook: `python tests/test_notebook.py` runs it and saves what it shows.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
NOTEBOOK = Path(__file__).parents[1] / "docs" / "analysis.ipynb"
MOST_BYTES = 60_000
PLACES = re.compile(r"/(?:home|root|tmp|Users|usr|var|work|opt|private)\b|[A-Z]:\\|127\.0\.0\.1|localhost")
_RUN = """
import asyncio, sys, nbformat
from nbclient import NotebookClient
if sys.platform == "win32":
    asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, kernel_name="python3", timeout=300, record_timing=False).execute()
nbformat.write(notebook, sys.argv[2])
"""


def execute(to):
    """Run the notebook in a process of its own and write it with what it shows."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(NOTEBOOK), str(to)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "JUPYTER_PLATFORM_DIRS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
    )
    assert done.returncode == 0, done.stderr
    return read(to)


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def outputs(notebook):
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def texts(notebook):
    """What each cell prints and shows, but for pictures; a busy machine may cut what is printed in two."""
    return ["".join(map(text_of, cell.get("outputs", []))) for cell in notebook["cells"]]


def text_of(output):
    data = output.get("data", {})
    return "" if "image/png" in data else "".join(output.get("text", data.get("text/plain", "")))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return execute(tmp_path_factory.mktemp("notebook") / "analysis.ipynb")


def test_the_notebook_runs_without_a_warning(fresh):
    """Warnings go to stderr."""
    assert [output for output in outputs(fresh) if output.get("name") == "stderr"] == []
    assert all(cell["execution_count"] for cell in fresh["cells"] if cell["cell_type"] == "code")


def test_what_it_shows_is_what_it_shows_today(fresh):
    assert texts(read(NOTEBOOK)) == texts(fresh)


def test_it_is_small_and_names_no_machine():
    notebook = read(NOTEBOOK)
    pictures = [o["data"]["image/png"] for o in outputs(notebook) if "image/png" in o.get("data", {})]
    assert len(pictures) == 2
    assert max(len(picture) * 3 // 4 for picture in pictures) <= MOST_BYTES
    for output in outputs(notebook):
        output.get("data", {}).pop("image/png", None)
    assert PLACES.findall(json.dumps(notebook)) == []
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}


if __name__ == "__main__":
    execute(NOTEBOOK)
