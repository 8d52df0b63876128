"""Tests of publishing, against a loopback Hub."""
