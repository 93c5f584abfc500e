"""What the app knows and how it says it: view models, formatting, flows. Knows no Kivy."""
