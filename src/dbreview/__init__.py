"""dbreview: a static code-review linter for the data layer of FastAPI applications."""

__version__ = "0.1.0"
