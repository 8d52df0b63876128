"""Records: a text, a schema of ordered targets, and annotations with character offsets.

The other packages convert records to samples, or compare answers with records.
Start with `record.py`; `schema.py` holds the targets and words of a view, `columns.py` the Arrow columns.
"""
