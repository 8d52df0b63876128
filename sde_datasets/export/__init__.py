"""A config as the files of another tool: a trainer, a harness, an annotation tool.

Start with `export.py`. `tools.py` names the tools, each of which has a module with one function that writes;
`config_data.py` is what they read. The modules of `harness/` are called by exported files, in the process of the tool.
"""
