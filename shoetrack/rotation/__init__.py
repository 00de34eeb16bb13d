"""The pairs that take turns: what part each should have, whether they do, and which is next."""
