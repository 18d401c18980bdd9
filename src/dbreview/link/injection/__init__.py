"""Text that clients send and that becomes part of SQL.

The interpreter says which calls take SQL and which function each call means (`noting`). Where there is such text, the
functions on its way are read again, for text alone (`reading`, `expressions`, `guards`), each one once and in terms of
its parameters; then what is in the text is followed back to those who call (`tracing`).
"""
