"""What asynchronous sessions forbid: to be shared by tasks, to be left unawaited, to load by themselves."""
