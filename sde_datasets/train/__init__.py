"""Training, prediction and evaluation. PyTorch is imported in this folder and nowhere else, and not by this file."""
