"""The command line, in this process (`posture`) and in one of its own (`program`)."""

from __future__ import annotations

import csv
import subprocess
import sys

import pytest
from click.testing import CliRunner

from experiments.cli import cli


@pytest.fixture
def posture():
    """Call the program: `posture("run", "six")` → result with exit_code, stdout, stderr."""

    def call(*arguments):
        return CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="posture")

    return call


@pytest.fixture(scope="session")
def program():
    """Call the program in a process of its own."""

    def call(*arguments):
        command = [sys.executable, "-W", "error", "-m", "experiments.cli", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return call


@pytest.fixture(scope="session")
def read():
    """The rows of a CSV file as dictionaries of text."""

    def rows(path):
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return rows
