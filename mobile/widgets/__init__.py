"""The app's own small widget set: plain Kivy, mirrored for right-to-left, drawn with the mock-ups' tokens."""
