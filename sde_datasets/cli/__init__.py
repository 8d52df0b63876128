"""The command line: one module per group of commands.

Commands read options, call the other packages and print. They import inside functions, so that `--help` is instant.
Start with `main.py`.
"""
