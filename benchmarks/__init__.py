"""Measures dbreview on published applications against LibCST's bare parser, and against other linters."""
