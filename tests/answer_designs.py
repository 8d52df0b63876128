"""The designs whose completions differ: the published ones, those that mark the text, those with reasons at the end."""

from __future__ import annotations

from sde_datasets.designs.design import BEYOND, DESIGNS, INLINE, POST

PUBLISHED = sorted({design.answer for design in DESIGNS.values()})
MARKED = sorted({design.answer for design in BEYOND.values() if design.format == INLINE})
REASONS_AFTER = sorted({design.answer for design in BEYOND.values() if design.reasoning == POST})
