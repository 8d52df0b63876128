"""Publish a folder on the Hugging Face Hub, in one commit that readers see at once.

A push compares the folder with the repository, sends what differs and moves the branch last.
Start with `push.py`; `diff.py` computes the changes and `connection.py` calls the Hub.
"""
