"""`python -m parity` is `tokparity`."""

from parity.cli import main

if __name__ == "__main__":
    main()
