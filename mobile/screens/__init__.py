"""One package for each screen; a screen shows a view model and turns touches into its calls."""
