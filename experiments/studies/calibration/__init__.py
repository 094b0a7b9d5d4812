"""Calibration: likelihood-free inference against the reported quarters, and its proof by simulation."""
