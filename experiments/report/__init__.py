"""Figures and pages, made from finished tables."""
