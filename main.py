"""The door that Android packages look for: starts the app. Unproven, see mobile/README.md."""

from mobile.__main__ import main

if __name__ == "__main__":
    main()
