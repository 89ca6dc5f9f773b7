"""``python -m synqd`` is the program ``synqd``."""

from synqd.cli.synqd import main

if __name__ == "__main__":
    main()
