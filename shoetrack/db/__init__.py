"""The store: the only room that knows SQL. `queries` and `reader` never load SQLAlchemy."""
