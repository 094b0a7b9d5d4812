"""A rule that is edited takes effect in the next process, though compiled rules are kept on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_model import copy_into, edit, run


@pytest.fixture
def copied(tmp_path):
    return copy_into(tmp_path)


def convoys_sent(folder):
    """Convoys ordered on a day with empty stores, by the compiled loop of the copy, in a fresh process."""
    (where, count, *_), _ = run(folder, folder / "cache")
    assert Path(where).is_relative_to(folder)
    return int(count)


def kept(folder):
    """Files of code with the time of their last change."""
    return {path: path.stat().st_mtime_ns for path in (folder / "cache").rglob("*.code")}


def test_an_edited_rule_takes_effect_and_an_edit_undone_too(copied):
    edit(copied, 2)
    assert convoys_sent(copied) == 6 * 2
    edit(copied, 3)
    assert convoys_sent(copied) == 6 * 3
    edit(copied, 2)
    before = kept(copied)
    assert len({path.parent for path in before}) == 2
    assert convoys_sent(copied) == 6 * 2
    assert kept(copied) == before, "compiled again"
