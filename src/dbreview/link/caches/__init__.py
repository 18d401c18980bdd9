"""What outlives its session in a cache: objects, results and sessions that many requests are given."""
