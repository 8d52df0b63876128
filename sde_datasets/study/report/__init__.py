"""The report of a study: terminal, REPORT.md, report.html and figures, all from one `Report` (`content.py`)."""
