"""What we know about libraries, as data: tables, no logic."""
