"""``python -m synqd`` is the program ``synqd``."""

from synqd.cli.daemon import main

if __name__ == "__main__":
    main()
