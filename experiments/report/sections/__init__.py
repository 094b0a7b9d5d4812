"""Sections of a report, one file a kind: each makes a section from a results folder, or None if it lacks the tables."""
