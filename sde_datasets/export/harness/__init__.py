"""What exported files call in the process of a harness: lm-eval, Inspect, DSPy."""
