"""Small applications made up from a seed: written, run on SQLite and reviewed, to compare what each of the two says."""
