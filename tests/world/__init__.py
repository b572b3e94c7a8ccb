"""A world that plays against the core: read `exchange` (the truth), `wire` (how the truth gets lost), `world` (who
presses what, and when), `laws` (what must hold after every step) and `peace` (what must hold when the world behaves).
"""
