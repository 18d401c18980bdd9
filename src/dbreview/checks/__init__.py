"""One file per rule: ``check(project)`` looks for one thing in the linked project."""
