"""The rules: one mechanism per file, each rule one compiled function on `world` and `state`.

A rule's docstring has its equation and source, and what it reads, writes and draws.
"""
