"""`posture open`: the page is there and as new as its tables, and the browser, or the screen, is given its address."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from report_folders import make


@pytest.fixture
def folder(tmp_path):
    return make("by_hand", tmp_path / "mine")


def opened(folder, browser):
    """The program in a process of its own, with one browser, or none on its path."""
    environment = {key: value for key, value in os.environ.items() if not key.endswith("DISPLAY")}
    environment |= {"BROWSER": browser, "PATH": str(folder)}
    command = [sys.executable, "-m", "experiments.cli", "open", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_browser_is_given_the_page_that_was_made(folder, tmp_path):
    seen = tmp_path / "seen"
    browser = tmp_path / "browser.py"
    browser.write_text(f"#!{sys.executable}\nimport sys\nopen({str(seen)!r}, 'w').write(sys.argv[1])\n")
    browser.chmod(0o755)
    done = opened(folder, f"{browser} %s")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert seen.read_text() == (folder / "report.html").as_uri()
    assert "Six against fourteen" in (folder / "report.html").read_text(encoding="utf-8")


def test_without_a_browser_the_address_is_printed(folder):
    done = opened(folder, "")
    assert (done.returncode, done.stdout) == (0, f"{(folder / 'report.html').as_uri()}\n"), done.stderr


def test_a_page_is_made_again_only_when_a_table_is_newer(folder, posture):
    page, table = folder / "report.html", folder / "runs.csv"
    page.write_text("an older page", encoding="utf-8")
    os.utime(table, (1e9, 1e9))
    assert posture("open", folder, "--print").stdout == f"{page.as_uri()}\n"
    assert page.read_text(encoding="utf-8") == "an older page"
    os.utime(page, (1e9 - 1, 1e9 - 1))
    assert posture("open", folder, "--print").exit_code == 0
    assert "Six against fourteen" in page.read_text(encoding="utf-8")


def test_what_is_no_results_folder_is_refused_with_one_message(tmp_path, posture):
    for folder in (tmp_path, tmp_path / "none"):
        done = posture("open", folder)
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert str(folder) in done.stderr
    assert list(tmp_path.iterdir()) == []
