"""Parse answers that are not in the form of the design.

`recovery.py` detects the form of an answer, normalises it and passes it to the parser of that form.
Start there; `shapes.py` parses whole answers in other forms, `items.py` and `json.py` parse damaged ones.
"""
