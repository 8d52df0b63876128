"""A page on which a record is shown under every sample design. Start reading at `explorer.py`.

The page comes as one file with some records of each view (`page.py`), or from a local server with all of them
(`server.py`). What it shows is written by the renderer of the build; its scripts choose, compare and arrange.
"""
