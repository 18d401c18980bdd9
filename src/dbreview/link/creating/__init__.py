"""Where an application makes its tables itself: what does it, when that runs, and whether migrations are there."""
