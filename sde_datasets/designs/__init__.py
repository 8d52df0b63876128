"""Sample designs: the axes, the options of each, the names, and selection by pattern.

A design says how a record is written as a sample. Its name is the part of a config name after the view.
Start with `design.py`.
"""
