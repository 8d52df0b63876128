"""The report of a choice: terminal, CHOICE.md, choice.html and figures, rendered as the reports of studies are."""
