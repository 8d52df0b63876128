"""What the results of a study say: paired differences, effects of a factorial plan, ranks, and sentences about them.

`scores.py` computes scores under resampling; start with `study_analysis.py`.
"""
