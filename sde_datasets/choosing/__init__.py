"""Choose a design for given data and a given model within a budget: a screen of few small runs, then a race.

Start with `trials.py`, which names what goes in and out, and `race.py`, the loop.
"""
