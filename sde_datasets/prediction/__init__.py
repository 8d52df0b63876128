"""Answer prompts with a trained run or with a server, and annotate new texts.

The decoder computes the shared prefix of prompts once; models that it does not support answer through `generate`.
Start with `predictor.py`; `predictions.py` writes prediction files and `server.py` calls an OpenAI-compatible server.
"""
