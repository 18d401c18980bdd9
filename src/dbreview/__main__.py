"""`python -m dbreview`."""

from dbreview.cli import main

if __name__ == "__main__":
    main()
